"""An optimum, or how near one is: the answer in the user's terms, with how each end is known."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from quasar.core.errors import InfrastructureError
from quasar.core.exact import Exact
from quasar.optima.lattice import least_size, step
from quasar.optima.search import Found
from quasar.problems.base import Problem, Solution
from quasar.problems.native import NativeModel

Status = Literal["proven", "bounded", "best_known", "infeasible", "unknown"]
RELATIVE_GAP = 1e-9
"""A solution so close to its bound counts as proven where coefficients of 16 digits are rounded;
where they are not, none may lie between."""

_NEARLY = 0.9  # of the time limit: methods end a little before it


@dataclass(frozen=True)
class BoundedOptimum:
    """The best solution found, and the bound that no solution passes.

    Attributes:
        problem_type: of the problem.
        sense: whether the objective is minimised (`min`) or maximised (`max`).
        status: `proven`: nothing is better; `bounded`: the optimum is between `low` and `high`;
            `best_known`: no bound; `infeasible`: proved that there is no solution; `unknown`:
            neither a solution nor a proof.
        solution: in the user's names; None where there is none.
        value: its objective.
        bound: of the objective: below it nothing where that is minimised, else above.
        solution_by: the method that found the solution.
        bound_by: the method that proved the bound.
        variables: how many the solvers had.
        seconds: it took, those of the run that found it where it comes from the cache.
        cached: it comes from the cache.
        note: what can be done, where something is open.
    """

    problem_type: str
    sense: Literal["min", "max"]
    status: Status
    solution: Solution = None
    value: float | None = None
    bound: float | None = None
    solution_by: str | None = None
    bound_by: str | None = None
    variables: int = 0
    seconds: float = 0.0
    cached: bool = False
    note: str | None = None

    @property
    def low(self) -> float | None:
        """The optimum is at least this."""
        return self.bound if self.sense == "min" else self.value

    @property
    def high(self) -> float | None:
        """The optimum is at most this."""
        return self.value if self.sense == "min" else self.bound

    @property
    def gap(self) -> float | None:
        """Between solution and bound; 0 where the optimum is proven."""
        if self.value is None or self.bound is None:
            return None
        return abs(self.value - self.bound)

    @property
    def method(self) -> str | None:
        """How it is known: the method, or that of the solution and that of the bound."""
        names = dict.fromkeys(name for name in (self.solution_by, self.bound_by) if name)
        return " + ".join(names) or None

    def to_json(self) -> dict[str, Any]:
        """All of it for JSON, ends and gap included."""
        ends = {"low": self.low, "high": self.high, "gap": self.gap, "method": self.method}
        return {**asdict(self), **ends}


class Findings:
    """The best solution and the best bound of several methods.

    Args:
        problem: the user's.
        model: its native form.
    """

    def __init__(self, problem: Problem, model: NativeModel) -> None:
        self.problem = problem
        self.model = model
        self.infeasible: str | None = None
        self.solution: Solution = None
        self.rank: tuple[float, ...] | None = None
        self.solution_by: str | None = None
        self.bound: Exact | float | None = None
        self.bound_by: str | None = None
        self.cut_short = False

    @property
    def sign(self) -> int:
        """The objective is so many times the cost."""
        return 1 if self.problem.sense == "min" else -1

    def add(self, found: Found) -> None:
        """Take over what is better.

        Raises:
            InfrastructureError: a method contradicts another, or its solution is infeasible.
        """
        if found.infeasible:
            if self.rank is not None:
                raise InfrastructureError(
                    f"{found.method} calls the problem infeasible, but {self.solution_by} solved "
                    "it: please report the problem file."
                )
            self.infeasible = found.method
            return
        self.cut_short |= not found.complete
        solution = found.solution
        if found.values is not None:
            solution = self.problem.from_native(found.values)
        if solution is not None:
            self._add_solution(solution, found.method)
        bound = found.bound
        if found.method == "enumeration":
            bound = self.sign * self.problem.objective(solution)
        if bound is not None and (self.bound is None or bound > self.bound):
            self.bound, self.bound_by = bound, found.method

    def _add_solution(self, solution: Solution, method: str) -> None:
        if not self.problem.is_feasible(solution):
            raise InfrastructureError(
                f"{method} returned a solution that breaks a constraint: please report the problem "
                "file, and choose another --method."
            )
        rank = self.problem.rank(solution)
        if self.rank is None or rank < self.rank:
            self.solution, self.rank, self.solution_by = solution, rank, method

    @property
    def is_proven(self) -> bool:
        """Whether nothing is left to find."""
        if self.infeasible:
            return True
        if self.rank is None or self.bound is None:
            return False
        value = self.sign * self.problem.objective(self.solution)
        gap = value - float(self.bound)
        if self._step is not None:
            return gap <= float(self._step) / 2
        return gap <= RELATIVE_GAP * max(abs(value), least_size(self.model.cost))

    @cached_property
    def _step(self) -> Fraction | None:
        """The distance of neighbouring costs, where it is known."""
        ends = [abs(end) for bounds in self.model.integers.values() for end in bounds]
        return step(self.model.cost, max(ends, default=1))

    def result(self, seconds: float, time_limit: float, method: str = "auto") -> BoundedOptimum:
        """What is known after a search by this method."""
        value = None if self.rank is None else self.problem.objective(self.solution)
        bound = None if self.bound is None else self.sign * float(self.bound) + 0.0
        out_of_time = seconds >= time_limit * _NEARLY
        advice = "no method that is installed proves more"
        if method in ("semidefinite", "annealing"):
            advice = "use the method auto, cp_sat or highs to search for a proof"
        if self.infeasible:
            status, note = "infeasible", "No solution obeys all constraints; this is proved."
        elif self.is_proven:
            status, note, bound = "proven", None, value
        elif value is None:
            status = "unknown" if bound is None else "bounded"
            within = f" in {time_limit:g} s" if out_of_time else " yet"
            note = f"No solution was found{within}: allow more time."
        elif bound is None:
            if out_of_time:
                advice = "allow more time"
            status, note = "best_known", f"Nothing is proved of how good this is: {advice}."
        else:
            status = "bounded"
            low, high = sorted((value, bound))
            if out_of_time:
                what = f"{time_limit:g} s were too few for a proof, allow more"
            elif self.cut_short:
                what = "allow more time for a proof"
            else:
                what = advice
            note = f"The optimum is between {low:.10g} and {high:.10g}: {what}."
        return BoundedOptimum(
            problem_type=self.problem.problem_type,
            sense=self.problem.sense,
            status=status,  # type: ignore[arg-type]
            solution=self.solution,
            value=value,
            bound=bound if bound is None or math.isfinite(bound) else None,
            solution_by=self.solution_by,
            bound_by=self.infeasible or self.bound_by,
            variables=len(self.model.variables) + len(self.model.integers),
            seconds=seconds,
            note=note,
        )

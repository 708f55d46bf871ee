"""What files and objects of other libraries state as a program: objective, constraints, variables.

A program in 0/1 variables without constraints is a QUBO, one that is to be maximised with its signs
changed; any other is an `integer_program`. Where the parts come from is the matter of `highs.py`
(LP and MPS) and `models.py` (objects).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.problems import values
from quasar.problems.formats.content import Content

_ENDLESS = 1e15  # bounds of integers from here on are how a library says that there is none
_CONTINUOUS = (
    "problems are solved in 0/1 and integer variables. Declare it an integer (in LP files under "
    "General or Binary), scaled up where it has decimals"
)


@dataclass
class ProgramParts:
    """A program as it is read.

    Attributes:
        maximised: the objective is.
        objective: `[[variables], coefficient]` entries, the constant with no variables.
        constraints: as a problem file has them.
        bounds: lowest and highest value of each variable; None: none.
    """

    maximised: bool = False
    objective: list[list[Any]] = field(default_factory=list)
    constraints: list[dict[str, Any]] = field(default_factory=list)
    bounds: dict[Label, tuple[Any, Any]] = field(default_factory=dict)

    def variable(self, name: Label, kind: str, lower: Any, upper: Any) -> None:
        """Add a variable.

        Args:
            kind: BINARY or INTEGER; anything else is refused.

        Raises:
            ProblemError: its values are not integers, or its name stands twice.
        """
        if kind not in ("BINARY", "INTEGER"):
            raise ProblemError(
                f"variable {name!r} is {kind.lower().replace('_', '-')}, and {_CONTINUOUS}."
            )
        if name in self.bounds:
            raise ProblemError(f"two variables are called {name!r}: give each its own name.")
        self.bounds[name] = (0, 1) if kind == "BINARY" else (_bound(lower), _bound(upper))

    def constraint(self, name: Any, terms: Iterable[Any], lower: Any, upper: Any) -> None:
        """Add a constraint; its bounds may be infinite or None.

        Raises:
            ProblemError: a number is not finite.
        """
        made: dict[str, Any] = {"name": str(name)} if name not in (None, "") else {}
        made["terms"] = [[list(labels), values.number(c, "a coefficient")] for labels, c in terms]
        limits = {"at_least": _bound(lower, math.inf), "at_most": _bound(upper, math.inf)}
        limits = {key: bound for key, bound in limits.items() if bound is not None}
        if len(set(limits.values())) == 1 and len(limits) == 2:
            limits = {"equal": limits["at_most"]}
        if limits:
            self.constraints.append({**made, **limits})

    def content(self) -> Content:
        """A QUBO, or an integer program."""
        objective = [
            [list(labels), values.number(c, "a coefficient")] for labels, c in self.objective
        ]
        if not self.constraints and set(self.bounds.values()) <= {(0, 1)}:
            sign = -1 if self.maximised else 1
            own = [[[v], 0] for v in self.bounds]
            return Content(
                {"qubo": own + [[t, sign * c] for t, c in objective]}, "qubo", fixed=True
            )
        stated: dict[str, Any] = {
            "objective": objective,
            "constraints": self.constraints,
            "variables": [[v, *ends] for v, ends in self.bounds.items()],
        }
        if self.maximised:
            stated["sense"] = "max"
        return Content({"problem_specific_attributes": stated}, "integer_program", fixed=True)


def _bound(value: Any, endless: float = _ENDLESS) -> Any:
    """A bound as a problem file has it; None where there is none.

    Raises:
        ProblemError: not a number.
    """
    if value is None or (isinstance(value, float | int) and abs(value) >= endless):
        return None
    return values.number(value, "a bound")

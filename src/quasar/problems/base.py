"""What every problem type provides, and how a problem becomes a Hamiltonian.

A problem type is one class in one file of this package and one line in `registry.py`.
Solutions are plain JSON values in the user's own node and edge names; binary variables never
reach the user.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np

from quasar.core.bits import index_to_assignment
from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, FloatVector
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, IsingHamiltonian, require_exact
from quasar.core.labels import Label, VariableOrder, sort_labels
from quasar.core.polynomial import Polynomial
from quasar.core.presented import Presented
from quasar.problems.formulation import Formulation
from quasar.problems.inputs import checked
from quasar.problems.keys import Reader, Reads
from quasar.problems.native import NativeModel, Values, check_size, from_formulation
from quasar.problems.optimality import Optimality, decide
from quasar.problems.overlay import LegendEntry, SolutionOverlay
from quasar.problems.stacks import SolutionStacks
from quasar.problems.structure import Structure
from quasar.problems.words import Names

Encoding = Literal["exact", "agent-q"]
Assignment = Mapping[Label, int]
Solution = Any


class Problem(ABC):
    """A graph-optimisation problem in the user's terms.

    Class attributes:
        problem_type: the name in problem files and records.
        title: the task in words, "Find ...", for people and prompts.
        sense: whether `objective` is to be minimised or maximised.
        qubits: how many the exact encoding takes, in words such as "one per node".
        answer: the form of a solution.
        goal: what `objective` counts.
        encodings: the supported encodings (`agent-q` only for the benchmark's twelve).
        free_form: the Hamiltonian itself is what the user stated.
        reads: which keys of a problem file it reads.
        spelling: a regular expression for its name in prompts, `_` standing for any separator or
            none; default: the name.
    """

    problem_type: ClassVar[str]
    title: ClassVar[str]
    sense: ClassVar[Literal["min", "max"]]
    qubits: ClassVar[str]
    answer: ClassVar[str]
    goal: ClassVar[str]
    encodings: ClassVar[tuple[Encoding, ...]] = ("exact",)
    free_form: ClassVar[bool] = False
    reads: ClassVar[Reads] = Reads()
    spelling: ClassVar[str] = ""

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, record: bool | None = None) -> Self:
        """Build from a problem file's content (`graph`, `problem_specific_attributes`, ...).

        Args:
            record: whether this is a record, which may have any other columns; default: decided by
                its fields.

        Raises:
            ProblemError: something is wrong or is not read; the message says what to write instead.
        """
        return cls._read(checked(Reader(cls.problem_type, cls.reads), data, record))

    @classmethod
    @abstractmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        """`from_data` once every key is known to be read."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """The problem file that `from_data` reads back to an equal problem."""

    def names(self) -> Any:
        """A JSON value with all names that the user gave; here the whole file."""
        return self.to_data()

    @abstractmethod
    def variables(self, encoding: Encoding) -> Sequence[Label]:
        """Labels of the binary variables, in any order; `encode` sorts them."""

    def least_qubits(self) -> int:
        """A lower bound of the number of variables in every encoding, known without listing them.

        For types whose variables are pairs: a short file can ask for billions of them.
        """
        return 0

    @abstractmethod
    def formulation(self) -> Formulation:
        """Cost, constraints and penalties over the variables of the `exact` encoding."""

    def native(self) -> NativeModel:
        """The problem as cost and linear constraints, without penalties; see `native.py`.

        The cost at a feasible assignment is the objective, or minus it where that is maximised.
        """
        return from_formulation(self.formulation(), self.variables("exact"))

    def native_size(self) -> int:
        """A lower bound of the number of variables of `native`, known without building it.

        Raises:
            ProblemError: more than a solver takes.
        """
        check_size(self.problem_type, self.least_qubits())
        return len(self.variables("exact"))

    def from_native(self, values: Values) -> Solution:
        """What values of the native form's variables mean; those that it lacks are 0."""
        return self.decode(defaultdict(int, values), "exact")

    def published(self) -> Polynomial:
        """The cost of the `agent-q` encoding, over its variables (SPEC: encodings)."""
        raise NotImplementedError(f"{self.problem_type} has no agent-q encoding")

    def polynomial(self, encoding: Encoding, penalty: Exact | None = None) -> Polynomial:
        """The cost to minimise, over the variables of the same encoding.

        Args:
            penalty: weight of the penalties of `exact`; default: the sufficient one.
        """
        return self.published() if encoding == "agent-q" else self.formulation().polynomial(penalty)

    @abstractmethod
    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        """What 0/1 values of the variables mean in the user's terms (JSON-able, feasible or not).

        Never raises: an infeasible assignment decodes to an infeasible solution.
        """

    @abstractmethod
    def is_feasible(self, solution: Solution) -> bool:
        """Whether the solution obeys every constraint of the problem as the user stated it."""

    @abstractmethod
    def objective(self, solution: Solution) -> float:
        """The number the user cares about (cut weight, cover size, ...), for any solution."""

    @classmethod
    @abstractmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        """A random instance like the benchmark's, feasible, with at most `max_qubits` qubits in
        each of the type's encodings.
        """

    def to_hamiltonian(
        self, encoding: Encoding, variables: Sequence[Label], penalty: Exact | None = None
    ) -> IsingHamiltonian:
        """The polynomial in Z's; variable i of `variables` is qubit i."""
        return self.polynomial(encoding, penalty).to_ising(variables)

    def encoded(
        self,
        variables: Sequence[Label],
        encoding: Encoding,
        variable_order: VariableOrder,
        penalty: Exact | None,
    ) -> EncodedProblem:
        """The problem with its Hamiltonian, once `encode` has sorted and counted the variables."""
        hamiltonian = self.to_hamiltonian(encoding, variables, penalty)
        labels = tuple(variables)
        return EncodedProblem(self, hamiltonian, labels, encoding, variable_order, penalty=penalty)

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        """The objective at every basis state, shape [D]; any number where infeasible.

        Args:
            costs: the formulation's cost at every basis state, shape [D].
            variables: label of each qubit.
        """
        return costs if self.sense == "min" else -costs

    def prompt_details(self) -> str:
        """The attributes in the published prompt's words, e.g. `with 3 colors`; empty if none."""
        return ""

    def overlay(self, solution: Solution) -> SolutionOverlay | None:
        """The solution on the user's graph, feasible or not; None for a problem without a graph."""
        found = self._overlay(solution)
        if found is None:
            return None
        if found.wrong_edges or found.wrong_nodes:
            found.legend.append(LegendEntry("breaks a constraint", wrong=True))
        if not self.is_feasible(solution):
            found.title += " (infeasible)"
        return found

    def _overlay(self, solution: Solution) -> SolutionOverlay | None:
        """`overlay` without what broken constraints add to title and legend."""
        return None

    def stacks(self, solution: Solution) -> SolutionStacks | None:
        """The solution as things piled up, where that says more than a graph; else None."""
        return None

    def _weight_text(self, solution: Solution) -> str:
        """What a solution weighs, for its title; empty where the problem has no weights."""
        return f", weight {self.objective(solution):g}" if self.prompt_details() else ""

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        """The attributes that a prompt's words state, as a problem file has them.

        The inverse of `prompt_details`, which near relatives of its wording pass as well.

        Args:
            words: the prompt without its literals.
            names: the nodes of the graph by how they are written.

        Raises:
            InputError: one is stated twice, or names a node that the graph lacks.
        """
        return {}

    def structure(self) -> Structure:
        """The instance without the user's names: equal for problems that are one up to renaming."""
        found = Structure()
        found.set_header(self.problem_type, self._structure(found))
        return found

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        """Add what makes the instance; returns the numbers of the whole instance.

        This default reads it off the exact Hamiltonian, which is right for every type whose
        encoding singles out no variable by its name.
        """
        found.terms(encode(self, "exact").hamiltonian, rounded=True)
        return {}

    def rank(self, solution: Solution) -> tuple[float, ...]:
        """Sort key of a feasible solution, smaller is better."""
        value = self.objective(solution)
        return (value if self.sense == "min" else -value,)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.to_data() == other.to_data()

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Decoded:
    """A measured basis state in the user's terms.

    Attributes:
        solution: JSON value in node and edge names.
        feasible: obeys every constraint.
        objective: the user's number for it.
    """

    solution: Solution
    feasible: bool
    objective: float


@dataclass(frozen=True, repr=False)
class EncodedProblem(Presented):
    """A problem with its Hamiltonian; what verifier and designer work on.

    Attributes:
        problem: the user's problem, None when only a Hamiltonian is known.
        hamiltonian: cost on n qubits; ground states are the answers.
        variables: label of each qubit; empty when the Hamiltonian does not determine them.
        encoding: `exact`, `agent-q`, or `given` for a Hamiltonian that came with the file and
            matches neither.
        variable_order: how the labels were sorted.
        reference: QASM of the reference circuit that came with a record, if any.
        penalty: weight of the penalties that was chosen; None for the sufficient one.
    """

    problem: Problem | None
    hamiltonian: IsingHamiltonian
    variables: tuple[Label, ...]
    encoding: Encoding | Literal["given"]
    variable_order: VariableOrder
    reference: str | None = None
    penalty: Exact | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: vectors of 2**n entries do not travel to other processes."""
        return {field.name: self.__dict__[field.name] for field in fields(self)}

    def with_reference(self, reference: str | None) -> EncodedProblem:
        """A copy with a reference circuit."""
        return replace(self, reference=reference)

    def bare(self) -> EncodedProblem:
        """A copy without cached results, which may be vectors of 2**n entries."""
        return replace(self, hamiltonian=self.hamiltonian.bare())

    @property
    def n_qubits(self) -> int:
        return self.hamiltonian.n_qubits

    @property
    def is_exact(self) -> bool:
        """Whether it is small enough for everything about it to be computed exactly."""
        return self.n_qubits <= MAX_EXACT_QUBITS

    @property
    def energy_range(self) -> tuple[float, float]:
        """Lowest and highest energy, without the constant.

        Raises:
            ProblemError: too large for them to be computed.
        """
        spectrum = self.hamiltonian.spectrum
        return spectrum.e_min, spectrum.e_max

    @cached_property
    def formulation(self) -> Formulation | None:
        """Of the user's problem; None when the variables are unknown or the form is free."""
        if self.problem is None or self.encoding == "given" or self.problem.free_form:
            return None
        return self.problem.formulation()

    @cached_property
    def optimality(self) -> Optimality:
        """Which basis states are optimal; see `problems.optimality`.

        Raises:
            ProblemError: more qubits than can be enumerated.
        """
        return decide(
            self.hamiltonian, self.formulation, self.variables, given=self.encoding != "exact"
        )

    def decode(self, index: int) -> Decoded | None:
        """The solution that basis state `index` stands for; None when the variables are unknown."""
        if self.problem is None or self.encoding == "given":
            return None
        values = index_to_assignment(index, self.n_qubits)
        solution = self.problem.decode(
            dict(zip(self.variables, values, strict=True)), self.encoding
        )
        return Decoded(
            solution=solution,
            feasible=self.problem.is_feasible(solution),
            objective=self.problem.objective(solution),
        )


MAX_VARIABLES = 5_000
"""Most variables that are encoded, even where nothing is verified: a complete graph on this many
nodes has 12 million terms."""


def encode(
    problem: Problem,
    encoding: Encoding = "exact",
    variable_order: VariableOrder = "natural",
    penalty: Exact | None = None,
    *,
    verifiable: bool = False,
) -> EncodedProblem:
    """Number the variables and build the Hamiltonian.

    Args:
        penalty: weight of the penalties of `exact`; default: one that is sufficient.
        verifiable: refuse at once what is too large to be verified exactly.

    Raises:
        ProblemError: the type lacks this encoding, too many variables, nothing is left to decide,
            or a penalty weight that is not positive or given to an encoding without penalties.
    """
    if encoding not in problem.encodings:
        raise ProblemError(
            f"{problem.problem_type} has no {encoding!r} encoding; "
            f"use --encoding {' or '.join(problem.encodings)}."
        )
    _check_size(problem, problem.least_qubits(), verifiable)
    labels = problem.variables(encoding)
    _check_size(problem, len(labels), verifiable)
    variables = tuple(sort_labels(labels, variable_order))
    if not variables:
        raise ProblemError(
            f"this {problem.problem_type} instance has nothing to decide (0 qubits), so it "
            "needs no circuit: `quasar solve` prints its solution."
        )
    if penalty is not None:
        _check_penalty(problem, encoding, penalty)
    return problem.encoded(variables, encoding, variable_order, penalty)


def _check_penalty(problem: Problem, encoding: Encoding, chosen: Exact) -> None:
    free = problem.free_form or encoding != "exact"
    if free or problem.formulation().penalties is None:
        raise ProblemError(
            f"{problem.problem_type} in the {encoding} encoding has no penalty weight to choose: "
            "leave --penalty out."
        )
    if chosen <= 0:
        raise ProblemError(f"the penalty weight must be above 0, not {float(chosen):g}.")


def _check_size(problem: Problem, n_qubits: int, verifiable: bool) -> None:
    if verifiable:
        require_exact(n_qubits)
    if n_qubits > MAX_VARIABLES:
        raise ProblemError(
            f"this {problem.problem_type} instance has {n_qubits:,} qubits; at most "
            f"{MAX_VARIABLES:,} can be encoded: use a smaller graph, fewer colours or bits, or "
            "split it."
        )


def selected(assignment: Assignment, labels: Iterable[Label]) -> list[Label]:
    """Those of `labels` whose variable is 1, in the given order."""
    return [label for label in labels if assignment[label]]

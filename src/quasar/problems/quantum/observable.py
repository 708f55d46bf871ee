"""Free form: the ground state of a given observable; and what all such problem types share.

The Hamiltonian is a real sum of products of X, Y and Z, so that its ground state is in general no
bit string: nothing is decoded, and what counts is the energy and the overlap with the ground space.
Sums of Z alone, whose ground states are bit strings, are better stated as `ising`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.ground_space import MAX_LANCZOS_QUBITS, GroundSpace, IntVector, ground_space
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label, VariableOrder
from quasar.core.observable import Pauli, PauliSum
from quasar.problems import sampling, values
from quasar.problems.base import Assignment, EncodedProblem, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.quantum.pauli_input import HOW_TO, read_observable
from quasar.problems.structure import Structure

MAX_QUBITS = 10_000
"""Highest number of qubits read, so that a mistyped index does not fill the memory."""
RELATIVE_ACCURACY = 1e-3
"""Energy error, relative to the ground energy, at which a state counts as a solution where the
problem names no accuracy of its own."""
_CANCELLED = 1e-9  # of a ground energy: less is left where the constant lifts it to zero


class Symmetry(NamedTuple):
    """A quantity that states are told by.

    Attributes:
        name: what it is, e.g. `particles`.
        observable: diagonal, with its constant.
    """

    name: str
    observable: PauliSum


class ObservableProblem(Problem):
    """A Hamiltonian whose ground state is asked for.

    Class attributes:
        unit: of energies; empty for those of the Hamiltonian's own coefficients.
    """

    sense = "min"
    answer = "a quantum state: measured in the energy, not decoded"
    goal = "energy, the constant included"
    free_form = True
    unit: ClassVar[str] = ""

    @abstractmethod
    def observable(self) -> PauliSum:
        """The Hamiltonian; qubit i is variable i."""

    def symmetries(self) -> Sequence[Symmetry]:
        """Quantities to report, conserved or not."""
        return ()

    def sector(self) -> Mapping[str, float]:
        """Values of symmetries (by name) that the wanted state has; empty: any state."""
        return {}

    def occupied(self) -> Sequence[int] | None:
        """Qubits of the spin orbitals that the reference determinant occupies; None where the
        problem has no electrons, or their number is open.
        """
        return None

    def accuracy(self) -> float | None:
        """Energy error at which a state counts as a solution; None: relative to the energy."""
        return None

    def encoded(
        self,
        variables: Sequence[Label],
        encoding: Encoding,
        variable_order: VariableOrder,
        penalty: Exact | None,
    ) -> EncodedProblem:
        """The problem with its observable; the order of qubits is the problem's own."""
        labels = tuple(self.variables(encoding))
        return EncodedObservable(self, self.observable(), labels, encoding, "natural")

    def formulation(self) -> Formulation:
        """There is none.

        Raises:
            ProblemError: always.
        """
        raise ProblemError(
            f"{self.problem_type} has no classical form: its ground state is a quantum state. "
            "Use `quasar generate` for a circuit, or `quasar verify` to measure one."
        )

    def to_hamiltonian(
        self, encoding: Encoding, variables: Sequence[Label], penalty: Exact | None = None
    ) -> IsingHamiltonian:
        """Of a sum of Z alone; see `observable` for all others.

        Raises:
            ProblemError: an X or Y in it.
        """
        return IsingHamiltonian.from_observable(self.observable())

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return None

    def is_feasible(self, solution: Solution) -> bool:
        return False

    def objective(self, solution: Solution) -> float:
        return float("nan")

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        h = self.observable()
        for qubit in range(h.n_qubits):
            found.element(qubit, "qubit")
        for pauli, c in h.pauli_terms().items():
            found.group(("term", pauli), c, pauli)
        return {}


@dataclass(frozen=True, repr=False)
class EncodedObservable(EncodedProblem):
    """A problem with its observable; what verifier and designer work on.

    Attributes:
        hamiltonian: on n qubits, with X and Y in it; the field of the base class is diagonal.
    """

    hamiltonian: PauliSum  # type: ignore[assignment]
    problem: ObservableProblem

    def bare(self) -> EncodedObservable:
        """A copy without cached results."""
        h = self.hamiltonian
        kept = PauliSum(h.n_qubits, h.pauli_terms(), h.constant)
        return EncodedObservable(
            self.problem, kept, self.variables, self.encoding, self.variable_order, self.reference
        )

    def decode(self, index: int) -> None:
        """Nothing: basis states are no answers."""
        return

    @property
    def is_exact(self) -> bool:
        """Whether the ground space is computed; beyond, only bounds are known."""
        return self.n_qubits <= MAX_LANCZOS_QUBITS

    @cached_property
    def ground(self) -> GroundSpace:
        """The ground space, within the problem's sector if it names one.

        Raises:
            ProblemError: more qubits than that is computed for, or a sector without any state.
        """
        return ground_space(self.hamiltonian, self.sector_states)

    @property
    def energy_range(self) -> tuple[float, float]:
        """Lowest and highest energy of the sector; see the base class."""
        return self.ground.energy, self.ground.highest

    @property
    def accuracy(self) -> float:
        """Energy error at which a state counts as a solution.

        A thousandth of the ground energy where the problem names none; of the ground energy
        without the constant where that lifts it to zero, as in a sum of projectors.

        Raises:
            ProblemError: as for `ground`.
        """
        own = self.problem.accuracy()
        if own is not None:
            return own
        without, constant = self.ground.energy, self.hamiltonian.constant
        scale = abs(without + constant)
        if scale <= _CANCELLED * abs(without):
            scale = abs(without)
        return RELATIVE_ACCURACY * scale

    @cached_property
    def sector_states(self) -> IntVector | None:
        """Basis states of the wanted sector, ascending; None where all are.

        Raises:
            ProblemError: there is none.
        """
        wanted = self.problem.sector()
        if not wanted:
            return None
        inside = np.ones(1 << self.n_qubits, dtype=np.bool_)
        for name, h in self.problem.symmetries():
            if name in wanted:
                value = IsingHamiltonian.from_observable(h).diagonal + h.constant
                inside &= np.abs(value - wanted[name]) < 1e-6
        if not inside.any():
            stated = " and ".join(f"{name} = {value:g}" for name, value in wanted.items())
            raise ProblemError(
                f"no state of {self.n_qubits} qubits has {stated}: choose a sector that exists."
            )
        return np.flatnonzero(inside)


class ObservableGround(ObservableProblem):
    """The file has `observable` and may have `number_of_qubits`, where the last occur in no term.

    `observable` is text such as `0.5*X0*Z1 - Y2`, an object or a list of Pauli strings with their
    coefficients, or from Python a SparsePauliOp; see `pauli_input`.
    """

    problem_type = "observable"
    title = "Find the ground state of an observable"
    qubits = "those of the observable"
    reads = Reads(
        fields=("observable", "number_of_qubits"),
        hints={"hamiltonian": "write it as 'observable'"},
    )

    def __init__(self, observable: PauliSum) -> None:
        if not 1 <= observable.n_qubits <= MAX_QUBITS:
            raise ProblemError(
                f"the observable acts on {observable.n_qubits} qubits; 1 to {MAX_QUBITS} are "
                f"possible: {HOW_TO}."
            )
        self._observable = observable

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        n_qubits = data.get("number_of_qubits")
        if n_qubits is not None:
            n_qubits = values.whole(n_qubits, "'number_of_qubits'", minimum=1)
        return cls(read_observable(data.get("observable"), n_qubits))

    def to_data(self) -> dict[str, Any]:
        return {
            "problem_type": self.problem_type,
            "observable": self._observable.to_text(),
            "number_of_qubits": self._observable.n_qubits,
        }

    def observable(self) -> PauliSum:
        return self._observable

    def symmetries(self) -> Sequence[Symmetry]:
        return (total_sz(self._observable.n_qubits),)

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return range(self._observable.n_qubits)

    def prompt_details(self) -> str:
        return self._observable.to_text()

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(10, max_qubits))
        terms: dict[Pauli, float] = {((n - 1, "X"),): round(float(rng.normal()), 2)}
        for _ in range(sampling.integer(rng, n, 3 * n)):
            order = min(n, sampling.choice(rng, [1, 2, 2, 2, 3]))
            qubits = sampling.subset(rng, range(n), order)
            pauli: Pauli = tuple((q, sampling.choice(rng, ("X", "Y", "Z"))) for q in qubits)
            terms[pauli] = round(float(rng.normal()), 2)
        return cls(PauliSum(n, terms))


def total_sz(n_qubits: int) -> Symmetry:
    """Total spin along z in units of ħ: Σ Z_i / 2."""
    return Symmetry("sz", PauliSum(n_qubits, {((q, "Z"),): 0.5 for q in range(n_qubits)}))

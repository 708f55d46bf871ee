"""Free form: the lowest energy of a given Ising Hamiltonian.

Variables: the qubits 0..n-1 themselves, with Z(i) on qubit i; exact, since the energy is the
objective. Diagonal Hamiltonians of any order only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, of_spins
from quasar.problems.overlay import SolutionOverlay, couplings
from quasar.problems.structure import Structure

MAX_QUBITS = 10_000
"""Highest number of qubits read, so that a mistyped index does not fill the memory."""

_HOW_TO = 'add e.g. {"hamiltonian": "0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2)"}'


class Ising(Problem):
    """Solution: list of the spins Z_0..Z_{n-1}, each 1 or -1. Objective: the energy, constant
    included.

    The file has `hamiltonian` (text; from Python also a diagonal SparsePauliOp) and may have
    `number_of_qubits`, where the last qubits occur in no term.
    """

    problem_type = "ising"
    title = "Find the spins with the lowest energy"
    sense = "min"
    qubits = "those of the Hamiltonian"
    answer = "list of the spins, 1 or -1"
    goal = "energy, the constant included"
    free_form = True
    reads = Reads(
        fields=("hamiltonian", "number_of_qubits"),
    )

    def __init__(self, hamiltonian: IsingHamiltonian) -> None:
        if not 1 <= hamiltonian.n_qubits <= MAX_QUBITS:
            raise ProblemError(
                f"the Hamiltonian acts on {hamiltonian.n_qubits} qubits; 1 to {MAX_QUBITS} are "
                "possible: name the qubits Z(0), Z(1), and so on."
            )
        self.hamiltonian = hamiltonian.simplified()

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        raw = data.get("hamiltonian")
        if raw is None:
            raise ProblemError(f"the problem has no 'hamiltonian': {_HOW_TO}.")
        n_qubits = data.get("number_of_qubits")
        if n_qubits is not None:
            n_qubits = values.whole(n_qubits, "'number_of_qubits'", minimum=1)
        if isinstance(raw, IsingHamiltonian):
            return cls(raw)
        if isinstance(raw, str):
            return cls(IsingHamiltonian.from_text(raw, n_qubits))
        if hasattr(raw, "to_list") and hasattr(raw, "num_qubits"):
            return cls(IsingHamiltonian.from_sparse_pauli_op(raw))
        raise ProblemError(
            f"'hamiltonian' must be text or a SparsePauliOp, not {type(raw).__name__}: {_HOW_TO}."
        )

    def to_data(self) -> dict[str, Any]:
        text = self.hamiltonian.to_text()
        if self.hamiltonian.constant:
            text = f"{text} + {self.hamiltonian.constant!r}"
        return {
            "problem_type": self.problem_type,
            "hamiltonian": text,
            "number_of_qubits": self.hamiltonian.n_qubits,
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return range(self.hamiltonian.n_qubits)

    def formulation(self) -> Formulation:
        energy = Polynomial.of_spins(self.hamiltonian.exact_terms.items())
        return Formulation(energy + self.hamiltonian.constant)

    def native(self) -> NativeModel:
        terms = [*self.hamiltonian.exact_terms.items(), ((), exact(self.hamiltonian.constant))]
        return of_spins(self.variables("exact"), terms)

    def to_hamiltonian(
        self, encoding: Encoding, variables: Sequence[Label], penalty: Exact | None = None
    ) -> IsingHamiltonian:
        """The given terms, unrounded; no detour over 2**k monomials for a product of k spins."""
        position = {label: i for i, label in enumerate(variables)}
        return self.hamiltonian.relabelled([position[i] for i in range(len(variables))])

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [2 * int(assignment[i]) - 1 for i in range(self.hamiltonian.n_qubits)]

    def is_feasible(self, solution: Solution) -> bool:
        return (
            isinstance(solution, list | tuple)
            and len(solution) == self.hamiltonian.n_qubits
            and all(spin in (1, -1) for spin in solution)
        )

    def objective(self, solution: Solution) -> float:
        spins = solution if isinstance(solution, list | tuple) else []
        down = sum(1 << i for i, spin in enumerate(spins) if spin == -1)
        return self.hamiltonian.energy(down) + self.hamiltonian.constant

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """The spins, joined by the terms."""
        terms = [
            (qubits, c, c * math.prod(solution[q] for q in qubits))
            for qubits, c in self.hamiltonian.terms.items()
        ]
        up: dict[Label, bool] = {q: spin == 1 for q, spin in enumerate(solution)}
        title = f"energy {self.objective(solution):g}"
        return couplings(terms, up, ("+1 (measured as 0)", "-1"), title)

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        found.terms(self.hamiltonian)
        return {}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        terms: dict[tuple[int, ...], float] = {(n - 1,): round(float(rng.normal()), 2)}
        for _ in range(sampling.integer(rng, n, 3 * n)):
            order = min(n, sampling.choice(rng, [1, 2, 2, 2, 3, 4]))
            qubits = tuple(sampling.subset(rng, range(n), order))
            terms[qubits] = round(float(rng.normal()), 2)
        return cls(IsingHamiltonian(n, terms, round(float(rng.normal()), 2)))

    def prompt_details(self) -> str:
        return f"of the Hamiltonian {self.to_data()['hamiltonian']}"

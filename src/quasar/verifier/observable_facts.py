"""Facts of a problem whose answer is a ground state: what `ProblemFacts` is for bit strings."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian, Spectrum
from quasar.core.observable import PauliSum
from quasar.core.pauli_algebra import commutes, qubit_wise_groups
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.engine import ComplexVector, FloatVector, Outcome
from quasar.verifier import quality
from quasar.verifier.context import ProblemFacts
from quasar.verifier.solutions import PenaltyWeight, SolutionScale


class ObservableFacts(ProblemFacts):
    """What depends on the observable and the reference alone; computed when first needed.

    The scale of energies ends at the lowest and highest energy of the problem's sector. There are
    no optimal basis states, and nothing is decoded.
    """

    problem: EncodedObservable

    def _spectrum(self) -> Spectrum:
        ground = self.problem.ground
        return Spectrum(
            e_min=ground.energy,
            e_max=ground.highest,
            ground_states=np.zeros(0, dtype=np.int64),
            n_ground_states=ground.degeneracy,
            first_excited=None if ground.gap is None else ground.energy + ground.gap,
            resolved=True,
        )

    def observable_of(self, outcome: Outcome) -> PauliSum:
        """The observable on the qubits of the circuit that was run; see `Outcome.circuit`."""
        h = self.problem.hamiltonian
        if outcome.circuit is None or outcome.circuit.n_qubits == h.n_qubits:
            return h
        return PauliSum(outcome.circuit.n_qubits, h.pauli_terms())

    @cached_property
    def reference_energies(self) -> tuple[float, float] | None:
        """The reference's energy; qubits in reversed order are not looked at."""
        execution = self.reference_execution
        if execution is None or execution.outcome.answer.width != self.problem.n_qubits:
            return None
        energy = execution.outcome.expectation(self.problem.hamiltonian).value
        return energy, energy

    @cached_property
    def optimum(self) -> quality.Optimum | None:
        """None: no basis state is the answer."""
        return None

    @cached_property
    def scale(self) -> SolutionScale | None:
        """None: nothing is decoded."""
        return None

    @cached_property
    def penalty(self) -> PenaltyWeight | None:
        """None: there are no constraints."""
        return None

    @cached_property
    def remarks(self) -> list[str]:
        """Nothing is known against an observable."""
        return []

    @cached_property
    def groups(self) -> list[PauliSum]:
        """The observable in parts that are measured together, the largest coefficients first."""
        h = self.problem.hamiltonian
        terms = h.pauli_terms()
        ordered = sorted(terms, key=lambda pauli: -abs(terms[pauli]))
        return [
            PauliSum(h.n_qubits, {pauli: terms[pauli] for pauli in group})
            for group in qubit_wise_groups(ordered)
        ]

    @cached_property
    def conserved(self) -> dict[str, bool]:
        """Whether each of the problem's symmetries commutes with the observable."""
        h = self.problem.hamiltonian
        return {s.name: commutes(h, s.observable) for s in self.problem.problem.symmetries()}

    def prepare(self) -> None:
        _ = self.groups, self.conserved
        if self._settings.stage_names:
            _ = self.reference


def group_variances(state_rows: ComplexVector, groups: list[PauliSum]) -> FloatVector:
    """Variance of each group's sum in a state, by measuring in the group's own basis.

    Args:
        state_rows: amplitudes, shape [E, D]: D = 2**n of the observable's qubits, and E = 2**k of
            those beyond, which are summed over.
    """
    out = np.zeros(len(groups))
    for number, group in enumerate(groups):
        axes = {qubit: axis for pauli in group.pauli_terms() for qubit, axis in pauli}
        rotated = state_rows
        for qubit, axis in axes.items():
            if axis != "Z":
                rotated = _turned(rotated, qubit, axis)
        p = (rotated.real**2 + rotated.imag**2).sum(axis=0)
        turned = {tuple(q for q, _ in pauli): c for pauli, c in group.pauli_terms().items()}
        values = IsingHamiltonian(group.n_qubits, turned).diagonal
        mean = float(p @ values)
        out[number] = max(float(p @ (values - mean) ** 2), 0.0)
    return out


def _turned(rows: ComplexVector, qubit: int, axis: str) -> ComplexVector:
    """The state after the rotation that takes an axis to Z: H for X, H S† for Y."""
    # Axes: environment, qubits above, the qubit, qubits below.
    pairs = rows.reshape(rows.shape[0], -1, 2, 1 << qubit)
    zero, one = pairs[:, :, 0, :], pairs[:, :, 1, :] * (-1j if axis == "Y" else 1.0)
    turned: ComplexVector = np.stack([zero + one, zero - one], axis=2) * np.sqrt(0.5)
    return turned.reshape(rows.shape)

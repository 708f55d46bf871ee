"""Ground states of more qubits than Lanczos takes: the exact energy of a circuit, between bounds.

The energy comes from the causal cones of the terms, the bounds from `core.local_bounds` and from
the circuit itself. Fidelity and variance need the state and are not measured.
"""

from __future__ import annotations

import time
from functools import cached_property

from quasar.circuits.statistics import statistics
from quasar.core.ground_space import MAX_LANCZOS_QUBITS
from quasar.core.local_bounds import lower_bound, product_state_energy
from quasar.core.pauli_algebra import qubit_wise_groups
from quasar.problems.quantum.observable import EncodedObservable
from quasar.verifier import reward as rewards
from quasar.verifier.large import LargeVerifier
from quasar.verifier.report import Report
from quasar.verifier.stages.feasibility import Execution, Fault
from quasar.verifier.stages.ground import Ground, ground_remarks

_BEYOND = f"scores need the ground energy, which is computed to {MAX_LANCZOS_QUBITS} qubits"


class LargeObservableVerifier(LargeVerifier):
    """Judges circuits for one observable of any size; bounds are looked for once."""

    problem: EncodedObservable

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """What the ground energy is between: parts from below, a product state from above."""
        h = self.problem.hamiltonian
        return lower_bound(h), product_state_energy(h, self.large.seed)

    def prepare(self) -> None:
        if self._measures:
            _ = self.bounds, self.reference_energy

    def skipped(self) -> dict[str, str]:
        return {**super().skipped(), "objective": _BEYOND, "utility": _BEYOND}

    def _add_estimates(self, report: Report, execution: Execution) -> None:
        begun = time.perf_counter()
        energy, note = self._exact_energy(execution)
        report.cost_s["energy"] = time.perf_counter() - begun
        if energy is None:
            report.feasible = False
            report.fault = Fault(
                kind="unsimulable",
                message=f"its energy cannot be computed: {note}",
                hint="Write fewer layers.",
            )
            report.reward = self._reward(rewards.Scores(feasible=False))
            return
        circuit = execution.outcome.circuit
        begun = time.perf_counter()
        low, product = self.bounds
        h, problem = self.problem.hamiltonian, self.problem.problem
        report.cost_s["bounds"] = time.perf_counter() - begun
        found = Ground(
            unit=problem.unit,
            energy=energy,
            energy_total=energy + h.constant,
            status="bounded",
            method="windows",
            low=low,
            high=min(product, energy),
            ground_energy=None,
            ground_energy_total=None,
            energy_error=None,
            relative_error=None,
            accuracy=problem.accuracy(),
            accurate=None,
            chemical_accuracy=None,
            fidelity=None,
            variance=None,
            symmetries=[],
            measurement_groups=len(qubit_wise_groups(h.pauli_terms())),
            precision=None,
            shots=None,
            statistics=None if circuit is None else statistics(circuit),
        )
        report.stages.ground = found
        report.energy = energy
        report.energy_reference = self.reference_energy
        report.remarks += ground_remarks(found, product_state=None)

"""The fast engine: the compiled simulator where it was built, for flat programs; else qulacs."""

from __future__ import annotations

import qulacs

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.core.observable import Observable
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import ComplexVector, Energy, Feature, FloatVector
from quasar.simulate.qulacs_gates import build_gate
from quasar.simulate.small_state import simulate
from quasar.simulate.state_engine import StateEngine


class QulacsEngine(StateEngine):
    """Exact state vectors: of flat programs in C, of others in C++ with SIMD, a gate at a time."""

    name = "qulacs"
    supports: frozenset[Feature] = StateEngine.supports | {"gradient"}

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `StateEngine.state`."""
        state = qulacs.QuantumState(circuit.n_qubits)
        for gate in circuit.gates:
            built = build_gate(gate)
            if built is not None:
                built.update_quantum_state(state)
        vector: ComplexVector = state.get_vector()
        return vector

    def _simulated(
        self, circuit: Circuit, amplitudes: bool
    ) -> tuple[ComplexVector | None, FloatVector, float]:
        found = simulate(circuit, amplitudes=amplitudes)
        return super()._simulated(circuit, amplitudes) if found is None else found

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) with adjoint gradients."""
        return energy_of(ansatz, observable)

"""Distributions that a run is held against: without noise, and with the backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.circuits.circuit import Circuit
from quasar.core.errors import QuasarError
from quasar.simulate.engine import FloatVector, probabilities
from quasar.simulate.state_engine import state_engine

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def ideal_distribution(circuit: Circuit) -> FloatVector:
    """Distribution of the answers without noise, shape [D]."""
    return probabilities(state_engine().state(circuit))


def noisy_distribution(compiled: QuantumCircuit, backend: Any) -> tuple[FloatVector, str] | str:
    """Distribution of the answers under a backend's noise, shape [D], and what simulated it.

    The noise is that of the backend's stated errors (`simulate.noisy`); a real device has more.

    Returns:
        A sentence where there is none.
    """
    from quasar.devices.load import device
    from quasar.simulate.noisy.engine import NoisyEngine

    if backend is None:
        return "the sampler names no backend, so its noise is not known"
    if getattr(backend, "target", None) is None or not backend.target.num_qubits:
        return f"{backend.name} states no errors"
    try:
        found = NoisyEngine(device(backend)).distribution(compiled)
    except QuasarError as error:
        return str(error).rstrip(".")
    return found.mean, f"{found.method}, errors of {backend.name}"

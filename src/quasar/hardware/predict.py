"""Distributions that a run is held against: without noise, and with the backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.circuits.circuit import Circuit
from quasar.simulate.engine import FloatVector, probabilities
from quasar.simulate.state_engine import state_engine

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def ideal_distribution(circuit: Circuit) -> FloatVector:
    """Distribution of the answers without noise, shape [D]."""
    return probabilities(state_engine().state(circuit))


def noisy_distribution(compiled: QuantumCircuit, backend: Any) -> tuple[FloatVector, str] | str:
    """Distribution of the answers under a backend's noise, shape [D], and what simulated it.

    Returns:
        A sentence where there is none.
    """
    if backend is None:
        return "the sampler names no backend, so its noise is not known"
    return "this version has no noisy simulator"

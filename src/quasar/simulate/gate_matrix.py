"""Matrices of single gates."""

from __future__ import annotations

import functools

import numpy as np

from quasar.circuits.circuit import Circuit, ComplexMatrix, Gate
from quasar.simulate.state_engine import state_engine


def gate_matrix(gate: Gate) -> ComplexMatrix:
    """A gate's matrix, shape [2**k, 2**k], its first qubit most significant, up to global phase."""
    if gate.matrix is not None:
        return _matrix(Gate(gate.name, tuple(reversed(range(len(gate.qubits)))), (), gate.matrix))
    return _known_matrix(gate.name, len(gate.qubits), gate.params)


@functools.lru_cache(maxsize=4096)
def _known_matrix(name: str, k: int, params: tuple[float, ...]) -> ComplexMatrix:
    matrix = _matrix(Gate(name, tuple(reversed(range(k))), params))
    matrix.setflags(write=False)
    return matrix


def _matrix(gate: Gate) -> ComplexMatrix:
    k = len(gate.qubits)
    columns = []
    engine = state_engine()
    for index in range(1 << k):
        flips = [Gate("x", (i,)) for i in range(k) if index >> i & 1]
        columns.append(engine.state(Circuit(k, (*flips, gate))))
    return np.array(columns).T

"""Gates as qulacs has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import qulacs
from qulacs import gate as qg

from quasar.circuits.circuit import ALIASES, Gate
from quasar.simulate.rotations import u_matrix


def _phase(target: int, lam: float) -> qulacs.QuantumGateBase:
    out: qulacs.QuantumGateBase = qg.DiagonalMatrix([target], np.array([1.0, np.exp(1j * lam)]))
    return out


def _controlled(base: qulacs.QuantumGateBase, control: int) -> qulacs.QuantumGateBase:
    matrix: qulacs.QuantumGateMatrix = qg.to_matrix_gate(base)
    matrix.add_control_qubit(control, 1)
    return matrix


def _cu(gate: Gate) -> qulacs.QuantumGateBase:
    theta, phi, lam, gamma = gate.params
    control, target = gate.qubits
    out: qulacs.QuantumGateMatrix = qg.DenseMatrix(
        [target], np.exp(1j * gamma) * u_matrix(theta, phi, lam)
    )
    out.add_control_qubit(control, 1)
    return out


def _unitary(gate: Gate) -> qulacs.QuantumGateBase:
    if gate.matrix is None:
        raise ValueError("a 'unitary' gate carries its matrix")
    out: qulacs.QuantumGateBase = qg.DenseMatrix(list(gate.qubits), gate.matrix)
    return out


# qulacs' RX(θ) is exp(+iθ/2 X); its RotX(θ) is the usual exp(-iθ/2 X).
_BUILD: dict[str, Callable[[Gate], qulacs.QuantumGateBase]] = {
    "U": lambda g: qg.DenseMatrix([g.qubits[0]], u_matrix(*g.params)),
    "p": lambda g: _phase(g.qubits[0], g.params[0]),
    "x": lambda g: qg.X(g.qubits[0]),
    "y": lambda g: qg.Y(g.qubits[0]),
    "z": lambda g: qg.Z(g.qubits[0]),
    "h": lambda g: qg.H(g.qubits[0]),
    "s": lambda g: qg.S(g.qubits[0]),
    "sdg": lambda g: qg.Sdag(g.qubits[0]),
    "t": lambda g: qg.T(g.qubits[0]),
    "tdg": lambda g: qg.Tdag(g.qubits[0]),
    "sx": lambda g: qg.sqrtX(g.qubits[0]),
    "rx": lambda g: qg.RotX(g.qubits[0], g.params[0]),
    "ry": lambda g: qg.RotY(g.qubits[0], g.params[0]),
    "rz": lambda g: qg.RotZ(g.qubits[0], g.params[0]),
    "cx": lambda g: qg.CNOT(*g.qubits),
    "cy": lambda g: _controlled(qg.Y(g.qubits[1]), g.qubits[0]),
    "cz": lambda g: qg.CZ(*g.qubits),
    "cp": lambda g: _controlled(_phase(g.qubits[1], g.params[0]), g.qubits[0]),
    "crx": lambda g: _controlled(qg.RotX(g.qubits[1], g.params[0]), g.qubits[0]),
    "cry": lambda g: _controlled(qg.RotY(g.qubits[1], g.params[0]), g.qubits[0]),
    "crz": lambda g: _controlled(qg.RotZ(g.qubits[1], g.params[0]), g.qubits[0]),
    "ch": lambda g: _controlled(qg.H(g.qubits[1]), g.qubits[0]),
    "swap": lambda g: qg.SWAP(*g.qubits),
    "ccx": lambda g: qg.TOFFOLI(*g.qubits),
    "cswap": lambda g: qg.FREDKIN(*g.qubits),
    "cu": _cu,
    "u2": lambda g: qg.DenseMatrix([g.qubits[0]], u_matrix(math.pi / 2, *g.params)),
    "unitary": _unitary,
}


def build_gate(gate: Gate) -> qulacs.QuantumGateBase | None:
    """The gate as qulacs has it; None for the identity.

    Raises:
        KeyError: a name outside `circuit.GATES`.
    """
    if gate.params or gate.matrix is not None:
        return _BUILD[ALIASES.get(gate.name, gate.name)](gate)
    return None if gate.name == "id" else _fixed(gate)


@lru_cache(maxsize=4096)
def _fixed(gate: Gate) -> qulacs.QuantumGateBase:
    """A gate without angles, one object for all circuits: it is applied or copied, not changed."""
    return _BUILD[ALIASES.get(gate.name, gate.name)](gate)

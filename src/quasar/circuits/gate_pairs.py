"""Two gates side by side: whether they commute, and what they come to on the same qubits.

Each gate acts along an axis (x, y or z) on each of its qubits, or along none. Angles are compared
within `ROUNDING`.
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache

import numpy as np

from quasar.circuits.circuit import Gate
from quasar.circuits.one_qubit import (
    ROUNDING,
    Single,
    controlled,
    off_identity,
    single,
    times,
    wrapped,
)

_ADDITIVE = frozenset({"crx", "cry", "crz"})


def is_half_turn(gate: Single) -> bool:
    """Whether a rotation is by half a turn."""
    return abs(math.pi - abs(gate.angle)) <= ROUNDING


def rotation(axis: str, angle: float, qubit: int) -> Gate | None:
    """A rotation about x, y or z; None for a multiple of 2π."""
    angle = wrapped(angle)
    if abs(angle) <= ROUNDING:
        return None
    if math.pi - abs(angle) <= ROUNDING:
        return Gate(axis, (qubit,))
    return Gate(f"r{axis}", (qubit,), (angle,))


def merge(old: Gate, new: Gate) -> list[Gate] | None:
    """Two gates on the same qubits as one or none; None where they do not join."""
    one, two = controlled(old), controlled(new)
    if one is None or two is None:
        if _full_inverse(old, new):
            return []
        return None
    if one.target != two.target or set(one.controls) != set(two.controls):
        # A phase is the same whichever of its qubits is called the target.
        if one.name in "pz" and two.name in "pz":
            return _joined_phases(new.qubits, one.base, two.base)
        return None
    if one.name in "pz" and two.name in "pz":
        return _joined_phases(new.qubits, one.base, two.base)
    product = times(two.base.matrix, one.base.matrix)
    if off_identity(product) < ROUNDING:
        angle = wrapped(cmath.phase(product[0]))
        if abs(angle) <= ROUNDING:
            return []
        return [_phase_gate(one.controls, angle)]
    if old.name == new.name and old.name in _ADDITIVE:
        angle = wrapped(wrapped(old.params[0], 2) + wrapped(new.params[0], 2), 2)
        return [new._replace(params=(angle,))]
    return None


def _joined_phases(qubits: tuple[int, ...], one: Single, two: Single) -> list[Gate]:
    angle = wrapped(one.angle + two.angle)
    return [] if abs(angle) <= ROUNDING else [_phase_gate(qubits, angle)]


def _phase_gate(qubits: tuple[int, ...], angle: float) -> Gate:
    """The phase exp(i angle) on the states in which all qubits (one or two) are 1."""
    half = math.pi - abs(angle) <= ROUNDING
    if len(qubits) == 1:
        return Gate("z", qubits) if half else Gate("p", qubits, (angle,))
    return Gate("cz", qubits) if half else Gate("cp", qubits, (angle,))


def axis_on(gate: Gate, qubit: int) -> str:
    """Axis along which the gate acts on one of its qubits; empty where it has none."""
    return axes_of(gate)[gate.qubits.index(qubit)]


def axes_of(gate: Gate) -> tuple[str, ...]:
    """Axis along which the gate acts on each of its qubits; empty where it has none.

    Two gates commute if they act along the same axis on each qubit that they share.
    """
    if gate.matrix is not None:
        return _matrix_axes(gate)
    return _named_axes(gate.name, gate.params, len(gate.qubits))


@lru_cache(maxsize=1 << 14)
def _named_axes(name: str, params: tuple[float, ...], n_qubits: int) -> tuple[str, ...]:
    gate = Gate(name, tuple(range(n_qubits)), params)
    if n_qubits == 1:
        return (single(gate).axis,)
    parts = controlled(gate)
    if parts is None:
        return ("z", "", "") if name == "cswap" else ("",) * n_qubits
    return ("z",) * len(parts.controls) + (parts.base.axis,)


def _matrix_axes(gate: Gate) -> tuple[str, ...]:
    matrix = gate.matrix
    if matrix is None or len(gate.qubits) == 1:
        return (single(gate).axis,)
    diagonal = bool(np.abs(matrix - np.diag(np.diag(matrix))).max() <= ROUNDING)
    return ("z" if diagonal else "",) * len(gate.qubits)


def permutes(gate: Gate) -> bool:
    """Whether the gate takes basis states to basis states, up to phases."""
    if gate.name in {"swap", "cswap"}:
        return True
    if gate.matrix is not None:
        return bool(((np.abs(gate.matrix) > ROUNDING).sum(axis=0) == 1).all())
    parts = controlled(gate)
    a, b, _, _ = (single(gate) if parts is None else parts.base).matrix
    return abs(a) <= ROUNDING or abs(b) <= ROUNDING


def is_identity(matrix: np.ndarray) -> bool:
    """Whether a matrix is the identity up to a phase."""
    return bool(np.abs(matrix - matrix[0, 0] * np.eye(len(matrix))).max() <= ROUNDING)


def _full_inverse(old: Gate, new: Gate) -> bool:
    """Whether one undoes the other, for gates that are not controlled one-qubit gates."""
    if old.matrix is None and new.matrix is None:
        if old.name != new.name:
            return False
        return old.name == "swap" or (old.name == "cswap" and old.qubits[0] == new.qubits[0])
    if old.matrix is None or new.matrix is None:
        return False
    # The old matrix in the new gate's order of qubits. As a tensor, each of its two indices splits
    # into k axes of length 2. Axis 0 is the most significant qubit, the gate's last; so qubit i is
    # axis k - 1 - i of the rows, and k further on of the columns.
    order = [old.qubits.index(q) for q in new.qubits]
    k = len(order)
    axes = [k - 1 - i for i in reversed(order)]
    tensor = old.matrix.reshape((2,) * (2 * k)).transpose([*axes, *(k + a for a in axes)])
    return is_identity(new.matrix @ tensor.reshape(1 << k, 1 << k))

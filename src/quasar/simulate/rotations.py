"""Rotations as matrices and generators: what every energy knows of the gates whose angle is free.

Covers rx, ry, rz, p and their controlled forms, up to global phase: p and rz are one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from quasar.circuits.circuit import ALIASES, ComplexMatrix, Gate

PAULI: dict[str, ComplexMatrix] = {
    "x": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "y": np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    "z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}
AXIS_OF = {"rx": "x", "ry": "y", "rz": "z", "p": "z"}
"""Axis of each rotation of one qubit."""
CONTROLLED_AXIS_OF = {"crx": "x", "cry": "y", "crz": "z", "cp": "z"}
"""Axis of each controlled rotation."""


class PauliRotation(NamedTuple):
    """exp(-i factor*angle/2 P), P a product of Paulis: one axis a qubit."""

    qubits: tuple[int, ...]
    axes: str
    factor: float


class GeneratedRotation(NamedTuple):
    """exp(-i factor*angle/2 G); G acts on `qubits`, the first most significant, and G² = 1 on the
    part of the space where it is not 0.
    """

    qubits: tuple[int, ...]
    generator: ComplexMatrix
    factor: float


def u_matrix(theta: float, phi: float, lam: float) -> ComplexMatrix:
    """U(θ, φ, λ) of OpenQASM 3, shape [2, 2], without its global phase."""
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    return np.array(
        [[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]]
    )


def rotation_matrix(axis: str, angle: float) -> ComplexMatrix:
    """exp(-i angle/2 P), shape [2, 2], angle in radians."""
    half = angle / 2
    return np.asarray(math.cos(half) * np.eye(2) - 1j * math.sin(half) * PAULI[axis])


def pauli_rotations(gate: Gate) -> list[PauliRotation]:
    """The gate as commuting rotations about products of Paulis.

    Raises:
        ValueError: the gate is not a rotation, so its angle cannot be freed.
    """
    name = rotation_name(gate)
    if name in AXIS_OF:
        return [PauliRotation(gate.qubits, AXIS_OF[name], 1.0)]
    axis = CONTROLLED_AXIS_OF[name]
    # The generator |1><1| ⊗ P of a control is (P - Z ⊗ P) / 2; p on the control adds (1 - Z) / 2.
    rotations = [
        PauliRotation(gate.qubits[1:], axis, 0.5),
        PauliRotation(gate.qubits, "z" + axis, -0.5),
    ]
    return [PauliRotation(gate.qubits[:1], "z", 0.5), *rotations] if name == "cp" else rotations


def generated_rotations(gate: Gate) -> list[GeneratedRotation]:
    """The gate as commuting rotations, a controlled one by its generator |1><1| ⊗ P.

    Raises:
        ValueError: the gate is not a rotation, so its angle cannot be freed.
    """
    name = rotation_name(gate)
    if name in AXIS_OF:
        return [GeneratedRotation(gate.qubits, PAULI[AXIS_OF[name]], 1.0)]
    controlled = np.zeros((4, 4), dtype=np.complex128)
    controlled[2:, 2:] = PAULI[CONTROLLED_AXIS_OF[name]]
    rotations = [GeneratedRotation(gate.qubits, controlled, 1.0)]
    if name == "cp":
        rotations.append(GeneratedRotation(gate.qubits[:1], PAULI["z"], 0.5))
    return rotations


def rotation_name(gate: Gate) -> str:
    """The gate's name among the two tables of axes.

    Raises:
        ValueError: the gate is not a rotation, so its angle cannot be freed.
    """
    name = ALIASES.get(gate.name, gate.name)
    if name not in AXIS_OF and name not in CONTROLLED_AXIS_OF:
        raise ValueError(f"the angle of gate {gate.name!r} cannot be freed")
    return name

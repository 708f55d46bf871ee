"""Tuning the angle of one rotation appended to a state: the whole landscape in closed form.

With G² = 1 on the part of the space that a rotation exp(-iθ/2 G) turns,

    E(θ) = a + b cos θ + c sin θ

(Nakanishi et al., Phys. Rev. Research 2, 043158 (2020), eq. 8). For a diagonal energy that holds
for controlled rotations too: H does not mix the halves of the control, so the half frequencies of
the general case drop out. Covers rx, ry, rz, crx, cry, crz as the last gate of a circuit.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Gate
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities

Scalar = TypeVar("Scalar", np.float64, np.complex128)


class Sinusoid(NamedTuple):
    """E(θ) = mean + cosine * cos θ + sine * sin θ."""

    mean: float
    cosine: float
    sine: float

    def value(self, theta: float) -> float:
        """E(θ), θ in radians."""
        return self.mean + self.cosine * math.cos(theta) + self.sine * math.sin(theta)

    def slope(self, theta: float) -> float:
        """dE/dθ."""
        return self.sine * math.cos(theta) - self.cosine * math.sin(theta)

    def descend(self, steps: int, step_size: float, theta: float = 0.0) -> float:
        """Where that many steps of plain gradient descent from `theta` lead, radians.

        Where the curvature exceeds 2 / `step_size` the steps overshoot and wander off: angles of
        many turns come from there, and so steep that each step multiplies rounding errors.
        """
        for _ in range(steps):
            theta -= step_size * self.slope(theta)
        return theta


def landscape(state: ComplexVector, diagonal: FloatVector, gate: Gate) -> Sinusoid:
    """E(θ) of `gate` appended to `state`, its own angle aside; vectors of shape [D]."""
    zero, one = _halves(state, gate)
    h_zero, h_one = _halves(diagonal, gate)
    p_zero, p_one = probabilities(zero), probabilities(one)
    untouched = float(probabilities(state) @ diagonal)
    before = float((p_zero * h_zero).sum() + (p_one * h_one).sum())
    after, cross = before, 0.0
    axis = gate.name[-1]
    if axis != "z":
        after = float((p_one * h_zero).sum() + (p_zero * h_one).sum())
        overlap = zero.conj() * one
        # <ψ|H G|ψ> has the imaginary part Σ (h_0 - h_1) Im(ψ_0* ψ_1) for X, -Σ ... Re for Y.
        part = overlap.imag if axis == "x" else -overlap.real
        cross = float(((h_zero - h_one) * part).sum())
    return Sinusoid(untouched + (after - before) / 2, (before - after) / 2, cross)


def rotate(state: ComplexVector, gate: Gate, theta: float) -> ComplexVector:
    """`state` after `gate` at angle θ (radians), shape [D]."""
    cos, sin = math.cos(theta / 2), math.sin(theta / 2)
    zero, one = _halves(state, gate)
    out = state.copy()
    new_zero, new_one = _halves(out, gate)
    axis = gate.name[-1]
    if axis == "x":
        new_zero[...], new_one[...] = cos * zero - 1j * sin * one, cos * one - 1j * sin * zero
    elif axis == "y":
        new_zero[...], new_one[...] = cos * zero - sin * one, cos * one + sin * zero
    else:
        new_zero[...], new_one[...] = (cos - 1j * sin) * zero, (cos + 1j * sin) * one
    return out


def _halves(
    vector: npt.NDArray[Scalar], gate: Gate
) -> tuple[npt.NDArray[Scalar], npt.NDArray[Scalar]]:
    """Views of the entries with the target at 0 and at 1, the control (if any) at 1."""
    target = gate.qubits[-1]
    if len(gate.qubits) == 1:
        view = vector.reshape(-1, 2, 1 << target)
        return view[:, 0, :], view[:, 1, :]
    control = gate.qubits[0]
    low, high = sorted((control, target))
    view = vector.reshape(-1, 2, 1 << (high - low - 1), 2, 1 << low)
    if control == high:
        return view[:, 1, :, 0, :], view[:, 1, :, 1, :]
    return view[:, 0, :, 1, :], view[:, 1, :, 1, :]

"""Small algebra of one-qubit gates: matrices, the axis they rotate about, controlled forms.

A matrix is a tuple (a, b, c, d) for [[a, b], [c, d]]; plain Python numbers are faster than arrays
at this size. Covers every gate of `circuit.GATES` that acts on one qubit or controls such a gate;
`swap`, `cswap` and matrices on several qubits are not covered.
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache
from typing import NamedTuple

from quasar.circuits.circuit import ALIASES, Gate

Matrix2 = tuple[complex, complex, complex, complex]

ROUNDING = 1e-14
"""Components of a unitary below this are 0: what rounding leaves of them."""

_R = math.sqrt(0.5)
_FIXED: dict[str, Matrix2] = {
    "id": (1, 0, 0, 1),
    "x": (0, 1, 1, 0),
    "y": (0, -1j, 1j, 0),
    "z": (1, 0, 0, -1),
    "h": (_R, _R, _R, -_R),
    "s": (1, 0, 0, 1j),
    "sdg": (1, 0, 0, -1j),
    "t": (1, 0, 0, cmath.exp(0.25j * math.pi)),
    "tdg": (1, 0, 0, cmath.exp(-0.25j * math.pi)),
    "sx": (0.5 + 0.5j, 0.5 - 0.5j, 0.5 - 0.5j, 0.5 + 0.5j),
}
_QUARTERS = {"x": ("x", 4), "y": ("y", 4), "z": ("z", 4), "sx": ("x", 2), "s": ("z", 2),
             "sdg": ("z", -2), "t": ("z", 1), "tdg": ("z", -1)}  # fmt: skip
_BASE = {
    "cx": "x", "cy": "y", "cz": "z", "ch": "h", "cp": "p", "crx": "rx", "cry": "ry", "crz": "rz",
    "ccx": "x", "cu": "U",
}  # fmt: skip


class Single(NamedTuple):
    """A one-qubit gate.

    Attributes:
        matrix: with its phase, which matters once the gate is controlled.
        axis: `x`, `y` or `z` where the gate is exp(-i angle/2 P) up to a phase, else empty.
        angle: about that axis, radians in [-π, π].
        off: distance from the identity up to a phase, 2 |sin(angle/4)| to first order angle/2.
    """

    matrix: Matrix2
    axis: str
    angle: float
    off: float


def single(gate: Gate) -> Single:
    """A gate of one qubit."""
    if gate.matrix is not None:
        (a, b), (c, d) = gate.matrix.tolist()
        return _describe((a, b, c, d))
    return _single(ALIASES.get(gate.name, gate.name), gate.params)


class Controlled(NamedTuple):
    """Controls (all of them must be 1), target, and what then happens to the target.

    Attributes:
        name: of the one-qubit gate; with `params` it is that gate up to a phase.
        base: the same with the phase that the controls see.
    """

    controls: tuple[int, ...]
    target: int
    name: str
    params: tuple[float, ...]
    base: Single


def controlled(gate: Gate) -> Controlled | None:
    """The parts of a controlled one-qubit gate; None for other gates."""
    name = ALIASES.get(gate.name, gate.name)
    inner = _BASE.get(name)
    if inner is None:
        return None
    *controls, target = gate.qubits
    if name == "cu":
        return Controlled(tuple(controls), target, "U", gate.params[:3], _phased(gate.params))
    return Controlled(tuple(controls), target, inner, gate.params, _single(inner, gate.params))


def times(later: Matrix2, earlier: Matrix2) -> Matrix2:
    """The product of two matrices."""
    a, b, c, d = later
    e, f, g, h = earlier
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def off_identity(matrix: Matrix2) -> float:
    """Distance from the identity up to a phase."""
    w, x, y, z = _quaternion(matrix)
    return math.sqrt(x * x + y * y + z * z) if w * w > 0.5 else 1.0


def zxz(matrix: Matrix2) -> tuple[float, float, float]:
    """Angles (a, b, c), 0 <= b <= π, with the matrix equal to Rz(a) Rx(b) Rz(c) up to a phase."""
    w, x, y, z = _quaternion(matrix)
    flat, steep = abs(complex(w, z)), abs(complex(x, y))  # as C computes them, to the last bit
    total = 2.0 * math.atan2(z, w) if flat > ROUNDING else 0.0  # a + c
    apart = 2.0 * math.atan2(y, x) if steep > ROUNDING else 0.0  # a - c
    return (total + apart) / 2.0, 2.0 * math.atan2(steep, flat), (total - apart) / 2.0


def wrapped(angle: float, turns: int = 1) -> float:
    """The angle modulo 2π * turns, in [-π * turns, π * turns].

    By sine and cosine, which reduce large angles by an exact π; a float's π would not do.
    """
    part = angle / turns
    return turns * math.atan2(math.sin(part), math.cos(part))


@lru_cache(maxsize=1 << 14)
def _single(name: str, params: tuple[float, ...]) -> Single:
    quarter = _QUARTERS.get(name)
    found = _describe(_matrix(name, params))
    if quarter is not None:
        return found._replace(axis=quarter[0], angle=quarter[1] * math.pi / 4)
    if name in {"rx", "ry", "rz", "p"}:
        return found._replace(axis="z" if name == "p" else name[1], angle=wrapped(params[0]))
    return found


@lru_cache(maxsize=1 << 10)
def _phased(params: tuple[float, ...]) -> Single:
    phase = cmath.exp(1j * params[3])
    a, b, c, d = _matrix("U", params[:3])
    return _describe((phase * a, phase * b, phase * c, phase * d))


def _matrix(name: str, params: tuple[float, ...]) -> Matrix2:
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    if name == "p":
        return 1, 0, 0, cmath.exp(1j * params[0])
    if name == "u2":
        params = (math.pi / 2, *params)
    c, s = math.cos(params[0] / 2), math.sin(params[0] / 2)
    if name == "rx":
        return c, -1j * s, -1j * s, c
    if name == "ry":
        return c, -s, s, c
    if name == "rz":
        return complex(c, -s), 0, 0, complex(c, s)
    phi, lam = params[1:]
    return c, -cmath.exp(1j * lam) * s, cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c


def _quaternion(matrix: Matrix2) -> tuple[float, float, float, float]:
    """(w, x, y, z) with the matrix equal to w I - i (x X + y Y + z Z) up to a phase."""
    a, b, c, d = matrix
    root = cmath.sqrt(a * d - b * c)
    a, b, c, d = a / root, b / root, c / root, d / root
    return (
        (a.real + d.real) / 2,
        -(b.imag + c.imag) / 2,
        (c.real - b.real) / 2,
        (d.imag - a.imag) / 2,
    )


def _describe(matrix: Matrix2) -> Single:
    w, *vector = _quaternion(matrix)
    x, y, z = vector
    off = math.sqrt(x * x + y * y + z * z)
    axis, angle = "", 0.0
    for name, along in zip("xyz", vector, strict=True):
        if abs(abs(along) - off) <= ROUNDING and sum(abs(v) > ROUNDING for v in vector) <= 1:
            axis, angle = name, wrapped(2.0 * math.atan2(along, w))
            break
    return Single(matrix, axis, angle, off)

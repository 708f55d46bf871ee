"""QAOA warm-started at a bit string: angles that serve all instances.

Each qubit starts in RY(θ)|0> with probability `EPSILON` of the other bit, and the mixer of a layer
is RY(θ) RZ(-2β) RY(-θ), whose ground state that is (Egger, Mareček and Woerner, Quantum 5, 479
(2021)). Cost layers entangle; they move probability from the bit string to lower states nearby.
From a solution P(optimum) is raised above the product state's (1-ε)^n, and from a string that
differs from one by a bit too. `benchmarks/warm_start.py` finds the angles and measures both.
"""

from __future__ import annotations

from quasar.core.errors import InputError

EPSILON = 0.05
"""Probability of each qubit's other bit at the start."""

_ANGLES: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: ((0.87,), (0.53,)),
    2: ((0.77, 1.71), (0.55, 0.29)),
    3: ((0.72, 1.56, 2.05), (0.67, 0.29, 0.18)),
    4: ((0.68, 1.55, 1.84, 2.14), (0.67, 0.36, 0.15, 0.14)),
    5: ((0.58, 1.38, 1.72, 1.92, 2.1), (0.71, 0.37, 0.21, 0.1, 0.11)),
    6: ((0.46, 1.11, 1.53, 1.92, 2.0, 2.19), (0.72, 0.42, 0.25, 0.17, 0.08, 0.1)),
    7: ((0.33, 0.81, 1.38, 1.79, 1.95, 1.98, 2.13), (0.71, 0.46, 0.32, 0.18, 0.14, 0.07, 0.08)),
    8: (
        (0.29, 0.72, 1.31, 1.69, 1.88, 1.96, 2.02, 2.15),
        (0.78, 0.51, 0.35, 0.22, 0.15, 0.1, 0.06, 0.06),
    ),
}

MAX_LAYERS = 8


def warm_angles(layers: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """γ_l in units of 1/σ(E) and β_l in radians, of p layers.

    Raises:
        InputError: a depth that the table does not have.
    """
    if layers not in _ANGLES:
        raise InputError(
            f"warm-started QAOA has angles for 1 to {MAX_LAYERS} layers, not {layers}."
        )
    return _ANGLES[layers]

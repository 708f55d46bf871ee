"""Stage 3: how good is the energy, on the scale from the worst to the best basis state?"""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel

from quasar.core.hamiltonian import Spectrum
from quasar.simulate.engine import FloatVector

_TIE = 1e-9
MISSED = 0.01
"""Probability of seeing no optimum that `shots_to_optimum` allows."""
_MOST_SHOTS = 2**63 - 1  # the largest whole number that every reader of a report can hold


class Objective(BaseModel):
    """Raw result of stage 3, for the Hamiltonian without its constant."""

    score: float
    """s3 = 1 - (E - E_min)/(E_max - E_min), which is the approximation ratio r."""
    energy: float
    """E_p = Σ_k p_k h_k, physical convention."""
    energy_bit_reversed: float
    """The same with the Hamiltonian's qubits in reversed order (the paper's tables)."""
    p_optimal: float
    """Probability of measuring a ground state."""
    shots_to_optimum: int | None = None
    """See the function of that name."""
    top_is_optimal: bool
    """Whether the most probable state is a ground state (any of them, when tied)."""


def measure(
    p: FloatVector, diagonal: FloatVector, diagonal_reversed: FloatVector, spectrum: Spectrum
) -> Objective:
    """Energy and probability of the optimum of a distribution p, shape [D]."""
    energy = float(p @ diagonal)
    width = spectrum.e_max - spectrum.e_min
    score = 1.0 if width <= spectrum.tolerance else 1.0 - (energy - spectrum.e_min) / width
    ground = ground_mask(diagonal, spectrum)
    top = p >= p.max() * (1.0 - _TIE)
    p_optimal = float(p[ground].sum())
    return Objective(
        score=score,
        energy=energy,
        energy_bit_reversed=float(p @ diagonal_reversed),
        p_optimal=p_optimal,
        shots_to_optimum=shots_to_optimum(p_optimal),
        # A tie between a ground state and another is no answer: all of the top must be optimal.
        top_is_optimal=bool(np.all(ground[top])),
    )


def shots_to_optimum(p_optimal: float) -> int | None:
    """ceil(ln 0.01 / ln(1 - P)): shots after which an optimum was seen with probability 0.99.

    None where P is 0, or so small that 2**63 shots are too few.
    """
    if not p_optimal > 0.0:
        return None
    if p_optimal >= 1.0 - MISSED:
        return 1
    shots = math.log(MISSED) / math.log1p(-p_optimal)
    if shots > _MOST_SHOTS:
        return None
    return math.ceil(shots - 1e-9)  # rounding must not ask for one more: P = 0.9 takes 2


def ground_mask(diagonal: FloatVector, spectrum: Spectrum) -> np.ndarray:
    """Which basis states are ground states, shape [D] of bool."""
    return np.asarray(diagonal <= spectrum.e_min + spectrum.tolerance)

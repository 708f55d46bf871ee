"""Stage 3: how good is the energy, on the scale from the worst to the best basis state?"""

from __future__ import annotations

import math

from pydantic import BaseModel

from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import Spectrum
from quasar.simulate.engine import FloatVector, top_is_optimal

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
    """Probability of measuring an optimal state."""
    shots_to_optimum: int | None = None
    """See the function of that name."""
    top_is_optimal: bool
    """Whether the most probable state is optimal (all of them, when tied)."""


def measure(
    p: FloatVector,
    diagonal: FloatVector,
    diagonal_reversed: FloatVector,
    spectrum: Spectrum,
    optimal: BoolVector,
) -> Objective:
    """Energy and probability of the optimum of a distribution p.

    Args:
        p: shape [D].
        diagonal: energies, shape [D].
        diagonal_reversed: energies with the qubits in reversed order, shape [D].
        spectrum: of the energies.
        optimal: which states are optimal (`problems.optimality`), shape [D].
    """
    energy = float(p @ diagonal)
    width = spectrum.width
    score = 1.0 if width == 0.0 else 1.0 - (energy - spectrum.e_min) / width
    p_optimal = float(p[optimal].sum())
    return Objective(
        score=score,
        energy=energy,
        energy_bit_reversed=float(p @ diagonal_reversed),
        p_optimal=p_optimal,
        shots_to_optimum=shots_to_optimum(p_optimal),
        top_is_optimal=top_is_optimal(p, optimal),
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

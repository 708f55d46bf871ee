"""Stage 3: how good is the energy, on the scale from the worst to the best basis state?"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel

from quasar.core.hamiltonian import Spectrum
from quasar.simulate.engine import FloatVector

_TIE = 1e-9


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
    return Objective(
        score=score,
        energy=energy,
        energy_bit_reversed=float(p @ diagonal_reversed),
        p_optimal=float(p[ground].sum()),
        # A tie between a ground state and another is no answer: all of the top must be optimal.
        top_is_optimal=bool(np.all(ground[top])),
    )


def ground_mask(diagonal: FloatVector, spectrum: Spectrum) -> np.ndarray:
    """Which basis states are ground states, shape [D] of bool."""
    return np.asarray(diagonal <= spectrum.e_min + spectrum.tolerance)

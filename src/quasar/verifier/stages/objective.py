"""Stage 3: how good is the energy, on the scale from the worst to the best basis state?"""

from __future__ import annotations

from pydantic import BaseModel

from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import Spectrum
from quasar.simulate.engine import FloatVector, top_is_optimal


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
    return Objective(
        score=score,
        energy=energy,
        energy_bit_reversed=float(p @ diagonal_reversed),
        p_optimal=float(p[optimal].sum()),
        top_is_optimal=top_is_optimal(p, optimal),
    )

"""Angle sets of QAOA with equal energy, and the one of them that is written down.

For (γ_1..γ_p, β_1..β_p) and a real diagonal H these leave every energy as it is:

1. all angles negated (complex conjugation of the state);
2. β_l shifted by π, and by π/2 where H has only products of an even number of Z;
3. γ_l shifted by T = 2π/u where all differences of energies are multiples of a unit u;
4. γ_l shifted by T/2 and β_l..β_p negated, where exp(-i(T/2)H) is Π Z up to phase.

Covers these global symmetries (Zhou et al., Phys. Rev. X 10, 021067 (2020), section III.A). Those
of single instances beyond them, such as automorphisms of the graph, leave the angles as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.engine import FloatVector

_LEVEL_TOLERANCE = 1e-9  # of the range of energies
_MOST_UNITS = 1e5  # a range of more units than this counts as one without a unit


@dataclass(frozen=True)
class Periods:
    """How far angles can be shifted.

    Attributes:
        gamma: T (radians times 1/energy), None without a unit.
        beta: π or π/2.
        half: symmetry 4 holds.
    """

    gamma: float | None
    beta: float
    half: bool


def periods(hamiltonian: IsingHamiltonian) -> Periods:
    """The symmetries of a Hamiltonian of at most `MAX_EXACT_QUBITS` qubits."""
    even = all(len(term) % 2 == 0 for term, c in hamiltonian.terms.items() if c)
    beta = np.pi / 2 if even else np.pi
    diagonal = hamiltonian.diagonal
    steps = diagonal - diagonal[0]
    unit = _unit(np.unique(np.round(np.abs(steps), 12)), float(np.ptp(diagonal)))
    if unit is None:
        return Periods(None, beta, half=False)
    odd = np.round(steps / unit).astype(np.int64) & 1
    parity = np.array([k.bit_count() & 1 for k in range(diagonal.size)])
    return Periods(2 * np.pi / unit, beta, half=bool((odd == parity).all()))


def _unit(steps: FloatVector, width: float) -> float | None:
    """The largest number of which all steps are multiples, None where there is none."""
    unit = 0.0
    for step in steps.tolist():
        a, b = unit, step
        while b > _LEVEL_TOLERANCE * width:
            a, b = b, abs(a - b * round(a / b))
        unit = a
        if unit and width / unit > _MOST_UNITS:
            return None
    return unit or None


def fold(theta: FloatVector, symmetry: Periods) -> FloatVector:
    """The equivalent angles nearest zero, most of γ positive and β negative; shape [2p]."""
    p = theta.size // 2
    gamma, beta = theta[:p].copy(), theta[p:].copy()
    if symmetry.gamma is not None:
        gamma = _wrap(gamma, symmetry.gamma)
        if symmetry.half:
            for layer in range(p):
                if abs(gamma[layer]) > symmetry.gamma / 4:
                    gamma[layer] -= np.copysign(symmetry.gamma / 2, gamma[layer])
                    beta[layer:] *= -1.0
    beta = _wrap(beta, symmetry.beta)
    wrong = float(np.abs(gamma) @ (gamma < 0) / max(np.abs(gamma).max(), 1e-300))
    right = float(np.abs(gamma) @ (gamma > 0) / max(np.abs(gamma).max(), 1e-300))
    wrong += float(np.abs(beta) @ (beta > 0))
    right += float(np.abs(beta) @ (beta < 0))
    sign = -1.0 if wrong > right else 1.0
    return np.concatenate([sign * gamma, _wrap(sign * beta, symmetry.beta)])


def _wrap(angles: FloatVector, period: float) -> FloatVector:
    out: FloatVector = angles - period * np.ceil(angles / period - 0.5)
    return out

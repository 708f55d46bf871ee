"""The mean of the lowest energies alone: conditional value at risk, CVaR.

CVaR_α is the mean energy of the lowest fraction α of all measurements (Barkoutsos et al., Quantum
4, 256 (2020), arXiv 1907.04769): what a user keeps who takes the best of 1/α samples counts, the
rest does not. α = 1 is the mean energy. With v the α-quantile of the energies,

    CVaR_α = v - Σ_x p_x max(v - E_x, 0) / α,

which is the mean of a diagonal observable; v is the best choice and so does not count for slopes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.subspace_qaoa import SubspaceQaoa
from quasar.simulate.ansatz_energy import AnsatzEnergy, unit_of
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.subspace_energy import SubspaceEnergy


class TailEnergy(AnsatzEnergy):
    """CVaR_α(θ) of an ansatz, exactly, with gradient.

    Args:
        ansatz: n qubits, P parameters; slots on rotations.
        diagonal: energies h, shape [D], D = 2**n.
        alpha: fraction of the measurements that counts, above 0 to 1.

    Raises:
        ValueError: a free angle on a gate that is not a rotation, or another size.
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector, alpha: float) -> None:
        super().__init__(ansatz, diagonal.size)
        self.unit = unit_of(diagonal)
        self.alpha = alpha
        self._diagonal = diagonal
        self._order = np.argsort(diagonal, kind="stable")
        self._mean: GateEnergy | SubspaceEnergy
        if isinstance(ansatz, SubspaceQaoa):
            self._mean = SubspaceEnergy(ansatz, diagonal)
        else:
            self._mean = GateEnergy(ansatz, diagonal)

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ (shape [P], radians), shape [D]."""
        self.evaluations += 1
        return self._mean.state(theta)

    def value(self, theta: npt.ArrayLike) -> float:
        """CVaR_α(θ)."""
        p = probabilities(self.state(theta))
        return float(p @ self._tail(p))

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """CVaR_α(θ) and its gradient, shape [P]."""
        self._mean.measure(self._tail(probabilities(self.state(theta))))
        return self._mean.value_and_gradient(theta)

    def _tail(self, p: FloatVector) -> FloatVector:
        """The observable whose mean is CVaR_α at these probabilities, shape [D]."""
        total = np.cumsum(p[self._order])
        place = min(int(np.searchsorted(total, self.alpha * total[-1])), p.size - 1)
        v = self._diagonal[self._order[place]]
        return np.asarray(v - np.maximum(v - self._diagonal, 0.0) / self.alpha)


def tail_of_counts(counts: Mapping[int, int], energies: FloatVector, alpha: float) -> float:
    """CVaR_α of samples.

    Args:
        counts: how often each state was measured.
        energies: of the states in the order of `counts`, shape [S].
    """
    often = np.fromiter(counts.values(), dtype=np.float64)
    order = np.argsort(energies, kind="stable")
    wanted = alpha * often.sum()
    before = np.concatenate([[0.0], np.cumsum(often[order])[:-1]])
    taken = np.clip(wanted - before, 0.0, often[order])
    return float(taken @ energies[order] / wanted)

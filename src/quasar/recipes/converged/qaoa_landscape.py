"""What the searches over QAOA angles share: the energy in natural units, and its canonical region.

Coordinates are (γσ, β), energies are in units of their range, so that one step size and one set of
starts serve all instances. Canonical angles, γ positive and β negative and both of moderate size,
are where the optima lie to which ramps lead; they are alike from instance to instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.batch_bfgs import FloatArray, minimise_batch
from quasar.optimize.qaoa import CANONICAL_BETA, CANONICAL_GAMMA, sigma
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, StateEnergy
from quasar.simulate.qaoa_batch import QaoaBatch

_AMPLITUDES = 1 << 14  # D B of one batch: stays in cache
_SINGLE_FROM = 12  # qubits from which one angle set at a time is faster (measured)
_EDGE = 1e-6


class QaoaLandscape:
    """E in units of its range over angles (γσ, β).

    Args:
        hamiltonian: not flat.
        layers: p.

    Where a method takes `rough`, single precision does, which is two to three times as fast
    (`QaoaBatch`): to tell good starts from bad ones, not for angles to be written down.
    """

    def __init__(self, hamiltonian: IsingHamiltonian, layers: int) -> None:
        self.layers = layers
        self._diagonal = hamiltonian.diagonal
        self.rows = max(4, _AMPLITUDES // self._diagonal.size)
        unit = 1.0 / sigma(hamiltonian)
        self.scale = np.concatenate([np.full(layers, unit), np.ones(layers)])
        self.width = hamiltonian.spectrum.width
        if hamiltonian.n_qubits >= _SINGLE_FROM:
            one = energy_of(qaoa(hamiltonian, layers), hamiltonian)
            self._energy: _Rows | QaoaBatch = _Rows(one)
        else:
            self._energy = QaoaBatch(self._diagonal, layers)

    @cached_property
    def _rough(self) -> QaoaBatch:
        return QaoaBatch(self._diagonal, self.layers, single_precision=True)

    @property
    def evaluations(self) -> int:
        """Energies computed, one with its gradient counting as one."""
        rough = self._rough.evaluations if "_rough" in self.__dict__ else 0
        return self._energy.evaluations + rough

    def scaled(self, theta: FloatVector) -> FloatVector:
        """(γσ, β) of angles (γ, β), of this depth or of the one before."""
        p = theta.size // 2
        return np.concatenate([theta[:p] / self.scale[0], theta[p:]])

    def __call__(self, x: FloatArray, *, rough: bool = False) -> tuple[FloatVector, FloatArray]:
        """Energies [B] and gradients [B, 2p] of the rows of x."""
        computed = self._rough if rough else self._energy
        energy, gradient = computed.value_and_gradient(x * self.scale)
        return energy / self.width, gradient * self.scale / self.width

    def values(self, x: FloatArray, *, rough: bool = False) -> FloatVector:
        """Energies of many rows, a batch at a time."""
        computed = self._rough if rough else self._energy
        parts = [
            computed.value(x[i : i + self.rows] * self.scale) / self.width
            for i in range(0, len(x), self.rows)
        ]
        return np.concatenate(parts)

    def best_of(
        self, gammas: FloatVector, betas: FloatVector, count: int, *, rough: bool = False
    ) -> list[FloatVector]:
        """The best points of a grid at p = 1."""
        grid = np.array([(gamma, beta) for gamma in gammas for beta in betas])
        order = np.argsort(self.values(grid, rough=rough), kind="stable")
        return list(grid[order[:count]])

    def minimise(
        self, x: FloatArray, tolerance: float, evaluations: int, *, rough: bool = False
    ) -> tuple[FloatArray, FloatVector]:
        """`minimise_batch` from many rows, a batch at a time."""
        parts = [
            minimise_batch(
                lambda rows, _: self(rows, rough=rough),
                x[i : i + self.rows],
                gradient_tolerance=tolerance,
                max_evaluations=evaluations,
            )
            for i in range(0, len(x), self.rows)
        ]
        points, values = zip(*parts, strict=True)
        return np.concatenate(points), np.concatenate(values)

    def minimise_inside(
        self, starts: Sequence[FloatVector], tolerance: float, evaluations: int
    ) -> tuple[FloatVector, float]:
        """The best minimum in the canonical region, its edge included, by L-BFGS-B.

        Args:
            evaluations: most iterations from each start.
        """
        from scipy.optimize import minimize

        p = self.layers
        bounds = [(0.0, CANONICAL_GAMMA)] * p + [(-CANONICAL_BETA, 0.0)] * p
        low, high = np.array(bounds).T

        def energy(x: FloatVector) -> tuple[float, FloatVector]:
            values, gradients = self(x[None])
            return float(values[0]), gradients[0]

        options = {"maxiter": evaluations, "gtol": tolerance, "ftol": 1e-12}
        found = [
            minimize(
                energy,
                np.clip(start, low, high),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options=options,
            )
            for start in starts
        ]
        best = min(found, key=lambda result: float(result.fun))
        return np.clip(best.x, low, high), float(best.fun)


class _Rows:
    """One energy with the interface of `QaoaBatch`."""

    def __init__(self, energy: StateEnergy) -> None:
        self._energy = energy
        self.evaluations = 0

    def value(self, theta: FloatArray) -> FloatVector:
        self.evaluations += len(theta)
        return np.array([self._energy.value(row) for row in theta])

    def value_and_gradient(self, theta: FloatArray) -> tuple[FloatVector, FloatArray]:
        self.evaluations += len(theta)
        found = [self._energy.value_and_gradient(row) for row in theta]
        return np.array([value for value, _ in found]), np.array([slope for _, slope in found])


def is_canonical(scaled: FloatVector) -> bool:
    """Whether all γσ are in [0, 4] and all β in [-π/3, 0]; shape [2p], (γσ, β)."""
    p = scaled.size // 2
    gamma, beta = scaled[:p], scaled[p:]
    return bool(
        (gamma >= -_EDGE).all()
        and (gamma <= CANONICAL_GAMMA).all()
        and (beta <= _EDGE).all()
        and (beta >= -CANONICAL_BETA).all()
    )

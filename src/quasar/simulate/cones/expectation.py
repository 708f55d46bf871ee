"""Expectation values of many Pauli products by their causal cones, and their slopes.

Cones that are the same but for their angles are contracted together, with an axis for instances;
those that also have the same angles are contracted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.core.observable import Pauli
from quasar.simulate.cones.causal import Key
from quasar.simulate.cones.contraction import Plan
from quasar.simulate.cones.spread import (
    ConeWork,
    ConeWorkers,
    Instances,
    Spread,
    TooWide,
    chosen_workers,
)

__all__ = ["MAX_WIDTH", "ConeExpectations", "TooWide"]

FloatVector = npt.NDArray[np.float64]

MAX_WIDTH = 24
"""Default limit on the variables of one tensor: 2**24 amplitudes take 256 MiB."""
_AT_ONCE = 22  # log2 of the entries of the largest tensors of all instances together
_PART = 4e6  # multiplications of one piece of work, so that many workers have some; about 0.1 s


@dataclass(frozen=True, eq=False)
class _Class:
    """Cones with one key.

    Attributes:
        key: theirs.
        plan: of their network.
        scales: of the factors that have an angle, shape [B, F]; distinct rows.
        terms: numbers of the products.
        row: instance of each of them.
        n_wires: of one cone.
    """

    key: Key
    plan: Plan
    scales: FloatVector
    terms: npt.NDArray[np.intp]
    row: npt.NDArray[np.intp]
    n_wires: int

    def parts(self) -> list[slice]:
        """Instances in groups that fit in memory together and are not too much work."""
        size = min(1 << max(0, _AT_ONCE - self.plan.width), int(_PART / (self.plan.cost + 1.0)))
        size = max(1, size)
        return [slice(first, first + size) for first in range(0, len(self.scales), size)]


class ConeExpectations:
    """<P>(θ) of Pauli products under an ansatz, exactly, from their causal cones.

    Args:
        ansatz: n qubits, P parameters; any gates, slots on rotations.
        paulis: the products, each not empty.
        max_width: variables of the largest tensor allowed; time and memory grow as 2**width.
        workers: where to work; results do not depend on it. Default: see `working_on`.

    Raises:
        TooWide: a product that needs more.
        InputError: Ray is asked for and not installed.
        InfrastructureError: workers or the cluster failed.
    """

    def __init__(
        self,
        ansatz: Ansatz,
        paulis: Sequence[Pauli],
        *,
        max_width: int = MAX_WIDTH,
        workers: ConeWorkers | None = None,
    ) -> None:
        self.ansatz = ansatz
        self.n_terms = len(paulis)
        self.evaluations = 0
        self._spread = Spread(ConeWork(ansatz, max_width), workers or chosen_workers())
        self._classes = []
        for found in self._spread.cones(paulis):
            scales, row = np.unique(found.scales, axis=0, return_inverse=True)
            numbers = np.array(found.numbers)
            self._classes.append(
                _Class(found.key, found.plan, scales, numbers, row.reshape(-1), found.n_wires)
            )

    @property
    def n_classes(self) -> int:
        """How many cones are contracted: those that differ in pieces or angles."""
        return sum(len(found.scales) for found in self._classes)

    @property
    def n_keys(self) -> int:
        """How many cones differ in pieces."""
        return len(self._classes)

    @property
    def width(self) -> int:
        """Variables of the largest tensor."""
        return max((found.plan.width for found in self._classes), default=0)

    @property
    def cost(self) -> float:
        """Multiplications of one evaluation."""
        return sum(found.plan.cost * len(found.scales) for found in self._classes)

    @property
    def largest_cone(self) -> int:
        """Qubits of the largest cone."""
        return max((found.n_wires for found in self._classes), default=0)

    def values(self, theta: npt.ArrayLike) -> FloatVector:
        """<P> of each product at θ (shape [P], radians), shape [terms]."""
        at = self._theta(theta)
        parts = [
            Instances(found.key, found.plan, found.scales[rows], at, None)
            for found in self._classes
            for rows in found.parts()
        ]
        results = iter(self._spread.contracted(parts))
        out = np.zeros(self.n_terms)
        for found in self._classes:
            values = np.concatenate([next(results) for _ in found.parts()])
            out[found.terms] = values[found.row]
        return out

    def value_and_gradient(
        self, weights: FloatVector, theta: npt.ArrayLike
    ) -> tuple[float, FloatVector]:
        """Σ_i w_i <P_i> at θ and its gradient, shape [P]."""
        at = self._theta(theta)
        parts = []
        for found in self._classes:
            mass = np.bincount(found.row, weights[found.terms], len(found.scales)).astype(float)
            parts += [
                Instances(found.key, found.plan, found.scales[rows], at, mass[rows])
                for rows in found.parts()
            ]
        gradient = np.zeros(self.ansatz.n_parameters)
        total = 0.0
        for value, slopes in self._spread.contracted(parts):
            total += value
            gradient += slopes
        return total, gradient

    def _theta(self, theta: npt.ArrayLike) -> FloatVector:
        self.evaluations += 1
        at = np.asarray(theta, dtype=np.float64)
        if at.shape != (self.ansatz.n_parameters,):
            raise ValueError(f"expected {self.ansatz.n_parameters} angles, got shape {at.shape}")
        return at

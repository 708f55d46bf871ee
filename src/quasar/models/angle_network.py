"""A network of QAOA angles: a Hamiltonian in, angles of every depth out, no energy computed.

It reads `optimize.angle_features` and goes through a few residual blocks. For each depth it offers
angles near a linear ramp and angles near the best one-layer point repeated, each with the energy
that it expects of them; the lower of these is what it answers. `train.angles` fits it to exact
energies, by their gradients. Run here with NumPy alone.

Hamiltonians that cannot be read, those with long products on many qubits, are answered by the
median over small instances that look like them (`optimize.sub_instances`), rescaled by
`field_scale`; where these are too small for the products, by the first choice's ramp.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.models.small_qwen import Floats, Weights
from quasar.optimize.angle_features import (
    AngleFeatures,
    FloatArray,
    angle_features,
    field_scale,
    is_readable,
)
from quasar.optimize.qaoa import ramp, sigma
from quasar.optimize.qaoa_large import interpolated
from quasar.optimize.sub_instances import look_alike
from quasar.prompts.chat import Style
from quasar.simulate.engine import FloatVector

FILES: Mapping[Style, str] = {
    "converged": "angles.safetensors",
    "agent-q": "angles-agent-q.safetensors",
}
"""Beside a model's weights: the network of each style of circuits."""
MAX_DEPTH = 8
"""Greatest p of a network."""
RAMP = (0.8, 0.7)
"""γ times `field_scale` and |β| at the ends of the ramp that the first choice starts from."""
N_CHOICES = 2
LARGEST_GAMMA = 8.0
"""γσ(E) that plans can state."""
CLIP = 6.0
"""Deviations beyond which a feature counts as this far off."""
_EPSILON = 1e-5
_ALIKE, _ALIKE_SIZE = 8, 10


class Choices(NamedTuple):
    """What the network offers at one depth p.

    Attributes:
        scaled: γ_1..γ_p in units of 1/`field_scale`, β_1..β_p (radians) of each choice, shape
            [N_CHOICES, 2p].
        expected: energies that it expects, in units of their range above the lowest, shape
            [N_CHOICES].
    """

    scaled: FloatArray
    expected: Floats


class AngleNetwork:
    """Weights of a network, and what it answers.

    Attributes:
        depth: p up to which it was trained; deeper angles are interpolated from these.
    """

    def __init__(self, path: Path) -> None:
        """Read the weights.

        Raises:
            InputError: the file cannot be read, or holds something else.
        """
        weights = Weights(path)
        self._mean, self._deviation = weights.floats("mean"), weights.floats("deviation")
        self._first = _layer(weights, "first")
        count, self.depth = map(int, weights.floats("shape"))
        self._blocks = [
            (_layer(weights, f"block.{k}.norm"), _layer(weights, f"block.{k}.in"),
             _layer(weights, f"block.{k}.out"))
            for k in range(count)
        ]  # fmt: skip
        self._norm, self._last = _layer(weights, "norm"), _layer(weights, "last")

    def angles(self, hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
        """γ_1..γ_p (in 1/energy), β_1..β_p (radians), shape [2p]: what it expects to be lowest.

        Args:
            layers: p; beyond `depth` the deepest angles are interpolated.

        Raises:
            ProblemError: the Hamiltonian has no terms.
        """
        return self._answer(hamiltonian, layers, 0)

    def other_angles(self, hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
        """As `angles`, but its other choice."""
        return self._answer(hamiltonian, layers, 1)

    def _answer(self, hamiltonian: IsingHamiltonian, layers: int, rank: int) -> FloatVector:
        if not any(hamiltonian.terms.values()):
            raise ProblemError("the Hamiltonian has no terms: every answer is optimal.")
        known = min(layers, self.depth)
        if is_readable(hamiltonian):
            found = self._read(hamiltonian, known, rank)
        else:
            rng = generator(0, "angle network", hamiltonian.n_qubits)
            alike = [look_alike(hamiltonian, _ALIKE_SIZE, rng) for _ in range(_ALIKE)]
            small = [each for each in alike if is_readable(each)]
            rows = [self._read(each, known, rank) for each in small] or [ramp(known, *RAMP)]
            units = [field_scale(each) for each in small] or [1.0]
            for row, unit in zip(rows, units, strict=True):
                row[:known] *= unit / field_scale(hamiltonian)
            found = np.median(rows, axis=0)
        return interpolated(found, layers)

    def choices(self, hamiltonian: IsingHamiltonian, layers: int) -> Choices:
        """What it offers at a p of at most `depth`.

        Raises:
            ProblemError: the Hamiltonian cannot be read.
        """
        features = angle_features(hamiltonian)
        rows = self._forward(features).reshape(N_CHOICES, -1)
        start = layers * (layers - 1)
        scaled = rows[:, start : start + 2 * layers] + starting_points(features, layers)
        return Choices(scaled, rows[:, self.depth * (self.depth + 1) + layers - 1])

    def _read(self, hamiltonian: IsingHamiltonian, layers: int, rank: int) -> FloatVector:
        scaled, expected = self.choices(hamiltonian, layers)
        unit = field_scale(hamiltonian)
        largest = np.abs(scaled[:, :layers]).max(axis=1) / unit
        stated = largest * sigma(hamiltonian) <= LARGEST_GAMMA
        order = [k for k in expected.argsort().tolist() if stated[k]] or [0]
        theta: FloatVector = scaled[order[min(rank, len(order) - 1)]].copy()
        theta[:layers] /= unit
        return theta

    def _forward(self, features: AngleFeatures) -> Floats:
        read = np.concatenate(features).astype(np.float32)
        x = np.clip((read - self._mean) / self._deviation, -CLIP, CLIP)
        x = _product(x, self._first)
        for norm, into, out in self._blocks:
            x = x + _product(_gelu(_product(_normed(x, norm), into)), out)
        return _product(_normed(x, self._norm), self._last)


def starting_points(features: AngleFeatures, layers: int) -> FloatArray:
    """What the network's numbers are added to, shape [N_CHOICES, 2p]."""
    near, wide = features.canonical[:2], features.wide[:2]
    first = near if layers == 1 else ramp(layers, *RAMP)
    return np.array([first, np.repeat(wide, layers)])


@lru_cache(maxsize=4)
def angle_network(path: Path, changed_ns: int) -> AngleNetwork:
    """The network of a file, kept while the file stays as it is."""
    return AngleNetwork(path)


def find_angle_networks(folder: Path) -> dict[Style, AngleNetwork]:
    """The networks beside a model's weights, by style.

    Raises:
        InputError: one cannot be read.
    """
    paths = {style: folder / name for style, name in FILES.items()}
    return {
        style: angle_network(path, path.stat().st_mtime_ns)
        for style, path in paths.items()
        if path.is_file()
    }


_Layer = tuple[Floats, Floats]


def _layer(weights: Weights, name: str) -> _Layer:
    return weights.floats(f"{name}.weight"), weights.floats(f"{name}.bias")


def _product(x: Floats, layer: _Layer) -> Floats:
    weight, bias = layer
    found: Floats = weight @ x + bias
    return found


def _normed(x: Floats, layer: _Layer) -> Floats:
    weight, bias = layer
    centred = x - x.mean()
    deviation = np.float32(np.sqrt((centred**2).mean() + _EPSILON))
    found: Floats = centred / deviation * weight + bias
    return found


def _gelu(x: Floats) -> Floats:
    """The tanh form (Hendrycks and Gimpel, arXiv 1606.08415)."""
    inner = np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)
    found: Floats = (0.5 * x * (1.0 + np.tanh(inner))).astype(np.float32)
    return found

"""The network of `models.angle_network` in PyTorch, as it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from quasar.core.files import replacing
from quasar.models.angle_network import CLIP, N_CHOICES, RAMP
from quasar.optimize.angle_features import N_VALUES
from quasar.optimize.qaoa import ramp
from quasar.train.angles.instances import Floats
from quasar.train.angles.settings import AngleShape

_LEAST_DEVIATION = 1e-3
_UNREAD = 1e30  # a deviation that leaves nothing of a feature


class AngleModule(nn.Module):  # type: ignore[misc]
    """Scaled γ and β of all depths in a row, and the energies that they are expected to have.

    Args:
        features: of the instances, shape [M, F], by whose mean and deviation all are scaled.
        scale_matters: whether angles depend on the scale of the energies; else it is not read.
    """

    mean: Tensor
    deviation: Tensor
    ramps: Tensor
    is_gamma: Tensor

    def __init__(self, shape: AngleShape, features: Floats, scale_matters: bool) -> None:
        super().__init__()
        self.shape = shape
        width, depth = shape.width, shape.depth
        deviation = features.std(axis=0) + _LEAST_DEVIATION
        if not scale_matters:
            deviation[N_VALUES - 1] = _UNREAD
        ramps = [np.zeros(2) if p == 1 else ramp(p, *RAMP) for p in range(1, depth + 1)]
        gammas = [np.repeat([1.0, 0.0], p) for p in range(1, depth + 1)]
        self.register_buffer("mean", torch.tensor(features.mean(axis=0)))
        self.register_buffer("deviation", torch.tensor(deviation))
        self.register_buffer("ramps", _row(ramps), persistent=False)
        self.register_buffer("is_gamma", _row(gammas), persistent=False)
        self.first = nn.Linear(features.shape[1], width)
        self.block = nn.ModuleList(_Block(width) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, N_CHOICES * depth * (depth + 2))
        with torch.no_grad():
            self.last.weight *= 0.1
            self.last.bias.zero_()

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Angles [B, N_CHOICES, d(d+1)] and energies [B, N_CHOICES, d] for features [B, F]."""
        x = self.first(((features - self.mean) / self.deviation).clamp(-CLIP, CLIP))
        for block in self.block:
            x = x + block(x)
        depth = self.shape.depth
        rows = self.last(self.norm(x)).reshape(len(x), N_CHOICES, -1)
        numbers, energies = rows.split([depth * (depth + 1), depth], dim=2)
        return numbers + self._starts(features), energies

    def _starts(self, features: Tensor) -> Tensor:
        """See `models.angle_network.starting_points`; shape [B, N_CHOICES, d(d+1)]."""
        canonical, wide = features[:, N_VALUES : N_VALUES + 2], features[:, N_VALUES + 3 : -1]
        near = torch.cat([canonical, self.ramps[2:].expand(len(features), -1)], dim=1)
        repeated = wide[:, :1] * self.is_gamma + wide[:, 1:] * (1.0 - self.is_gamma)
        return torch.stack([near, repeated], dim=1)

    def save(self, path: Path) -> None:
        """Write the file that `models.angle_network` reads, in half precision where that does.

        Raises:
            InputError: it cannot be written there.
            InfrastructureError: the disk is full.
        """
        from safetensors.torch import save

        state = {name: value.half() for name, value in self.state_dict().items()}
        exact = {"mean": self.mean, "deviation": self.deviation}
        shape = torch.tensor([self.shape.blocks, self.shape.depth], dtype=torch.float32)
        with replacing(path) as partial:
            partial.write_bytes(save({**state, **exact, "shape": shape}))


class _Block(nn.Module):  # type: ignore[misc]
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.add_module("in", nn.Linear(width, width))
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.get_submodule("in")(self.norm(x))
        found: Tensor = self.out(nn.functional.gelu(inner, approximate="tanh"))
        return found


def _row(parts: Sequence[npt.NDArray[np.float64]]) -> Tensor:
    return torch.tensor(np.concatenate(parts), dtype=torch.float32)

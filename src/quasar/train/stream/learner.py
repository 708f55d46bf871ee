"""A model that learns batch by batch on one device, and keeps count of its losses.

Activations and the weights that multiply them are bfloat16 on a GPU, as they will be when the
checkpoint is used; float32 weights are kept beside them for the optimiser. Knows nothing of clocks,
files or where batches come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from quasar.train.sft_settings import SftSchedule
from quasar.train.stream.batches import TokenBatch
from quasar.train.stream.light_qwen3 import LightQwen3
from quasar.train.stream.master_optimizer import MasterOptimizer

Sums = npt.NDArray[np.float64]


class Learner:
    """A model, its optimiser, and sums of losses by group (`TokenBatch.groups`).

    Attributes:
        model: in the type of the activations.
        optimizer: has the float32 weights.
        device: `cuda` or `cpu`.
    """

    def __init__(self, model: LightQwen3, schedule: SftSchedule, groups: int) -> None:
        """Move the model to the device and begin with its weights.

        Args:
            groups: numbers that occur in `TokenBatch.groups`.
        """
        gpu = torch.cuda.is_available()
        self.device = "cuda" if gpu else "cpu"
        dtype = schedule.dtype or ("bfloat16" if gpu else "float32")
        weights = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.model = model.to(self.device, getattr(torch, dtype))
        self.compiled = gpu if schedule.compile is None else schedule.compile
        self.model.compile_blocks(self.compiled)
        self.optimizer = MasterOptimizer(
            self.model,
            schedule.optimizer,
            weights,
            learning_rate=schedule.learning_rate,
            matrix_learning_rate=schedule.matrix_learning_rate,
            weight_decay=schedule.weight_decay,
            max_grad_norm=schedule.max_grad_norm,
        )
        self._sums = torch.zeros(2, groups, device=self.device)
        self._norm: Any = torch.zeros(())

    def step(self, batch: TokenBatch, factor: float) -> None:
        """Learn a batch; on a GPU it may still be at work afterwards.

        Args:
            factor: on the learning rates.
        """
        losses = self._losses(batch)
        losses.mean().backward()
        self._norm = self.optimizer.step(factor)
        groups = self._moved(batch.groups)
        kept = losses.detach()
        self._sums[0].index_add_(0, groups, kept)
        self._sums[1].index_add_(0, groups, torch.ones_like(kept))

    def warm_up(self, batch: TokenBatch) -> None:
        """Make the kernels, so that the clock need not wait for them; nothing is learnt."""
        self._losses(batch).mean().backward()
        for parameter in self.model.parameters():
            parameter.grad = None
        self.wait()

    def wait(self) -> None:
        """Until the device has done all it was given."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def take_losses(self) -> tuple[Sums, Sums, float]:
        """Sums of losses and tokens by group since the last call, and the last gradients' norm."""
        sums = self._sums.double().cpu().numpy()
        self._sums.zero_()
        return sums[0], sums[1], float(self._norm)

    def weights(self) -> Mapping[str, Any]:
        """The float32 weights, by the model's names."""
        return self.optimizer.weights()

    def _losses(self, batch: TokenBatch) -> Any:
        ids = self._moved(batch.ids.astype(np.int64))
        return self.model.answer_loss(ids, self._moved(batch.places))

    def _moved(self, array: npt.NDArray[np.int64]) -> Any:
        tensor = torch.from_numpy(array)
        if self.device == "cuda":
            return tensor.pin_memory().to("cuda", non_blocking=True)
        return tensor

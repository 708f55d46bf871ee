"""Muon and AdamW on float32 weights of a model that computes in another type.

The updates are those of `optimizers`; here all matrices of one shape take Muon's steps together,
which is what a GPU needs of a small model (a few large products instead of hundreds of small ones).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from quasar.train.optimizers import OptimizerName

_MOMENTUM = 0.95
_STEPS = 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration (Jordan et al., 2024); PyTorch's `Muon` has the same."""


class MasterOptimizer:
    """One step at a time: clips, updates the float32 weights, writes them back to the model."""

    def __init__(
        self,
        model: nn.Module,
        name: OptimizerName,
        weights: Mapping[str, Any],
        *,
        learning_rate: float,
        matrix_learning_rate: float,
        weight_decay: float,
        max_grad_norm: float,
    ) -> None:
        """Begin; the model takes the weights over.

        Args:
            weights: where to begin, by the model's names.
            learning_rate: peak, of AdamW.
            matrix_learning_rate: peak, of Muon.
            weight_decay: of both.
            max_grad_norm: gradients are clipped to this.
        """
        parameters = list(model.named_parameters())
        self._names = [name for name, _ in parameters]
        self._model = [p for _, p in parameters]
        self.master = [
            weights[own].detach().to(p.device, torch.float32, copy=True) for own, p in parameters
        ]
        self._rates, self._decay, self._clip = (
            (learning_rate, matrix_learning_rate),
            weight_decay,
            max_grad_norm,
        )
        shapes: dict[tuple[int, ...], list[int]] = {}
        self._rest: list[int] = []
        for place, (own, p) in enumerate(parameters):
            if name == "muon" and p.ndim == 2 and "embed" not in own:
                shapes.setdefault(tuple(p.shape), []).append(place)
            else:
                self._rest.append(place)
        self._stacks = list(shapes.values())
        self._momentum = [
            torch.zeros(len(stack), *self.master[stack[0]].shape, device=self._model[0].device)
            for stack in self._stacks
        ]
        self._adamw = torch.optim.AdamW(
            [self.master[place] for place in self._rest],
            lr=learning_rate,
            betas=(0.9, 0.95),
            weight_decay=weight_decay,
            fused=True,
        )
        self.write_back()

    def write_back(self) -> None:
        """Give the model the master weights, in its own type."""
        with torch.no_grad():
            torch._foreach_copy_(self._model, self.master)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, factor: float) -> Any:
        """Update with the model's gradients, and drop these.

        Args:
            factor: on the learning rates.

        Returns:
            Norm of the gradients before clipping, a tensor without dimensions.
        """
        grads = [p.grad for p in self._model]
        norm = torch.stack(torch._foreach_norm(grads)).float().norm()
        torch._foreach_mul_(grads, (self._clip / (norm + 1e-6)).clamp(max=1.0).to(grads[0].dtype))
        for stack, momentum in zip(self._stacks, self._momentum, strict=True):
            self._muon(stack, momentum, grads, self._rates[1] * factor)
        for place in self._rest:
            self.master[place].grad = grads[place].float()
        self._adamw.param_groups[0]["lr"] = self._rates[0] * factor
        self._adamw.step()
        self.write_back()
        for p in self._model:
            p.grad = None
        return norm

    def weights(self) -> dict[str, Any]:
        """The master weights, by the model's names."""
        return dict(zip(self._names, self.master, strict=True))

    def state(self) -> dict[str, Any]:
        """All that a resumption needs, weights included."""
        return {
            "weights": self.weights(),
            "momentum": self._momentum,
            "adamw": self._adamw.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        with torch.no_grad():
            for name, master in zip(self._names, self.master, strict=True):
                master.copy_(state["weights"][name])
            for momentum, saved in zip(self._momentum, state["momentum"], strict=True):
                momentum.copy_(saved)
        self._adamw.load_state_dict(state["adamw"])
        self.write_back()

    def _muon(self, stack: list[int], momentum: Any, grads: list[Any], rate: float) -> None:
        grad = torch.stack([grads[place] for place in stack]).float()
        momentum.lerp_(grad, 1.0 - _MOMENTUM)
        update = orthogonal(grad.lerp(momentum, _MOMENTUM)).float()
        rows, columns = update.shape[1:]
        scale = rate * math.sqrt(max(1.0, rows / columns))
        own = [self.master[place] for place in stack]
        if self._decay:
            torch._foreach_mul_(own, 1.0 - rate * self._decay)
        torch._foreach_add_(own, list(update.unbind()), alpha=-scale)


def orthogonal(x: Any) -> Any:
    """The nearest orthogonal matrices, roughly: five steps of a Newton-Schulz iteration.

    Computed in bfloat16 on a GPU; on a CPU, where that is slow, in float32.

    Args:
        x: [N, a, b].
    """
    tall = x.shape[1] > x.shape[2]
    x = x.bfloat16() if x.is_cuda else x.float()
    if tall:
        x = x.mT
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x

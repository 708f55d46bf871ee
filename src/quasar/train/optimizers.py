"""Optimisers: AdamW alone, or Muon for the matrices and AdamW for the rest.

Muon (Jordan et al., 2024, kellerjordan.github.io/posts/muon) orthogonalises the update of every
weight matrix; on the packaged model it needed about half of AdamW's tokens (see the lab book).
Embeddings, norms and biases stay with AdamW, as its authors advise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

OptimizerName = Literal["adamw", "muon"]


def make_optimizer(
    model: Any,
    name: OptimizerName,
    *,
    learning_rate: float,
    matrix_learning_rate: float,
    weight_decay: float,
) -> Any:
    """A `torch.optim.Optimizer` over all parameters that are trained.

    Args:
        learning_rate: of AdamW.
        matrix_learning_rate: of Muon, for `muon`.
    """
    import torch

    parameters = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    adamw: dict[str, Any] = {
        "lr": learning_rate,
        "betas": (0.9, 0.95),
        "weight_decay": weight_decay,
        "fused": True,
    }
    if name == "adamw":
        return torch.optim.AdamW([p for _, p in parameters], **adamw)
    matrices = [p for n, p in parameters if p.ndim == 2 and "embed" not in n and "lm_head" not in n]
    own = {id(p) for p in matrices}
    rest = [p for _, p in parameters if id(p) not in own]
    return _together(
        torch.optim.Muon(matrices, lr=matrix_learning_rate, weight_decay=weight_decay),
        torch.optim.AdamW(rest, **adamw),
    )


def _together(*parts: Any) -> Any:
    """Several optimisers as one, so that trainers, schedules and checkpoints see one."""
    import torch

    class Together(torch.optim.Optimizer):  # type: ignore[misc]
        def __init__(self) -> None:
            groups = [group for part in parts for group in part.param_groups]
            super().__init__(groups, {})
            # The parts' own groups, so that a schedule's learning rates reach them.
            self.param_groups = groups

        def step(self, closure: Callable[[], float] | None = None) -> None:
            for part in parts:
                part.step()

        def state_dict(self) -> dict[str, Any]:
            return {"parts": [part.state_dict() for part in parts]}

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            for part, state in zip(parts, state_dict["parts"], strict=True):
                part.load_state_dict(state)
            self.param_groups = [group for part in parts for group in part.param_groups]

    return Together()

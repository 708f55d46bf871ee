"""Everything that is changed about TRL's trainers, in one place.

Covers the order of the examples and the loss on a CPU (supervised fine-tuning), and completions
without a verdict and what verifying costs (reinforcement). All of it goes through public methods of
`Trainer`, but for one: TRL makes the completions of a step in
`GRPOTrainer._generate_and_score_completions`, and has no hook between scoring and the loss.
`tests/train/test_trl_adapter.py` holds TRL to what that override relies on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from quasar.core.errors import InfrastructureError

if TYPE_CHECKING:
    from quasar.train.reward_function import VerifiedReward


def curriculum_trainer(batches: Callable[[int], Iterable[list[int]]], length: int) -> type:
    """`SFTTrainer` that takes batches of these indices of its data set, all processes in turn.

    Args:
        batches: given the number of processes, batches without end.
        length: examples of an epoch, as many as are ever drawn.
    """
    from torch.utils.data import DataLoader, Sampler
    from trl import SFTTrainer

    class Indices(Sampler):  # type: ignore[misc]
        def __init__(self, processes: int) -> None:
            self._batches = batches(processes)

        def __iter__(self) -> Iterator[int]:
            for batch in self._batches:
                yield from batch

        def __len__(self) -> int:
            return length

    class CurriculumTrainer(SFTTrainer):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._own_tokens, self._own_accuracies = 0, list[float]()

        def get_train_dataloader(self) -> Any:
            loader = DataLoader(
                self.train_dataset,
                batch_size=self.args.train_batch_size,
                sampler=Indices(self.accelerator.num_processes),
                collate_fn=self.data_collator,
                num_workers=self.args.dataloader_num_workers,
                pin_memory=self.args.dataloader_pin_memory,
            )
            return self.accelerator.prepare(loader)

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            if return_outputs or self.args.device.type != "cpu":
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            loss, tokens, accuracy = cpu_loss(model, inputs, num_items_in_batch)
            self._own_tokens += tokens
            self._own_accuracies.append(accuracy)
            return loss

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            if self._own_accuracies:
                accuracy = sum(self._own_accuracies) / len(self._own_accuracies)
                logs |= {"num_tokens": self._own_tokens, "mean_token_accuracy": accuracy}
                self._own_accuracies.clear()
            super().log(logs, start_time)

    return CurriculumTrainer


def cpu_loss(model: Any, inputs: dict[str, Any], num_items: Any) -> tuple[Any, int, float]:
    """Cross-entropy of the answers' tokens, the batch's tokens, and the fraction predicted rightly.

    TRL's fused head multiplies in single precision to save memory, which takes a tenth of a small
    model's step on a CPU.

    Args:
        num_items: answer tokens of all batches of the step; None: of this one.
    """
    import torch

    labels = inputs["labels"][:, 1:]
    given = {name: value for name, value in inputs.items() if name != "labels"}
    kept = labels != -100
    logits = model(**given, use_cache=False).logits[:, :-1][kept]
    wanted = labels[kept]
    total = torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="sum")
    count = kept.sum() if num_items is None else num_items
    right = float((logits.argmax(-1) == wanted).float().mean()) if len(wanted) else 0.0
    return total / torch.as_tensor(count).clamp(min=1), int(inputs["attention_mask"].sum()), right


def verified_trainer(reward: VerifiedReward) -> type:
    """`GRPOTrainer` that leaves out what has no verdict, and logs what verifying costs."""
    from trl import GRPOTrainer

    class VerifiedTrainer(GRPOTrainer):  # type: ignore[misc]
        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return super().training_step(*args, **kwargs)
            finally:
                reward.step_seconds += time.perf_counter() - begun

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            # TRL gives these completions no advantage, but would still hold them to the base model
            # (beta) and count their tokens.
            output = super()._generate_and_score_completions(inputs)
            mask_rows(output, reward.lost_rows)
            return output

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            fraction = reward.take_fraction() if "loss" in logs else None
            if fraction is not None:
                logs["verification/share_of_step"] = fraction
            super().log(logs, start_time)

    return VerifiedTrainer


def mask_rows(output: dict[str, Any], lost: list[bool]) -> None:
    """Take completions out of a step: no token of theirs counts.

    Args:
        output: of `GRPOTrainer._generate_and_score_completions`; `completion_mask` is [B, T].
        lost: which of the B completions; empty: none.

    Raises:
        InfrastructureError: the output is not what it was in the versions of TRL that we know.
    """
    mask = output.get("completion_mask")
    if mask is None or (lost and len(mask) != len(lost)):
        raise InfrastructureError(
            "this version of TRL scores completions in another way than quasar expects: install "
            "one that pyproject.toml allows (see quasar/train/trl_adapter.py)."
        )
    for row, is_lost in enumerate(lost):
        if is_lost:
            mask[row] = 0

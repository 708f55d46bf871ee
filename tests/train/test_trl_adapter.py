"""What our trainers rely on in TRL and transformers, which an upgrade may take away."""

from __future__ import annotations

import inspect

import pytest
import torch

from quasar.core.errors import InfrastructureError
from quasar.train.trl_adapter import cpu_loss, mask_rows

CHECK = (
    "TRL or transformers has changed. Read src/quasar/train/trl_adapter.py, find out where {} is "
    "now, and make sure with tests/train/test_grpo.py and test_sft.py (`-m slow` too) that the "
    "override still takes effect; then move the bounds in pyproject.toml."
)


def parameters(method: object) -> list[str]:
    return list(inspect.signature(method).parameters)  # type: ignore[arg-type]


def test_grpo_makes_the_completions_of_a_step_where_we_think() -> None:
    from trl import GRPOTrainer

    made = getattr(GRPOTrainer, "_generate_and_score_completions", None)
    assert made is not None, CHECK.format("GRPOTrainer._generate_and_score_completions")
    assert parameters(made) == ["self", "inputs"], CHECK.format(made.__name__)
    asked = inspect.getsource(GRPOTrainer._prepare_inputs)
    assert f"self.{made.__name__}(" in asked, CHECK.format(f"the call of {made.__name__}")
    assert '"completion_mask": completion_mask' in inspect.getsource(made), CHECK.format(
        "completion_mask in what it returns"
    )
    loss = inspect.getsource(GRPOTrainer._compute_loss)
    assert 'inputs["completion_mask"]' in loss, CHECK.format("completion_mask in the loss")


def test_sft_asks_the_public_methods_that_we_override() -> None:
    from transformers import Trainer
    from trl import GRPOTrainer, SFTTrainer

    order = ["self", "model", "inputs", "return_outputs", "num_items_in_batch"]
    assert parameters(SFTTrainer.compute_loss) == order, CHECK.format("SFTTrainer.compute_loss")
    assert parameters(SFTTrainer.get_train_dataloader) == ["self"], CHECK.format(
        "Trainer.get_train_dataloader"
    )
    for trainer in (SFTTrainer, GRPOTrainer):
        assert parameters(trainer.log) == ["self", "logs", "start_time"], CHECK.format("log")
    assert callable(getattr(Trainer, "training_step", None)), CHECK.format("training_step")


def test_a_completion_without_a_verdict_has_no_token_that_counts() -> None:
    output = {"completion_mask": torch.ones(3, 2)}
    mask_rows(output, [False, True, False])
    assert output["completion_mask"].sum(dim=1).tolist() == [2, 0, 2]


def test_completions_of_another_form_end_the_training() -> None:
    with pytest.raises(InfrastructureError, match=r"trl_adapter\.py"):
        mask_rows({"mask": torch.ones(1, 2)}, [False])
    with pytest.raises(InfrastructureError, match="another way"):
        mask_rows({"completion_mask": torch.ones(2, 2)}, [True])


def test_our_loss_on_a_cpu_is_the_cross_entropy_of_the_answers() -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "head_dim": 8}
    config = Qwen3Config(
        vocab_size=11, num_attention_heads=2, num_key_value_heads=2, use_cache=False, **sizes
    )
    model = Qwen3ForCausalLM(config)
    ids = torch.randint(0, 11, (2, 6))
    labels = torch.where(torch.arange(6) < 3, -100, ids)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    loss, tokens, right = cpu_loss(model, inputs, None)
    assert loss.item() == pytest.approx(model(**inputs).loss.item(), rel=1e-5)
    assert tokens == 12
    assert 0 <= right <= 1
    assert cpu_loss(model, inputs, 12)[0].item() == pytest.approx(loss.item() / 2, rel=1e-5)

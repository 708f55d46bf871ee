"""The model and optimiser of streaming trainings beside transformers' and PyTorch's own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from transformers import Qwen3ForCausalLM

from quasar.models.nano_tokenizer import build_tokenizer
from quasar.train.new_model import new_shape, qwen3_config
from quasar.train.optimizers import make_optimizer
from quasar.train.settings import NewModel
from quasar.train.sft_settings import SftSchedule
from quasar.train.stream.batches import TokenBatch
from quasar.train.stream.learner import Learner
from quasar.train.stream.light_qwen3 import LightQwen3, named
from quasar.train.stream.master_optimizer import MasterOptimizer, orthogonal

TOKENIZER = build_tokenizer()
SHAPE = new_shape(
    NewModel(hidden_size=64, layers=2, head_size=32, intermediate_size=96), len(TOKENIZER)
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


def twins() -> tuple[LightQwen3, Qwen3ForCausalLM]:
    light = LightQwen3(SHAPE)
    for parameter in light.parameters():
        if parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    known = Qwen3ForCausalLM(qwen3_config(SHAPE, TOKENIZER)).eval()
    missing = known.load_state_dict(named(light.state_dict()), strict=False)
    assert missing.missing_keys in ([], ["lm_head.weight"])
    assert missing.unexpected_keys == []
    return light, known


def batch_of(rows: list[list[int]], start: int) -> TokenBatch:
    width = max(map(len, rows))
    ids = np.array([row + [0] * (width - len(row)) for row in rows], np.uint16)
    places = [r * width + t - 1 for r, row in enumerate(rows) for t in range(start, len(row))]
    groups = [r % 2 for r, row in enumerate(rows) for _ in range(start, len(row))]
    return TokenBatch(
        ids, np.array(places), np.array(groups), np.zeros(len(rows), np.int64), int((ids > 0).sum())
    )


def test_the_model_is_transformers_model() -> None:
    light, known = twins()
    ids = torch.randint(1, SHAPE.vocabulary, (3, 40))
    with torch.no_grad():
        assert torch.allclose(light.logits(ids), known(ids).logits, atol=1e-4)


def test_the_loss_is_transformers_loss_on_answers_alone() -> None:
    light, known = twins()
    rows = [torch.randint(1, SHAPE.vocabulary, (n,)).tolist() for n in (12, 7, 9)]
    batch = batch_of(rows, start=4)
    ids = torch.from_numpy(batch.ids.astype(np.int64))
    labels = torch.full_like(ids, -100)
    for r, row in enumerate(rows):
        labels[r, 4 : len(row)] = ids[r, 4 : len(row)]
    wanted = known(ids, attention_mask=(ids > 0).long(), labels=labels).loss
    found = light.answer_loss(ids, torch.from_numpy(batch.places)).mean()
    assert found.item() == pytest.approx(wanted.item(), abs=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_are_those_of_pytorchs_muon_and_adamw(decay: float) -> None:
    light, other = LightQwen3(SHAPE), LightQwen3(SHAPE)
    other.load_state_dict(light.state_dict())
    rates = {"learning_rate": 2e-3, "matrix_learning_rate": 0.02, "weight_decay": decay}
    known = make_optimizer(other, "muon", **rates)
    begun = {name: weight.detach().clone() for name, weight in other.named_parameters()}
    own = MasterOptimizer(light, "muon", light.state_dict(), **rates, max_grad_norm=1.0)
    for _ in range(3):
        for one, two in zip(light.parameters(), other.parameters(), strict=True):
            one.grad = torch.randn_like(one)
            two.grad = one.grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(other.parameters(), 1.0)
        known.step()
        known.zero_grad()
        assert float(own.step(1.0)) == pytest.approx(float(norm), rel=1e-4)
    for name, weight in other.named_parameters():
        # PyTorch's iteration is in bfloat16: updates agree as far as that goes.
        off = (own.weights()[name] - weight).norm() / (weight - begun[name]).norm()
        assert off.item() < 0.03, name


def test_updates_are_nearly_orthogonal() -> None:
    for shape in ((3, 20, 50), (2, 50, 20), (1, 30, 30)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert values.min() > 0.3 if shape[1] != shape[2] else values.median() > 0.5
        assert values.max() < 1.3


def test_bfloat16_learns_with_float32_weights() -> None:
    schedule = SftSchedule(
        max_steps=1, optimizer="muon", learning_rate=2e-3, dtype="bfloat16", compile=False
    )
    learner = Learner(LightQwen3(SHAPE), schedule, groups=2)
    batch = batch_of([[5, 6, 7, 8, 9, 10]] * 4, start=3)
    learner.warm_up(batch)
    for _ in range(30):
        learner.step(batch, 1.0)
    sums, counts, norm = learner.take_losses()
    assert counts.tolist() == [180.0, 180.0]
    assert norm > 0
    for _ in range(4):
        learner.step(batch, 1.0)
    later, again, _ = learner.take_losses()
    assert again.sum() == 48
    assert later.sum() / 48 < sums.sum() / 360 / 2
    assert {p.dtype for p in learner.model.parameters()} == {torch.bfloat16}
    assert {w.dtype for w in learner.weights().values()} == {torch.float32}
    for name, p in learner.model.named_parameters():
        assert torch.equal(p, learner.weights()[name].bfloat16())

"""The cache that is written in place: the same tokens as with that of transformers."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tiny_model import save_checkpoint

torch = pytest.importorskip("torch")

from quasar.models.growing_cache import fits, growing_cache, write_in_place  # noqa: E402

ROOM = 32


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch):
    monkeypatch.setattr("quasar.models.growing_cache._ROOM", ROOM)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory):
    from transformers import AutoModelForCausalLM

    folder: Path = save_checkpoint(tmp_path_factory.mktemp("model") / "tiny")
    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")


def drawn(model, **more):
    torch.manual_seed(0)
    prompts = torch.randint(3, 50, (3, 7))
    return model.generate(
        prompts,
        attention_mask=torch.ones_like(prompts),
        max_new_tokens=ROOM + 10,  # more than one buffer holds
        min_new_tokens=ROOM + 10,
        **more,
    )


@pytest.mark.parametrize(
    "how", [{"do_sample": False}, {"do_sample": True}, {"num_beams": 2, "do_sample": False}]
)
def test_the_same_tokens(model, how):
    assert fits(model)
    expected = drawn(model, **how)
    assert torch.equal(drawn(model, past_key_values=growing_cache(), **how), expected)


def test_whoever_calls_generate(model):
    expected = drawn(model, do_sample=False)
    write_in_place(model)
    try:
        assert torch.equal(drawn(model, do_sample=False), expected)
        assert torch.equal(drawn(model, do_sample=False), expected)  # a fresh one each time
    finally:
        del model.generate


def test_other_kinds_of_layers_are_left_alone(model):
    kinds = model.config.layer_types
    try:
        model.config.layer_types = ["sliding_attention", *kinds[1:]]
        assert not fits(model)
        write_in_place(model)
        assert "generate" not in vars(model)
    finally:
        model.config.layer_types = kinds

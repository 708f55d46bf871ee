"""Guided completions: the same whatever runs the model, and by the weights of the moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from quasar.core.errors import InputError
from quasar.models.kernel import library
from quasar.models.nano_model import NanoModel, NanoSettings
from quasar.models.profile import Profile
from quasar.models.protocol import Sampling
from quasar.models.registry import packaged_folder
from quasar.prompts.compact_style import Compact
from quasar.train.choices import FORCED
from quasar.train.guided_rollouts import GuidedWriter, guide_of, held_weights, nano_form
from quasar.train.new_model import make_model
from quasar.train.rollout_tasks import PromptSettings, RolloutTask, draw_tasks
from quasar.train.settings import ModelSettings

PROFILE = Profile(name="nano", prompt_style="compact", max_qubits=24)
DRAWN = Sampling(temperature=1.0, top_p=1.0, max_tokens=96, samples=3, seed=5)


@pytest.fixture(scope="module")
def nano() -> tuple[Any, Any]:
    return make_model(ModelSettings(base="nano", attention="eager"), 0)


@pytest.fixture(scope="module")
def tasks(nano: tuple[Any, Any]) -> list[RolloutTask]:
    fresh = {"sizes": {4: 1.0, 5: 1.0}, "build": {"max_qubits": 5}}
    settings = PromptSettings.parse({"fresh": fresh})
    return draw_tasks(settings, nano[1], split="train", count=4, seed=0)


def writer(nano: tuple[Any, Any], engine: str) -> GuidedWriter:
    return GuidedWriter(*nano, PROFILE, nano_form("nano", engine), 8)


def test_both_engines_draw_the_same(nano: tuple[Any, Any], tasks: list[RolloutTask]) -> None:
    own, other = writer(nano, "nano"), writer(nano, "transformers")
    assert (own.engine, other.engine) == ("nano", "transformers")
    found, again = own.rollouts(tasks, DRAWN), other.rollouts(tasks, DRAWN)
    same = sum(a == b for a, b in zip(found, again, strict=True))
    assert same >= len(found) - 1  # a draw within rounding of a border may fall either way
    assert [one.prompt for one in found] == [one.prompt for one in again]
    assert all(seconds > 0 for seconds in own.seconds.values())


def test_answers_are_whole_programs_and_their_tokens_the_plan(
    nano: tuple[Any, Any], tasks: list[RolloutTask]
) -> None:
    found = writer(nano, "nano").rollouts(tasks, DRAWN)
    assert len(found) == 3 * len(tasks)
    for i, (_, answer, text) in enumerate(found):
        plan = nano[1].decode(answer.ids, skip_special_tokens=True)
        assert text.startswith(plan)
        assert len(text) > len(plan)
        assert Compact().recalled(text) == plan
        guide = guide_of(tasks[i // 3], PROFILE)()
        for token, number in zip(answer.ids[:-1], answer.sets[:-1], strict=True):
            allowed = guide.allowed()
            assert allowed
            assert (len(allowed) > 1) == (number != FORCED)
            guide.advance(nano[1].decode([token]))
        assert guide.rest() is not None


def test_the_weights_are_those_of_the_moment(
    nano: tuple[Any, Any], tasks: list[RolloutTask]
) -> None:
    before = [one.text for one in writer(nano, "nano").rollouts(tasks, DRAWN)]
    exact = NanoSettings(engine="numpy" if library() is None else "kernel")
    packaged = NanoModel(packaged_folder("nano"), exact).complete(
        [task.chat for task in tasks], DRAWN, guides=[guide_of(task, PROFILE) for task in tasks]
    )
    assert before == [one.text for own in packaged for one in own]
    model, tokenizer = make_model(ModelSettings(base="nano", attention="eager"), 0)
    changing = writer((model, tokenizer), "nano")
    assert [one.text for one in changing.rollouts(tasks, DRAWN)] == before
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.mul_(-3.0)
    assert [one.text for one in changing.rollouts(tasks, DRAWN)] != before


def test_held_weights_are_those_of_the_file(nano: tuple[Any, Any]) -> None:
    from quasar.models.small_qwen import Weights

    kept, held = Weights(packaged_folder("nano") / "model.safetensors"), held_weights(nano[0])
    for name in ("model.embed_tokens.weight", "model.layers.3.mlp.up_proj.weight"):
        assert (kept.floats(name) == held.floats(name)).all()
    with pytest.raises(InputError, match="no tensor"):
        held.stored("lm_tail.weight")


def test_a_prompt_without_room_says_so(nano: tuple[Any, Any], tasks: list[RolloutTask]) -> None:
    long = tasks[0]._replace(chat=[{"role": "user", "content": "q0 " * 2000}])
    with pytest.raises(InputError, match="context"):
        writer(nano, "nano").rollouts([long], DRAWN)


def test_a_style_without_a_guide_is_refused(tasks: list[RolloutTask]) -> None:
    with pytest.raises(InputError, match=r"rollouts\.guided = false"):
        guide_of(tasks[0], Profile(name="x", prompt_style="published"))


def test_the_runtime_is_nanos_where_the_model_has_its_form(tmp_path: Path) -> None:
    assert nano_form("nano", "auto") is not None
    assert nano_form("nano", "transformers") is None
    assert nano_form(None, "auto") is None
    with pytest.raises(InputError, match=r"rollouts\.engine = 'transformers'"):
        nano_form(str(tmp_path), "nano")

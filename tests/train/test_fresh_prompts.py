"""Problems drawn for prompts: of the right split, none excluded, asked about in every way."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.data.identity import instance_id, split_of
from quasar.data.settings import BuildSettings
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.problems.ising import Ising
from quasar.train.fresh_prompts import FreshPrompt, FreshPrompts, fresh_prompts
from quasar.train.rewards import RewardSettings
from quasar.train.rollout_tasks import PromptSettings, draw_tasks, references_of

SMALL: dict[str, Any] = {"sizes": {3: 1.0, 4: 1.0}, "build": {"max_qubits": 4}}


def drawn(count: int = 60, split: str = "train", **changes: Any) -> list[FreshPrompt]:
    settings = FreshPrompts.parse({**SMALL, **changes})
    return list(islice(fresh_prompts(settings, split=split, seed=2), count))


def told(prompts: list[FreshPrompt]) -> list[str]:
    return [f"{p.hamiltonian.to_text()} {tuple(p.request)}" for p in prompts]


def test_equal_seeds_draw_equal_prompts_and_splits_are_apart() -> None:
    assert told(drawn()) == told(drawn())
    assert not {*told(drawn())} & {*told(drawn(split="validation", count=10))}


def test_only_instances_of_the_split_occur() -> None:
    build = BuildSettings.parse({"recipe": "converged", "count": 1})
    for split in ("train", "test"):
        discrete = drawn(30 if split == "train" else 400, split, problems=0.0)
        integers = [
            p.hamiltonian
            for p in discrete
            if all(float(c).is_integer() for c in p.hamiltonian.terms.values())
        ]
        assert integers
        for hamiltonian in integers:
            name = instance_id(Ising(hamiltonian))
            assert split_of(name, build.split_shares(), build.split_salt) == split


def test_excluded_instances_do_not_occur(tmp_path: Path) -> None:
    def key(prompt: FreshPrompt) -> str:
        return instance_id(Ising(prompt.hamiltonian))

    common, _ = Counter(
        key(p)
        for p in drawn(200, problems=0.0, sizes={2: 1.0})
        if all(float(c).is_integer() for c in p.hamiltonian.terms.values())
    ).most_common(1)[0]
    seen = next(p for p in drawn(200, problems=0.0, sizes={2: 1.0}) if key(p) == common)
    record = {
        "problem_type": "ising",
        "hamiltonian": seen.hamiltonian.to_text(),
        "cost_hamiltonian": seen.hamiltonian.to_text(),
        "number_of_qubits": 2,
    }
    path = tmp_path / "held_out.jsonl"
    path.write_text(json.dumps(record) + "\n")
    left = drawn(200, problems=0.0, sizes={2: 1.0}, exclude=[str(path)])
    assert common not in {key(p) for p in left}


def test_every_way_of_asking_has_its_share() -> None:
    asked = {"converged": {"any": 2.0, "vqe": 1.0}, "agent-q": {"qaoa": 1.0, "adaptive_vqe": 1.0}}
    found = Counter((p.request.style, p.request.algorithm) for p in drawn(400, asked=asked))
    shares = {way: count / 400 for way, count in found.items()}
    assert shares[("converged", None)] == pytest.approx(0.4, abs=0.08)
    for way in (("converged", "vqe"), ("agent-q", "qaoa"), ("agent-q", "adaptive_vqe")):
        assert shares[way] == pytest.approx(0.2, abs=0.08)
    layers = [p.request.layers for p in drawn(200, asked=asked, layers_told=1.0)]
    assert {None, 1, 4} <= {*layers}
    assert all(p.request.layers is None for p in drawn(50, layers_told=0.0))


def test_tasks_have_no_reference_and_fit() -> None:
    settings = PromptSettings.parse({"fresh": SMALL, "max_prompt_length": 40})
    tasks = draw_tasks(settings, build_tokenizer(), split="train", count=20, seed=1)
    assert len(tasks) == 20
    assert references_of(tasks, RewardSettings()) == [None] * 20
    for task in tasks:
        assert task.request.style == task.style
        head = task.chat[0]["content"].split()
        assert head[1] == (task.request.algorithm or "any")
        assert head[3] == f"n{task.problem.n_qubits}"
    with pytest.raises(InputError, match="no problem that was drawn fits"):
        draw_tasks(
            settings.model_copy(update={"max_prompt_length": 3}),
            build_tokenizer(),
            split="train",
            count=2,
            seed=1,
        )


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(InputError, match="asked needs weights"):
        FreshPrompts.parse({"asked": {"converged": {"vqe": 0.0}}})
    with pytest.raises(InputError, match="sizes needs weights"):
        FreshPrompts.parse({"sizes": {4: -1.0}})
    with pytest.raises(InputError, match="give one of paths"):
        PromptSettings.parse({"fresh": {}, "paths": ["somewhere"]})
    with pytest.raises(InputError, match="fresh prompts do not use algorithms"):
        PromptSettings.parse({"fresh": {}, "algorithms": ["vqe"]})
    with pytest.raises(InputError):
        drawn(1, exclude=["/no/such/file.jsonl"])

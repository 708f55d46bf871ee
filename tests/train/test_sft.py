"""A real training of a tiny model: it learns, resumes to the same weights, and loads by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.models.registry import load_model
from quasar.train.progress import rate
from quasar.train.settings import EvalSettings, Schedule
from quasar.train.sft import train_sft
from quasar.train.sft_settings import SftSettings
from quasar.train.trl_run import trainer_arguments
from support.interrupted_training import interrupt, same_weights


def tiny(out: Path, data: Path, **schedule: Any) -> SftSettings:
    return SftSettings.parse(
        {
            "out": str(out),
            "threads": 1,
            "model": {
                "name": "tiny",
                "attention": "eager",
                "new": {"hidden_size": 64, "layers": 1, "head_size": 32, "intermediate_size": 64},
            },
            "data": {"paths": [str(data)], "cache": str(data.parent / "tokens"), "jobs": 1},
            "schedule": {
                "max_steps": 12,
                "batch_size": 4,
                "learning_rate": 3e-3,
                "growth": 0.5,
                **schedule,
            },
            "eval": {
                "problems": 2,
                "report_to": ["tensorboard"],
                "save_minutes": 1e-9,
                "log_steps": 4,
            },
        }
    )


@pytest.fixture(scope="module")
def trained(training_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sft") / "run"
    train_sft(tiny(out, training_set, optimizer="muon"))
    return out


def test_the_folder_loads_by_itself_and_says_what_it_is(trained: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(trained / "model")
    assert str(model.dtype) == "torch.bfloat16"
    assert AutoTokenizer.from_pretrained(trained / "model").chat_template
    own = load_model(str(trained / "model"))
    assert (own.name, own.prompt_style, own.max_qubits) == ("tiny", "compact", 24)
    manifest = json.loads((trained / "model" / "manifest.json").read_text())
    assert manifest["steps"] == 12
    assert manifest["examples_seen"] == 48
    card = (trained / "model" / "README.md").read_text()
    assert "# tiny" in card
    quality = [json.loads(line) for line in (trained / "quality.jsonl").read_text().splitlines()]
    assert any(name.endswith("/parses") for name in quality[-1])


def test_the_loss_falls(trained: Path) -> None:
    newest = max((trained / "checkpoints").iterdir(), key=lambda p: p.stat().st_mtime)
    history = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert losses[-1] < losses[0] - 0.5


def test_a_killed_run_goes_on_to_the_weights_it_would_have_had(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import SFTTrainer

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train_sft(tiny(whole, training_set, max_steps=6))

    short = tiny(broken, training_set, max_steps=6)
    interrupt(monkeypatch, SFTTrainer, 4, lambda: train_sft(short))
    train_sft(short)
    same_weights(whole / "model", broken / "model")


def test_a_folder_of_another_run_is_left_alone(training_set: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "settings.json").write_text("{}")
    with pytest.raises(InputError, match="other settings"):
        train_sft(tiny(tmp_path / "run", training_set))


def test_settings_say_what_is_wrong(training_set: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs an end"):
        tiny(tmp_path, training_set, max_steps=None)
    with pytest.raises(InputError, match="momentum"):
        tiny(tmp_path, training_set, momentum=0.9)


def test_batches_are_collated_ahead_beside_a_gpu_or_as_told() -> None:
    import torch

    def loaders(**given: Any) -> object:
        schedule = Schedule(max_steps=1, **given)
        return trainer_arguments(Path("a"), schedule, EvalSettings())["dataloader_num_workers"]

    assert loaders() == (2 if torch.cuda.is_available() else 0)
    assert loaders(loaders=3) == 3


def test_rates_rise_stay_and_fall() -> None:
    assert rate(0.0, 0.1, 0.5) < 0.01
    assert rate(0.05, 0.1, 0.5) == pytest.approx(0.5)
    assert rate(0.3, 0.1, 0.5) == 1.0
    assert rate(0.75, 0.1, 0.5) == pytest.approx(0.5)
    assert rate(1.0, 0.1, 0.5) == pytest.approx(0.02)
    assert rate(1.0, 0.1, 0.0) == 1.0

"""A run's folder: whose it is, where to go on, and what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.train.run import QUALITY_LOG, SETTINGS_FILE, STATE_FILE, Run, claim, last_checkpoint
from quasar.train.settings import TrainingSettings


def settings(out: Path, **tables: object) -> TrainingSettings:
    return TrainingSettings.parse({"out": out, "schedule": {"max_steps": 10}, **tables})


def test_a_folder_belongs_to_the_settings_that_claimed_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    claim(out, {"a": 1})
    claim(out, {"a": 1})
    with pytest.raises(InputError, match="other settings"):
        claim(out, {"a": 2})


def test_a_run_of_version_0_1_goes_on(tmp_path: Path) -> None:
    old = {"data": {"stream": {"source": "quasar.train.fresh"}}}
    (tmp_path / SETTINGS_FILE).write_text(json.dumps(old))
    claim(tmp_path, {"data": {"stream": {"source": "quasar.train.stream.fresh"}}})


def test_the_newest_whole_checkpoint_counts(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (9, 10):
        (tmp_path / f"checkpoint-{step}" / STATE_FILE).write_text("{}")
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


def test_measurements_are_kept_with_the_step(tmp_path: Path) -> None:
    run = Run(settings(tmp_path))
    assert run.quality == {}
    run.record_quality({"ratio": 0.5})
    run.progress.step = 7
    run.record_quality({"ratio": 0.75})
    assert run.quality == {"ratio": 0.75}
    assert run.first_quality() == {"ratio": 0.5}
    lines = [json.loads(line) for line in (tmp_path / QUALITY_LOG).read_text().splitlines()]
    assert [(line["step"], line["ratio"]) for line in lines] == [(0, 0.5), (7, 0.75)]


def test_the_rate_follows_the_progress(tmp_path: Path) -> None:
    run = Run(settings(tmp_path, schedule={"max_steps": 10, "warmup": 0.5, "decay": 0.2}))
    rates = []
    for run.progress.step in (0, 1, 5, 8, 9, 10):
        rates.append(run.rate)
    assert rates == pytest.approx([0.001, 0.2, 1.0, 1.0, 0.5, 0.02])


def test_the_table_eval_had_another_name(tmp_path: Path) -> None:
    assert settings(tmp_path, watch={"keep": 5}).eval.keep == 5
    with pytest.raises(InputError, match="one of the two"):
        settings(tmp_path, watch={"keep": 5}, eval={"keep": 5})

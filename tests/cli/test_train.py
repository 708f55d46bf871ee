"""`quasar train`: configurations, changes on the command line, errors."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.cli.train import app, read_config
from quasar.core.errors import InputError
from quasar.train.angles.settings import AngleSettings
from quasar.train.sft_settings import SftSettings

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("sft-*.toml")), ids=lambda p: p.name)
def test_checked_in_configurations_are_valid(path: Path) -> None:
    SftSettings.parse(read_config(path, []))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("angles-*.toml")), ids=lambda p: p.name)
def test_configurations_of_networks_of_angles_are_valid(path: Path) -> None:
    AngleSettings.parse(read_config(path, []))


def test_changes_go_over_the_file() -> None:
    changes = [
        "schedule.max_minutes=1.5",
        "model.name=other",
        'data.paths=["a", "b"]',
        "data.limits.a=10",
        "out=runs/other",
    ]
    settings = SftSettings.parse(read_config(CONFIGS / "sft-nano.toml", changes))
    assert settings.schedule.max_minutes == 1.5
    assert settings.model.name == "other"
    assert settings.data.paths == (Path("a"), Path("b"))
    assert settings.data.limits == {"a": 10}
    assert settings.out == Path("runs/other")
    assert settings.schedule.optimizer == "muon"


@pytest.mark.parametrize("table", ["watch", "eval"])
def test_the_table_eval_is_still_known_by_its_old_name(table: str, tmp_path: Path) -> None:
    text = (CONFIGS / "sft-nano.toml").read_text()
    (tmp_path / "c.toml").write_text(text.replace("[eval]", f"[{table}]"))
    for change in ("watch.problems=7", "eval.problems=7"):
        settings = SftSettings.parse(read_config(tmp_path / "c.toml", [change]))
        assert (settings.eval.problems, settings.eval.evaluate_minutes) == (7, 12)
    (tmp_path / "both.toml").write_text(f"{text}\n[watch]\nkeep = 1\n")
    with pytest.raises(InputError, match="one of the two"):
        read_config(tmp_path / "both.toml", [])
    old = {"watch": {"keep": 3}, "data": {"paths": ["a"]}, "schedule": {"max_steps": 1}, "out": "b"}
    assert SftSettings.parse(old).eval.keep == 3


@pytest.mark.parametrize("change", ["schedule", "=3", "out.x=1"])
def test_changes_that_make_no_sense(change: str) -> None:
    with pytest.raises(InputError, match="--set"):
        read_config(CONFIGS / "sft-nano.toml", [change])


def test_unreadable_configurations(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path / "none.toml", [])
    (tmp_path / "bad.toml").write_text("x = = 1")
    with pytest.raises(InputError, match="not valid TOML"):
        read_config(tmp_path / "bad.toml", [])


def test_unknown_settings_are_named() -> None:
    run = CliRunner().invoke(
        app, ["sft", str(CONFIGS / "sft-nano.toml"), "--set", "schedule.momentum=1"]
    )
    assert isinstance(run.exception, InputError)
    assert "schedule.momentum" in str(run.exception)


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_help_names_the_extra(command: str) -> None:
    assert "'.[train]'" in CliRunner().invoke(app, [command, "--help"]).output


@pytest.mark.parametrize(
    ("command", "libraries", "extra"),
    [("angles", "PyTorch", "models"), ("grpo", "PyTorch and TRL", "train")],
)
def test_what_is_missing_is_named_with_its_extra(
    command: str, libraries: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "torch" else found(name)
    )
    result = CliRunner().invoke(app, [command, str(tmp_path / "any.toml")])
    assert f"needs {libraries}: pip" in str(result.exception)
    assert f"'.[{extra}]'" in str(result.exception)

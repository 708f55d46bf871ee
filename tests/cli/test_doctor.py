"""`quasar doctor`: what it says of this installation."""

from __future__ import annotations

import json
from importlib import metadata

import pytest
from typer.testing import CliRunner

from quasar.cli import doctor
from quasar.cli.main import app
from quasar.verifier.sandbox import landlock


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["doctor", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_it_says_what_is_active() -> None:
    said = run()
    for line in ("quasar", "Python", "nano's kernel", "flat programs", "other files", "Extras"):
        assert line in said


@pytest.mark.parametrize(("set_to", "said"), [("off", "as QUASAR_COMPILED says"), ("", "")])
def test_it_says_which_way_reads_programs(
    set_to: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUASAR_COMPILED", set_to)
    found = json.loads(run("--json"))["flat_programs"]
    assert said in found
    assert set_to or "compiled" in found or "make kernel" in found


def test_its_json_has_the_versions_of_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "numpy>=2.0",
        "qiskit-aer>=0.17; extra == 'aer'",
        'quasar-synthesis[data,models]; extra == "train"',
        "vllm>=0.12; (sys_platform == 'linux') and extra == 'vllm'",
        "no-such-thing[part]<2,>=1; extra == 'strange'",
        "pytest>=8.3; extra == 'dev'",
    ]
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: lines)
    found = json.loads(run("--json"))
    assert found["extras"].keys() == {"aer", "strange", "vllm"}
    assert found["extras"]["aer"] == {"qiskit-aer": metadata.version("qiskit-aer")}
    assert found["extras"]["strange"] == {"no-such-thing": None}
    assert "without no-such-thing" in run()


def test_what_the_kernel_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUASAR_CONFINEMENT", raising=False)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    said = run()
    assert "other files    NOT refused" in said
    assert "memory         limited for each process (rlimits)" in said
    assert "no Landlock" in said

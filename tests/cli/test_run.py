"""`quasar run`: what it writes and prints, how it goes on, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import quasar
from support.hardware import GHZ, PATH

pytest.importorskip("qiskit_ibm_runtime", reason="needs the extra devices")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    circuit, problem = tmp_path / "c.qasm", tmp_path / "p.json"
    circuit.write_text(GHZ)
    problem.write_text(json.dumps(PATH))
    return (str(circuit), "--problem", str(problem), "--backend", "fake_manila")


def test_a_run_is_written_and_can_be_read_again(files: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = quasar("run", *files, "--shots", 300, "--out", out)
    assert done.code == 0, done.err
    assert "optimal, measured" in done.out
    assert "Hellinger fidelity" in done.out
    wanted = {"job.json", "counts.json", "report.json", "report.html", "counts.png", "compiled.qpy"}
    assert wanted <= {path.name for path in out.iterdir()}
    assert "<script" not in (out / "report.html").read_text()
    again = quasar("run", "--resume", out, "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["shots"] == 300
    there = quasar("run", *files, "--out", out)
    assert there.code == 2
    assert "--resume" in there.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "give a circuit with --problem"),
        (("c.qasm",), "which problem"),
        (("--resume", "nowhere"), "holds no job.json"),
        (("--resume", "x", "--out", "y"), "leave out"),
    ],
)
def test_what_is_missing_is_said(given: tuple[str, ...], said: str) -> None:
    done = quasar("run", *given)
    assert done.code == 2
    assert said in done.err


def test_an_unknown_backend_names_the_nearest(files: tuple[str, ...]) -> None:
    done = quasar("run", *files[:3], "--backend", "fake_manilla")
    assert done.code == 2
    assert "fake_manila" in done.err

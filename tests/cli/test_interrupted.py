"""Ctrl-C and SIGTERM in `quasar generate`, in real processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from quasar.core.errors import EXIT_INTERRUPTED
from quasar.core.jsonl import read_jsonl
from support.commands import Command, start
from support.running_command import until, write_maxcut


def running(*arguments: str) -> Command:
    return start("generate", *arguments)


def ended(run: Command) -> tuple[int, str, str]:
    output, errors = run.communicate(timeout=200)
    return run.wait(), output, errors


def partial(folder: Path) -> list[Path]:
    return list(folder.glob(".*partial"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_best_so_far_is_kept(number: int, tmp_path: Path) -> None:
    problem, out = write_maxcut(tmp_path / "p.json", 16), tmp_path / "out"
    options = ("--model", "designer", "--max-evaluations", "1000000", "--json")
    run = running("--problem", problem, *options, "--out", str(out))
    until(lambda: bool(partial(tmp_path)))
    time.sleep(1.5)
    os.killpg(run.pid, number)
    code, printed, errors = ended(run)
    assert code == EXIT_INTERRUPTED, errors
    assert "once more to end at once" in errors
    report = json.loads((out / "report.json").read_text())
    assert report["interrupted"]
    assert not report["reproducible"]
    assert report["feasible"]
    assert (out / "circuit.qasm").exists()
    assert json.loads(printed)["interrupted"]
    assert not partial(tmp_path)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["interrupted"]
    assert not manifest["reproducible"]


def test_the_second_ends_at_once(tmp_path: Path) -> None:
    problem, out = write_maxcut(tmp_path / "p.json", 18), tmp_path / "out"
    run = running("--problem", problem, "--model", "designer", "--out", str(out))
    until(lambda: bool(partial(tmp_path)))
    time.sleep(1)
    os.killpg(run.pid, signal.SIGINT)
    time.sleep(0.2)
    os.killpg(run.pid, signal.SIGINT)
    code, _, errors = ended(run)
    assert code == EXIT_INTERRUPTED
    assert "nothing was written" in errors
    assert not out.exists()
    assert not partial(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_records_go_on_where_they_were(number: int, tmp_path: Path) -> None:
    records, out = tmp_path / "r.jsonl", tmp_path / "g.jsonl"
    record = json.loads(Path(write_maxcut(tmp_path / "p.json", 10)).read_text())
    lines = [json.dumps({**record, "sample_index": k}) + "\n" for k in range(4)]
    records.write_text("".join(lines))
    arguments = ("--records", str(records), "--model", "designer", "--algorithm", "vqe")
    limits = ("--max-evaluations", "300", "--out", str(out))
    run = running(*arguments, *limits)
    until(lambda: out.exists() and out.read_bytes().count(b"\n") >= 1)
    os.killpg(run.pid, number)
    code, _, errors = ended(run)
    assert code == EXIT_INTERRUPTED
    assert "same command again" in errors
    kept = out.read_text().splitlines()
    assert 1 <= len(kept) < 4
    code, _, _ = ended(running(*arguments, *limits))
    assert code == 0
    assert out.read_text().splitlines()[: len(kept)] == kept
    assert [line["sample_index"] for _, line in read_jsonl(out)] == list(range(4))
    manifest = json.loads((tmp_path / "g.manifest.json").read_text())["designer"]
    assert manifest["settings"]["samples"] == 1


def test_an_interrupt_where_nothing_is_caught_is_said_in_a_line(tmp_path: Path) -> None:
    """The command waits for its circuit on standard input."""
    problem = write_maxcut(tmp_path / "p.json", 4)
    process = start("verify", "-", "--problem", problem)
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == EXIT_INTERRUPTED
    assert said == "error: interrupted.\n"


def test_generate_says_a_line_however_early_it_is_interrupted(tmp_path: Path) -> None:
    run = running("--problem", write_maxcut(tmp_path / "p.json", 8), "--out", str(tmp_path / "out"))
    os.killpg(run.pid, signal.SIGINT)
    code, _, said = ended(run)
    if code == EXIT_INTERRUPTED:  # else it had a circuit by then
        assert len(said.strip().splitlines()) == 1
        assert "interrupted" in said

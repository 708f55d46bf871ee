"""`quasar draw` and `quasar show`: what they take, write and say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import quasar

SQUARE = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": i, "target": (i + 1) % 4} for i in range(4)],
    },
}
KNAPSACK = {
    "problem_type": "knapsack",
    "problem_specific_attributes": {"items": [{"weight": 1, "value": 2}], "capacity": 1},
}
CUT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];\n'
STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "p.json").write_text(json.dumps(SQUARE))
    (folder / "k.json").write_text(json.dumps(KNAPSACK))
    (folder / "c.qasm").write_text(CUT)
    design = ("--model", "designer", "--algorithm", "qaoa", "--layers", 1)
    code, _, err = quasar(
        "generate", "--problem", folder / "p.json", *design, "--out", folder / "r"
    )
    assert code == 0, err
    return folder


@pytest.mark.parametrize("suffix", STARTS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["c.qasm"],
        ["c.qasm", "--problem", "p.json", "--kind", "histogram"],
        ["c.qasm", "--problem", "p.json", "--kind", "answer"],
        ["p.json"],
        ["r"],
        ["r", "--kind", "circuit"],
        ["r", "--kind", "optimisation"],
        ["r", "--kind", "problem"],
    ],
    ids=" ".join,
)
def test_pictures(
    arguments: list[str], suffix: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    out = tmp_path / f"picture{suffix}"
    code, printed, err = quasar("draw", *arguments, "--out", out)
    assert code == 0, err
    assert printed == f"written: {out}\n"
    assert out.read_bytes().startswith(STARTS[suffix])


def test_text_on_the_terminal(made: Path) -> None:
    lines = quasar("draw", made / "c.qasm").out.splitlines()
    assert any(line.startswith("q_0:") and "X" in line for line in lines)
    assert quasar("draw", "-", stdin=CUT.encode()).out.splitlines() == lines
    assert "  0: 1, 3" in quasar("draw", made / "p.json").out
    assert "q_0:" in quasar("draw", made / "r").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["k.json"], "knapsack has no graph"),
        (["c.qasm", "--out", "c.txt"], "--out ends in .png, .svg, .pdf"),
        (["r", "--kind", "histogram"], "needs a file: --out histogram.png"),
        (["c.qasm", "--kind", "histogram", "--out", "h.png"], "what can be drawn here"),
        (["absent.qasm"], "no circuit file at absent.qasm"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: list[str], message: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    code, _, err = quasar("draw", *arguments)
    assert code == 2
    assert message in err


def test_a_result_is_shown_as_it_was_printed(made: Path) -> None:
    code, out, _ = quasar("show", made / "r")
    assert code == 0
    assert "objective   4" in out
    kept = json.loads((made / "r" / "report.json").read_text())
    assert json.loads(quasar("show", made / "r", "--json").out)["p_optimal"] == kept["p_optimal"]


def test_a_data_set_and_a_model_say_what_they_are(tmp_path: Path) -> None:
    made = {"created": "today", "quasar": "0.1", "command": ["quasar", "data", "build"]}
    data, run = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    (run / "model").mkdir(parents=True)
    split = {"train": {"records": 1200, "sha256": "x"}}
    about = {**made, "splits": split, "records": 1200, "content_sha256": "y"}
    (data / "manifest.json").write_text(json.dumps(about))
    assert "1,200 records (train 1,200)" in quasar("show", data).out
    assert json.loads(quasar("show", data, "--json").out) == about
    trained = {**made, "steps": 10, "training_seconds": 60.0, "validation": {"reward": 0.5}}
    (run / "model" / "manifest.json").write_text(json.dumps(trained))
    out = quasar("show", run).out
    assert "10 steps in 1 minutes" in out
    assert "reward" in out


def test_what_cannot_be_shown(made: Path, tmp_path: Path) -> None:
    for place, message in (
        (made / "p.json", "is a file"),
        (made / "absent", "is not there"),
        (tmp_path, "holds nothing that quasar wrote"),
    ):
        code, _, err = quasar("show", place)
        assert code == 2
        assert message in err
    (tmp_path / "table.json").write_text("{")
    assert "cannot be read" in quasar("show", tmp_path).err

"""`quasar compile`: folders that hold every form, and refused circuits kept to look into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.circuits.qasm import parse
from quasar.cli.main import app
from quasar.compile import compile as compiling
from quasar.compile.equivalence import NotEquivalentError
from quasar.core.errors import InputError

BELL = """OPENQASM 3.0;
include "stdgates.inc";
input float w;
bit[2] c;
qubit[2] q;
h q[0];
crz(w) q[0], q[1];
cx q[0], q[1];
c = measure q;
"""


def run(*words: str) -> str:
    found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.fixture
def bell(tmp_path) -> Path:
    path = tmp_path / "bell.qasm"
    path.write_text(BELL, encoding="utf-8")
    return path


def test_the_folder_holds_every_form(bell, tmp_path) -> None:
    out = tmp_path / "out"
    words = ["--device", "generic:5:line", "--set", "w=0.4", "--seeds", "2", "--picture"]
    text = run("compile", str(bell), *words, "--out", str(out))
    assert "equivalent  On the input |0...0> both circuits make the same state" in text
    about = json.loads((out / "compiled.json").read_text())
    assert about["device"] == "generic:5:line"
    assert about["proof"]["exact"]
    assert len(about["layout"]["final"]) == 2
    assert (out / "layout.png").is_file()
    assert parse((out / "compiled.qasm").read_text()).circuit is not None
    with pytest.raises(InputError, match="already exists"):
        run("compile", str(bell), *words, "--out", str(out))


def test_a_layout_is_read(bell) -> None:
    words = ["--device", "generic:5:line", "--set", "w=1", "--seeds", "1", "--json", "--layout"]
    found = json.loads(run("compile", str(bell), *words, "3, 4"))
    assert found["layout"]["initial"] == [3, 4]
    with pytest.raises(InputError, match="such as 0,4,7"):
        run("compile", str(bell), *words, "3;4")


def test_without_a_folder_the_text_is_printed(bell) -> None:
    text = run("compile", str(bell), "--device", "ions:2", "--set", "w=1", "--seeds", "1")
    assert text.startswith("OPENQASM 3.0;\n// compiled by quasar for ions:2")


def test_a_generated_folder_is_judged_for_its_problem(tmp_path) -> None:
    folder = tmp_path / "made"
    problem = tmp_path / "triangle.json"
    problem.write_text(json.dumps({"hamiltonian": "Z0*Z1 + Z1*Z2 + Z0*Z2"}), encoding="utf-8")
    run("generate", "--problem", str(problem), "--model", "designer", "--out", str(folder))
    text = run("compile", str(folder), "--device", "generic:5:line", "--seeds", "2", "--json")
    judged = json.loads(text)["problem"]
    before = json.loads((folder / "report.json").read_text())
    assert judged["feasible"]
    assert judged["energy"] == pytest.approx(before["energy"], abs=1e-9)
    assert judged["p_optimal"] == pytest.approx(before["p_optimal"], abs=1e-9)


def test_a_circuit_that_is_not_the_original_is_kept_and_not_given_out(
    bell, tmp_path, monkeypatch
) -> None:
    whole = compiling.openqasm
    monkeypatch.setattr(
        compiling, "openqasm", lambda *given: whole(*given).replace("sx q[0];", "", 1)
    )
    out = tmp_path / "out"
    with pytest.raises(NotEquivalentError) as caught:
        run("compile", str(bell), "--device", "generic:5:line", "--set", "w=1", "--out", str(out))
    assert caught.value.exit_code == 4
    assert sorted(path.name for path in out.iterdir()) == ["not-equivalent.qasm", "original.qasm"]

"""Public programs beside the importer and Aer; `make fuzz-corpora` takes whole repositories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fuzz_corpora
from fuzz_corpora import main, programs, sampled_apart, with_header
from quasar.circuits.qasm import import_reference, parse
from support.relations import HEAD

BELL = HEAD + "qubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n"
OLD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\nmeasure q -> c;\n'


def test_programs_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "bell.qasm").write_text(BELL)
    (tmp_path / "same.qasm").write_text(BELL)
    (tmp_path / "gate.yaml").write_text(
        "# a test\nsource: |\n  gate g q {\n  }\nreference: |\n  x\n"
    )
    (tmp_path / "test_old.py").write_text(f'"""Words; no program."""\nTEXT = """{OLD}"""\n')
    (tmp_path / "torn.py").write_text("(")
    (tmp_path / "notes.md").write_text(BELL)
    found = programs(tmp_path)
    assert sorted(found.values()) == sorted([BELL, OLD, "gate g q {\n}\n"])


def test_headers_that_are_tried() -> None:
    assert with_header(BELL) == [BELL]
    bare = "qubit q; h q;"
    assert with_header("OPENQASM 3;" + bare) == [
        "OPENQASM 3;" + bare, "OPENQASM 3.0;\n" + bare, HEAD + bare
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("qubit[2] q; bit[2] c; h q; c = measure q;", "distributions agree"),
        ("qubit[2] q; bit b; h q[0]; b = measure q[0]; if (b) x q[1];", "distributions agree"),
        ("qubit[2] q; ry(0.4) q[1];", "distributions agree"),
        ("qubit[2] q; rxx q[0];", "refused by both"),
        ("qubit[40] q; h q;", "over a limit (qubits)"),
    ],
)
def test_what_a_program_comes_to(body: str, said: str) -> None:
    assert fuzz_corpora._one(HEAD + body) in {said, "not simulated"}


def test_a_wrong_distribution_is_noticed() -> None:
    circuit = import_reference(BELL)
    assert sampled_apart(parse(BELL), circuit, np.array([0.5, 0, 0, 0.5])) == ""
    assert "Aer counts" in str(sampled_apart(parse(BELL), circuit, np.array([0.6, 0, 0, 0.4])))
    assert "Aer counts" in str(sampled_apart(parse(BELL), circuit, np.array([0.5, 0.5, 0, 0])))


def test_without_folders_it_is_skipped_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("QUASAR_CORPORA", raising=False)
    monkeypatch.setattr("sys.argv", ["fuzz_corpora.py"])
    assert main() == 0
    assert "skipped" in capsys.readouterr().out


def test_old_programs_are_compared_too() -> None:
    assert fuzz_corpora._one(OLD) == "distributions agree"

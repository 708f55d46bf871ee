"""Other people's files on the command line: `--type`, `--attribute`, and `-` for standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.cli.main import app
from quasar.core.errors import InputError, ProblemError

TRIANGLE = "a b\nb c\na c\n"
CIRCUIT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q; x q[0];\n'


def encoded(*arguments: str, text: str | None = None) -> dict[str, object]:
    run = CliRunner().invoke(app, ["encode", *arguments, "--json"], input=text)
    if run.exception is not None:
        raise run.exception
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_type_and_attributes(tmp_path: Path) -> None:
    path = tmp_path / "g.edges"
    path.write_text(TRIANGLE)
    assert encoded("--problem", str(path), "--type", "max-cut")["n_qubits"] == 3
    colours = ("--type", "coloring", "--attribute", "number_of_colors=2")
    assert encoded("--problem", str(path), *colours)["n_qubits"] == 6


def test_standard_input_is_every_format() -> None:
    assert encoded("--problem", "-", text="p qubo 0 2 2 0\n0 0 1\n1 1 1\n")["variables"] == [0, 1]
    assert encoded("--problem", "-", text='{"qubo": {"a": 1}}')["variables"] == ["a"]


def test_verify(tmp_path: Path) -> None:
    circuit, problem = tmp_path / "c.qasm", tmp_path / "g.gml"
    circuit.write_text(CIRCUIT)
    problem.write_text('graph [ node [ id 0 label "a" ] node [ id 1 label "b" ]\n'
                       'node [ id 2 label "c" ] edge [ source 0 target 1 ]\n'
                       "edge [ source 1 target 2 ] edge [ source 0 target 2 ] ]\n")  # fmt: skip
    arguments = ["verify", str(circuit), "--problem", str(problem), "--type", "maxcut", "--json"]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0
    assert json.loads(run.stdout)["top_is_optimal"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--attribute", "k"], "takes NAME=VALUE, such as k=3"),
        (["--attribute", "k=3", "--attribute", "k=2"], "k is given twice"),
        (["--type", "kclik"], "did you mean 'kclique'"),
    ],
)
def test_wrong_options(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        encoded("--problem", "-", *arguments, text=TRIANGLE)


def test_one_standard_input() -> None:
    run = CliRunner().invoke(app, ["verify", "-", "--problem", "-"], input=CIRCUIT)
    assert isinstance(run.exception, InputError)
    assert "only one of circuit and --problem" in str(run.exception)


def test_generate_needs_a_problem_file_for_them(tmp_path: Path) -> None:
    arguments = ["generate", "--prompt", "x", "--type", "maxcut", "--out", str(tmp_path / "o")]
    run = CliRunner().invoke(app, arguments)
    assert isinstance(run.exception, InputError | ProblemError)
    assert "--type, --attribute" in str(run.exception)

"""Circuits that commands read: QPY with parameters takes its values from --set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import quasar
from quasar.cli.main import app
from quasar.core.errors import InputError

PROBLEM = {"hamiltonian": "Z0*Z1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from qiskit import QuantumCircuit, qpy
    from qiskit.circuit import Parameter

    theta = Parameter("θ[1]")  # no name in OpenQASM
    circuit = QuantumCircuit(2)
    circuit.ry(theta, 0)
    with (tmp_path / "c.qpy").open("wb") as file:
        qpy.dump(circuit, file)
    (tmp_path / "p.json").write_text(json.dumps(PROBLEM))
    return tmp_path


@pytest.mark.parametrize("command", ["verify", "optimise", "draw"])
@pytest.mark.parametrize("piped", [False, True])
def test_qpy_takes_its_parameters(folder: Path, command: str, piped: bool) -> None:
    if piped and command == "draw":
        pytest.skip("draw takes files")
    qpy = folder / "c.qpy"
    words = [command, "-" if piped else str(qpy), "--set", "θ[1]=pi/3"]
    words += [] if command == "draw" else ["--problem", str(folder / "p.json")]
    run = CliRunner().invoke(app, words, input=qpy.read_bytes() if piped else None)
    assert run.exit_code == 0, run.output


def test_a_qpy_file_by_its_name_and_by_its_content(folder: Path) -> None:
    qpy = folder / "c.qpy"
    values = {"θ[1]": "pi/3"}
    energies = [
        quasar.verify(circuit, PROBLEM, parameters=values).energy
        for circuit in (qpy, str(qpy), qpy.read_bytes())
    ]
    assert energies == pytest.approx([0.5] * 3)


def test_the_message_names_the_way_to_give_a_value(folder: Path) -> None:
    with pytest.raises(InputError, match=r"--set 'θ\[1\]=0.4'"):
        quasar.verify(folder / "c.qpy", PROBLEM)

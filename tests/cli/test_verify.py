"""`quasar verify`: which stages are computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.cli.main import app

GRAPH = {"nodes": [{"id": 0}, {"id": 1}], "links": [{"source": 0, "target": 1}]}
CIRCUIT = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; x q[0];'


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    problem, circuit = tmp_path / "edge.json", tmp_path / "circuit.qasm"
    problem.write_text(json.dumps({"problem_type": "maxcut", "graph": GRAPH}))
    circuit.write_text(CIRCUIT)
    return [str(circuit), "--problem", str(problem), "--reference", str(circuit)]


@pytest.mark.parametrize(
    ("stages", "computed"),
    [
        ("1", set()),
        ("feasibility", set()),
        ("3", {"behaviour", "objective"}),
        ("1-2", {"behaviour"}),
        ("objective", {"objective"}),
        ("1-2, objective", {"behaviour", "objective"}),
        ("objective,2", {"behaviour", "objective"}),
        ("1,objective", {"objective"}),
    ],
)
def test_stages_by_number_by_name_or_both(
    files: list[str], stages: str, computed: set[str]
) -> None:
    run = CliRunner().invoke(app, ["verify", *files, "--stages", stages, "--json"])
    found = json.loads(run.output)["stages"]
    names = {"behaviour", "objective", "utility"}
    assert {name for name in names if found[name] is not None} == computed


@pytest.mark.parametrize("stages", ["", "5", "2-3", "1-5", "1,3", "1-3,", "1-3;objective"])
def test_other_stages_are_refused(files: list[str], stages: str) -> None:
    run = CliRunner().invoke(app, ["verify", *files, "--stages", stages])
    assert str(run.exception).startswith("--stages takes 1, 1-2, 1-3, 1-4, names, or both")

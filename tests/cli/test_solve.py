"""`quasar solve`: what it prints, its exit codes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import networkx as nx
import pytest
from typer.testing import CliRunner

from quasar.cli.main import app
from quasar.core.errors import InputError, ProblemError

pytest.importorskip("ortools", reason="needs the extra optima")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUASAR_CACHE", str(tmp_path / "cache"))


def written(path: Path, graph: nx.Graph, problem_type: str, **attributes: object) -> str:
    data = {
        "problem_type": problem_type,
        "graph": nx.node_link_data(graph, edges="edges"),
        "problem_specific_attributes": attributes,
    }
    path.write_text(json.dumps(data))
    return str(path)


def test_json_and_the_cache(tmp_path: Path) -> None:
    problem = written(tmp_path / "p.json", nx.random_regular_graph(3, 40, seed=1), "vertex_cover")
    runs = [
        CliRunner().invoke(app, ["solve", "--problem", problem, "--json", *more])
        for more in ([], [], ["--no-cache"])
    ]
    found = [json.loads(run.stdout) for run in runs]
    assert [run.exit_code for run in runs] == [0, 0, 0]
    assert [f["cached"] for f in found] == [False, True, False]
    assert found[0]["status"] == "proven"
    assert found[0]["low"] == found[0]["high"] == len(found[0]["solution"])
    assert {"value", "bound", "gap", "method", "seconds"} <= set(found[0])


def test_words(tmp_path: Path) -> None:
    path = tmp_path / "p.edges"
    path.write_text("a b\nb c\na c\n")
    run = CliRunner().invoke(app, ["solve", "--problem", str(path), "--type", "mis"])
    assert run.exit_code == 0
    assert "status     proven (enumeration)" in run.stdout
    assert "objective  1 (greatest is best)" in run.stdout


def test_without_a_solution_no_method_is_named(tmp_path: Path) -> None:
    problem = written(tmp_path / "p.json", nx.random_regular_graph(3, 500, seed=1), "vertex_cover")
    asked = ["solve", "--problem", problem, "--time-limit", "1e-6", "--no-cache"]
    run = CliRunner().invoke(app, asked)
    assert run.exit_code == 0
    assert "status     unknown\n" in run.stdout


def test_no_solution_is_an_exit_code(tmp_path: Path) -> None:
    problem = written(tmp_path / "p", nx.complete_graph(8), "graph_coloring", number_of_colors=4)
    run = CliRunner().invoke(app, ["solve", "--problem", problem])
    assert run.exit_code == 3
    assert "No solution obeys all constraints; this is proved." in run.stdout


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "p.edges"
    path.write_text("\n".join(f"{i} {i + 1}" for i in range(100_001)))
    run = CliRunner().invoke(app, ["solve", "--problem", str(path), "--type", "maxcut"])
    assert isinstance(run.exception, ProblemError)
    assert "at most 100,000" in str(run.exception)


def test_an_interrupt_keeps_what_is_known(tmp_path: Path) -> None:
    problem = written(tmp_path / "p.json", nx.gnp_random_graph(70, 0.5, seed=1), "maxcut")
    timer = threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    run = CliRunner().invoke(app, ["solve", "--problem", problem, "--json", "--time-limit", "600"])
    assert run.exit_code == 130
    found = json.loads(run.stdout)
    assert found["status"] == "bounded"
    assert found["value"] <= found["bound"]


@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-3"])
def test_a_time_limit_that_is_none(limit: str, tmp_path: Path) -> None:
    problem = written(tmp_path / "p.json", nx.path_graph(4), "maxcut")
    run = CliRunner().invoke(app, ["solve", "--problem", problem, "--time-limit", limit])
    assert isinstance(run.exception, InputError)
    assert "above 0" in str(run.exception)

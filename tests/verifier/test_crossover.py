"""From how many layers on noise makes QAOA worse."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest

from quasar.core.errors import InputError
from quasar.problems.load import load_problem
from quasar.verifier.crossover import crossover
from quasar.verifier.on_device import DeviceRun
from support.command import quasar as command

PROBLEM: dict[str, Any] = {
    "problem_type": "maxcut",
    "graph": nx.node_link_data(nx.cycle_graph(6), edges="links"),
}


def found(noise: str, layers: int = 4) -> Any:
    return crossover(load_problem(PROBLEM), DeviceRun.of(noise=noise), layers)


def test_strong_noise_turns_the_tide_early_and_no_noise_never() -> None:
    strong, weak, none = (
        found("depolarizing:0.01,0.1"),
        found("depolarizing:0,0.004", 3),
        found("readout:0", 3),
    )
    assert strong.crossover == 2
    assert strong.best_layers == 1
    assert weak.best_layers >= strong.best_layers
    assert none.crossover is None
    assert none.best_layers == 3
    assert strong.certain
    ideal = [one.report.ideal.approximation_ratio for one in none.layers]
    assert ideal == sorted(ideal)


def test_layers_have_a_range() -> None:
    with pytest.raises(InputError, match="1 to 12"):
        found("readout:0.1", 0)


def test_the_command(tmp_path: Any) -> None:
    path, picture = tmp_path / "p.json", tmp_path / "r.png"
    path.write_text(json.dumps(PROBLEM))
    how = ["crossover", "--problem", path, "--layers", 2]
    done = command(*how, "--noise", "depolarizing:0.01,0.1", "--picture", picture)
    assert done.code == 0, done.err
    assert "2 layers are worse than 1" in done.out
    assert picture.stat().st_size > 1000
    data = json.loads(command(*how, "--noise", "depolarizing:0.01,0.1", "--json").out)
    assert data["crossover"] == 2
    assert command(*how).code == 2
    small = command(*how, "--device", "ions:3")
    assert small.code == 2
    assert "the circuit has 6 qubits, ions:3 has 3" in small.err

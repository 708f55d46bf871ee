"""The designer in the style of the benchmark's references."""

from __future__ import annotations

import networkx as nx
import pytest

import quasar
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.models.designer import DesignerSettings, design
from quasar.problems.graphs import graph_data
from quasar.simulate.engine import get_engine, probabilities


def vertex_cover(graph: nx.Graph) -> quasar.EncodedProblem:
    return quasar.load_problem({"problem_type": "vertex_cover", "graph": graph_data(graph)})


HOUSE = vertex_cover(nx.house_graph()).hamiltonian


def test_every_sample_draws_its_own_circuit() -> None:
    settings = DesignerSettings(style="agent-q")
    found = [one for sample in range(12) for one in design(HOUSE, settings, sample=sample)]
    assert len(found) == 12
    assert {one.algorithm for one in found} == {"qaoa", "vqe", "adaptive_vqe"}
    assert len({one.ansatz for one in found}) > 4
    again = next(design(HOUSE, settings, sample=3))
    assert again.qasm == found[3].qasm


def test_problems_draw_apart() -> None:
    settings = DesignerSettings(style="agent-q")
    graphs = [nx.cycle_graph(k) for k in range(3, 9)]
    drawn = {next(design(vertex_cover(g).hamiltonian, settings)).algorithm for g in graphs}
    assert len(drawn) > 1


@pytest.mark.parametrize("sample", range(5))
def test_the_text_is_what_was_measured(sample: int) -> None:
    (found,) = design(HOUSE, DesignerSettings(style="agent-q"), sample=sample)
    circuit = parse(found.qasm).circuit
    assert circuit is not None
    p = probabilities(get_engine().state(circuit))
    assert float(p @ HOUSE.diagonal) == pytest.approx(found.energy, abs=1e-9)
    angles = [angle for gate in circuit.gates for angle in gate.params]
    assert angles == [round(angle, 4) for angle in angles]
    assert not found.out_of_time


def test_what_is_asked_for_is_made() -> None:
    (one,) = design(HOUSE, DesignerSettings(style="agent-q", algorithm="qaoa", layers=2))
    assert (one.algorithm, one.layers, one.ansatz) == ("qaoa", 2, "qaoa p=2")
    (one,) = design(HOUSE, DesignerSettings(style="agent-q", template=15, layers=3))
    assert (one.algorithm, one.layers, one.ansatz) == ("vqe", 3, "sim-15 L=3")
    (one,) = design(HOUSE, DesignerSettings(style="agent-q", algorithm="adaptive_vqe"))
    assert one.layers is None
    (one,) = design(HOUSE, DesignerSettings(algorithm="vqe", template=2))
    assert one.ansatz == "sim-2 L=1"


def test_contradictions() -> None:
    for settings in (
        DesignerSettings(style="agent-q", algorithm="adaptive_vqe", layers=2),
        DesignerSettings(style="agent-q", algorithm="qaoa", template=2),
        DesignerSettings(algorithm="qaoa", template=2),
    ):
        with pytest.raises(InputError, match="takes no"):
            list(design(HOUSE, settings))


def test_the_budget_is_kept() -> None:
    settings = DesignerSettings(style="agent-q", template=1, layers=1, max_evaluations=25)
    (found,) = design(HOUSE, settings)
    assert len(found.trace.energies) == 25
    hurried = DesignerSettings(style="agent-q", template=1, layers=1, max_seconds=1e-9)
    (found,) = design(HOUSE, hurried)
    assert found.out_of_time
    assert len(found.trace.energies) == 1


def test_generation_is_verified_and_ranked() -> None:
    generation = quasar.generate(
        vertex_cover(nx.house_graph()),
        "designer",
        settings=DesignerSettings(style="agent-q"),
        samples=4,
    )
    assert len(generation.candidates) == 4
    assert all(candidate.report.feasible for candidate in generation.candidates)
    assert generation.best.report.top_is_optimal

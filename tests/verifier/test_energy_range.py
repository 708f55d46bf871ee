"""Ends of the energies beside exact spectra, and the ratio as an interval."""

import json
from dataclasses import replace

import networkx as nx
import pytest

from quasar.problems.load import load_problem
from quasar.verifier.energy_range import End, EnergyRange, find_energy_range
from quasar.verifier.settings import LargeSettings

pytest.importorskip("ortools", reason="bounds need OR-Tools")
QUICK = LargeSettings(time_limit=5)


def problems():
    graph = nx.erdos_renyi_graph(9, 0.4, seed=2)
    yield load_problem(graph, problem_type="vertex_cover")
    yield load_problem(graph, problem_type="vertex_cover", encoding="agent-q")
    nx.set_edge_attributes(graph, {e: 1 + i % 3 for i, e in enumerate(graph.edges)}, "weight")
    yield load_problem(graph, problem_type="maxcut")
    yield load_problem(
        {"hamiltonian": "1.5 * (Z(0) @ Z(1)) + -2.0 * Z(2) + 0.5 * (Z(0) @ Z(2)) + 7.0"}
    )


@pytest.mark.parametrize("problem", list(problems()), ids=lambda p: f"{p.encoding}-{p.n_qubits}")
def test_the_exact_spectrum_is_inside(problem):
    spectrum = problem.hamiltonian.spectrum
    found = find_energy_range(problem, QUICK)
    for end, exact in ((found.lowest, spectrum.e_min), (found.highest, spectrum.e_max)):
        assert end.low - 1e-9 <= exact <= end.high + 1e-9
    energy = (spectrum.e_min + spectrum.e_max) / 2
    low, high = found.ratio(energy)
    assert low - 1e-9 <= 0.5 <= high + 1e-9
    assert EnergyRange.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_ratio_is_an_interval_where_an_end_is_open():
    found = EnergyRange(lowest=End(-10.0, -8.0), highest=End(4.0, 6.0))
    low, high = found.ratio(-6.0)
    assert (low, high) == pytest.approx((10 / 14, 12 / 14))
    assert replace(found, lowest=None).ratio(-6.0) is None
    assert End(-8.0, -8.0).proven
    assert found.lowest.value is None


def test_nothing_is_looked_for_where_that_is_not_asked():
    problem = list(problems())[2]
    found = find_energy_range(problem, LargeSettings(solve=False))
    assert found.optimum is found.lowest is None
    assert found.sign == -1.0

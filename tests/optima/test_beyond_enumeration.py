"""Instances too large to enumerate: two solvers agree, and so do problems that are duals."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

import quasar
from quasar.core.seeds import generator

pytest.importorskip("ortools", reason="needs the extra optima")
pytest.importorskip("highspy", reason="needs the extra optima")

CUBIC = nx.random_regular_graph(3, 30, seed=2)
SPARSE = nx.gnp_random_graph(36, 0.1, seed=4)
RNG = generator(7, "beyond enumeration")
SIZES = [int(x) for x in RNG.integers(10, 60, size=18)]
ITEMS = [{"weight": int(w), "value": int(v)} for w, v in RNG.integers(5, 60, size=(40, 2))]
SETS = [sorted({int(x) for x in RNG.integers(0, 30, size=5)}) for _ in range(40)]


def on(problem_type: str, graph: nx.Graph, **attributes: Any) -> dict[str, Any]:
    data = nx.node_link_data(graph, edges="edges")
    return {
        "problem_type": problem_type,
        "graph": data,
        "problem_specific_attributes": attributes,
    }


def stated(problem_type: str, **attributes: Any) -> dict[str, Any]:
    return {"problem_type": problem_type, "problem_specific_attributes": attributes}


def network() -> nx.DiGraph:
    graph = nx.gnp_random_graph(30, 0.15, seed=3, directed=True)
    for u, v in graph.edges:
        graph[u][v]["capacity"] = 1 + (u * 7 + v * 3) % 9
    return graph


def distances(n: int) -> nx.Graph:
    graph = nx.complete_graph(n)
    for u, v in graph.edges:
        graph[u][v]["weight"] = 1 + (u * 13 + v * 29) % 17
    return graph


CASES = {
    "edge cover": on("edge_cover", CUBIC),
    "dominating set": on("minimum_dominating_set", CUBIC),
    "clique": on("max_clique", nx.complement(SPARSE)),
    "matching": on("max_weight_matching", SPARSE),
    "smallest largest matching": on("matching", CUBIC),
    "colouring": on("graph_coloring", CUBIC, number_of_colors=3),
    "component": on("connected_components", SPARSE, node=0),
    "feedback vertex set": on("feedback_vertex_set", nx.random_regular_graph(3, 16, seed=1)),
    "isomorphism": on(
        "graph_isomorphism",
        nx.random_regular_graph(3, 10, seed=5),
        autoisomorphic_graph=nx.node_link_data(
            nx.relabel_nodes(nx.random_regular_graph(3, 10, seed=5), lambda v: (v * 3) % 10),
            edges="edges",
        ),
    ),
    "tour": on("tsp", distances(8)),
    "path": on("hamiltonian_path", distances(8), start_node=0, end_node=7),
    "min cut": on("min_cut", network(), source=0, sink=29),
    "max flow": on("max_flow", network(), source=0, sink=29),
    "knapsack": stated("knapsack", items=ITEMS, capacity=400),
    "set cover": stated("set_cover", sets=[*SETS, list(range(30))]),
    "set packing": stated("set_packing", sets=SETS),
    "bins": stated("bin_packing", sizes=SIZES, capacity=100),
    "3-sat": stated("max_3sat", clauses=[[i, -(i + 1), i + 2] for i in range(1, 29)]),
}


@pytest.mark.parametrize("name", CASES)
def test_two_solvers_agree(name: str) -> None:
    found = [quasar.optimum(CASES[name], method=method) for method in ("cp_sat", "highs")]
    assert [f.status for f in found] == ["proven", "proven"]
    assert found[0].value == found[1].value


def test_the_greatest_flow_is_the_cheapest_cut() -> None:
    flow, cut = (quasar.optimum(CASES[name]) for name in ("max flow", "min cut"))
    assert flow.value == cut.value == nx.maximum_flow_value(network(), 0, 29)


def test_cover_and_independent_set_share_the_nodes() -> None:
    cover, independent = (
        quasar.optimum(on(name, SPARSE)) for name in ("vertex_cover", "max_independent_set")
    )
    assert cover.value + independent.value == len(SPARSE)

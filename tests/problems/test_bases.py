"""What types on graphs share, on a type that has nothing else."""

from __future__ import annotations

from typing import Any, Self

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import ProblemError
from quasar.core.polynomial import Polynomial
from quasar.problems.base import Solution
from quasar.problems.bases import NodeSubset
from quasar.problems.edge_cover import EdgeCover
from quasar.problems.formulation import Formulation
from quasar.problems.max_flow import MaxFlow
from quasar.problems.min_cut import MinCut
from quasar.problems.structure import GraphStructure
from quasar.problems.vertex_cover import VertexCover


class AnyNodes(NodeSubset):
    problem_type = "any_nodes"
    title = "Find as many nodes as there are"
    sense = "max"

    def formulation(self) -> Formulation:
        return Formulation(Polynomial.linear(dict.fromkeys(self.graph.nodes, -1)))

    def is_feasible(self, solution: Solution) -> bool:
        return True

    def objective(self, solution: Solution) -> float:
        return float(len(solution))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        return cls(nx.path_graph(3))


class Linked(AnyNodes):
    counts = GraphStructure()


def test_a_problem_without_attributes_has_no_entry_for_them() -> None:
    assert set(AnyNodes(nx.path_graph(2)).to_data()) == {"problem_type", "graph"}
    assert AnyNodes.from_data(AnyNodes(nx.path_graph(2)).to_data()) == AnyNodes(nx.path_graph(2))


def test_nodes_are_variables_and_solutions_in_natural_order() -> None:
    problem = AnyNodes(nx.Graph([("b", 10), (10, 9)]))
    assert problem.variables("exact") == [9, 10, "b"]
    assert problem.decode({"b": 1, 10: 0, 9: 1}, "exact") == [9, "b"]


def test_an_instance_is_its_hamiltonian_unless_the_type_says_what_counts() -> None:
    path, empty = nx.path_graph(3), nx.empty_graph(3)

    def parts(cls: Any, graph: nx.Graph) -> int:
        return len(cls(graph).structure().graph)

    assert parts(AnyNodes, path) == parts(AnyNodes, empty)  # edges cost nothing
    assert parts(Linked, path) == parts(Linked, empty) + 2


def test_weights_add_up_and_strangers_weigh_nothing() -> None:
    nodes, edges = nx.path_graph(3), nx.path_graph(3)
    nx.set_node_attributes(nodes, {0: 0.1, 1: 0.2, 2: 5}, "weight")
    nx.set_edge_attributes(edges, {(0, 1): 0.1, (1, 2): 0.2}, "weight")
    assert VertexCover(nodes).objective([0, 1, "stranger", 1]) == 0.3
    assert EdgeCover(edges).objective([[1, 0], [2, 1], [0, 2]]) == 0.3


def test_capacities_and_ends() -> None:
    network = nx.DiGraph()
    network.add_edge(0, 1, capacity=0)
    assert MinCut(network, 0, 1).objective([0]) == 0
    assert MaxFlow(network, 0, 1).variables("exact") == []
    for cls in (MinCut, MaxFlow):
        with pytest.raises(ProblemError, match="'source' and 'sink' are both 0"):
            cls(network, 0, 0)
    network.edges[0, 1]["capacity"] = -1
    with pytest.raises(ProblemError, match="capacity -1: capacities must be 0 or more"):
        MinCut(network, 0, 1)
    network.edges[0, 1]["capacity"] = 2.5
    assert MinCut(network, 0, 1).objective([0]) == 2.5
    with pytest.raises(ProblemError, match=r"capacity 2\.5: flow runs in whole units"):
        MaxFlow(network, 0, 1)

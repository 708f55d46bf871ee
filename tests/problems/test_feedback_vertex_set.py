"""The lightest set that meets every cycle, against every choice of nodes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx
import pytest

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.feedback_vertex_set import FeedbackVertexSet
from quasar.problems.load import load_problem
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt


def has_no_cycle(graph: nx.Graph) -> bool:
    if graph.is_directed():
        return nx.is_directed_acyclic_graph(graph)
    return len(graph) == 0 or nx.is_forest(graph)


def optimal_solutions(problem: Any) -> set[Hashable]:
    graph = problem.graph
    weights = dict(graph.nodes(data="weight", default=1))

    def is_valid(chosen: list[Any]) -> bool:
        return has_no_cycle(graph.subgraph(set(graph) - set(chosen)))

    def weight(chosen: list[Any]) -> Any:
        return total(weights[v] for v in chosen)

    return best(subsets(sorted(graph)), weight, "min", is_valid)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "feedback_vertex_set")
        graph = FeedbackVertexSet.sample(rng, 8).graph
        for v in graph:
            graph.nodes[v]["weight"] = int(rng.integers(-3, 7)) / 10
        problem = FeedbackVertexSet(graph)
        assert encode(problem).n_qubits == len(graph)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_arcs_there_and_back_are_a_cycle() -> None:
    graph = nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 3)])
    assert ground_solutions(FeedbackVertexSet(graph)) == {(0,), (1,)}
    undirected = FeedbackVertexSet(nx.Graph(graph))
    assert ground_solutions(undirected) == {()}
    found = FeedbackVertexSet(graph).overlay([2])
    assert found is not None
    assert found.wrong_edges == {(0, 1), (1, 0)}
    assert found.title == "Feedback vertex set of 1 node (infeasible)"


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
def test_files_and_prompts_keep_the_direction(kind: type[nx.Graph]) -> None:
    problem = FeedbackVertexSet(nx.cycle_graph(4, create_using=kind))
    encoded = load_problem(problem.to_data())
    assert encoded.problem == problem
    assert read_prompt(published_prompt(encoded))[0].problem == problem


def test_too_many_cycles_are_refused() -> None:
    with pytest.raises(ProblemError, match="cycles without chord"):
        encode(FeedbackVertexSet(nx.complete_graph(24)))

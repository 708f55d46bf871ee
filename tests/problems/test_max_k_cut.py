"""The heaviest cut into k parts, against every labelling of the nodes."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from typing import Any

import networkx as nx
import pytest

from problems.brute_force import best, ground_solutions, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems import sampling
from quasar.problems.base import encode
from quasar.problems.max_k_cut import MaxKCut
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt


def optimal_solutions(problem: Any) -> set[Hashable]:
    """The first node is in part 0; the names of the other parts are free."""
    nodes = sorted(problem.graph)
    k = problem.to_data()["problem_specific_attributes"]["k"]
    labellings = [
        [[v, part] for v, part in zip(nodes, parts, strict=True)]
        for parts in product(range(k), repeat=len(nodes))
        if parts[0] == 0
    ]

    def cut(labelling: list[list[int]]) -> Any:
        part = dict(labelling)  # type: ignore[arg-type]
        edges = problem.graph.edges(data="weight", default=1)
        return total(w for u, v, w in edges if part[u] != part[v])

    return best(labellings, cut, "max")


@pytest.mark.parametrize("k", [2, 3, 4])
def test_weights_of_any_sign(k: int) -> None:
    for seed in range(25):
        rng = generator(seed, "k cut", k)
        graph = sampling.random_graph(rng, 2, 5 if k < 4 else 4)
        for edge in graph.edges:
            graph.edges[edge]["weight"] = int(rng.integers(-9, 6)) / 10
        problem = MaxKCut(graph, k)
        assert encode(problem).n_qubits == (len(graph) - 1) * (k - 1)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_a_broken_chain_leaves_the_node_without_a_part() -> None:
    problem = MaxKCut(nx.path_graph(2), 3)
    assert problem.decode({(1, 1): 0, (1, 2): 1}, "exact") == [[0, 0]]
    assert problem.decode({(1, 1): 1, (1, 2): 0}, "exact") == [[0, 0], [1, 1]]
    found = problem.overlay([[0, 0]])
    assert found is not None
    assert found.wrong_nodes == {1}


def test_prompts_are_read_back() -> None:
    problem = encode(MaxKCut(nx.cycle_graph(4), 3))
    text = published_prompt(problem)
    assert "to solve the max_k_cut into 3 parts given the graph" in text
    assert read_prompt(text)[0].hamiltonian == problem.hamiltonian


def test_one_part_is_refused() -> None:
    with pytest.raises(ProblemError, match="at least 2 parts"):
        MaxKCut(nx.path_graph(2), 1)

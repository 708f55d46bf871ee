"""Community detection: the objective is the modularity as networkx has it, weights included."""

from __future__ import annotations

import networkx as nx
import pytest

from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.community_detection import CommunityDetection


@pytest.mark.parametrize("seed", range(8))
def test_the_objective_is_the_modularity(seed: int) -> None:
    problem = CommunityDetection.sample(generator(seed), 14)
    encoded = encode(problem)
    rng = generator(seed)
    nodes = list(problem.graph)
    for _ in range(20):
        labels = {node: int(rng.integers(problem.number_of_communities)) for node in nodes}
        groups: dict[int, set[object]] = {}
        for node, label in labels.items():
            groups.setdefault(label, set()).add(node)
        expected = nx.community.modularity(problem.graph, groups.values(), weight="weight")
        assert problem.objective([[v, c] for v, c in labels.items()]) == pytest.approx(expected)
    for index in encoded.hamiltonian.spectrum.ground_states[:3]:
        decoded = encoded.decode(int(index))
        assert decoded.feasible

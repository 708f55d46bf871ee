"""The attributes in the published prompt's words."""

from __future__ import annotations

import networkx as nx
import pytest

from quasar.core.seeds import generator
from quasar.problems.base import Problem
from quasar.problems.community_detection import CommunityDetection
from quasar.problems.connected_components import ConnectedComponents
from quasar.problems.edge_cover import EdgeCover
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.graph_isomorphism import GraphIsomorphism
from quasar.problems.hamiltonian_path import HamiltonianPath
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.kclique import KClique
from quasar.problems.matching import Matching
from quasar.problems.max_flow import MaxFlow
from quasar.problems.min_cut import MinCut
from quasar.problems.vertex_cover import VertexCover

PATH = nx.path_graph(6)
PIPE = nx.DiGraph()
PIPE.add_edge(0, 5, capacity=2)


@pytest.mark.parametrize(
    ("problem", "details"),
    [
        (VertexCover(PATH), ""),
        (EdgeCover(PATH), ""),
        (HyperMaxCut.sample(generator(0)), ""),
        (KClique(PATH, 2), "with 2 sized clique"),
        (ConnectedComponents(PATH, 3), "for node 3"),
        (GraphColoring(PATH, 3), "with 3 colors"),
        (CommunityDetection(PATH, 2, 3), "with 3 sized communities and 2 communities"),
        (CommunityDetection(PATH, 2), "with 2 communities"),
        (Matching(PATH), "using minimal maximum matching to solve the problem"),
        (Matching(PATH, "perfect"), "using perfect matching to solve the problem"),
        (
            Matching(PATH, "maximum_bipartite"),
            "using maximum_bipartite matching to solve the problem",
        ),
        (HamiltonianPath(PATH, 0, 5), "starting from node 0 and ending at node 5."),
        (MaxFlow(PIPE, 0, 5), "from source node 0 to sink node 5"),
        (MinCut(PIPE, 0, 5), "from source node 0 to sink node 5"),
        (
            GraphIsomorphism(nx.path_graph(2), nx.path_graph(2)),
            "with the second graph being {'directed': False, 'multigraph': False, 'graph': {}, "
            "'nodes': [{'id': 0}, {'id': 1}], 'edges': [{'source': 0, 'target': 1}]}",
        ),
    ],
)
def test_details(problem: Problem, details: str) -> None:
    assert problem.prompt_details() == details

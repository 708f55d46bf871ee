"""Graphs too large to be read are refused before they are."""

from __future__ import annotations

import time

import networkx as nx
import pytest

from quasar.core.errors import ProblemError
from quasar.problems.graph_size import check_lines
from quasar.problems.load import load_problem


def test_a_million_nodes_give_one_sentence_at_once() -> None:
    graph = nx.empty_graph(1_000_000)
    begun = time.process_time()
    with pytest.raises(ProblemError, match="1,000,000 nodes or more; at most 100,000 are read"):
        load_problem(graph, problem_type="maxcut")
    assert time.process_time() - begun < 1.0


def test_a_list_of_edges_is_counted_by_its_first_words() -> None:
    many = "\n".join(f"{i},0,0.5" for i in range(100_002))
    with pytest.raises(ProblemError, match="100,002 nodes or more"):
        check_lines(many)
    check_lines("\n".join(["# remark", *(f"{i % 300} {i // 300} {i}" for i in range(100_002))]))

"""Objects of other libraries are problems, in their own names."""

from __future__ import annotations

from typing import Any

import dimod
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import rustworkx as rx
import scipy.sparse

from quasar.core.errors import ProblemError
from quasar.problems.base import Problem
from quasar.problems.load import load_problem, problem_content
from support.plain_id import plain_id

A = np.array([[0, 2, 0], [2, 0, 3], [0, 3, 0]])
EDGES = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "weight": [2, 3]})
NAMED = pd.DataFrame(A, index=list("abc"), columns=list("abc"))
ITEMS = pd.DataFrame({"name": ["map", "rope"], "weight": [2, 1], "value": [3, 1.5]})


def rustworkx_graph(kind: Any = rx.PyGraph) -> Any:
    graph = kind()
    graph.add_nodes_from(["a", "b", "c"])
    graph.add_edges_from([(0, 1, 2), (1, 2, 3)])
    return graph


def cqm() -> dimod.ConstrainedQuadraticModel:
    model = dimod.ConstrainedQuadraticModel()
    x, y = dimod.Binary("x"), dimod.Binary("y")
    model.set_objective(2 * x * y - x + 0.5)
    return model


def loaded(of: Any, problem_type: str | None = None, /, **attributes: Any) -> Problem:
    problem = load_problem(of, problem_type=problem_type, attributes=attributes or None).problem
    assert problem is not None
    return problem


@pytest.mark.parametrize(
    ("source", "problem_type", "solution", "value"),
    [
        (A, "maxcut", [1], 5),
        (A.astype(np.float32) / 10, "maxcut", [1], 0.5),
        (A > 0, "vertex_cover", [1], 1),
        (scipy.sparse.csr_array(A), "maxcut", [1], 5),
        (np.triu(A) - np.eye(3, dtype=int), "qubo", {"0": 1, "1": 0, "2": 1}, -2),
        (np.array([[0, 1, 9], [8, 0, 2], [3, 9, 0]]), "tsp", [0, 1, 2], 6),
        (NAMED, "maxcut", ["b"], 5),
        (EDGES, "maxcut", ["b"], 5),
        (rustworkx_graph(), "maxcut", ["b"], 5),
        (rx.generators.path_graph(3), "vertex_cover", [1], 1),
        ({"h": {"a": 1}, "J": {("a", "b"): -1}, "offset": 2}, None, {"a": -1, "b": -1}, 0),
        ({"h": [1, 0], "J": {(0, 1): -1}}, None, {"0": -1, "1": -1}, -2),
        ({"h": {}, "J": [[["a", "b"], -1]]}, None, {"a": -1, "b": -1}, -1),
        (cqm(), None, {"x": 1, "y": 0}, -0.5),
        (nx.node_link_data(nx.path_graph(3)), "maxcut", [1], 2),
        (nx.adjacency_data(nx.path_graph(3)), "maxcut", [1], 2),
    ],
    ids=plain_id,
)
def test_object(source: Any, problem_type: str | None, solution: Any, value: float) -> None:
    assert loaded(source, problem_type).objective(solution) == value
    if problem_type is None:
        assert load_problem(problem_content(source)).problem == loaded(source)


def test_vartype_is_kept() -> None:
    for vartype in ("SPIN", "BINARY"):
        model = dimod.BinaryQuadraticModel({"a": 1.0}, {("a", "b"): -1.0}, 0.5, vartype)
        problem = loaded(model)
        assert problem.to_data().get("vartype", "BINARY") == vartype
        assert problem.is_feasible({"a": 1, "b": -1 if vartype == "SPIN" else 0})
    spins = dimod.ConstrainedQuadraticModel()
    spins.set_objective(dimod.Spin("s") * dimod.Spin("t"))
    assert loaded(spins).to_data()["vartype"] == "SPIN"


def test_directed_rustworkx_graphs() -> None:
    problem = loaded(rustworkx_graph(rx.PyDiGraph), "max_flow", source="a", sink="c")
    assert problem.objective([["a", "b", 2], ["b", "c", 2]]) == 2


def test_tables_of_items_and_of_returns() -> None:
    assert loaded(ITEMS, "knapsack", capacity=2).objective(["map"]) == 3
    returns = pd.Series({"A": 0.1, "B": 0.2})
    covariance = pd.DataFrame([[0.5, 0], [0, 0.25]], index=["A", "B"], columns=["A", "B"])
    problem = loaded(
        {"problem_type": "portfolio"},
        expected_returns=returns,
        covariance=covariance,
        risk_aversion=1,
        budget=1,
    )
    assert problem.objective(["B"]) == 0.05
    with pytest.raises(ProblemError, match="sort them alike"):
        loaded(
            {"problem_type": "portfolio"},
            expected_returns=returns,
            covariance=covariance.loc[["B", "A"], ["B", "A"]],
            risk_aversion=1,
            budget=1,
        )


def test_missing_cells_are_missing_keys() -> None:
    table = EDGES.assign(weight=[2, np.nan])
    with pytest.raises(ProblemError, match="give every edge a number"):
        loaded(table, "maxcut")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (A, "the ndarray holds a matrix.* problem_type="),
        (EDGES, "the DataFrame holds a graph.* e.g. maxcut, tsp"),
        (rustworkx_graph(), "the PyGraph holds a graph"),
        ({"h": 3, "J": {}}, "'h' must be an object or a list"),
        ({"h": {}, "J": 3}, "'J' must be an object of couplings"),
        ({"h": {}, "J": {"a": 1}}, "must name two spins"),
    ],
    ids=plain_id,
)
def test_refusals(source: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        load_problem(source)


def test_rustworkx_nodes_without_names_of_their_own() -> None:
    graph = rx.PyGraph()
    graph.add_nodes_from(["a", "a"])
    with pytest.raises(ProblemError, match="not different names"):
        load_problem(graph, problem_type="maxcut")

"""Forty random files of every format, by the format's own library or by its grammar.

What they must load to is stated beside them, from the same numbers, without any reader. LP and MPS
have theirs in `test_programs.py`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from dimod.serialization import coo

from quasar.core.seeds import generator
from quasar.problems.formats.catalogue import FORMATS
from quasar.problems.load import load_problem

Made = tuple[str | bytes, dict[str, Any]]
"""A file and the problem file that says the same."""

ATTRIBUTES = "problem_specific_attributes"


def random_graph(rng: Any, first: int, *, weighted: bool = True, low: int = 1) -> nx.Graph:
    n = int(rng.integers(3, 7))
    graph = nx.Graph()
    graph.add_nodes_from(range(first, first + n))
    for u, v in combinations(graph, 2):
        if rng.random() < 0.6 or u == first:
            graph.add_edge(u, v)
            if weighted:
                graph[u][v]["weight"] = int(rng.integers(low, 9)) or 1
    return graph


def stated(graph: nx.Graph, problem_type: str = "maxcut", **attributes: Any) -> dict[str, Any]:
    data = {"problem_type": problem_type, "graph": nx.node_link_data(graph, edges="edges")}
    return {**data, ATTRIBUTES: attributes} if attributes else data


def lines(*rows: Any) -> str:
    return "\n".join(" ".join(map(str, row)) for row in rows) + "\n"


def bytes_of(write: Any, *arguments: Any) -> bytes:
    out = io.BytesIO()
    write(*arguments, out)
    return out.getvalue()


def by_networkx(write: Any) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        graph = nx.relabel_nodes(random_graph(rng, 0), lambda v: f"node {v}")
        return bytes_of(write, graph), stated(graph)

    return make


def gml(rng: Any) -> Made:
    graph = nx.relabel_nodes(random_graph(rng, 0), lambda v: f"node {v}")
    return "\n".join(nx.generate_gml(graph)), stated(graph)


def weighted_list(rng: Any) -> Made:
    graph = random_graph(rng, 0)
    return bytes_of(nx.write_weighted_edgelist, graph), stated(graph)


def graph6(write: Any) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        graph = random_graph(rng, 0, weighted=False)
        return write(graph, header=bool(rng.integers(2))), stated(graph)

    return make


def json_form(write: Any) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        graph = random_graph(rng, 0)
        return json.dumps(write(graph)), stated(graph)

    return make


def matrix_market(rng: Any) -> Made:
    graph = random_graph(rng, 1)
    array = nx.to_scipy_sparse_array(graph, format="coo")
    return bytes_of(lambda a, out: scipy.io.mmwrite(out, a), array), stated(graph)


def numpy_matrix(rng: Any) -> Made:
    graph = random_graph(rng, 0)
    return bytes_of(lambda a, out: np.save(out, a), nx.to_numpy_array(graph)), stated(graph)


def csv_table(rng: Any) -> Made:
    graph = nx.relabel_nodes(random_graph(rng, 0), lambda v: f"node {v}")
    separator = [",", ";", "\t"][int(rng.integers(3))]
    rows = [("source", "target", "weight"), *graph.edges(data="weight")]
    return "\r\n".join(separator.join(map(str, row)) for row in rows), stated(graph)


def dimacs(problem_type: str, **attributes: Any) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        graph = random_graph(rng, 1, weighted=False)
        word = ["edge", "col"][int(rng.integers(2))] if problem_type != "maxcut" else "edge"
        head = [("c", "a remark"), ("p", word, len(graph), graph.number_of_edges())]
        body = [("e", v, u) for u, v in graph.edges]
        return lines(*head, *body), stated(graph, problem_type, **attributes)

    return make


def flow(rng: Any) -> Made:
    graph = nx.DiGraph()
    n = int(rng.integers(3, 5))
    graph.add_nodes_from(range(1, n + 1))
    for v in range(1, n):
        graph.add_edge(v, v + 1, capacity=int(rng.integers(1, 4)))
    arcs = [("a", u, v, c) for u, v, c in graph.edges(data="capacity")]
    head = [("p", "max", n, len(arcs)), ("n", 1, "s"), ("n", n, "t")]
    return lines(*head, *arcs), stated(graph, "max_flow", source=1, sink=n)


def gset(rng: Any) -> Made:
    graph = random_graph(rng, 1, low=-5)
    sizes = (len(graph), graph.number_of_edges())
    return lines(sizes, *graph.edges(data="weight")), stated(graph)


def metis(rng: Any) -> Made:
    graph = random_graph(rng, 1)
    rows = [[word for u in graph[v] for word in (u, graph[v][u]["weight"])] for v in graph]
    head = (len(graph), graph.number_of_edges(), "001")
    return "% made\n" + lines(head, *rows), stated(graph)


def clauses(rng: Any, n: int) -> list[list[int]]:
    found = []
    for _ in range(int(rng.integers(2, 6))):
        names = rng.permutation(n)[: int(rng.integers(1, 4))] + 1
        found.append([int(v) * int(rng.choice([-1, 1])) for v in names])
    return found


def cnf(rng: Any) -> Made:
    own = clauses(rng, 4)
    text = "c made\n" + lines(("p", "cnf", 4, len(own)), *((*clause, 0) for clause in own))
    return text, {"problem_type": "max_3sat", ATTRIBUTES: {"clauses": own}}


def wcnf(form: str) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        hard, soft = clauses(rng, 4)[:1], clauses(rng, 4)
        weights = [int(w) for w in rng.integers(1, 9, len(soft))]
        top = sum(weights) + 1
        marks = [*([top] if form == "classic" else ["h"]), *weights]
        rows = [(m, *clause, 0) for m, clause in zip(marks, [*hard, *soft], strict=True)]
        head = [("p", "wcnf", 4, len(rows), top)] if form == "classic" else [("c", "made")]
        text = lines(*head, *rows)
        attributes = {"clauses": soft, "weights": weights, "hard_clauses": hard}
        return text, {"problem_type": "max_sat", ATTRIBUTES: attributes}

    return make


def coefficients(rng: Any, first: int) -> dict[tuple[int, int], int]:
    n = int(rng.integers(2, 6))
    pairs = [(i, j) for i in range(first, first + n) for j in range(i, first + n)]
    return {p: int(rng.integers(-9, 10)) or 1 for p in pairs if p[0] == p[1] or rng.random() < 0.6}


def qubo_of(q: dict[tuple[int, int], int], factor: int = 1, pairs: int = 1) -> dict[str, Any]:
    terms = [
        [[i] if i == j else [i, j], factor * c * (1 if i == j else pairs)]
        for (i, j), c in q.items()
    ]
    return {"qubo": terms}


def qbsolv(rng: Any) -> Made:
    q = coefficients(rng, 0)
    diagonal = [(i, j, c) for (i, j), c in q.items() if i == j]
    rest = [(i, j, c) for (i, j), c in q.items() if i != j]
    head = ("p", "qubo", 0, len(diagonal), len(diagonal), len(rest))
    return "c made\n" + lines(head, *diagonal, *rest), qubo_of(q)


def dimod_coo(rng: Any) -> Made:
    q = coefficients(rng, 0)
    spins = bool(rng.integers(2))
    linear = {i: c for (i, j), c in q.items() if i == j}
    pairs = {p: c for p, c in q.items() if p[0] != p[1]}
    model = dimod.BinaryQuadraticModel(linear, pairs, 0.0, "SPIN" if spins else "BINARY")
    text = coo.dumps(model, vartype_header=True)
    return text, {**qubo_of(q), **({"vartype": "SPIN"} if spins else {})}


def half(factor: int) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        q = coefficients(rng, 1)
        n = max(j for _, j in q)
        text = lines((n, len(q)), *((i, j, c) for (i, j), c in q.items()))
        return text, qubo_of(q, factor, 2)

    return make


def tsplib(rng: Any) -> Made:
    n = int(rng.integers(3, 5))
    graph = nx.Graph()
    points = {v: rng.integers(0, 50, 2).tolist() for v in range(1, n + 1)}
    for u, v in combinations(points, 2):
        gap = np.hypot(*(np.array(points[u]) - np.array(points[v])))
        graph.add_edge(u, v, weight=int(gap + 0.5))
    head = f"NAME : t\nTYPE : TSP\nDIMENSION : {n}\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n"
    body = lines(*((v, f"{x}.0", f"{y:e}") for v, (x, y) in points.items()))
    return head + body + "EOF\n", stated(graph, "tsp")


def cvrplib(rng: Any) -> Made:
    text, data = tsplib(rng)
    n = len(data["graph"]["nodes"])
    demands = [0, *(int(d) for d in rng.integers(1, 4, n - 1))]
    for node, demand in zip(data["graph"]["nodes"], demands, strict=True):
        node["demand"] = demand
    text = str(text).replace("TYPE : TSP", "TYPE : CVRP").replace("EOF\n", "")
    text = text.replace("EDGE_WEIGHT_TYPE", "CAPACITY : 9\nEDGE_WEIGHT_TYPE", 1)
    text += "DEMAND_SECTION\n" + lines(*enumerate(demands, start=1)) + "DEPOT_SECTION\n1\n-1\nEOF\n"
    data |= {"problem_type": "vehicle_routing"}
    return text, {**data, ATTRIBUTES: {"depot": 1, "capacity": 9, "vehicles": 1}}


def items(form: str) -> Callable[[Any], Made]:
    def make(rng: Any) -> Made:
        n, capacity = int(rng.integers(2, 5)), int(rng.integers(3, 9))
        worth = [int(v) for v in rng.integers(1, 9, n)]
        weights = [int(v) for v in rng.integers(1, 9, n)]
        pairs = list(zip(worth, weights, strict=True))
        plain = lines((n, capacity), *pairs)
        orlib = lines((1,), (n, 1, 0), worth, weights, (capacity,))
        own = [{"name": i, "value": v, "weight": w} for i, (v, w) in enumerate(pairs, start=1)]
        data = {"problem_type": "knapsack", ATTRIBUTES: {"items": own, "capacity": capacity}}
        return (orlib if form == "orlib" else plain), data

    return make


def portfolio(rng: Any) -> Made:
    n = int(rng.integers(2, 5))
    returns = [int(r) / 1000 for r in rng.integers(1, 9, n)]
    deviations = [int(d) / 100 for d in rng.integers(1, 9, n)]
    rows, covariance = [], np.zeros((n, n)).tolist()
    for i in range(n):
        for j in range(i, n):
            correlation = 1 if i == j else int(rng.integers(-9, 10)) / 10
            rows.append((i + 1, j + 1, correlation))
            covariance[i][j] = covariance[j][i] = round(
                correlation * deviations[i] * deviations[j], 12
            )
    text = lines((n,), *zip(returns, deviations, strict=True), *rows)
    attributes = {
        "expected_returns": returns, "covariance": covariance, "assets": list(range(1, n + 1)),
        "budget": 1, "risk_aversion": 1,
    }  # fmt: skip
    return text, {"problem_type": "portfolio", ATTRIBUTES: attributes}


def market_split(rng: Any) -> Made:
    m, n = int(rng.integers(1, 3)), int(rng.integers(3, 6))
    matrix = rng.integers(1, 20, (m, n))
    right = matrix @ rng.integers(0, 2, n)
    rows = [
        {"terms": [[[v], int(c)] for v, c in enumerate(row, start=1)], "equal": int(b)}
        for row, b in zip(matrix, right, strict=True)
    ]
    text = lines((m, n), *(np.append(row, b) for row, b in zip(matrix, right, strict=True)))
    return text, {"problem_type": "integer_program", ATTRIBUTES: {"constraints": rows}}


def sparse_qubo(rng: Any) -> Made:
    n, offset = int(rng.integers(2, 6)), int(rng.integers(-3, 4))
    pairs = [(i, j) for i in range(1, n + 1) for j in range(i, n + 1) if rng.random() < 0.6]
    numbers = [int(rng.integers(-9, 10)) for _ in pairs]
    terms: list[list[Any]] = [[[], offset]] if offset else []
    terms += [
        [[i], q] if i == j else [[i, j], 2 * q] for (i, j), q in zip(pairs, numbers, strict=True)
    ]
    terms += [[[v], 0] for v in range(1, n + 1) if (v, v) not in pairs]
    rows = [(i, j, q) for (i, j), q in zip(pairs, numbers, strict=True)]
    text = lines((n, len(rows)), *rows)
    return f"# by hand\n# ObjectiveOffset {offset}\n# Vars Non-zeros\n{text}", {"qubo": terms}


def hamiltonian(rng: Any) -> Made:
    n = int(rng.integers(2, 5))
    terms = [[i] for i in range(n)] + [list(p) for p in combinations(range(n), 2)]
    numbers = [int(rng.integers(1, 40)) / 4 for _ in terms]
    product = ["*", " ", " @ "][int(rng.integers(3))]
    words = (
        f"{c} * " + ("*" if product == " " else product).join(f"Z({i})" for i in t)
        for c, t in zip(numbers, terms, strict=True)
    )
    text = "# made\n" + "\n+ ".join(words) + "\n"
    other = " + ".join(
        f"{c}*" + "*".join(f"Z{i}" for i in t) for c, t in zip(numbers, terms, strict=True)
    )
    return text, {"hamiltonian": other}


FORMS: dict[str, Callable[[Any], Made]] = {
    "a.graphml": by_networkx(nx.write_graphml),
    "a.gexf": by_networkx(nx.write_gexf),
    "a.gml": gml,
    "a.edgelist": weighted_list,
    "a.csv": csv_table,
    "a.g6": graph6(nx.to_graph6_bytes),
    "a.s6": graph6(nx.to_sparse6_bytes),
    "link.json": json_form(nx.node_link_data),
    "adjacency.json": json_form(nx.adjacency_data),
    "a.mtx": matrix_market,
    "a.npy": numpy_matrix,
    "a.dimacs": dimacs("maxcut"),
    "a.col": dimacs("graph_coloring", number_of_colors=2),
    "a.clq": dimacs("max_clique"),
    "a.gph": dimacs("max_independent_set"),
    "flow.dimacs": flow,
    "a.rud": gset,
    "a.metis": metis,
    "a.cnf": cnf,
    "old.wcnf": wcnf("classic"),
    "new.wcnf": wcnf("standard"),
    "a.qubo": qbsolv,
    "a.coo": dimod_coo,
    "a.sparse": half(1),
    "a.bqp": half(-1),
    "a.tsp": tsplib,
    "a.vrp": cvrplib,
    "a.kp": items("plain"),
    "a.mknap": items("orlib"),
    "a.port": portfolio,
    "a.dat": market_split,
    "a.qs": sparse_qubo,
    "a.ham": hamiltonian,
}
NEEDS = {
    "vehicle_routing": ["vehicles"],
    "graph_coloring": ["number_of_colors"],
    "portfolio": ["budget", "risk_aversion"],
}
"""What the user says beside the file."""


@pytest.mark.parametrize("name", FORMS)
def test_forty_files(name: str, tmp_path: Path) -> None:
    for seed in range(40):
        content, expected = FORMS[name](generator(seed, name))
        path = tmp_path / f"{seed}-{name}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        problem_type = expected.get("problem_type", "qubo" if "qubo" in expected else "ising")
        given = {k: expected[ATTRIBUTES][k] for k in NEEDS.get(problem_type, [])}
        plain = problem_type == "maxcut" and not name.endswith(".rud")
        found = load_problem(
            path, problem_type="maxcut" if plain else None, attributes=given or None
        )
        wanted = load_problem(expected)
        assert found.variables == wanted.variables
        assert dict(found.hamiltonian.exact_terms) == dict(wanted.hamiltonian.exact_terms)
        assert found.hamiltonian.constant == wanted.hamiltonian.constant
        assert found.problem is not None
        assert found.problem.problem_type == problem_type


def test_every_format_has_forty() -> None:
    kinds = {Path(name).suffix for name in FORMS} | {".lp", ".mps"}
    assert all(kinds & set(form.suffixes) for form in FORMATS)

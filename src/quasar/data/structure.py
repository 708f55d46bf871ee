"""What makes a problem instance, as a labelled graph without the user's names.

One node for each node, edge, hyperedge, item, clause or term; links say what belongs to what.
Weights, capacities, directions and marks such as source and sink are labels; numbers of the whole
instance (how many colours, which budget) stand in the header. Left out is what the task does not
depend on: names, the order of lists, constants, and attributes that only describe (`extra`,
`communities_size`). Types that are not listed here are read off their exact Hamiltonian, which is
right for all whose encoding singles out no variable by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import networkx as nx

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label, sorted_pair
from quasar.problems import graphs
from quasar.problems.base import Problem, encode

_DIGITS = 9
"""Significant digits of coefficients that come out of sums, whose rounding depends on names."""


@dataclass(frozen=True)
class Structure:
    """An instance without names.

    Attributes:
        header: type and numbers of the whole instance, as text.
        graph: undirected; every node and every link has a text `label`.
    """

    header: str
    graph: nx.Graph


class _GraphType(NamedTuple):
    """What counts in a type that is stated by a graph.

    Attributes:
        number: the number on each edge, with its default; None where edges carry none.
        marks: attributes that name a node.
        scalars: attributes of the whole instance.
        second: attribute that holds a second graph.
        node_number: the number on each node, 1 where none is given; None where nodes carry none.
        ones: whether a number of 1 on an edge is a label; identities of older records depend on it.
    """

    number: tuple[str, float | None] | None = None
    marks: tuple[str, ...] = ()
    scalars: tuple[str, ...] = ()
    second: str | None = None
    node_number: str | None = None
    ones: bool = True


_WEIGHT = ("weight", 1.0)
_CAPACITY = ("capacity", None)
_GRAPH_TYPES: Mapping[str, _GraphType] = {
    "vertex_cover": _GraphType(node_number="weight"),
    "edge_cover": _GraphType(_WEIGHT, ones=False),
    "matching": _GraphType(_WEIGHT, scalars=("matching",)),
    "kclique": _GraphType(scalars=("k",)),
    "connected_components": _GraphType(marks=("node",)),
    "graph_coloring": _GraphType(scalars=("number_of_colors",)),
    "community_detection": _GraphType(_WEIGHT, scalars=("number_of_communities",)),
    "graph_isomorphism": _GraphType(second="autoisomorphic_graph"),
    "hamiltonian_path": _GraphType(_WEIGHT, marks=("start_node", "end_node")),
    "min_cut": _GraphType(_CAPACITY, marks=("source", "sink")),
    "max_flow": _GraphType(_CAPACITY, marks=("source", "sink")),
    "hypermaxcut": _GraphType(),
    "maxcut": _GraphType(_WEIGHT),
    "max_independent_set": _GraphType(node_number="weight"),
    "tsp": _GraphType(_WEIGHT),
}


def structure(problem: Problem) -> Structure:
    """The instance that `problem` is, whatever its nodes are called."""
    data = problem.to_data()
    attributes = data.get("problem_specific_attributes") or {}
    draft = _Draft()
    scalars: dict[str, Any] = {}
    if problem.problem_type in _GRAPH_TYPES:
        kind = _GRAPH_TYPES[problem.problem_type]
        scalars = {name: attributes.get(name) for name in kind.scalars}
        if "hyperedges" in data["graph"]:
            _add_hypergraph(draft, data)
        else:
            _add_graph(draft, data, "graph", kind, attributes)
        if kind.second is not None:
            _add_graph(draft, attributes, kind.second, kind, {})
    elif problem.problem_type in _OTHER_TYPES:
        scalars = _OTHER_TYPES[problem.problem_type](draft, data, attributes)
    else:
        _add_rounded_terms(draft, encode(problem, "exact").hamiltonian)
    header = json.dumps([problem.problem_type, _plain(scalars)], sort_keys=True)
    return Structure(header, draft.graph)


class _Draft:
    def __init__(self) -> None:
        self.graph = nx.Graph()

    def element(self, key: Any, *label: Any) -> None:
        """A node of the structure."""
        self.graph.add_node(key, label=json.dumps([_plain(part) for part in label]))

    def group(self, key: Any, label: Any, members: Iterable[tuple[Any, str]]) -> None:
        """A node that joins others, each in a role; one that occurs twice has both roles."""
        self.element(key, "group", label)
        for member, role in members:
            known = self.graph.get_edge_data(key, member, {"label": ""})["label"]
            self.graph.add_edge(key, member, label="|".join(sorted([known, role])).strip("|"))


def _plain(value: Any) -> Any:
    """Numbers as floats, so that 1 and 1.0 are one label."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value


def _add_graph(
    draft: _Draft,
    data: Mapping[str, Any],
    field: str,
    kind: _GraphType,
    attributes: Mapping[str, Any],
) -> None:
    directed = bool(data[field].get("directed"))
    graph = graphs.read_graph(data, key=field, directed=directed)
    marks: dict[Label, list[str]] = {}
    for name in kind.marks:
        marks.setdefault(graphs.node_attribute(attributes, name, graph), []).append(name)
    heavy: dict[Label, Any] = {}
    if kind.node_number is not None:
        heavy = graphs.node_numbers(graph, kind.node_number, default=1)
    for node in graph.nodes:
        # Weights of 1 add nothing to a label: instances without weights keep their identity.
        weight = [] if heavy.get(node, 1) == 1 else [heavy[node]]
        draft.element((field, node), "node", field, marks.get(node, []), *weight)
    numbers: dict[tuple[Label, Label], Any] = {}
    if kind.number is not None:
        key, default = kind.number
        numbers = graphs.edge_numbers(graph, key, default=default)
    for u, v in graph.edges:
        number = numbers.get((u, v) if directed else sorted_pair(u, v))
        number = None if number == 1 and not kind.ones else number
        roles = ("from", "to") if directed else ("end", "end")
        draft.group(
            (field, "edge", u, v), number, zip(((field, u), (field, v)), roles, strict=True)
        )


def _add_hypergraph(draft: _Draft, data: Mapping[str, Any]) -> None:
    hypergraph = graphs.read_hypergraph(data)
    for node in hypergraph.nodes:
        draft.element(("node", node), "node")
    for number, (edge, weight) in enumerate(hypergraph.weighted):
        label = None if weight == 1 else weight
        draft.group(("edge", number), label, ((("node", node), "end") for node in edge))


def _numbers(draft: _Draft, data: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    numbers = attributes["numbers"]
    values = numbers.values() if isinstance(numbers, Mapping) else numbers
    for position, value in enumerate(values):
        draft.element(position, value)
    return {}


def _knapsack(draft: _Draft, data: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    for position, item in enumerate(attributes["items"]):
        draft.element(position, item["weight"], item["value"])
    return {"capacity": attributes["capacity"]}


def _portfolio(draft: _Draft, data: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    covariance = attributes["covariance"]
    for i, expected in enumerate(attributes["expected_returns"]):
        draft.element(i, expected, covariance[i][i])
        for j in range(i):
            draft.group((i, j), covariance[i][j], ((i, "end"), (j, "end")))
    return {name: attributes[name] for name in ("risk_aversion", "budget")}


def _clauses(draft: _Draft, data: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    clauses = attributes["clauses"]
    weights = attributes.get("weights") or [1] * len(clauses)
    for position, (clause, weight) in enumerate(zip(clauses, weights, strict=True)):
        members = []
        for literal in clause:
            text = str(literal)
            name = text.lstrip("-" if isinstance(literal, int) else "!")
            draft.element(("variable", name), "variable")
            members.append((("variable", name), "yes" if text == name else "no"))
        draft.group(("clause", position), None if weight == 1 else weight, members)
    return {}


def _polynomial(draft: _Draft, data: Mapping[str, Any], attributes: Any) -> dict[str, Any]:
    for position, (labels, coefficient) in enumerate(data[data["problem_type"]]):
        members = [("variable", json.dumps(label)) for label in labels]
        for member in members:
            draft.element(member, "variable")
        if members and coefficient:
            draft.group(("term", position), coefficient, ((member, "in") for member in members))
    return {"vartype": data["vartype"]} if "vartype" in data else {}


def _ising(draft: _Draft, data: Mapping[str, Any], attributes: Any) -> dict[str, Any]:
    _add_terms(
        draft, IsingHamiltonian.from_text(data["hamiltonian"], data["number_of_qubits"]), float
    )
    return {}


def _add_rounded_terms(draft: _Draft, hamiltonian: IsingHamiltonian) -> None:
    _add_terms(draft, hamiltonian, lambda c: float(f"{c:.{_DIGITS}g}"))


def _add_terms(
    draft: _Draft, hamiltonian: IsingHamiltonian, coefficient: Callable[[float], float]
) -> None:
    for qubit in range(hamiltonian.n_qubits):
        draft.element(("spin", qubit), "spin")
    for qubits, c in hamiltonian.terms.items():
        if c:
            draft.group(("term", qubits), coefficient(c), ((("spin", i), "in") for i in qubits))


_OTHER_TYPES: Mapping[str, Callable[[_Draft, Any, Any], dict[str, Any]]] = {
    "number_partitioning": _numbers,
    "knapsack": _knapsack,
    "portfolio": _portfolio,
    "max_3sat": _clauses,
    "qubo": _polynomial,
    "hubo": _polynomial,
    "ising": _ising,
}

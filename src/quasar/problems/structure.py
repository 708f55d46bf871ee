"""What makes a problem instance, as a labelled graph without the user's names.

One node for each node, edge, hyperedge, item, clause or term; links say what belongs to what.
Weights, capacities, directions and marks such as source and sink are labels; numbers of the whole
instance (how many colours, which budget) stand in the header. Left out is what the task does not
depend on: names, the order of lists, constants, and attributes that only describe. Each problem
type says in its own `_structure` what counts; whether two structures are equal is decided in
`data.identity`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import networkx as nx

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label, sorted_pair
from quasar.problems import graphs

_DIGITS = 9
"""Significant digits of coefficients that come out of sums, whose rounding depends on names."""


class GraphStructure(NamedTuple):
    """What counts in a problem that is stated by a graph.

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


@dataclass
class Structure:
    """An instance without names.

    Attributes:
        header: type and numbers of the whole instance, as text.
        graph: undirected; every node and every link has a text `label`.
    """

    header: str = ""
    graph: nx.Graph = field(default_factory=nx.Graph)

    def set_header(self, problem_type: str, scalars: Mapping[str, Any]) -> None:
        """Note the type and the numbers of the whole instance."""
        self.header = json.dumps([problem_type, _plain(scalars)], sort_keys=True)

    def element(self, key: Any, *label: Any) -> None:
        """Add a node of the structure."""
        self.graph.add_node(key, label=json.dumps([_plain(part) for part in label]))

    def group(self, key: Any, label: Any, members: Iterable[tuple[Any, str]]) -> None:
        """Add a node that joins others, each in a role; one that occurs twice has both roles."""
        self.element(key, "group", label)
        for member, role in members:
            known = self.graph.get_edge_data(key, member, {"label": ""})["label"]
            self.graph.add_edge(key, member, label="|".join(sorted([known, role])).strip("|"))

    def terms(self, hamiltonian: IsingHamiltonian, *, rounded: bool = False) -> None:
        """Add a node for each spin and for each term.

        Args:
            rounded: leave out the last digits of the coefficients.
        """
        for qubit in range(hamiltonian.n_qubits):
            self.element(("spin", qubit), "spin")
        for qubits, c in hamiltonian.terms.items():
            if c:
                label = float(f"{c:.{_DIGITS}g}") if rounded else float(c)
                self.group(("term", qubits), label, ((("spin", i), "in") for i in qubits))

    def nodes_and_edges(
        self, data: Mapping[str, Any], key: str, what: GraphStructure, attributes: Mapping[str, Any]
    ) -> None:
        """Add a node for each node and each edge of the graph `data[key]`."""
        directed = bool(data[key].get("directed"))
        graph = graphs.read_graph(data, key=key, directed=directed)
        marks: dict[Label, list[str]] = {}
        for name in what.marks:
            marks.setdefault(graphs.node_attribute(attributes, name, graph), []).append(name)
        heavy: dict[Label, Any] = {}
        if what.node_number is not None:
            heavy = graphs.node_numbers(graph, what.node_number, default=1)
        for node in graph.nodes:
            # Weights of 1 add nothing to a label: instances without weights keep their identity.
            weight = [] if heavy.get(node, 1) == 1 else [heavy[node]]
            self.element((key, node), "node", key, marks.get(node, []), *weight)
        numbers: dict[tuple[Label, Label], Any] = {}
        if what.number is not None:
            name, default = what.number
            numbers = graphs.edge_numbers(graph, name, default=default)
        for u, v in graph.edges:
            number = numbers.get((u, v) if directed else sorted_pair(u, v))
            number = None if number == 1 and not what.ones else number
            roles = ("from", "to") if directed else ("end", "end")
            ends = zip(((key, u), (key, v)), roles, strict=True)
            self.group((key, "edge", u, v), number, ends)


def _plain(value: Any) -> Any:
    """Numbers as floats, so that 1 and 1.0 are one label."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value

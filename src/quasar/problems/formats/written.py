"""A problem on its way into a file: its graph and weights, as writers of formats take them.

Writers refuse what their format has no place for; whether anything else would be lost is found by
reading the file back (`convert.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact
from quasar.core.labels import Label, sort_labels
from quasar.problems import graphs


@dataclass(frozen=True)
class Export:
    """A problem to be written.

    Attributes:
        problem_type: what it is.
        data: its problem file, checked.
        format: what the format is called, for messages.
    """

    problem_type: str
    data: dict[str, Any]
    format: str

    def graph(self) -> nx.Graph:
        """The graph that states the problem.

        Raises:
            ProblemError: it is stated otherwise, or by a hypergraph.
        """
        raw = self.data.get("graph")
        if not isinstance(raw, dict) or "hyperedges" in raw:
            what = "a hypergraph" if raw else "no graph"
            raise ProblemError(
                f"{self.format} holds a graph, and {self.problem_type} has {what}: write JSON."
            )
        return graphs.read_graph(self.data, directed=bool(raw.get("directed")))

    def polynomial(self) -> dict[tuple[Label, ...], Exact]:
        """The coefficients of a QUBO by their variables, in the order of the file.

        Raises:
            ProblemError: another problem type.
        """
        if self.problem_type != "qubo":
            raise ProblemError(
                f"{self.format} holds a QUBO, and this is {self.problem_type}: "
                "`quasar encode` prints its Hamiltonian."
            )
        return {
            tuple(graphs.from_json_list(labels)): exact(coefficient)
            for labels, coefficient in self.data["qubo"]
        }

    def numbered_terms(self, first: int = 1) -> tuple[list[int], dict[tuple[int, int], Exact]]:
        """A QUBO in variables that are called by number, and its terms (i, j), the linear ones i =
        j; one with a constant has no such form.

        Args:
            first: the lowest name.

        Raises:
            ProblemError: variables of other names, or a constant.
        """
        terms = self.polynomial()
        if terms.pop((), 0):
            raise ProblemError(
                f"{self.format} has no place for the constant of the QUBO: write JSON, or "
                "leave it out by --drop constant."
            )
        names = graphs.from_json_list(sort_labels({v for term in terms for v in term}))
        if any(type(v) is not int or v < first for v in names):
            other = next(v for v in names if type(v) is not int or v < first)
            raise ProblemError(
                f"{self.format} calls variables by number from {first}, so the name {other!r} "
                "would be lost: --renumber gives them numbers."
            )
        return [v for v in names if isinstance(v, int)], {
            (t[0], t[-1]): c
            for t, c in terms.items()
            if isinstance(t[0], int) and isinstance(t[-1], int)
        }

    def attributes(self) -> dict[str, Any]:
        """The `problem_specific_attributes`."""
        return graphs.attributes_of(self.data)


def edge_weights(
    graph: nx.Graph, where: str, *, node_keys: tuple[str, ...] = ()
) -> dict[tuple[Label, Label], Any]:
    """The one number that every edge carries, empty where none does.

    Args:
        where: the format, for messages.
        node_keys: attributes of nodes that the format holds.

    Raises:
        ProblemError: edges or nodes carry something else besides.
    """
    for node, has in graph.nodes(data=True):
        for key in has.keys() - set(node_keys):
            raise ProblemError(
                f"{where} has no place for {key!r} of node {node!r}: write GraphML or JSON, or "
                f"leave it out by --drop {key}."
            )
    found = {}
    for u, v, has in graph.edges(data=True):
        for key, value in has.items():
            if key not in ("weight", "capacity") or (u, v) in found:
                raise ProblemError(
                    f"{where} has no place for {key!r} of edge {u!r} - {v!r}: write GraphML or "
                    f"JSON, or leave it out by --drop {key}."
                )
            found[(u, v)] = value
    return found


def numbering(graph: nx.Graph, where: str, first: int = 1) -> dict[Label, int]:
    """The numbers by which a format calls the nodes, which must be their names already.

    Raises:
        ProblemError: they have other names.
    """
    wanted = set(range(first, first + len(graph)))
    if set(graph) != wanted or any(type(v) is not int for v in graph):
        other = next(v for v in graph if v not in wanted or type(v) is not int)
        raise ProblemError(
            f"{where} numbers its nodes {first} to {first + len(graph) - 1}, so the name {other!r} "
            "would be lost: --renumber gives the nodes these numbers."
        )
    return {v: v for v in sorted(graph)}

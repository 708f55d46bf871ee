"""What a solution looks like on the user's graph: nodes, edges and labels that stand out, and why.

Each problem type on a graph makes its own overlay (`Problem.overlay`) with what is here. Data only:
no colours and no places; `quasar.report` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import networkx as nx

from quasar.core.labels import Label, from_json, sort_labels
from quasar.problems.graphs import are_weights

_MOST_NUMBERS = 40  # beside edges; more could not be read

Edge = tuple[Label, Label]


class LegendEntry(NamedTuple):
    """One entry of the legend: a node group, a junction, or the style of strong or wrong edges."""

    text: str
    group: int | None = None
    wrong: bool = False
    junction: bool = False


@dataclass
class SolutionOverlay:
    """A graph with a solution on it.

    Attributes:
        graph: what to draw; edges without a style are plain.
        title: the solution in one phrase.
        groups: colour number of each coloured node; the others are plain.
        strong: highlighted edges; pairs that are not edges of the graph are drawn too.
        wrong_edges: edges, or missing edges, that break a constraint.
        wrong_nodes: nodes that break a constraint.
        arrows: edges (of any kind) drawn with a head at their second node.
        edge_labels: numbers beside edges.
        names: what to write at a node where that is not its label.
        notes: a role to show with a node's name, such as `source`.
        junctions: points that stand for a hyperedge, not for a node; drawn small, without a name.
        images: nodes placed like another one, side by side with it (graph isomorphism).
        legend: what the colours mean.
    """

    graph: nx.Graph
    title: str
    groups: dict[Label, int] = field(default_factory=dict)
    strong: set[Edge] = field(default_factory=set)
    wrong_edges: set[Edge] = field(default_factory=set)
    wrong_nodes: set[Label] = field(default_factory=set)
    arrows: set[Edge] = field(default_factory=set)
    edge_labels: dict[Edge, str] = field(default_factory=dict)
    names: dict[Label, str] = field(default_factory=dict)
    notes: dict[Label, str] = field(default_factory=dict)
    junctions: set[Label] = field(default_factory=set)
    images: dict[Label, Label] = field(default_factory=dict)
    legend: list[LegendEntry] = field(default_factory=list)


def label_text(label: Label) -> str:
    """A name as the user wrote it."""
    if isinstance(label, tuple):
        return f"({', '.join(map(label_text, label))})"
    return str(label)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things, in the singular for one."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def edge_numbers(graph: nx.Graph, key: str) -> dict[Edge, str]:
    """Labels of the edges that have attribute `key`; none where it is 1 throughout."""
    found = {(u, v): d[key] for u, v, d in graph.edges(data=True) if key in d}
    if not are_weights(found.values()):
        return {}
    return {edge: f"{float(value):g}" for edge, value in found.items()}


def node_weights(graph: nx.Graph) -> dict[Label, str]:
    """Notes of what nodes weigh; none where every weight is 1."""
    found = {v: w for v, w in graph.nodes(data="weight") if w is not None}
    if not are_weights(found.values()):
        return {}
    return {v: f"weight {float(w):g}" for v, w in found.items()}


def sides(nodes: Iterable[Label], chosen: set[Any]) -> dict[Label, int]:
    """Groups of a cut: 0 for the chosen nodes, 1 for the others."""
    return {node: 0 if node in chosen else 1 for node in nodes}


def walk(graph: nx.Graph, steps: Iterable[tuple[Any, Any]], title: str) -> SolutionOverlay:
    """Steps from node to node, in order; a step from or to nowhere (None) is left out."""
    taken = [(u, v) for u, v in steps if u is not None and v is not None]
    present = {(u, v) for u, v in taken if graph.has_edge(u, v)}
    return SolutionOverlay(
        graph,
        title,
        groups={node: 0 for step in taken for node in step},
        strong=present,
        wrong_edges=set(taken) - present,
        arrows=set(taken),
    )


def partition(graph: nx.Graph, rows: Sequence[Any], noun: str) -> SolutionOverlay:
    """Nodes sorted into classes; a node in none, or in several, is wrong.

    Args:
        rows: [node, class] each, as in a solution.
        noun: what a class is called.
    """
    pairs = [from_json(row) for row in rows]
    names = sort_labels({label for _, label in pairs})
    given: dict[Label, set[Label]] = {node: set() for node in graph.nodes}
    for node, label in pairs:
        given[node].add(label)
    clear = {node: next(iter(labels)) for node, labels in given.items() if len(labels) == 1}
    return SolutionOverlay(
        graph,
        "",
        groups={node: names.index(label) for node, label in clear.items()},
        wrong_nodes={node for node in given if node not in clear},
        legend=[LegendEntry(f"{noun} {label_text(label)}", i) for i, label in enumerate(names)],
    )


def couplings(
    terms: Iterable[tuple[Sequence[Label], float, float]],
    up: Mapping[Label, bool],
    words: tuple[str, str],
    title: str,
) -> SolutionOverlay:
    """The terms of a polynomial as edges between its variables, which are coloured by value.

    Args:
        terms: variables of each, its coefficient, and what it adds to the cost as things are.
        up: whether each variable has the higher of its two values.
        words: what the higher and the lower value are called.
    """
    graph = nx.Graph()
    graph.add_nodes_from(up)
    found = SolutionOverlay(
        graph,
        title,
        groups={label: 0 if high else 1 for label, high in up.items()},
        legend=[LegendEntry(words[0], 0), LegendEntry(words[1], 1)],
    )
    lowers = False
    for number, (labels, coefficient, value) in enumerate(terms):
        ends = list(labels)
        if len(ends) == 1:
            found.notes[ends[0]] = f"{coefficient:g}"
        if len(ends) < 2:
            continue
        edges = [(ends[0], ends[1])]
        if len(ends) > 2:
            junction = ("term", number)
            found.junctions.add(junction)
            edges = [(junction, label) for label in ends]
        graph.add_edges_from(edges)
        found.edge_labels[edges[0]] = f"{coefficient:g}"
        if value < 0:
            lowers = True
            found.strong.update(edges)
    if found.junctions:
        found.legend.append(LegendEntry("term of more variables", junction=True))
    if lowers:
        found.legend.append(LegendEntry("lowers the cost"))
    if len(found.edge_labels) > _MOST_NUMBERS:
        found.edge_labels.clear()
    return found


def inside_groups(overlay: SolutionOverlay) -> set[Edge]:
    """Edges whose two ends are in the same group."""
    group = overlay.groups.get
    return {(u, v) for u, v in overlay.graph.edges if group(u) is not None and group(u) == group(v)}

"""What a solution marks on the user's graph: which nodes, edges and labels, and in what words.

Covers every problem type that is stated on a graph; knapsacks and the like have none. How the marks
look is the matter of `pictures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import networkx as nx

from quasar.core.labels import Label, from_json, sort_labels, sorted_pair
from quasar.problems.base import Problem, Solution
from quasar.problems.graphs import are_weights

Edge = tuple[Label, Label]


class Key(NamedTuple):
    """One entry of the legend: a node colour, a junction, or the style of strong or wrong edges."""

    text: str
    group: int | None = None
    wrong: bool = False
    junction: bool = False


@dataclass
class Marks:
    """A graph with a solution on it.

    Attributes:
        graph: what to draw; edges without a style are plain.
        title: the solution in one phrase.
        groups: colour number of each coloured node; the others are plain.
        strong: highlighted edges; pairs that are no edge of the graph are drawn too.
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
    legend: list[Key] = field(default_factory=list)


def marks(problem: Problem, solution: Solution) -> Marks | None:
    """The marks of a solution, feasible or not; None for a problem without a graph."""
    mark = _MARKS.get(problem.problem_type)
    if mark is None:
        return None
    out = mark(problem, solution)
    if out.wrong_edges or out.wrong_nodes:
        out.legend.append(Key("breaks a constraint", wrong=True))
    if not problem.is_feasible(solution):
        out.title += " (infeasible)"
    return out


def label_text(label: Label) -> str:
    """A name as the user wrote it."""
    if isinstance(label, tuple):
        return f"({', '.join(map(label_text, label))})"
    return str(label)


def _chosen(solution: Solution) -> list[Any]:
    return [from_json(value) for value in solution]


def _count(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _numbers(graph: nx.Graph, key: str) -> dict[Edge, str]:
    """Edge labels, where edges have that attribute and it is not 1 throughout."""
    found = {(u, v): d[key] for u, v, d in graph.edges(data=True) if key in d}
    if all(value == 1 for value in found.values()):
        return {}
    return {edge: f"{float(value):g}" for edge, value in found.items()}


def _node_weights(graph: nx.Graph) -> dict[Label, str]:
    """Notes of what nodes weigh, where any weight is not 1."""
    found = {v: w for v, w in graph.nodes(data="weight") if w is not None}
    if not are_weights(found.values()):
        return {}
    return {v: f"weight {float(w):g}" for v, w in found.items()}


def _weight(problem: Problem, solution: Solution) -> str:
    """What a solution weighs, for its title; nothing where the problem has no weights."""
    return f", weight {problem.objective(solution):g}" if problem.prompt_details() else ""


# --- nodes are chosen ----------------------------------------------------------------------------


def _vertex_cover(problem: Any, solution: Solution) -> Marks:
    chosen = set(_chosen(solution))
    return Marks(
        problem.graph,
        f"Vertex cover of {_count(len(chosen), 'node')}{_weight(problem, solution)}",
        groups=dict.fromkeys(chosen, 0),
        notes=_node_weights(problem.graph),
        wrong_edges={e for e in problem.graph.edges if chosen.isdisjoint(e)},
        legend=[Key("in the cover", 0)],
    )


def _independent_set(problem: Any, solution: Solution) -> Marks:
    chosen = set(_chosen(solution))
    return Marks(
        problem.graph,
        f"Independent set of {_count(len(chosen), 'node')}{_weight(problem, solution)}",
        groups=dict.fromkeys(chosen, 0),
        notes=_node_weights(problem.graph),
        wrong_edges={e for e in problem.graph.edges if chosen.issuperset(e)},
        legend=[Key("in the set", 0)],
    )


def _clique(problem: Any, solution: Solution) -> Marks:
    chosen = _chosen(solution)
    pairs = {sorted_pair(u, v) for u, v in combinations(chosen, 2)}
    present = {pair for pair in pairs if problem.graph.has_edge(*pair)}
    return Marks(
        problem.graph,
        f"Clique of {_count(len(chosen), 'node')}, {problem.k} asked for",
        groups=dict.fromkeys(chosen, 0),
        strong=present,
        wrong_edges=pairs - present,
        legend=[Key("in the clique", 0)],
    )


def _component(problem: Any, solution: Solution) -> Marks:
    chosen = set(_chosen(solution))
    inside = {e for e in problem.graph.edges if chosen.issuperset(e)}
    return Marks(
        problem.graph,
        f"Component of {label_text(problem.node)}: {_count(len(chosen), 'node')}",
        groups=dict.fromkeys(chosen, 0),
        strong=inside,
        wrong_edges={e for e in problem.graph.edges if not chosen.isdisjoint(e)} - inside,
        notes={problem.node: "asked for"},
        legend=[Key("in the component", 0)],
    )


def _sides(nodes: Iterable[Label], chosen: set[Any]) -> dict[Label, int]:
    return {node: 0 if node in chosen else 1 for node in nodes}


def _max_cut(problem: Any, solution: Solution) -> Marks:
    graph, chosen = problem.graph, set(_chosen(solution))
    cut = {(u, v) for u, v in graph.edges if (u in chosen) != (v in chosen)}
    labels = _numbers(graph, "weight")
    title = f"Cut of {len(cut)} of {_count(graph.number_of_edges(), 'edge')}"
    if labels:
        title += f", weight {problem.objective(solution):g}"
    return Marks(
        graph,
        title,
        groups=_sides(graph.nodes, chosen),
        strong=cut,
        edge_labels=labels,
        legend=[Key("one side", 0), Key("other side", 1), Key("cut")],
    )


def _min_cut(problem: Any, solution: Solution) -> Marks:
    graph, chosen = problem.graph, set(_chosen(solution))
    return Marks(
        graph,
        f"Cut of capacity {problem.objective(solution):g}",
        groups=_sides(graph.nodes, chosen),
        strong={(u, v) for u, v in graph.edges if u in chosen and v not in chosen},
        arrows=set(graph.edges),
        edge_labels=_numbers(graph, "capacity"),
        notes={problem.source: "source", problem.sink: "sink"},
        legend=[Key("source's side", 0), Key("sink's side", 1), Key("cut")],
    )


def _hyper_cut(problem: Any, solution: Solution) -> Marks:
    chosen = set(_chosen(solution))
    graph = nx.Graph()
    graph.add_nodes_from(problem.graph.nodes)
    out = Marks(graph, "", groups=_sides(problem.graph.nodes, chosen))
    cut = 0
    for number, hyperedge in enumerate(problem.graph.hyperedges):
        if len(hyperedge) == 2:
            spokes = [(hyperedge[0], hyperedge[1])]
        else:
            junction = ("\0hyperedge", number)  # no user's name
            out.junctions.add(junction)
            spokes = [(junction, node) for node in hyperedge]
        graph.add_edges_from(spokes)
        if 0 < len(chosen.intersection(hyperedge)) < len(hyperedge):
            cut += 1
            out.strong.update(spokes)
    of = _count(len(problem.graph.hyperedges), "hyperedge")
    out.title = f"Cut of {cut} of {of}{_weight(problem, solution)}"
    out.legend = [Key("one side", 0), Key("other side", 1), Key("cut")]
    if out.junctions:
        out.legend.append(Key("hyperedge", junction=True))
    return out


# --- edges are chosen ----------------------------------------------------------------------------


def _edge_cover(problem: Any, solution: Solution) -> Marks:
    chosen = {(u, v) for u, v in _chosen(solution)}
    covered = {node for edge in chosen for node in edge}
    return Marks(
        problem.graph,
        f"Edge cover of {_count(len(chosen), 'edge')}{_weight(problem, solution)}",
        edge_labels=_numbers(problem.graph, "weight"),
        groups=dict.fromkeys(covered, 0),
        strong=chosen,
        wrong_nodes=set(problem.graph.nodes) - covered,
        legend=[Key("covered", 0), Key("in the cover")],
    )


def _matching(problem: Any, solution: Solution) -> Marks:
    chosen = {(u, v) for u, v in _chosen(solution)}
    ends = [node for edge in chosen for node in edge]
    labels = _numbers(problem.graph, "weight")
    weight = f", weight {problem.objective(solution):g}" if labels else ""
    return Marks(
        problem.graph,
        f"Matching of {_count(len(chosen), 'edge')}{weight}",
        groups=dict.fromkeys(ends, 0),
        strong=chosen,
        wrong_nodes={node for node in ends if ends.count(node) > 1},
        edge_labels=labels,
        legend=[Key("matched", 0), Key("in the matching")],
    )


def _max_flow(problem: Any, solution: Solution) -> Marks:
    graph = problem.graph
    flows = {(u, v): flow for u, v, flow in _chosen(solution)}
    balance: dict[Label, float] = dict.fromkeys(graph.nodes, 0)
    for (u, v), flow in flows.items():
        balance[u] -= flow
        balance[v] += flow
    ends = {problem.source, problem.sink}
    return Marks(
        graph,
        f"Flow of {problem.objective(solution):g}",
        groups={problem.source: 0, problem.sink: 1},
        strong={arc for arc, flow in flows.items() if flow},
        wrong_nodes={node for node, net in balance.items() if net and node not in ends},
        arrows=set(graph.edges),
        edge_labels={
            (u, v): f"{flows.get((u, v), 0):g}/{data['capacity']:g}"
            for u, v, data in graph.edges(data=True)
        },
        notes={problem.source: "source", problem.sink: "sink"},
        legend=[Key("flow / capacity")],
    )


def _walk(graph: nx.Graph, steps: Iterable[tuple[Any, Any]], title: str) -> Marks:
    """Steps from node to node, in order; a step from or to nowhere (None) is left out."""
    taken = [(u, v) for u, v in steps if u is not None and v is not None]
    present = {(u, v) for u, v in taken if graph.has_edge(u, v)}
    return Marks(
        graph,
        title,
        groups={node: 0 for step in taken for node in step},
        strong=present,
        wrong_edges=set(taken) - present,
        arrows=set(taken),
    )


def _hamiltonian_path(problem: Any, solution: Solution) -> Marks:
    path = _chosen(solution)
    visited = len({node for node in path if node is not None})
    out = _walk(problem.graph, pairwise(path), f"Path through {_count(visited, 'node')}")
    out.notes = {problem.start_node: "start", problem.end_node: "end"}
    out.legend = [Key("on the path", 0), Key("step")]
    return out


def _tour(problem: Any, solution: Solution) -> Marks:
    tour = _chosen(solution)
    steps = pairwise([*tour, *tour[:1]])
    title = f"Tour of length {problem.objective(solution):g}"
    if None in tour:
        title = "Broken tour"
    out = _walk(problem.graph, steps, title)
    out.edge_labels = _numbers(problem.graph, "weight")
    out.legend = [Key("on the tour", 0), Key("step")]
    return out


# --- nodes are sorted into classes ---------------------------------------------------------------


def _classes(problem: Any, solution: Solution, noun: str) -> Marks:
    rows = _chosen(solution)
    names = sort_labels({label for _, label in rows})
    given: dict[Label, set[Label]] = {node: set() for node in problem.graph.nodes}
    for node, label in rows:
        given[node].add(label)
    clear = {node: next(iter(labels)) for node, labels in given.items() if len(labels) == 1}
    return Marks(
        problem.graph,
        "",
        groups={node: names.index(label) for node, label in clear.items()},
        wrong_nodes={node for node in given if node not in clear},
        legend=[Key(f"{noun} {label_text(label)}", i) for i, label in enumerate(names)],
    )


def _coloring(problem: Any, solution: Solution) -> Marks:
    out = _classes(problem, solution, "colour")
    used = len(out.legend)
    out.title = f"Colouring with {_count(used, 'colour')}"
    out.wrong_edges = {
        (u, v)
        for u, v in problem.graph.edges
        if u in out.groups and out.groups[u] == out.groups.get(v)
    }
    return out


def _communities(problem: Any, solution: Solution) -> Marks:
    out = _classes(problem, solution, "community")
    out.title = (
        f"{_count(len(out.legend), 'community', 'communities')}, "
        f"modularity {problem.objective(solution):.3g}"
    )
    out.strong = {
        (u, v)
        for u, v in problem.graph.edges
        if u in out.groups and out.groups[u] == out.groups.get(v)
    }
    out.edge_labels = _numbers(problem.graph, "weight")
    return out


def _isomorphism(problem: Any, solution: Solution) -> Marks:
    """Both graphs side by side; node i of the first and its image have one colour."""
    pairs = _chosen(solution)
    graph = nx.Graph()
    for side, part in ((0, problem.graph), (1, problem.other)):
        graph.add_nodes_from((side, node) for node in part.nodes)
        graph.add_edges_from(((side, u), (side, v)) for u, v in part.edges)
    out = Marks(graph, f"{_count(len(pairs), 'node')} mapped")
    out.names = {(side, node): label_text(node) for side, node in graph.nodes}
    firsts = [i for i, _ in pairs]
    seconds = [u for _, u in pairs]
    clear = [(i, u) for i, u in pairs if firsts.count(i) == seconds.count(u) == 1]
    for number, (i, u) in enumerate(clear):
        out.groups |= {(0, i): number, (1, u): number}
        out.images[1, u] = (0, i)
    for (i, u), (j, v) in combinations(clear, 2):
        here, there = problem.graph.has_edge(i, j), problem.other.has_edge(u, v)
        if here and there:
            out.strong |= {((0, i), (0, j)), ((1, u), (1, v))}
        elif here:
            out.wrong_edges.add(((0, i), (0, j)))
        elif there:
            out.wrong_edges.add(((1, u), (1, v)))
    out.wrong_nodes = set(graph.nodes) - set(out.groups)
    out.legend = [Key("edge kept by the mapping")]
    return out


_MARKS: dict[str, Callable[[Any, Solution], Marks]] = {
    "vertex_cover": _vertex_cover,
    "max_independent_set": _independent_set,
    "kclique": _clique,
    "connected_components": _component,
    "maxcut": _max_cut,
    "min_cut": _min_cut,
    "hypermaxcut": _hyper_cut,
    "edge_cover": _edge_cover,
    "matching": _matching,
    "max_flow": _max_flow,
    "hamiltonian_path": _hamiltonian_path,
    "tsp": _tour,
    "graph_coloring": _coloring,
    "community_detection": _communities,
    "graph_isomorphism": _isomorphism,
}

"""Seeded random graphs for the problems' samplers, like those of the benchmark's records.

Covers node and edge counts, connectivity, weights and capacities; nodes are 0..n-1 and all numbers
are plain ints, so that an instance can be written as JSON. Which graph suits which problem is the
problem's own business (`Problem.sample`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import TypeVar

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError

T = TypeVar("T")
Pairs = Sequence[tuple[int, int]]


def require_qubits(problem_type: str, max_qubits: int, fewest: int) -> None:
    """Refuse a limit below the type's smallest instance.

    Raises:
        ProblemError: `max_qubits` is less than `fewest`.
    """
    if max_qubits < fewest:
        raise ProblemError(
            f"the smallest random {problem_type} instance has {fewest} qubits: "
            f"ask for max_qubits of at least {fewest}, not {max_qubits}."
        )


def integer(rng: np.random.Generator, low: int, high: int) -> int:
    """Uniform in low..high, both included."""
    return int(rng.integers(low, high + 1))


def size(rng: np.random.Generator, low: int, high: int) -> int:
    """A number of nodes in low..high, those in the middle more likely."""
    return (integer(rng, low, high) + integer(rng, low, high) + integer(rng, 0, 1)) // 2


def choice(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]


def permutation(rng: np.random.Generator, items: Sequence[T]) -> list[T]:
    """The items in random order."""
    return [items[int(i)] for i in rng.permutation(len(items))]


def subset(rng: np.random.Generator, items: Sequence[T], count: int) -> list[T]:
    """`count` different items, in the order of `items`."""
    return [items[i] for i in sorted(rng.permutation(len(items))[:count].tolist())]


def graph_from(n: int, pairs: set[tuple[int, int]]) -> nx.Graph:
    """Graph on nodes 0..n-1 with the edges listed in ascending order."""
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(sorted((min(pair), max(pair)) for pair in pairs))
    return graph


def shuffled_graph(rng: np.random.Generator, n: int, pairs: set[tuple[int, int]]) -> nx.Graph:
    """The graph of `graph_from` with its nodes renumbered at random."""
    names = permutation(rng, range(n))
    return graph_from(n, {(names[u], names[v]) for u, v in pairs})


def random_connected_edges(
    rng: np.random.Generator, nodes: Sequence[int], extra: int, allowed: Pairs | None = None
) -> set[tuple[int, int]]:
    """Edges that connect `nodes`: a random spanning tree and up to `extra` more.

    Args:
        allowed: the pairs to choose from; default: all.
    """
    tree: set[tuple[int, int]] = set()
    rest = []
    joined = nx.utils.UnionFind(nodes)
    for u, v in permutation(rng, allowed or list(combinations(nodes, 2))):
        if joined[u] == joined[v]:
            rest.append((u, v))
        else:
            joined.union(u, v)
            tree.add((u, v))
    return tree | set(rest[:extra])


def random_blocks(
    rng: np.random.Generator, groups: Sequence[Sequence[int]]
) -> set[tuple[int, int]]:
    """Edges of a connected graph that are dense inside the groups and few between them."""
    pairs: set[tuple[int, int]] = set()
    for group in groups:
        pairs |= random_connected_edges(rng, group, integer(rng, 0, len(group)))
    bridges = random_connected_edges(rng, range(len(groups)), integer(rng, 0, 1))
    for a, b in sorted(bridges):
        pairs.add((choice(rng, groups[a]), choice(rng, groups[b])))
    return pairs


def random_graph(
    rng: np.random.Generator, fewest: int, most: int, *, max_edges: int | None = None
) -> nx.Graph:
    """Connected graph of `fewest` to `most` nodes: a tree and up to n more edges.

    Args:
        max_edges: upper limit of the number of edges, at least `fewest` - 1.

    Raises:
        ProblemError: `most` is less than `fewest`, or the edges cannot connect that many nodes.
    """
    if max_edges is not None:
        most = min(most, max_edges + 1)
    if most < fewest:
        raise ProblemError(f"no graph of at least {fewest} and at most {most} nodes to sample.")
    n = integer(rng, fewest, most)
    extra = integer(rng, 0, n if max_edges is None else min(n, max_edges - n + 1))
    return graph_from(n, random_connected_edges(rng, range(n), extra))


def random_components(rng: np.random.Generator, sizes: Sequence[int]) -> nx.Graph:
    """One connected component of each of the sizes, nodes numbered at random across them."""
    n = sum(sizes)
    order = permutation(rng, range(n))
    pairs: set[tuple[int, int]] = set()
    for count in sizes:
        members, order = order[:count], order[count:]
        pairs |= random_connected_edges(rng, members, integer(rng, 0, 3 * count // 2))
    return graph_from(n, pairs)


def random_network(rng: np.random.Generator, n: int, extra: int) -> nx.DiGraph:
    """Directed graph with a path from node 0 to node n-1 and no idle node, without capacities.

    No arc enters node 0 or leaves node n-1; between the others arcs may run both ways.

    Args:
        extra: how many arcs to add, where there is room, to the fewest that connect all nodes.
    """
    inner = permutation(rng, range(1, n - 1))
    on_path = inner[: integer(rng, 0 if n < 4 else 1, len(inner))]
    path = [0, *on_path, n - 1]
    arcs = set(pairwise(path))
    for node in inner[len(on_path) :]:
        other = choice(rng, path[:-1])
        arcs.add((other, node) if other == 0 or rng.random() < 0.5 else (node, other))
        path.insert(-1, node)
    rest = [(u, v) for u in range(n - 1) for v in range(1, n) if u != v and (u, v) not in arcs]
    arcs |= set(subset(rng, rest, min(extra, len(rest))))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(sorted(arcs))
    return graph


def set_numbers(
    rng: np.random.Generator, graph: nx.Graph, key: str, low: int, high: int
) -> nx.Graph:
    """Give every edge a random integer `key` in low..high; returns the same graph."""
    for _, _, attributes in graph.edges(data=True):
        attributes[key] = integer(rng, low, high)
    return graph


def weigh_nodes(rng: np.random.Generator, graph: nx.Graph) -> nx.Graph:
    """Give every node a random weight of 1 to 9, in half of the graphs; returns the same graph."""
    if rng.random() < 0.5:
        for node in graph.nodes:
            graph.nodes[node]["weight"] = integer(rng, 1, 9)
    return graph


def favour(
    rng: np.random.Generator,
    graph: nx.Graph,
    planted: set[tuple[int, int]],
    light: int,
    heavy: int,
) -> nx.Graph:
    """Weigh the edges: in three of four graphs the planted solution is the lighter one.

    Planted edges get 1..`light` and the others more, up to `heavy`; in the fourth all draw from
    1..`heavy`, so that the answer cannot be read off the size of a weight.
    """
    hidden = rng.random() < 0.25
    for edge in graph.edges:
        low, high = (1, light) if edge in planted else (light + 1, heavy)
        graph.edges[edge]["weight"] = integer(rng, 1 if hidden else low, heavy if hidden else high)
    return graph

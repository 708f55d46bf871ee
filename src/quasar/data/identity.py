"""Which problem instances are the same up to names, and which split an instance belongs to.

`instance_id` is a Weisfeiler-Lehman hash of the instance's structure: equal for isomorphic
instances, and different for nearly all others. `isomorphic` settles the rest. Splits are a function
of the hash, so isomorphic instances share one by construction, in every data set with the same
salt and weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import networkx as nx
from networkx.algorithms.isomorphism import GraphMatcher

from quasar.problems.base import Problem
from quasar.problems.structure import Structure

_ID_BYTES = 16


def instance_id(instance: Problem | Structure) -> str:
    """Name of the instance up to renaming of nodes, 32 hexadecimal digits.

    Colours are refined until no class splits any more, as in Shervashidze et al., JMLR 12 (2011),
    section 3.1, with labels on nodes and links.
    """
    found = instance if isinstance(instance, Structure) else instance.structure()
    colours = sorted(_refined(found.graph).values())
    return _digest(found.header, *colours)


def isomorphic(a: Problem | Structure, b: Problem | Structure) -> bool:
    """Whether two instances are one up to names: weights, directions and attributes included."""
    first = a if isinstance(a, Structure) else a.structure()
    second = b if isinstance(b, Structure) else b.structure()
    if first.header != second.header:
        return False
    colours = [_refined(first.graph), _refined(second.graph)]
    if sorted(colours[0].values()) != sorted(colours[1].values()):
        return False
    # The stable colours are invariants: matching only nodes of one colour keeps the search short.
    coloured = []
    for found, colour in zip((first, second), colours, strict=True):
        graph = found.graph.copy()
        nx.set_node_attributes(graph, colour, "colour")
        coloured.append(graph)
    return bool(
        GraphMatcher(
            *coloured, node_match=_same("colour"), edge_match=_same("label")
        ).is_isomorphic()
    )


def split_of(identifier: str, shares: Mapping[str, float], salt: str) -> str:
    """The split of an instance: its hash picks a place in the unit interval.

    Args:
        shares: fraction of each split, in order; they sum to 1.
    """
    digits = hashlib.sha256(f"{salt}:{identifier}".encode()).hexdigest()[:13]
    place = int(digits, 16) / 16**13
    edge = 0.0
    for name, share in shares.items():
        edge += share
        if place < edge:
            return name
    return list(shares)[-1]


def _refined(graph: nx.Graph) -> dict[Any, str]:
    colours = {node: _digest(label) for node, label in graph.nodes(data="label")}
    classes = len(set(colours.values()))
    while True:
        refined = {}
        for node, links in graph.adjacency():
            around = sorted(f"{link['label']}>{colours[other]}" for other, link in links.items())
            refined[node] = _digest(colours[node], *around)
        count = len(set(refined.values()))
        colours = refined
        if count == classes:
            return colours
        classes = count


def _digest(*parts: str) -> str:
    content = "\x1f".join(parts).encode()
    return hashlib.blake2b(content, digest_size=_ID_BYTES).hexdigest()


def _same(name: str) -> Any:
    def match(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
        return bool(a[name] == b[name])

    return match

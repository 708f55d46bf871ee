"""Sites and bonds of the spin and electron models: chain, ring, ladder, square, or any graph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.labels import Label, sort_labels
from quasar.problems import graphs, values

LATTICES = ("chain", "ring", "ladder", "square")
BOUNDARIES = ("open", "periodic")
ATTRIBUTES: Mapping[str, str] = {
    "n": "number of sites",
    "lattice": "chain, ring, ladder (two legs) or square; default: chain",
    "boundary": "open or periodic; default: open",
    "rows": "sites along one side of the square lattice; default: the most even one",
}
"""Attributes of every model on a lattice, with their meanings."""


@dataclass(frozen=True)
class Lattice:
    """Sites 0..n-1 and the bonds between them.

    Attributes:
        names: what each site is called.
        bonds: pairs of sites with the factor of their coupling, each pair once.
        stated: entries of the problem file that give it back.
    """

    names: tuple[Label, ...]
    bonds: tuple[tuple[int, int, float], ...]
    stated: Mapping[str, Any]

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.names)


def read_lattice(data: Mapping[str, Any], attributes: Mapping[str, Any], most: int) -> Lattice:
    """The lattice that a problem file states: by name and size, or as a graph.

    A site and its own periodic image are no bond, and two sites have at most one: a periodic chain
    of two sites is an open one.

    Args:
        most: sites at most.

    Raises:
        ProblemError: neither or both, an unknown name, or a size that the lattice cannot have.
    """
    named = [key for key in ATTRIBUTES if attributes.get(key) is not None]
    if data.get("graph") is not None:
        if named:
            raise ProblemError(
                f"the sites are given both by a graph and by {named[0]!r}: keep one."
            )
        return _of_graph(data, most)
    if attributes.get("n") is None:
        raise ProblemError(
            "problem_specific_attributes lacks 'n', the number of sites: add e.g. {\"n\": 8}, also "
            "by --attribute n=8, or give a graph."
        )
    n = values.whole(attributes["n"], "'n'", 2)
    _check_sites(n, most)
    kind = _one_of(attributes, "lattice", LATTICES)
    periodic = _one_of(attributes, "boundary", BOUNDARIES) == "periodic"
    if kind == "ring":
        kind, periodic = "chain", True
    rows = _rows(kind, n, attributes.get("rows"))
    bonds = sorted(_grid(rows, n // rows, periodic, across=periodic and kind == "square"))
    stated = {key: attributes[key] for key in named}
    return Lattice(tuple(range(n)), tuple((u, v, 1.0) for u, v in bonds), {**stated, "n": n})


def _of_graph(data: Mapping[str, Any], most: int) -> Lattice:
    graph = graphs.read_graph(data)
    _check_sites(graph.number_of_nodes(), most)
    names = tuple(sort_labels(graph.nodes, "natural"))
    position = {name: i for i, name in enumerate(names)}
    weights = graphs.edge_numbers(graph, "weight", default=1)
    bonds = sorted(
        (*sorted((position[u], position[v])), float(weight)) for (u, v), weight in weights.items()
    )
    return Lattice(
        names, tuple((int(u), int(v), w) for u, v, w in bonds), {"graph": graphs.graph_data(graph)}
    )


def _check_sites(n: int, most: int) -> None:
    if n > most:
        raise ProblemError(f"{n:,} sites are too many: at most {most:,} are read.")


def _one_of(attributes: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    given = attributes.get(key)
    if given is None:
        return known[0]
    if given not in known:
        raise ProblemError(f"{key!r} must be one of {', '.join(known)}, not {given!r}.")
    return str(given)


def _rows(kind: str, n: int, given: Any) -> int:
    """Sites along the first side; chains have one row, ladders two."""
    if given is not None and kind != "square":
        raise ProblemError(f"'rows' is for the square lattice, not for a {kind}: leave it out.")
    if kind == "chain":
        return 1
    if kind == "ladder":
        rows = 2
    elif given is None:
        rows = max(r for r in range(1, math.isqrt(n) + 1) if n % r == 0)
    else:
        rows = values.whole(given, "'rows'", 1)
    if n % rows or (kind == "square" and given is None and rows == 1):
        raise ProblemError(
            f"{n} sites do not make a {kind}{' lattice' * (kind == 'square')}: choose another 'n'"
            f"{', or rows that divide it' if kind == 'square' else ', an even one'}."
        )
    return rows


def _grid(rows: int, columns: int, along: bool, across: bool) -> set[tuple[int, int]]:
    """Neighbours on a grid whose site (r, c) has the number r * columns + c.

    Args:
        along: whether the rows close.
        across: whether the columns close.
    """
    bonds = set()
    for r in range(rows):
        for c in range(columns):
            here = r * columns + c
            if c + 1 < columns or along:
                bonds.add((here, r * columns + (c + 1) % columns))
            if r + 1 < rows or across:
                bonds.add((here, (r + 1) % rows * columns + c))
    return {(min(u, v), max(u, v)) for u, v in bonds if u != v}

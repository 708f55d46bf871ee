"""States of graphs: H on every qubit, CZ on the edges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Self

import networkx as nx
import numpy as np
from pydantic import Field, model_validator

from quasar.circuits.circuit import Gate
from quasar.simulate.engine import ComplexVector
from quasar.tasks.constructions import prepare
from quasar.tasks.state_task import StateTask, drawn_size, on


class _OnGraph(StateTask):
    """CZ on the edges of a graph, from |+>."""

    def edge_list(self) -> list[tuple[int, int]]:
        """The edges."""
        raise NotImplementedError

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        index = np.arange(1 << self.qubits)
        parity = np.zeros_like(index)
        for u, v in self.edge_list():
            parity ^= (index >> u) & (index >> v) & 1
        return np.asarray((1.0 - 2.0 * parity) / math.sqrt(index.size), dtype=complex)

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        edges = self.edge_list()
        yield "CZ in layers", prepare.graph_state(prepare.in_layers(edges), self.qubits)
        yield "CZ as listed", prepare.graph_state(edges, self.qubits)


class ClusterState(_OnGraph):
    """The graph state of a grid."""

    name: ClassVar[str] = "cluster"
    title: ClassVar[str] = "Cluster state: graph state of a line or grid"
    rows: int = Field(default=1, ge=1)
    """Rows of the grid, which divide the qubits; qubit = row x columns + column."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.qubits % self.rows:
            raise ValueError(f"{self.qubits} qubits do not fill {self.rows} rows")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        columns = self.qubits // self.rows
        where = "a line" if self.rows == 1 else f"a grid of {self.rows} rows and {columns} columns"
        numbered = "" if self.rows == 1 else f"; qubit r * {columns} + c is in row r, column c"
        return (
            f"the cluster state on {where} of {on(self.qubits)} (CZ between neighbours, all "
            f"qubits from |+>{numbered})"
        )

    def edge_list(self) -> list[tuple[int, int]]:
        """The grid's."""
        columns = self.qubits // self.rows
        across = [(q, q + 1) for q in range(self.qubits) if (q + 1) % columns]
        return across + [(q, q + columns) for q in range(self.qubits - columns)]

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits)
        return cls(qubits=n, rows=int(rng.choice([r for r in range(1, n) if n % r == 0])))


class GraphState(_OnGraph):
    """The graph state of any graph."""

    name: ClassVar[str] = "graph_state"
    title: ClassVar[str] = "Graph state of given edges"
    edges: tuple[tuple[int, int], ...]
    """Pairs of qubits, each once."""

    @model_validator(mode="after")
    def _simple(self) -> Self:
        for u, v in self.edges:
            if u == v or not (0 <= u < self.qubits and 0 <= v < self.qubits):
                raise ValueError(f"edge {u} - {v} does not join two of the {self.qubits} qubits")
        if len({frozenset(edge) for edge in self.edges}) < len(self.edges):
            raise ValueError("an edge is given twice")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        listed = ", ".join(f"{u}-{v}" for u, v in self.edges) or "no edges"
        return (
            f"the graph state on {on(self.qubits)} (all from |+>, then CZ on each edge) with the "
            f"edges {listed}"
        )

    def edge_list(self) -> list[tuple[int, int]]:
        """As given."""
        return list(self.edges)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits)
        graph = nx.gnp_random_graph(n, 0.5, seed=int(rng.integers(1 << 31)))
        return cls(qubits=n, edges=tuple(graph.edges) or ((0, 1),))

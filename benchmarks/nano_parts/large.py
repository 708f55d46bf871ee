"""Sixty held-out problems of 17 to 24 variables, small enough for all 2**n energies.

The samplers of the problem types stop at 16 variables, so ten kinds of instances are drawn here.
`benchmarks/held_out/large.json` holds kind, size and seed of each, and its identity: that the same
instance comes out is checked as it is made. All lie in the split `test` of the training data's
splits, so that no training on those takes one in. `python -m benchmarks.nano_parts.large` writes
the file anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

import networkx as nx
import numpy as np
from benchmarks.nano_parts.sets import HELD_OUT, Item

from quasar.core.errors import InfrastructureError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id, split_of
from quasar.data.settings import BuildSettings
from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.load import load_problem

FILE = HELD_OUT / "large.json"
SIZES = {17: 9, 18: 10, 19: 9, 20: 9, 21: 10, 22: 7, 23: 4, 24: 2}
"""Problems of each size; few of the largest, whose verification takes half a minute each."""
_TRIES = 1000

Content = Mapping[str, Any]
Terms = dict[tuple[int, ...], float]


def _graph(rng: np.random.Generator, n: int, edges: int) -> nx.Graph:
    """A random connected graph."""
    while True:
        graph = nx.gnm_random_graph(n, edges, seed=int(rng.integers(2**31)))
        if nx.is_connected(graph):
            return graph


def _on_graph(kind: str, graph: nx.Graph, **attributes: Any) -> Content:
    content: dict[str, Any] = {
        "problem_type": kind,
        "graph": nx.node_link_data(graph, edges="edges"),
    }
    return {**content, "problem_specific_attributes": attributes} if attributes else content


def _maxcut(rng: np.random.Generator, n: int) -> Content:
    return _on_graph("maxcut", _graph(rng, n, int(rng.integers(3 * n // 2, 3 * n))))


def _weighted_maxcut(rng: np.random.Generator, n: int) -> Content:
    graph = _graph(rng, n, int(rng.integers(3 * n // 2, 3 * n)))
    for _, _, attributes in graph.edges(data=True):
        attributes["weight"] = int(rng.integers(1, 10))
    return _on_graph("maxcut", graph)


def _independent_set(rng: np.random.Generator, n: int) -> Content:
    return _on_graph("max_independent_set", _graph(rng, n, int(rng.integers(3 * n // 2, 3 * n))))


def _vertex_cover(rng: np.random.Generator, n: int) -> Content:
    return _on_graph("vertex_cover", _graph(rng, n, int(rng.integers(3 * n // 2, 3 * n))))


def _colouring(rng: np.random.Generator, n: int) -> Content | None:
    """Three colours; None where three do not divide the variables."""
    nodes, left = divmod(n, 3)
    if left:
        return None
    edges = int(rng.integers(nodes - 1, max(nodes, 3 * nodes // 2)))
    graph = _graph(rng, nodes, edges)
    return _on_graph("graph_coloring", graph, number_of_colors=3)


def _partitioning(rng: np.random.Generator, n: int) -> Content:
    numbers = rng.integers(1, 100, n).tolist()
    return {
        "problem_type": "number_partitioning",
        "problem_specific_attributes": {"numbers": numbers},
    }


def _qubo(rng: np.random.Generator, n: int) -> Content:
    entries = [[[f"x{i}"], round(float(rng.normal()), 2)] for i in range(n)]
    for i, j in _graph(rng, n, int(rng.integers(2 * n, 4 * n))).edges:
        entries.append([[f"x{i}", f"x{j}"], round(float(rng.normal(0.0, 2.0)), 2)])
    return {"problem_type": "qubo", "qubo": entries}


def _hubo(rng: np.random.Generator, n: int) -> Content:
    entries = [[[f"x{i}"], round(float(rng.normal()), 2)] for i in range(n)]
    seen: set[tuple[int, ...]] = set()
    while len(seen) < 2 * n:
        order = int(rng.integers(2, 4))
        seen.add(tuple(sorted(rng.permutation(n)[:order].tolist())))
    for monomial in sorted(seen):
        entries.append([[f"x{i}" for i in monomial], round(float(rng.normal()), 2)])
    return {"problem_type": "hubo", "hubo": entries}


def _ising(terms: Mapping[tuple[int, ...], float]) -> Content:
    parts = (
        f"{c!r} * {'(' + ' @ '.join(f'Z({i})' for i in qubits) + ')'}"
        for qubits, c in terms.items()
    )
    return {"problem_type": "ising", "hamiltonian": " + ".join(parts)}


def _dense_ising(rng: np.random.Generator, n: int) -> Content:
    fields: Terms = {(i,): round(float(rng.normal()), 2) or 0.01 for i in range(n)}
    pairs: Terms = {
        (i, j): round(float(rng.normal()), 2) or 0.01 for j in range(n) for i in range(j)
    }  # a coefficient of zero would drop the term
    return _ising({**fields, **pairs})


def _sparse_ising(rng: np.random.Generator, n: int) -> Content:
    """Couplings of ±1 and fields in steps of a half."""
    graph = _graph(rng, n, 2 * n)
    fields: Terms = {
        (i,): float(rng.integers(1, 5)) / 2 * (-1) ** int(rng.integers(2)) for i in range(n)
    }
    pairs: Terms = {(min(e), max(e)): float((-1) ** int(rng.integers(2))) for e in graph.edges}
    return _ising({**fields, **pairs})


KINDS: dict[str, Callable[[np.random.Generator, int], Content | None]] = {
    "maxcut": _maxcut,
    "weighted maxcut": _weighted_maxcut,
    "max_independent_set": _independent_set,
    "vertex_cover": _vertex_cover,
    "graph_coloring": _colouring,
    "number_partitioning": _partitioning,
    "qubo": _qubo,
    "hubo": _hubo,
    "dense ising": _dense_ising,
    "sparse ising": _sparse_ising,
}


def draw(kind: str, n: int, seed: int) -> EncodedProblem | None:
    """The instance of a kind, a size and a seed; None where the kind has none of that size."""
    content = KINDS[kind](generator(seed, "nano", "large", kind, n), n)
    return None if content is None else load_problem(dict(content))


def identity(problem: EncodedProblem) -> str:
    """Name of the instance up to renaming, as data sets have it."""
    instance = problem.problem
    assert isinstance(instance, Problem)  # all kinds are drawn as problems
    return instance_id(instance)


def large() -> list[Item]:
    """The problems of `large.json`.

    Raises:
        InfrastructureError: a seed gives another instance than it did when the file was written.
    """
    out = []
    for number, row in enumerate(json.loads(FILE.read_text(encoding="utf-8"))["problems"]):
        problem = draw(row["kind"], row["n"], row["seed"])
        if problem is None or identity(problem) != row["instance_id"]:
            raise InfrastructureError(
                f"problem {number} of {FILE.name} comes out otherwise than when it was written: "
                "the random streams or the identity of instances have changed. Write the file "
                "anew with: python -m benchmarks.nano_parts.large."
            )
        out.append(Item(str(number), problem))
    return out


def main() -> None:
    settings = BuildSettings.model_validate({"recipe": "converged", "count": 1})
    shares, salt = settings.split_shares(), settings.split_salt
    kinds = cycle(KINDS)
    rows: list[dict[str, Any]] = []
    for n, count in SIZES.items():
        own: dict[str, dict[str, Any]] = {}
        for kind in kinds:
            found = None if kind in own else _first_of_test(kind, n, shares, salt)
            if found is not None:
                own[kind] = {"kind": kind, "n": n, **found}
            if len(own) == count:
                break
        rows += own.values()
    about = "kind, variables and seed of each problem; see benchmarks/nano_parts/large.py"
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    FILE.write_text(f'{{"about": "{about}", "problems": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(rows)} problems written to {FILE}")


def _first_of_test(
    kind: str, n: int, shares: Mapping[str, float], salt: str
) -> dict[str, Any] | None:
    """The first seed whose instance belongs to the split `test`."""
    for seed in range(_TRIES):
        problem = draw(kind, n, seed)
        if problem is None:
            return None
        found = identity(problem)
        if problem.n_qubits == n and split_of(found, shares, salt) == "test":
            return {"seed": seed, "instance_id": found}
    return None


if __name__ == "__main__":
    main()

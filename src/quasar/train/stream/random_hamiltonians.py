"""Random Ising Hamiltonians of many laws: what problem types do not bring.

Graphs: complete, Erdos-Renyi, scale-free (Barabasi and Albert), rings with chords. Laws of the
coefficients: uniform on [-1, 1] (the instances of arXiv:2501.16986 on complete graphs), Gaussian,
±1, integers. Fields: of the same law, or none. Covers couplings of two qubits and fields; those of
more come from the problem type `hubo`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian

LAWS: Mapping[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "uniform": lambda rng, k: rng.uniform(-1.0, 1.0, k),
    "gaussian": lambda rng, k: rng.normal(size=k),
    "sign": lambda rng, k: rng.choice([-1.0, 1.0], k),
    "integer": lambda rng, k: rng.integers(1, 10, k) * rng.choice([-1.0, 1.0], k),
}
DISCRETE = frozenset({"sign", "integer"})
"""Laws of which an instance may be drawn twice."""
LAW_SHARES = {"uniform": 0.5, "gaussian": 0.2, "sign": 0.15, "integer": 0.15}
GRAPH_SHARES = {"complete": 0.6, "random": 0.2, "scale-free": 0.12, "ring": 0.08}
_FIELDS = 0.75  # fraction of instances that have them


def sample_hamiltonian(rng: np.random.Generator, n_qubits: int) -> tuple[IsingHamiltonian, str]:
    """An instance, every qubit in some term; and the name of its law."""
    law = str(rng.choice(list(LAW_SHARES), p=list(LAW_SHARES.values())))
    graph = str(rng.choice(list(GRAPH_SHARES), p=list(GRAPH_SHARES.values())))
    pairs = _pairs(rng, graph, n_qubits)
    terms: dict[tuple[int, ...], float] = {}
    bare = set(range(n_qubits)) - {q for pair in pairs for q in pair}
    fields = range(n_qubits) if rng.random() < _FIELDS else sorted(bare)
    terms.update(zip(((q,) for q in fields), _drawn(rng, law, len(fields)), strict=True))
    terms.update(zip(pairs, _drawn(rng, law, len(pairs)), strict=True))
    return IsingHamiltonian(n_qubits, {t: c for t, c in terms.items() if c}), law


def _drawn(rng: np.random.Generator, law: str, count: int) -> list[float]:
    found: list[float] = LAWS[law](rng, count).tolist()
    return found


def _pairs(rng: np.random.Generator, graph: str, n: int) -> list[tuple[int, int]]:
    everything = [(a, b) for a in range(n) for b in range(a + 1, n)]
    if graph == "random":
        kept = rng.random(len(everything)) < rng.uniform(0.2, 0.9)
        return [pair for pair, keep in zip(everything, kept, strict=True) if keep]
    if graph == "scale-free" and n > 2:
        links = int(rng.integers(1, min(3, n - 1) + 1))
        ends, found = list(range(links)), set[tuple[int, int]]()
        for new in range(links, n):
            chosen = {int(ends[i]) for i in rng.integers(len(ends), size=links)}
            found |= {(min(old, new), max(old, new)) for old in chosen}
            ends += [*chosen, *[new] * len(chosen)]
        return _renamed(rng, sorted(found), n)
    if graph == "ring" and n > 2:
        ring = {(min(q, (q + 1) % n), max(q, (q + 1) % n)) for q in range(n)}
        chords = rng.random(len(everything)) < rng.uniform(0.0, 2.0 / n)
        ring |= {pair for pair, keep in zip(everything, chords, strict=True) if keep}
        return _renamed(rng, sorted(ring), n)
    return everything


def _renamed(
    rng: np.random.Generator, pairs: list[tuple[int, int]], n: int
) -> list[tuple[int, int]]:
    name = rng.permutation(n).tolist()
    return [(min(name[a], name[b]), max(name[a], name[b])) for a, b in pairs]

"""Small instances that are like a large one, for what is learnt on small problems only.

QAOA's energy at few layers depends on neighbourhoods: on how many products act on a spin and with
which weights. A look-alike keeps these and nothing else (the configuration model), a neighbourhood
is cut out of the instance and so has a rim of spins that lack partners. Angles found on one are
carried over with `qaoa_large.angle_scale`.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian

_ATTEMPTS = 20

Terms = dict[tuple[int, ...], float]


def look_alike(
    hamiltonian: IsingHamiltonian, size: int, rng: np.random.Generator
) -> IsingHamiltonian:
    """A random instance on `size` spins with degrees and weights drawn from a larger one.

    Raises:
        ProblemError: the Hamiltonian has no terms.
    """
    degrees, weights = _degrees(hamiltonian)
    spins = rng.choice(sorted({spin for own in degrees.values() for spin in own}), size)
    terms: Terms = {}
    for order, own in sorted(degrees.items()):
        stubs = [i for i, spin in enumerate(spins) for _ in range(min(own[spin], size - 1))]
        for qubits in _matched(stubs, order, rng):
            terms[qubits] = float(rng.choice(weights[order]))
    if not terms:
        return neighbourhood(hamiltonian, size, rng)
    return IsingHamiltonian(size, terms)


def neighbourhood(
    hamiltonian: IsingHamiltonian, size: int, rng: np.random.Generator
) -> IsingHamiltonian:
    """The terms among the `size` spins nearest to a random one, breadth first.

    Raises:
        ProblemError: the Hamiltonian has no terms.
    """
    acting: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for qubits in hamiltonian.terms:
        for qubit in qubits:
            acting[qubit].append(qubits)
    if not acting:
        raise ProblemError("the Hamiltonian has no terms: every answer is optimal.")
    first = int(rng.choice(sorted(acting)))
    chosen, at = {first: 0}, 0
    while at < len(chosen) < size:
        for qubits in acting[list(chosen)[at]]:
            for qubit in qubits:
                if len(chosen) < size:
                    chosen.setdefault(qubit, len(chosen))
        at += 1
    inside = {q: t for t, q in enumerate(chosen)}
    terms = {
        tuple(sorted(inside[qubit] for qubit in qubits)): c
        for qubits, c in hamiltonian.terms.items()
        if all(qubit in inside for qubit in qubits)
    }
    return IsingHamiltonian(len(inside), terms)


def _degrees(
    hamiltonian: IsingHamiltonian,
) -> tuple[dict[int, dict[int, int]], dict[int, list[float]]]:
    """How many products of each order act on each spin, and their weights by order."""
    degrees: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    weights: dict[int, list[float]] = defaultdict(list)
    for qubits, c in hamiltonian.terms.items():
        if c:
            weights[len(qubits)].append(c)
            for qubit in qubits:
                degrees[len(qubits)][qubit] += 1
    if not weights:
        raise ProblemError("the Hamiltonian has no terms: every answer is optimal.")
    return degrees, weights


def _matched(stubs: list[int], order: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Stubs joined at random to products of `order` different spins; as many as come out."""
    best: list[tuple[int, ...]] = []
    for _ in range(_ATTEMPTS):
        drawn = rng.permutation(stubs)[: len(stubs) // order * order].reshape(-1, order)
        made = {tuple(sorted(map(int, group))) for group in drawn}
        kept = sorted(group for group in made if len(set(group)) == order)
        if len(kept) > len(best):
            best = kept
        if len(best) == len(drawn):
            break
    return best

"""Certified bounds of large observables from small ones, and product states as upper bounds.

The lowest energy of a sum is at least the sum of its parts' lowest energies (Anderson, Phys. Rev.
83, 1260 (1951)). The parts are windows of neighbouring qubits: each term is shared evenly among the
windows that hold it, and a term that none holds is a part of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from quasar.core.ground_space import lowest_energy
from quasar.core.observable import Observable, Pauli, PauliSum
from quasar.core.seeds import generator

FloatMatrix = npt.NDArray[np.float64]

WINDOW = 10
"""Qubits of a window: the largest whose ground energy takes milliseconds."""
_ROUNDING = 1e-12  # of the sum of coefficients, which eigenvalues may be off by
_SWEEPS, _STARTS = 60, 4
_SETTLED = 1e-5  # relative change of the energy in a sweep at which it ends
_AXES = {"X": 0, "Y": 1, "Z": 2}


def lower_bound(observable: Observable, window: int = WINDOW) -> float:
    """What no state's energy is below, without the constant."""
    terms = observable.pauli_terms()
    order = _neighbours_together(observable.n_qubits, terms)
    place = {qubit: i for i, qubit in enumerate(order)}
    last = max(len(order) - window, 0)
    parts: list[dict[Pauli, float]] = [{} for _ in range(last + 1)]
    total = 0.0
    for pauli, c in terms.items():
        places = [place[qubit] for qubit, _ in pauli]
        first, end = max(max(places) - window + 1, 0), min(min(places), last)
        if first > end:
            total -= abs(c)
            continue
        for start in range(first, end + 1):
            moved: Pauli = tuple(sorted((place[q] - start, axis) for q, axis in pauli))
            parts[start][moved] = c / (end - first + 1)
    known: dict[PauliSum, float] = {}
    for part in filter(None, parts):
        acted_on = sorted({qubit for pauli in part for qubit, _ in pauli})
        own = {qubit: i for i, qubit in enumerate(acted_on)}
        terms_of_part = {tuple((own[q], axis) for q, axis in p): c for p, c in part.items()}
        h = PauliSum(len(acted_on), terms_of_part)
        if h not in known:
            known[h] = lowest_energy(h)
        total += known[h]
    return total - _ROUNDING * sum(map(abs, terms.values()))


def product_state_energy(observable: Observable, seed: int = 0) -> float:
    """A low energy of a product state, without the constant: the ground energy is at most this."""
    return product_state(observable, seed)[0]


def product_state(observable: Observable, seed: int = 0) -> tuple[float, FloatMatrix]:
    """A product state of low energy: the energy without the constant, and each qubit's Bloch
    vector, shape [n, 3].

    Each qubit in turn points against the field of the others (mean field), from several random
    starts.
    """
    terms = list(observable.pauli_terms().items())
    touching: list[list[int]] = [[] for _ in range(observable.n_qubits)]
    for number, (pauli, _) in enumerate(terms):
        for qubit, _ in pauli:
            touching[qubit].append(number)
    rng = generator(seed, "product state")
    best, found = np.inf, np.zeros((observable.n_qubits, 3))
    for _ in range(_STARTS):
        spins = rng.normal(size=(observable.n_qubits, 3))  # Bloch vectors, rows of length 1
        spins /= np.linalg.norm(spins, axis=1, keepdims=True)
        energy = np.inf
        for _ in range(_SWEEPS):
            for qubit, numbers in enumerate(touching):
                field = np.zeros(3)
                for number in numbers:
                    pauli, c = terms[number]
                    for q, axis in pauli:
                        if q == qubit:
                            own = _AXES[axis]
                        else:
                            c *= spins[q, _AXES[axis]]
                    field[own] += c
                size = float(np.linalg.norm(field))
                if size > 0.0:
                    spins[qubit] = -field / size
            before, energy = energy, _energy(terms, spins)
            if before - energy < _SETTLED * abs(energy):
                break
        if energy < best:
            best, found = energy, spins
    return float(best), found


def _energy(terms: Iterable[tuple[Pauli, float]], spins: FloatMatrix) -> float:
    return float(
        sum(c * np.prod([spins[q, _AXES[axis]] for q, axis in pauli]) for pauli, c in terms)
    )


def _neighbours_together(n_qubits: int, terms: Iterable[Pauli]) -> list[int]:
    """All qubits in breadth-first order of the graph that the terms join them by."""
    near: list[set[int]] = [set() for _ in range(n_qubits)]
    for pauli in terms:
        qubits = [qubit for qubit, _ in pauli]
        for qubit in qubits:
            near[qubit].update(qubits)
    order: list[int] = []
    seen: set[int] = set()
    for root in sorted(range(n_qubits), key=lambda q: (len(near[q]), q)):
        queue = deque([root] if root not in seen else [])
        seen.add(root)
        while queue:
            qubit = queue.popleft()
            order.append(qubit)
            fresh = sorted(near[qubit] - seen)
            seen.update(fresh)
            queue.extend(fresh)
    return order

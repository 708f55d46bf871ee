"""Circuits that prepare states from |0...0>.

GHZ in a line and in a tree (Cruz et al., Adv. Quantum Technol. 2, 1900015 (2019)), any amplitudes
(Möttönen et al., Quantum Inf. Comput. 5, 467 (2005)), states of few amplitudes (Gleinig and
Hoefler, DAC 2021). W and Dicke states are in `circuits.dicke`.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping

import networkx as nx
import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import (
    diagonal,
    gate,
    inverse,
    multi_phase,
    multi_ry,
    multiplexed,
)


def ghz_line(n: int) -> list[Gate]:
    """N - 1 CX, one after another along a line."""
    return [gate("h", 0), *(gate("cx", i, i + 1) for i in range(n - 1))]


def ghz_tree(n: int) -> list[Gate]:
    """N - 1 CX in a depth of log2 n."""
    out, reached = [gate("h", 0)], 1
    while reached < n:
        new = min(reached, n - reached)
        out += [gate("cx", i, reached + i) for i in range(new)]
        reached += new
    return out


def graph_state(edges: list[tuple[int, int]], n: int) -> list[Gate]:
    """H everywhere and CZ on the edges, as given."""
    return [*(gate("h", q) for q in range(n)), *(gate("cz", u, v) for u, v in edges)]


def in_layers(edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges in an order in which those that share no vertex come together (greedy colours)."""
    lines = nx.line_graph(nx.Graph(edges))
    colours = nx.greedy_color(lines, "largest_first")
    ordered = sorted(colours, key=lambda edge: (colours[edge], edge))
    return [(min(edge), max(edge)) for edge in ordered]


def dense(amplitudes: npt.NDArray[np.complex128]) -> list[Gate]:
    """Any state, of about 2**(n + 1) CX; shape [2**n]."""
    n = amplitudes.size.bit_length() - 1
    out: list[Gate] = []
    sizes = np.abs(amplitudes)
    for target in range(n - 1, -1, -1):
        blocks = sizes.reshape(-1, 2, 1 << target)  # [higher qubits, target, lower qubits]
        norms = np.sqrt((blocks**2).sum(axis=2))
        turns = 2 * np.arctan2(norms[:, 1], norms[:, 0])
        out += multiplexed("ry", turns, range(target + 1, n), target)
    phases = np.where(sizes > 0, np.angle(amplitudes), 0.0)
    return out + diagonal(phases, range(n))


def sparse(amplitudes: Mapping[int, complex], n: int) -> list[Gate]:
    """A state of s amplitudes, of O(s n) CX: merges two basis states at a time, backwards."""
    left, undone = dict(amplitudes), list[Gate]()

    def apply(made: list[Gate]) -> None:
        undone.extend(made)
        for one in made:
            _permute(left, one)

    while len(left) > 1:
        first, second, differing, controls = _pair(left, n)
        tidy = [] if first >> differing & 1 else [gate("x", differing)]
        for qubit in range(n):
            if qubit != differing and (first ^ second) >> qubit & 1:
                tidy.append(gate("cx", differing, qubit))
        flipped = second
        tidy += [gate("x", q) for q in controls if not _moved(flipped, tidy) >> q & 1]
        one, zero = _moved(first, tidy), _moved(second, tidy)
        apply(tidy)
        a, b = left.pop(one), left[zero]
        undone.extend(_merge(a, b, controls, differing, n))
        left[zero] = cmath.rect(math.hypot(abs(a), abs(b)), cmath.phase(b))
    (last,) = left
    undone += [gate("x", q) for q in range(n) if last >> q & 1]
    return list(inverse(undone))


def _pair(states: Mapping[int, complex], n: int) -> tuple[int, int, int, list[int]]:
    """Two basis states, the qubit that tells them apart, and qubits that tell both from the others.

    The first two are alike on the controls, and no other state is.
    """
    chosen, qubits = list(states), list[int]()
    while len(chosen) > 1:
        qubit, value = _divide(chosen, n, qubits)
        qubits.append(qubit)
        chosen = [s for s in chosen if s >> qubit & 1 == value]
    (first,) = chosen
    differing = qubits.pop()
    others = [s for s in states if s != first and all((s ^ first) >> q & 1 == 0 for q in qubits)]
    while len(others) > 1:
        qubit, value = _divide(others, n, qubits)
        qubits.append(qubit)
        others = [s for s in others if s >> qubit & 1 == value]
    return first, others[0], differing, qubits


def _divide(states: list[int], n: int, used: list[int]) -> tuple[int, int]:
    """The qubit that divides the states most unevenly, and the rarer value."""
    best = (len(states), 0, 0)
    for qubit in range(n):
        ones = sum(s >> qubit & 1 for s in states)
        for count, value in ((ones, 1), (len(states) - ones, 0)):
            if qubit not in used and 0 < count < len(states):
                best = min(best, (count, qubit, value))
    return best[1], best[2]


def _moved(index: int, gates: list[Gate]) -> int:
    for made in gates:
        if made.name == "x" or index >> made.qubits[0] & 1:
            index ^= 1 << made.qubits[-1]
    return index


def _permute(states: dict[int, complex], made: Gate) -> None:
    moved = {_moved(index, [made]): amplitude for index, amplitude in states.items()}
    states.clear()
    states.update(moved)


def _merge(a: complex, b: complex, controls: list[int], target: int, n: int) -> list[Gate]:
    """Where all controls are 1, takes b|0> + a|1> of the target to |0>, with b's phase."""
    phase = cmath.phase(b) - cmath.phase(a)
    free = [q for q in range(n) if q != target and q not in controls]
    out: list[Gate] = []
    if abs(phase) > 1e-14:
        out += multi_phase(phase, [*controls, target])
    return out + multi_ry(-2 * math.atan2(abs(a), abs(b)), controls, target, free)

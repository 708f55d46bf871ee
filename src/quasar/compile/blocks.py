"""A proof of equivalence at any size: the compiled circuit taken apart beside the original.

Both circuits are read from the front. The compiled one is cut into blocks, runs of gates on one
pair of qubits, each a 4 × 4 matrix B. If B undone by the original's next terms on that pair is a
product of one-qubit gates, or that times a swap, the terms are matched; the one-qubit gates are
carried on into the next blocks and a swap into the layout. Terms of a commuting layer may be
matched in any order. When nothing is left on either side the two are equal as unitaries, up to
global phase and the final layout; the deviations met on the way add up to a bound on the distance.

Covers what layout, routing, resynthesis of blocks and merging of one-qubit gates do. Not covered
is what cancels gates across blocks: then nothing is known (None), which is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.to_qiskit import gate_matrix
from quasar.circuits.zz_terms import PRODUCT
from quasar.compile.order import ordered

Matrix = npt.NDArray[np.complex128]

TOLERANCE = 1e-4
"""Largest deviation of a block; Qiskit's numerical synthesis makes up to 2e-5."""
_SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
_ONE = np.eye(2, dtype=complex)


def matched_blocks(
    original: Circuit, compiled: Circuit, initial: Sequence[int], final: Sequence[int]
) -> float | None:
    """A bound on the distance of the two, as ||U - V|| up to global phase; None: not known.

    Args:
        original: gates on one or two qubits.
        compiled: the same on places; `initial` and `final` are the places of the original's qubits.
    """
    return _Matching(original, compiled, initial).run(final)


class _Matching:
    """Invariant: the rest of `compiled` after the carried one-qubit gates equals the rest of
    `original`; `at` is the qubit of the original on each place (numbers from n on are idle).
    """

    def __init__(self, original: Circuit, compiled: Circuit, initial: Sequence[int]) -> None:
        self.items = ordered(original)
        self.waits = [len(item.before) for item in self.items]
        self.ready = {i for i, waits in enumerate(self.waits) if not waits}
        self.compiled = compiled
        held = {place: qubit for qubit, place in enumerate(initial)}
        others = iter(range(original.n_qubits, compiled.n_qubits))
        self.at = [held[p] if p in held else next(others) for p in range(compiled.n_qubits)]
        self.carried: list[Matrix] = [_ONE] * compiled.n_qubits  # by place
        self.deviation = 0.0

    def run(self, final: Sequence[int]) -> float | None:
        for block in _blocks(self.compiled):
            if len(block.places) == 1:
                place = block.places[0]
                self.carried[place] = block.matrix @ self.carried[place]
            elif not self.match(block):
                return None
        self.absorb_singles()
        if self.ready or any(self.waits) or [self.at[p] for p in final] != list(range(len(final))):
            return None
        for matrix in self.carried:
            # The largest |eigenvalue - phase|, for a unitary near a phase.
            phase = np.trace(matrix)
            phase = phase / abs(phase) if abs(phase) > 1e-6 else 1.0
            self.add(float(np.linalg.norm(matrix - phase * _ONE, 2)))
        return self.deviation

    def add(self, deviation: float) -> None:
        self.deviation += deviation

    def match(self, block: _Block) -> bool:
        """Match a block; False where nothing fits."""
        self.absorb_singles()
        a, b = block.places
        rest = block.matrix @ np.kron(self.carried[b], self.carried[a])
        while True:
            for swapped in (False, True):
                found = _product(_SWAP @ rest if swapped else rest)
                if found is None:
                    continue
                one, two, deviation = found
                self.add(deviation)
                if swapped:  # rest = SWAP (two ⊗ one): the qubits change places
                    one, two = two, one
                    self.at[a], self.at[b] = self.at[b], self.at[a]
                self.carried[a], self.carried[b] = one, two
                return True
            term = self.next_term({self.at[a], self.at[b]})
            if term is None:
                return False
            done = _Block((self.at[a], self.at[b]), np.eye(4, dtype=complex))
            done.add(self.items[term].gate)
            rest = rest @ done.matrix.conj().T
            self.take(term)

    def next_term(self, pair: set[int]) -> int | None:
        """A term of the original that may come next and acts within the pair."""
        fitting = [i for i in self.ready if pair.issuperset(self.items[i].qubits)]
        return min(fitting, default=None)

    def absorb_singles(self) -> None:
        """Undo the original's one-qubit gates that come next in what is carried."""
        place = {qubit: p for p, qubit in enumerate(self.at)}
        while single := [i for i in self.ready if len(self.items[i].qubits) == 1]:
            for i in sorted(single):
                p = place[self.items[i].qubits[0]]
                self.carried[p] = self.carried[p] @ _matrix(self.items[i].gate).conj().T
                self.take(i)

    def take(self, term: int) -> None:
        self.ready.discard(term)
        for other in self.items[term].after:
            self.waits[other] -= 1
            if not self.waits[other]:
                self.ready.add(other)


@dataclass(eq=False)
class _Block:
    """Gates on one pair of places, the first least significant."""

    places: tuple[int, ...]
    matrix: Matrix

    def add(self, gate: Gate) -> None:
        matrix: npt.NDArray[Any] = _matrix(gate)
        straight = gate.qubits[0] == self.places[0]
        if len(gate.qubits) == 1:
            matrix = np.kron(_ONE, matrix) if straight else np.kron(matrix, _ONE)
        elif not straight:
            matrix = _SWAP @ matrix @ _SWAP
        self.matrix = matrix @ self.matrix


def _blocks(circuit: Circuit) -> Iterator[_Block]:
    """The circuit as blocks, in an order that holds; one-qubit gates outside of any as their own.

    A block is closed, and comes out, when another gate on two places uses one of its own.
    """
    opened: dict[int, _Block] = {}
    for gate in circuit.gates:
        block = opened.get(gate.qubits[0])
        if len(gate.qubits) == 1 and block is None:
            yield _Block(gate.qubits, _matrix(gate))
            continue
        if block is None or not set(gate.qubits) <= set(block.places):
            for place in gate.qubits:
                if (done := opened.get(place)) is not None:
                    yield _closed(done, opened)
            block = _Block(gate.qubits, np.eye(4, dtype=complex))
            opened.update(dict.fromkeys(gate.qubits, block))
        block.add(gate)
    while opened:
        yield _closed(next(iter(opened.values())), opened)


def _closed(block: _Block, opened: dict[int, _Block]) -> _Block:
    for place in block.places:
        del opened[place]
    return block


def _matrix(gate: Gate) -> Matrix:
    if gate.name == PRODUCT:
        half = gate.params[0] / 2
        return np.diag(np.exp(1j * half * np.array([-1, 1, 1, -1])))
    matrix: Matrix = gate_matrix(gate)
    return matrix


def _product(matrix: Matrix) -> tuple[Matrix, Matrix, float] | None:
    """Gates on the first (least significant) and second qubit whose product it is, and by how much
    it is not; None where it is none. By the operator Schmidt decomposition.
    """
    # Axes of the reshape: row bits (second, first), column bits (second, first).
    grouped = matrix.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    left, values, right = np.linalg.svd(grouped)
    if values[1] > TOLERANCE:
        return None
    scale = np.sqrt(2.0)
    two, one = left[:, 0].reshape(2, 2) * scale, right[0].reshape(2, 2) * scale
    return one, two, float(values[1:].sum())

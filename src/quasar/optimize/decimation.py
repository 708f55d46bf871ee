"""Greedy decimation: spins fixed one at a time, the one in the strongest field first.

Of the qubits left, the one on which those fixed so far exert the largest field comes next, and
takes the bit that its field asks for. Fixes that are certain come before those that are close.
Greedy decimation alone is a good heuristic already (see the lab book; `greedy_index`), and the
baseline for what writes such plans.

A decimation guided by given states keeps that order. Its bit follows the field wherever one of the
states allows it, so of several ground states it names the one that greedy decimation comes nearest
to: the most predictable of them. Only terms whose other qubits are all fixed count towards a field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from quasar.core.hamiltonian import IntVector, IsingHamiltonian

_SAME = 6  # decimals: weights and fields closer than this, relative to the largest term, are equal


class Coupling(NamedTuple):
    """A term as one of its qubits sees it.

    Attributes:
        others: the term's other qubits, in the order of decimation; none for a field on the qubit
            alone.
        coefficient: in units of energy.
    """

    others: tuple[int, ...]
    coefficient: float


class DecimationRow(NamedTuple):
    """A qubit and the terms that end in it: all whose other qubits come before it."""

    qubit: int
    couplings: tuple[Coupling, ...]


class SpinFix(NamedTuple):
    """One step of a decimation.

    Attributes:
        qubit: whose bit is fixed.
        field: what multiplies its Z when the qubits before it are set, in units of the largest
            coefficient; a positive field asks for bit 1 (Z = -1).
        bit: 0 or 1, as measured.
    """

    qubit: int
    field: float
    bit: int


def greedy_decimation(hamiltonian: IsingHamiltonian) -> tuple[SpinFix, ...]:
    """Fix spins greedily, the strongest field first; ties by sum of |coefficients|, then by index.

    A qubit without a field takes bit 0.
    """
    n, unit = hamiltonian.n_qubits, largest_coefficient(hamiltonian)
    weight, fields = np.zeros(n), np.zeros(n)
    terms: list[tuple[set[int], float]] = []
    of_qubit: list[list[int]] = [[] for _ in range(n)]
    for qubits, coefficient in hamiltonian.terms.items():
        for qubit in qubits:
            weight[qubit] += abs(coefficient)
            of_qubit[qubit].append(len(terms))
        terms.append((set(qubits), coefficient / unit))
        if len(qubits) == 1:
            fields[qubits[0]] += coefficient / unit
    weight = np.round(weight / unit, _SAME)
    left = list(range(n))
    out = []
    while left:
        strength = np.round(np.abs(fields), _SAME)
        qubit = min(left, key=lambda q: (-strength[q], -weight[q], q))
        left.remove(qubit)
        field = round(float(fields[qubit]), _SAME) + 0.0
        bit = int(field > 0)
        out.append(SpinFix(qubit, field, bit))
        for number in of_qubit[qubit]:
            open_qubits, coefficient = terms[number]
            open_qubits.remove(qubit)
            terms[number] = (open_qubits, -coefficient if bit else coefficient)
            if len(open_qubits) == 1:
                fields[next(iter(open_qubits))] += terms[number][1]
    return tuple(out)


def greedy_index(hamiltonian: IsingHamiltonian) -> int:
    """The state that greedy decimation ends in."""
    return state_index(greedy_decimation(hamiltonian))


_last_rows: list[tuple[IsingHamiltonian, tuple[DecimationRow, ...]]] = []


def rows(hamiltonian: IsingHamiltonian) -> tuple[DecimationRow, ...]:
    """The Hamiltonian by qubits, in the order of `greedy_decimation`; kept for the next call."""
    for known, found in _last_rows:
        if known is hamiltonian:
            return found
    found = _rows(hamiltonian)
    _last_rows[:] = [(hamiltonian, found)]
    return found


def _rows(hamiltonian: IsingHamiltonian) -> tuple[DecimationRow, ...]:
    order = [decision.qubit for decision in greedy_decimation(hamiltonian)]
    place = {qubit: i for i, qubit in enumerate(order)}
    found: list[list[Coupling]] = [[] for _ in order]
    for qubits, coefficient in hamiltonian.terms.items():
        *others, last = sorted(qubits, key=place.__getitem__)
        found[place[last]].append(Coupling(tuple(others), coefficient))
    for couplings in found:
        couplings.sort(key=lambda c: (len(c.others), [place[q] for q in c.others]))
    return tuple(DecimationRow(qubit, tuple(own)) for qubit, own in zip(order, found, strict=True))


def largest_coefficient(hamiltonian: IsingHamiltonian) -> float:
    """Max |c| over all terms; 1 if there are none."""
    return max((abs(c) for c in hamiltonian.terms.values()), default=0.0) or 1.0


def guided_decimation(
    hamiltonian: IsingHamiltonian, states: IntVector | None = None
) -> tuple[SpinFix, ...]:
    """Fix every qubit in turn, so that the last fix completes one of some states.

    Args:
        states: indices of the states to lead to; default: the ground states (of levels with
            `Spectrum.MAX_LISTED` states or more those listed).
    """
    left = hamiltonian.spectrum.ground_states if states is None else states

    def choose(qubit: int, field: float) -> int:
        nonlocal left
        bits = (left >> qubit) & 1
        bit = int(field > 0)
        if not (bits == bit).any():
            bit = 1 - bit
        left = left[bits == bit]
        return bit

    return _decide(hamiltonian, choose)


def perturbed(
    hamiltonian: IsingHamiltonian, decisions: Sequence[SpinFix], rng: np.random.Generator
) -> tuple[SpinFix, ...]:
    """A decimation that goes wrong once: one fix turned, mostly a close one, the rest by the field.

    This is how written plans go wrong where fields are not added up exactly. Ties are drawn.
    """
    closeness = 1.0 / (0.1 + np.abs([step.field for step in decisions]))
    turned = int(rng.choice(len(decisions), p=closeness / closeness.sum()))
    taken = {step.qubit: step.bit for step in decisions[:turned]}
    taken[decisions[turned].qubit] = 1 - decisions[turned].bit

    def choose(qubit: int, field: float) -> int:
        if qubit in taken:
            return taken[qubit]
        return int(field > 0) if field else int(rng.integers(2))

    return _decide(hamiltonian, choose)


def state_index(decisions: Iterable[SpinFix]) -> int:
    """The state that the fixes lead to."""
    return sum(decision.bit << decision.qubit for decision in decisions)


def _decide(
    hamiltonian: IsingHamiltonian, choose: Callable[[int, float], int]
) -> tuple[SpinFix, ...]:
    """Fixes in the order of `rows`; `choose` gives the bit of a qubit in a field."""
    unit = largest_coefficient(hamiltonian)
    z = [0] * hamiltonian.n_qubits
    out = []
    for qubit, couplings in rows(hamiltonian):
        field = 0.0
        for others, coefficient in couplings:
            sign = 1
            for other in others:
                sign *= z[other]
            field += coefficient * sign
        field = round(field / unit, _SAME) + 0.0
        bit = choose(qubit, field)
        z[qubit] = 1 - 2 * bit
        out.append(SpinFix(qubit, field, bit))
    return tuple(out)


def guided_index(hamiltonian: IsingHamiltonian) -> int:
    """The ground state that `guided_decimation` leads to."""
    return state_index(guided_decimation(hamiltonian))

"""Causal cones: the pieces that a product of Paulis can notice, and which cones are the same.

Going back in time from the product, a piece is left out where it commutes with what the product has
become by then: it touches none of its wires, or only wires on which both are diagonal. So a phase
between two neighbours of a term's qubits does not widen the cone of a first layer.

Cones are the same where their pieces agree after renaming wires. The names come from a refinement
of colours and a walk from the term outward; the key of a cone is the whole list of its pieces in
those names, so equal keys prove that cones are the same. Cones that are the same may get different
keys where symmetric wires are named in different orders; that costs time and nothing else.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from quasar.core.observable import Pauli
from quasar.simulate.cones.forms import Form, Piece

_AXES = {"X": 1, "Y": 2, "Z": 3}
_ROUNDS = 12  # of refinement at most; more only tells apart what is far from the term

Variable = tuple[int, int]
"""A wire (by its name in the cone) between two pieces that change it: (wire, how many before)."""


class Factor(NamedTuple):
    """A piece in a cone: form, which of its wires are still |0>, and its variables in order."""

    form: int
    zeros: int
    variables: tuple[Variable, ...]


class Key(NamedTuple):
    """All of a cone but the angles: its factors in order, and (wire, times changed, axis) of the
    product's wires. Axes: X is 1, Y is 2, Z is 3.
    """

    factors: tuple[Factor, ...]
    product: tuple[tuple[int, int, int], ...]


class Cone(NamedTuple):
    """A causal cone: its key, the scales of the factors, and how many wires it has."""

    key: Key
    scales: tuple[float, ...]
    n_wires: int


class Causes:
    """Finds cones in the pieces of one circuit.

    Args:
        pieces: in order of time.
    """

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self._on: dict[int, list[int]] = {}
        for position, piece in enumerate(pieces):
            for wire in piece.wires:
                self._on.setdefault(wire, []).append(position)

    def cone(self, product: Mapping[int, str]) -> Cone:
        """The cone of a product of Paulis, axis by wire."""
        return _named([self._pieces[i] for i in self._inside(product)], product)

    def wires(self, product: Mapping[int, str]) -> set[int]:
        """The wires that a product's expectation depends on."""
        return {w for i in self._inside(product) for w in self._pieces[i].wires} | set(product)

    def _inside(self, product: Mapping[int, str]) -> list[int]:
        diagonal = {wire: axis == "Z" for wire, axis in product.items()}
        left = {wire: len(self._on.get(wire, ())) for wire in product}
        waiting: list[tuple[int, int]] = []

        def expect(wire: int) -> None:
            if left[wire]:
                left[wire] -= 1
                heapq.heappush(waiting, (-self._on[wire][left[wire]], wire))

        for wire in product:
            expect(wire)
        inside = []
        done = -1
        while waiting:
            negative, wire = heapq.heappop(waiting)
            position = -negative
            expect(wire)
            if position == done:
                continue  # another of its wires has brought it up
            done = position
            form, wires, _ = self._pieces[position]
            touched = [(kept, w) for kept, w in zip(form.kept, wires, strict=True) if w in diagonal]
            if all(kept and diagonal[w] for kept, w in touched):
                continue
            stays = form.monomial and all(diagonal[w] for _, w in touched)
            inside.append(position)
            for kept, w in zip(form.kept, wires, strict=True):
                if w not in diagonal:
                    diagonal[w] = True
                    left[w] = self._before(w, position)
                    expect(w)
                diagonal[w] = stays or (kept and diagonal[w])
        return inside[::-1]

    def _before(self, wire: int, position: int) -> int:
        """How many pieces of a wire come before that one."""
        return bisect_left(self._on[wire], position)


def on_wires(pauli: Pauli, wire: list[int]) -> dict[int, str]:
    """A product of Paulis on qubits as one on wires."""
    return {wire[qubit]: axis for qubit, axis in pauli}


def _named(pieces: Iterable[Piece], product: Mapping[int, str]) -> Cone:
    """The cone in names of its own."""
    changed: dict[int, int] = dict.fromkeys(product, 0)
    placed: list[tuple[Form, int, list[Variable], float]] = []
    for form, wires, scale in pieces:
        zeros = 0
        variables = []
        for position, (kept, wire) in enumerate(zip(form.kept, wires, strict=True)):
            now = changed.setdefault(wire, 0)
            zeros |= (now == 0) << position
            if not kept:
                changed[wire] = now = now + 1
            variables.append((wire, now))
        # A phase on wires that are all |0> is a global one.
        if zeros != (1 << len(wires)) - 1 or not all(form.kept):
            placed.append((form, zeros, variables, scale))
    name = _names(placed, product, changed)
    factors: list[tuple[Factor, float]] = []
    for form, zeros, variables, scale in placed:
        named = [(name[wire], now) for wire, now in variables]
        if form.symmetric and not zeros:
            named.sort()
        factors.append((Factor(form.number, zeros, tuple(named)), scale))
    factors.sort()
    ends = sorted((name[w], changed[w], _AXES[axis]) for w, axis in product.items())
    key = Key(tuple(factor for factor, _ in factors), tuple(ends))
    return Cone(key, tuple(scale for _, scale in factors), len(name))


def _names(
    placed: list[tuple[Form, int, list[Variable], float]],
    product: Mapping[int, str],
    changed: Mapping[int, int],
) -> dict[int, int]:
    """A number for each wire, the same for wires in the same place of equal cones.

    Colours are hashes of tuples of integers, which every process computes alike.
    """
    own: dict[int, list[tuple[int, ...]]] = {wire: [] for wire in changed}
    links: dict[int, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {w: [] for w in changed}
    for form, zeros, variables, _ in placed:
        for position, (wire, now) in enumerate(variables):
            at = 0 if form.symmetric else position
            own[wire].append((form.number, zeros, at, now))
            if len(variables) > 1:
                others = tuple(w for w, _ in variables if w != wire)
                links[wire].append(((form.number, at, now), others))
    colour = {
        wire: hash((_AXES[product[wire]] if wire in product else 0, *sorted(own[wire])))
        for wire in changed
    }
    distinct = len(set(colour.values()))
    for _ in range(_ROUNDS):
        if distinct == len(colour):
            break
        colour = {
            wire: hash(
                (
                    colour[wire],
                    *sorted((*how, *sorted(colour[w] for w in others)) for how, others in linked),
                )
            )
            for wire, linked in links.items()
        }
        before, distinct = distinct, len(set(colour.values()))
        if distinct == before:
            break
    name: dict[int, int] = {}
    waiting = sorted(product, key=lambda wire: (colour[wire], wire))
    for wire in waiting:
        name[wire] = len(name)
    for wire in waiting:
        near = {w for _, others in links[wire] for w in others if w not in name}
        for other in sorted(near, key=lambda w: (colour[w], w)):
            name[other] = len(name)
            waiting.append(other)
    for wire in sorted(changed, key=lambda w: (colour[w], w)):
        name.setdefault(wire, len(name))
    return name

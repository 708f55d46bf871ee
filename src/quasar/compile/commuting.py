"""Routing that may reorder commuting gates: the part of QAOA that Qiskit's router keeps in order.

A swap is chosen as in SABRE (Li, Ding and Xie, arXiv:1809.02573) by the distances that it shortens,
but over all terms of a commuting layer at once, and with two things of 2QAN (Lao and Browne,
arXiv:2108.02099): any term whose qubits are neighbours is done at once, and a swap on a pair whose
term may still wait is merged with it, since both together take three native gates, and the term
alone takes two. Layouts start from those that Qiskit finds and are improved by routing backwards
and forwards. All choices depend on the seed only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.zz_terms import PRODUCT
from quasar.compile.order import SWAP, OrderedGate, ordered, reversed_order
from quasar.compile.part import Part

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

AHEAD = 0.3
"""Weight of terms that wait for others, against those that may be done now."""
MERGED = 1 / 3
"""Price of a swap that is merged with a term, against one of its own: 1 native gate, not 3."""
PATIENCE = 8
"""Swaps without a gate done, after which the nearest pair is brought together directly."""

SWAP_NETWORK = "swap network on a line"
"""What `by_line` calls its way."""
LINES = 4
"""Arrangements on a line that are tried."""
LINE_CALLS = 100_000


@dataclass(frozen=True, eq=False)
class Routed:
    """A circuit on neighbouring qubits of a part, not yet in native gates.

    Attributes:
        gates: with swaps; ZZ rotations are `zz_terms.PRODUCT`.
        qubits: of the part.
        initial, final, compiler: as in `Placed`.
        cost: estimate of its native two-qubit gates.
    """

    gates: tuple[Gate, ...]
    qubits: int
    initial: tuple[int, ...]
    final: tuple[int, ...]
    compiler: str
    cost: int

    def circuit(self) -> QuantumCircuit:
        """As a Qiskit circuit."""
        return _as_qiskit(self.gates, self.qubits)


def by_commuting(
    circuit: Circuit,
    part: Part,
    starts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    *,
    fixed: bool = False,
) -> Iterator[Routed]:
    """Routed circuits in the part's numbers, one for each seed.

    Args:
        circuit: with gates on one or two qubits.
        starts: layouts to start from, taken in turn: qubit of the part of each qubit.
        fixed: they stay as they are.
    """
    items = ordered(circuit)
    backwards = reversed_order(items)
    for seed in seeds:
        layout = list(starts[seed % len(starts)])
        rng = np.random.default_rng(seed)
        for _ in range(0 if fixed else int(rng.integers(0, 3))):
            layout = _Routing(items, part, layout, rng).run().place
            layout = _Routing(backwards, part, layout, rng).run().place
        routing = _Routing(items, part, layout, rng).run()
        yield Routed(
            tuple(routing.out),
            len(part.qubits),
            tuple(layout),
            tuple(routing.place),
            f"commuting terms, seed {seed}",
            routing.cost,
        )


def by_line(circuit: Circuit, part: Part, seeds: Sequence[int]) -> Iterator[Routed]:
    """Routed circuits as `by_commuting`, by the swap network on a line (Kivlichan et al.,
    arXiv:1711.04789): layers of swaps on every second pair bring each two qubits together once.

    It is the best way for layers in which nearly every pair has a term. None where the device has
    no line that long, or few pairs have terms.
    """
    items, n = ordered(circuit), circuit.n_qubits
    pairs = {frozenset(item.qubits) for item in items if len(item.qubits) == 2}
    line = _line(part, n) if n > 2 and 4 * len(pairs) >= n * (n - 1) else None
    if line is None:
        return
    for seed in seeds[:LINES]:
        rng = np.random.default_rng(seed)
        layout = [line[k] for k in rng.permutation(n)]
        routing = _Routing(items, part, layout, rng).run_line(line)
        yield Routed(
            tuple(routing.out),
            len(part.qubits),
            tuple(layout),
            tuple(routing.place),
            f"{SWAP_NETWORK}, seed {seed}",
            routing.cost,
        )


class _Routing:
    """One pass over the items; `place` is the qubit of the part of each qubit, `out` the gates."""

    def __init__(
        self, items: list[OrderedGate], part: Part, layout: Sequence[int], rng: np.random.Generator
    ) -> None:
        self.items, self.rng = items, rng
        self.distance = part.distances.tolist()
        self.neighbours = part.neighbours
        self.place = list(layout)
        self.at = {physical: qubit for qubit, physical in enumerate(layout)}
        self.waits = [len(item.before) for item in items]
        self.front: set[int] = set()
        self.out: list[Gate] = []
        # Terms done on neighbours that nothing after them has fixed yet, by their pair of places.
        self.loose: dict[tuple[int, int], list[Gate]] = {}
        self.last_swap: tuple[int, int] | None = None
        self.ahead = AHEAD * float(rng.uniform(0.3, 1.7))
        self.merged_price = float(rng.uniform(MERGED, 1.0))

    def run(self) -> _Routing:
        """Route everything."""
        self._release([i for i, waits in enumerate(self.waits) if not waits])
        stale = 0
        while self.front:
            if stale >= PATIENCE:
                self._walk()
                stale = 0
                continue
            self._swap(*self._best_swap())
            stale = 0 if self._do_possible() else stale + 1
        return self._end()

    def run_line(self, line: Sequence[int]) -> _Routing:
        """Route everything by layers of swaps on a line."""
        self._release([i for i, waits in enumerate(self.waits) if not waits])
        parity = 0
        while self.front:
            for a, b in zip(line[parity::2], line[parity + 1 :: 2], strict=False):
                self._swap(a, b)
            parity = 1 - parity
            self._do_possible()
        return self._end()

    def _end(self) -> _Routing:
        for pair in list(self.loose):
            self._fix(pair)
        return self

    @property
    def cost(self) -> int:
        """Estimate of native two-qubit gates: 2 a term, 3 a swap, 3 both on the same pair."""
        total, last = 0, dict[int, tuple[int, int]]()
        for gate in self.out:
            if len(gate.qubits) < 2:
                continue
            pair = _pair(*gate.qubits)
            joined = all(last.get(q) == pair for q in pair)
            if gate.name == SWAP:
                total += 1 if joined else 3
            elif not joined:
                total += 2
            last.update(dict.fromkeys(pair, pair))
        return total

    # --- gates ---

    def _release(self, ready: list[int]) -> None:
        """Take up items that wait for nothing; do those that can be done."""
        stack = list(ready)
        while stack:
            number = stack.pop()
            item = self.items[number]
            if len(item.qubits) == 2 and not self._adjacent(item):
                self.front.add(number)
                continue
            stack += self._do(number)

    def _do_possible(self) -> bool:
        possible = [number for number in sorted(self.front) if self._adjacent(self.items[number])]
        for number in possible:
            self.front.discard(number)
        for number in possible:
            self._release(self._do(number))
        return bool(possible)

    def _adjacent(self, item: OrderedGate) -> bool:
        a, b = item.qubits
        return bool(self.distance[self.place[a]][self.place[b]] <= 1)

    def _do(self, number: int) -> list[int]:
        """Put out an item; returns those that have waited for it only."""
        item = self.items[number]
        places = tuple(self.place[q] for q in item.qubits)
        gate = item.gate._replace(qubits=places)
        if item.diagonal and len(places) == 2:
            self.loose.setdefault(_pair(*places), []).append(gate)
        elif item.diagonal:
            self.out.append(gate)  # commutes with whatever is loose
        else:
            self._fix_at(places)
            self.out.append(gate)
        freed = []
        for other in item.after:
            self.waits[other] -= 1
            if not self.waits[other]:
                freed.append(other)
        return freed

    def _fix_at(self, places: Sequence[int]) -> None:
        for pair in [pair for pair in self.loose if not set(pair).isdisjoint(places)]:
            self._fix(pair)

    def _fix(self, pair: tuple[int, int]) -> None:
        self.out += self.loose.pop(pair)

    # --- swaps ---

    def _swap(self, a: int, b: int) -> None:
        together = self.loose.pop(_pair(a, b), [])
        self._fix_at((a, b))
        self.out += together
        self.out.append(Gate(SWAP, (a, b)))
        one, two = self.at.pop(a, None), self.at.pop(b, None)
        if one is not None:
            self.place[one], self.at[b] = b, one
        if two is not None:
            self.place[two], self.at[a] = a, two
        self.last_swap = _pair(a, b)

    def _best_swap(self) -> tuple[int, int]:
        """The swap that shortens most for its price; equal ones are drawn."""
        now = self._partners(self.front)
        later = self._partners(self._next())
        best, found = -np.inf, [(0, 0)]
        for a, b in self._candidates(now):
            if _pair(a, b) == self.last_swap:
                continue
            gain = self._gain(now, a, b) + self.ahead * self._gain(later, a, b)
            price = self.merged_price if _pair(a, b) in self.loose else 1.0
            value = gain - price
            if value > best + 1e-9:
                best, found = value, [(a, b)]
            elif value > best - 1e-9:
                found.append((a, b))
        return found[int(self.rng.integers(len(found)))]

    def _candidates(self, now: dict[int, list[int]]) -> list[tuple[int, int]]:
        return sorted({_pair(a, b) for a in now for b in self.neighbours[a]})

    def _partners(self, numbers: set[int]) -> dict[int, list[int]]:
        """For each place the places that its qubit has still to meet."""
        partners: dict[int, list[int]] = {}
        for number in numbers:
            a, b = (self.place[q] for q in self.items[number].qubits)
            partners.setdefault(a, []).append(b)
            partners.setdefault(b, []).append(a)
        return partners

    def _gain(self, partners: dict[int, list[int]], a: int, b: int) -> float:
        """By how much a swap shortens the distances; neighbours count double, as they are done."""
        gain = 0.0
        for here, there in ((a, b), (b, a)):
            for other in partners.get(here, ()):
                if other == there:
                    continue
                before, after = self.distance[here][other], self.distance[there][other]
                gain += before - after
                if after == 1.0:
                    gain += 0.5
        return gain

    def _next(self) -> set[int]:
        """Two-qubit items right behind the front."""
        found: set[int] = set()
        seen: set[int] = set()
        stack = [other for number in self.front for other in self.items[number].after]
        while stack and len(found) < 20:
            number = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            if len(self.items[number].qubits) == 2:
                found.add(number)
            else:
                stack += self.items[number].after
        return found

    def _walk(self) -> None:
        """Bring the nearest pair of the front together on a shortest path."""
        pairs = [tuple(self.place[q] for q in self.items[n].qubits) for n in sorted(self.front)]
        a, b = min(pairs, key=lambda pair: self.distance[pair[0]][pair[1]])
        while self.distance[a][b] > 1:
            step = min(self.neighbours[a], key=lambda q: self.distance[q][b])
            self._swap(a, step)
            a = step
        self._do_possible()


def _line(part: Part, length: int) -> list[int] | None:
    """Qubits of the part along a path of that length; None where none is found."""
    import rustworkx

    device, wanted = rustworkx.PyGraph(), rustworkx.generators.path_graph(length)
    device.add_nodes_from(range(len(part.qubits)))
    device.add_edges_from_no_data(list(part.pairs))
    found = rustworkx.vf2_mapping(
        device, wanted, subgraph=True, induced=False, id_order=False, call_limit=LINE_CALLS
    )
    mapping = next(iter(found), None)
    if mapping is None:
        return None
    return [place for place, _ in sorted(mapping.items(), key=lambda pair: pair[1])]


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _as_qiskit(gates: Sequence[Gate], qubits: int) -> QuantumCircuit:
    from qiskit import QuantumCircuit

    from quasar.circuits.to_qiskit import to_qiskit

    plain = QuantumCircuit(qubits)
    for gate in gates:
        if gate.name == PRODUCT:
            plain.rzz(gate.params[0], *gate.qubits)
        else:
            one = Circuit(len(gate.qubits), (gate._replace(qubits=tuple(range(len(gate.qubits)))),))
            plain.append(to_qiskit(one).data[0].operation, gate.qubits, copy=False)
    return plain

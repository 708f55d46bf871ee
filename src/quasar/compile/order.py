"""Which gates of a circuit have to wait for which: diagonal gates next to each other commute.

A QAOA cost layer has no order: its terms may be taken as the couplers suggest. Here a circuit
becomes items with the items that they wait for; between two items that are diagonal on a qubit
there is no order. Ladders `cx rz cx` count as one rotation about ZZ (`circuits.zz_terms`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from quasar.circuits.circuit import ALIASES, Circuit, Gate
from quasar.circuits.zz_terms import PRODUCT, joined

_DIAGONAL = frozenset({"rz", "p", "z", "s", "sdg", "t", "tdg", "cz", "cp", "crz", PRODUCT, "id"})
SWAP = "swap"


@dataclass(eq=False)
class OrderedGate:
    """A gate on one or two qubits of the original.

    Attributes:
        diagonal: commutes with every other diagonal item.
        before, after: items that it waits for, and that wait for it, as numbers.
    """

    gate: Gate
    diagonal: bool
    before: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)

    @property
    def qubits(self) -> tuple[int, ...]:
        """Of the original."""
        return self.gate.qubits


def ordered(circuit: Circuit) -> list[OrderedGate]:
    """The circuit's gates with their order.

    Args:
        circuit: with gates on one or two qubits only.
    """
    items = [OrderedGate(gate, _is_diagonal(gate)) for gate in _split(circuit)]
    groups: dict[int, tuple[list[int], list[int], bool]] = {}  # the last, the one before, diagonal
    for number, item in enumerate(items):
        for qubit in item.qubits:
            last, earlier, diagonal = groups.get(qubit, ([], [], False))
            if item.diagonal and diagonal:
                last.append(number)
            else:
                last, earlier = [number], last
            groups[qubit] = (last, earlier, item.diagonal)
            item.before.update(earlier)
    for number, item in enumerate(items):
        for other in item.before:
            items[other].after.add(number)
    return items


def reversed_order(items: list[OrderedGate]) -> list[OrderedGate]:
    """The same items with all arrows turned round, for routing backwards."""
    return [OrderedGate(item.gate, item.diagonal, item.after, item.before) for item in items]


def commuting_pairs(items: list[OrderedGate]) -> int:
    """Two-qubit items that are diagonal: what a router may take in any order."""
    return sum(item.diagonal and len(item.qubits) == 2 for item in items)


def _is_diagonal(gate: Gate) -> bool:
    return ALIASES.get(gate.name, gate.name) in _DIAGONAL


def _split(circuit: Circuit) -> Iterator[Gate]:
    """Ladders as one gate where they join two qubits, else as they were."""
    for gate, _ in joined(circuit):
        if gate.name != PRODUCT or len(gate.qubits) <= 2:
            yield gate
            continue
        *controls, target = gate.qubits
        steps = [Gate("cx", (control, target)) for control in controls]
        yield from steps
        yield Gate("rz", (target,), gate.params)
        yield from reversed(steps)

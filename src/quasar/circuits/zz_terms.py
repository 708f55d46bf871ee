"""Rotations about products of Z, found among a circuit's gates.

exp(-i θ/2 Z...Z) is written as a ladder of `cx` around `rz(θ)`. Here each ladder becomes one item
again, for pictures. Covers `cx` and `rz` (or a phase gate, equal up to a global phase) that follow
each other on their wires; nothing is commuted, and the circuit stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from quasar.circuits.circuit import ALIASES, Circuit, Gate

PRODUCT = "z-product"
"""Name of the items that stand for several gates."""


@dataclass(eq=False)
class _Node:
    """A gate with its neighbours on each of its wires."""

    gate: Gate
    size: int = 1
    before: dict[int, _Node] = field(default_factory=dict)
    after: dict[int, _Node] = field(default_factory=dict)


def joined(circuit: Circuit) -> list[tuple[Gate, int]]:
    """The circuit's gates in order, each ladder as one gate `PRODUCT` with one angle.

    Returns:
        Each gate with the number of gates that it stands for.
    """
    nodes = [_Node(gate) for gate in circuit.gates]
    last: dict[int, _Node] = {}
    for node in nodes:
        for qubit in node.gate.qubits:
            if qubit in last:
                node.before[qubit] = last[qubit]
                last[qubit].after[qubit] = node
            last[qubit] = node
    gone: set[int] = set()
    for node in nodes:
        if ALIASES.get(node.gate.name, node.gate.name) in {"rz", "p"}:
            while (step := _enclosing(node)) is not None:
                _absorb(node, *step)
                gone.update(map(id, step))
    return [(node.gate, node.size) for node in nodes if id(node) not in gone]


def _enclosing(node: _Node) -> tuple[_Node, _Node] | None:
    """Two equal `cx` directly around a product of Z, whose target is in it."""
    for qubit in node.gate.qubits:
        first, second = node.before.get(qubit), node.after.get(qubit)
        if first is None or second is None or first.gate != second.gate:
            continue
        if first.gate.name not in {"cx", "CX"} or first.gate.qubits[1] != qubit:
            continue
        control = first.gate.qubits[0]
        if control not in node.gate.qubits and first.after.get(control) is second:
            return first, second
    return None


def _absorb(node: _Node, first: _Node, second: _Node) -> None:
    """Take the control of a `cx` pair into the product: cx Z_t cx = Z_c Z_t."""
    control, target = first.gate.qubits
    node.gate = Gate(PRODUCT, (control, *node.gate.qubits), node.gate.params)
    node.size += 2
    for qubit in (control, target):
        node.before.pop(qubit, None)
        node.after.pop(qubit, None)
        if qubit in first.before:
            node.before[qubit] = first.before[qubit]
            first.before[qubit].after[qubit] = node
        if qubit in second.after:
            node.after[qubit] = second.after[qubit]
            second.after[qubit].before[qubit] = node

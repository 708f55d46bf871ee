"""Ansätze made of rotations about Pauli strings: exp(-i s θ/2 P), one after another.

Such a rotation is written as basis changes and a ladder of `cx` around one `rz`; gates that undo
each other between neighbouring rotations are left out. Simulators may take the rotations as they
are (`simulate.rotation_energy`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.core.observable import Pauli


class StringRotation(NamedTuple):
    """exp(-i scale θ[parameter]/2 P)."""

    pauli: Pauli
    parameter: int
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class PauliAnsatz(Ansatz):
    """An ansatz of rotations.

    Attributes:
        start: gates before the first rotation.
        rotations: in order of application.
    """

    start: tuple[Gate, ...]
    rotations: tuple[StringRotation, ...]


def pauli_ansatz(
    name: str, n_qubits: int, start: Sequence[Gate], rotations: Sequence[StringRotation]
) -> PauliAnsatz:
    """The ansatz with its gates.

    Args:
        rotations: parameters are numbered from 0 without gaps.
    """
    written: list[tuple[Gate, StringRotation | None]] = [(gate, None) for gate in start]
    for rotation in rotations:
        written += _written(rotation)
    kept = _without_pairs(written)
    slots = tuple(
        Slot(place, rotation.parameter, rotation.scale)
        for place, (_, rotation) in enumerate(kept)
        if rotation is not None
    )
    count = 1 + max((rotation.parameter for rotation in rotations), default=-1)
    gates = tuple(gate for gate, _ in kept)
    return PauliAnsatz(name, n_qubits, gates, slots, count, tuple(start), tuple(rotations))


def _written(rotation: StringRotation) -> list[tuple[Gate, StringRotation | None]]:
    """The gates, that with the angle marked by its rotation."""
    pauli = rotation.pauli
    if len(pauli) == 1:
        ((qubit, axis),) = pauli
        return [(Gate(f"r{axis.lower()}", (qubit,), (0.0,)), rotation)]
    before, after = [], []
    for qubit, axis in pauli:
        if axis == "X":
            before.append(Gate("h", (qubit,)))
            after.append(Gate("h", (qubit,)))
        elif axis == "Y":  # rx(π/2) takes Y to Z
            before.append(Gate("rx", (qubit,), (math.pi / 2,)))
            after.append(Gate("rx", (qubit,), (-math.pi / 2,)))
    ladder = [Gate("cx", (a, b)) for (a, _), (b, _) in pairwise(pauli)]
    turn = Gate("rz", (pauli[-1][0],), (0.0,))
    fixed: list[tuple[Gate, StringRotation | None]] = [(gate, None) for gate in before + ladder]
    back = [(gate, None) for gate in [*reversed(ladder), *after]]
    return [*fixed, (turn, rotation), *back]


def _without_pairs(
    gates: Iterable[tuple[Gate, StringRotation | None]],
) -> list[tuple[Gate, StringRotation | None]]:
    """The gates less those that undo the one before them on all of their qubits."""
    kept: list[tuple[Gate, StringRotation | None] | None] = []
    on_wire: dict[int, list[int]] = {}  # places of the gates that are left on each qubit
    for gate, rotation in gates:
        last = {on_wire[q][-1] if on_wire.get(q) else -1 for q in gate.qubits}
        place = last.pop() if len(last) == 1 else -1
        before = kept[place] if place >= 0 else None
        fixed = rotation is None and before is not None and before[1] is None
        if fixed and before is not None and _undoes(gate, before[0]):
            kept[place] = None
            for q in gate.qubits:
                on_wire[q].pop()
            continue
        for q in gate.qubits:
            on_wire.setdefault(q, []).append(len(kept))
        kept.append((gate, rotation))
    return [entry for entry in kept if entry is not None]


def _undoes(gate: Gate, before: Gate) -> bool:
    """Whether a gate is the inverse of another, of those that are written here."""
    if gate.name != before.name or gate.qubits != before.qubits:
        return False
    if gate.name in ("h", "cx", "x"):
        return True
    return gate.name == "rx" and gate.params[0] == -before.params[0]

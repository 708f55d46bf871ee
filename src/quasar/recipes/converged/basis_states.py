"""Angles at which a template of rotations and entanglers prepares a given basis state.

At angle 0 a rotation does nothing, and a `cx` maps basis states to basis states; so one RX or RY
of each qubit, at 0 or π, puts the circuit into any basis state, exactly and with all other angles
0. At π/2 the qubit is left free: the state is then an even superposition over the images of both
values, entangled where a `cx` copies the free qubit. Covers ansätze of rx, ry, rz, their
controlled forms, cx and cz with every rotation free; not those that begin with Hadamards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.recipes.converged.subcube import Subcube, largest_subcube
from quasar.simulate.engine import FloatVector

_HARMLESS = frozenset({"cz", "rz", "crx", "cry", "crz"})  # on basis states, at angle 0


@dataclass(frozen=True)
class BasisStateMap:
    """The rotation of each qubit that flips it, and what the entanglers make of the flips.

    Attributes:
        parameters: its parameter for each qubit, shape [n].
        flips: which bits of the final index it flips at angle π, one mask a qubit, shape [n].
        copiers: parameters of controlled RX and RY that stand at π, each a `cx` up to phases.
    """

    parameters: tuple[int, ...]
    flips: tuple[int, ...]
    copiers: tuple[int, ...] = ()

    def preimage(self, index: int) -> int:
        """Which qubits' rotations are at π when the circuit ends in basis state `index`."""
        rows = [(mask, 1 << qubit) for qubit, mask in enumerate(self.flips)]
        solution = 0
        while rows:
            mask, label = rows.pop()
            if not mask:
                continue
            lead = mask.bit_length() - 1
            rows = [(m ^ mask, s ^ label) if m >> lead & 1 else (m, s) for m, s in rows]
            if index >> lead & 1:
                index ^= mask
                solution ^= label
        return solution

    def image(self, turned: int) -> int:
        """The basis state that comes of the rotations `turned` being at π."""
        out = 0
        for qubit, mask in enumerate(self.flips):
            if turned >> qubit & 1:
                out ^= mask
        return out

    @property
    def complete(self) -> bool:
        """Whether every basis state can be prepared."""
        return all(self.image(self.preimage(1 << q)) == 1 << q for q in range(len(self.flips)))


def basis_state_maps(ansatz: Ansatz) -> list[BasisStateMap]:
    """Ways to prepare every basis state, the simplest first.

    First with controlled rotations at 0, then with all controlled RX and RY at π, which copies free
    qubits as `cx` does. In each case with the last RX or RY of each qubit, which stand behind most
    entanglers, so that their bits are nearest the answer's; and with the first.

    Returns:
        Empty where the ansatz has a gate that is not covered, or no such rotations.
    """
    return [*_find(ansatz, copying=False), *_find(ansatz, copying=True)]


def _find(ansatz: Ansatz, *, copying: bool) -> list[BasisStateMap]:
    flips = [1 << q for q in range(ansatz.n_qubits)]
    uses = [0] * ansatz.n_parameters
    for used in ansatz.slots:
        uses[used.parameter] += 1
    slot_of = {used.gate: used for used in ansatz.slots}
    found: list[list[tuple[int, int]]] = [[] for _ in flips]
    copiers: set[int] = set()
    for position in range(len(ansatz.gates) - 1, -1, -1):
        gate, slot = ansatz.gates[position], slot_of.get(position)
        if gate.params and (slot is None or slot.scale != 1.0):
            return []
        if gate.name == "cx" or (copying and gate.name in {"crx", "cry"}):
            flips[gate.qubits[0]] ^= flips[gate.qubits[1]]
            if slot is not None:
                copiers.add(slot.parameter)
        elif gate.name in {"rx", "ry"} and slot is not None:
            if uses[slot.parameter] == 1:
                found[gate.qubits[0]].append((slot.parameter, flips[gate.qubits[0]]))
        elif gate.name not in _HARMLESS:
            return []
    if not all(found) or (copying and not copiers):
        return []
    maps = []
    for end in (0, -1):
        parameters, masks = zip(*(options[end] for options in found), strict=True)
        maps.append(BasisStateMap(parameters, masks, tuple(sorted(copiers))))
    return [state_map for state_map in maps if state_map.complete]


def basis_state_angles(ansatz: Ansatz, state_map: BasisStateMap, cube: Subcube) -> FloatVector:
    """Angles with π for the set bits of `cube.base` (as turned) and π/2 for its free ones.

    Returns:
        Shape [P], radians.
    """
    theta = np.zeros(ansatz.n_parameters)
    theta[list(state_map.copiers)] = np.pi
    for qubit, parameter in enumerate(state_map.parameters):
        if cube.base >> qubit & 1:
            theta[parameter] = np.pi
        elif cube.free >> qubit & 1:
            theta[parameter] = np.pi / 2
    return theta


def widest_subcube(state_map: BasisStateMap, indices: list[int]) -> Subcube:
    """The largest set of the given basis states that the map covers evenly, as preimages."""
    return largest_subcube([state_map.preimage(k) for k in indices], len(state_map.flips))

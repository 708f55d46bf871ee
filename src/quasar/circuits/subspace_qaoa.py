"""QAOA inside a subspace of fixed numbers of ones: the state never leaves it, at any angles.

It starts in equal amplitudes of all of the subspace's basis states (Dicke states of its blocks), or
in one of them. A layer is exp(-iγ H) and a mixer that keeps every block's number of ones:

- `xy`: exp(-iβ (XX + YY)/2) on neighbours of a ring, even pairs, odd pairs and the last one of an
  odd ring (Hadfield et al., arXiv 1709.03489, section 4.1; Wang et al., arXiv 1904.09314);
- `xy-complete`: the same on all pairs, in layers of disjoint ones;
- `grover`: exp(-iβ |s><s|) with s the start (Bärtschi and Eidenbenz, arXiv 2006.00354).

Free qubits have exp(-iβ X), and in `grover` they are part of s. The start is the highest state of
each mixer, as |+> is of ΣX, so that γ > 0 and β < 0 lead to low energies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from quasar.circuits.ansatz import Ansatz, FloatVector, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate, inverse, multi_phase
from quasar.circuits.dicke import preparation
from quasar.circuits.qaoa import cost_layer
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.subspace import FixedWeightBlock, Subspace, all_pairs, odd_even_ring

SubspaceMixer = Literal["xy", "xy-complete", "grover"]


@dataclass(frozen=True, eq=False)
class SubspaceQaoa(Ansatz):
    """The ansatz with parameters γ_1..γ_p, β_1..β_p, radians.

    Attributes:
        hamiltonian: of the phase layers.
        subspace: what is never left.
        mixer: which.
        basis_state: where it starts; None: in equal amplitudes.
        units: number of the turn that each slot belongs to. Turns may have angles of their own, and
            the state stays in the subspace; slots of one turn share one.
    """

    hamiltonian: IsingHamiltonian
    subspace: Subspace
    mixer: SubspaceMixer
    basis_state: int | None
    units: tuple[int, ...]

    @property
    def layers(self) -> int:
        """P."""
        return self.n_parameters // 2

    def freed(self, theta: FloatVector) -> tuple[Ansatz, FloatVector]:
        """The ansatz in which every turn has an angle of its own, and its parameters at θ."""
        slots = [slot._replace(parameter=u) for slot, u in zip(self.slots, self.units, strict=True)]
        count = 1 + max(self.units, default=-1)
        angles = np.zeros(count)
        for slot, unit in zip(self.slots, self.units, strict=True):
            angles[unit] = theta[slot.parameter]
        return Ansatz(f"{self.name}, freed", self.n_qubits, self.gates, tuple(slots), count), angles


def mixing_pairs(block: FixedWeightBlock, mixer: SubspaceMixer) -> list[list[tuple[int, int]]]:
    """The pairs that a mixer turns, in layers of disjoint ones; none in a block that is settled."""
    if mixer == "grover" or block.size == 1:
        return []
    return odd_even_ring(block.qubits) if mixer == "xy" else all_pairs(block.qubits)


def subspace_qaoa(
    hamiltonian: IsingHamiltonian,
    subspace: Subspace,
    layers: int,
    mixer: SubspaceMixer = "xy",
    *,
    basis_state: int | None = None,
) -> SubspaceQaoa:
    """The ansatz of p = `layers` layers.

    Args:
        hamiltonian: of the phase layers, on the subspace's qubits.
        basis_state: begin in this state of the subspace, not in equal amplitudes of all.

    Raises:
        InputError: fewer than one layer, an unknown mixer, a basis state outside the subspace, or
            one with the Grover mixer, which would leave it there.
    """
    if layers < 1:
        raise InputError(f"QAOA needs at least one layer, not {layers}.")
    if mixer not in get_args(SubspaceMixer):
        raise InputError(f"there is no mixer {mixer!r}: use {', '.join(get_args(SubspaceMixer))}.")
    if basis_state is not None:
        _check_start(basis_state, subspace, mixer)
    made = _Maker(hamiltonian, subspace, mixer, layers)
    made.start(basis_state)
    for layer in range(layers):
        made.phase(layer)
        made.mix(layers + layer)
    name = f"{mixer}-mixer qaoa p={layers}"
    n, gates, slots = subspace.n_qubits, tuple(made.gates), tuple(made.slots)
    rest = (hamiltonian, subspace, mixer, basis_state, tuple(made.units))
    return SubspaceQaoa(name, n, gates, slots, 2 * layers, *rest)


def _check_start(state: int, subspace: Subspace, mixer: SubspaceMixer) -> None:
    if mixer == "grover":
        raise InputError("the Grover mixer needs its own start: leave the basis state out.")
    held = all(sum(state >> q & 1 for q in b.qubits) == b.ones for b in subspace.blocks)
    if not held or not 0 <= state < 1 << subspace.n_qubits:
        raise InputError(f"basis state {state} is not in the subspace: choose one that is.")


class _Maker:
    """Collects gates, and which of their angles are free."""

    def __init__(
        self, hamiltonian: IsingHamiltonian, subspace: Subspace, mixer: SubspaceMixer, layers: int
    ) -> None:
        self.gates: list[Gate] = []
        self.slots: list[Slot] = []
        self.units: list[int] = []
        self._hamiltonian = hamiltonian
        self._free = subspace.free
        self._mixer = mixer
        self._pairs = [mixing_pairs(block, mixer) for block in subspace.blocks]
        # The start: X on the ones, these gates or those that move all strings, and flips.
        self._ones: list[int] = []
        self._first: list[Gate] = [gate("h", q) for q in subspace.free]
        self._moves: list[Gate] = [gate("h", q) for q in subspace.free]
        self._flips: list[Gate] = []
        for block in subspace.blocks:
            found = preparation(len(block.qubits), block.ones)
            there = block.qubits
            self._ones += [there[i] for i in found.ones]
            self._first += _moved(found.first, there)
            self._moves += _moved(found.moves, there)
            self._flips += [gate("x", q) for q in there] if found.flipped else []

    def start(self, basis_state: int | None) -> None:
        """The first state."""
        if basis_state is None:
            self.gates += [gate("x", q) for q in self._ones]
            self.gates += [*self._first, *self._flips]
            return
        ones = basis_state
        self.gates += [gate("x", q) for q in range(ones.bit_length()) if ones >> q & 1]

    def phase(self, parameter: int) -> None:
        """exp(-iγH)."""
        before = len(self.slots)
        cost_layer(self._hamiltonian, parameter, self.gates, self.slots)
        for _ in self.slots[before:]:
            self.units.append(self._next_unit())

    def mix(self, parameter: int) -> None:
        """The mixer at angle β."""
        if self._mixer == "grover":
            self._reflect(parameter)
            return
        for layers in self._pairs:
            self._exchange(layers, parameter)
        for q in self._free:
            self._turn("rx", q, parameter, 2.0, self._next_unit())

    def _exchange(self, layers: Sequence[Sequence[tuple[int, int]]], parameter: int) -> None:
        """exp(-iβ (XX + YY)/2) of pairs: where X is Z and Y is X, CX takes XX and ZZ to X and Z."""
        qubits = sorted({q for pairs in layers for pair in pairs for q in pair})
        self.gates += [gate(name, q) for q in qubits for name in ("h", "s")]
        for a, b in (pair for pairs in layers for pair in pairs):
            unit = self._next_unit()
            self.gates.append(gate("cx", a, b))
            self._turn("rx", a, parameter, 1.0, unit)
            self._turn("rz", b, parameter, 1.0, unit)
            self.gates.append(gate("cx", a, b))
        self.gates += [gate(name, q) for q in qubits for name in ("sdg", "h")]

    def _reflect(self, parameter: int) -> None:
        """exp(-iβ |s><s|): undo the start's moves, turn the one string left, and redo them.

        Among the strings of as many ones, that string alone has 1 on all of the start's ones.
        """
        marked = [*self._ones, *self._free]
        if not marked:
            return
        around = [gate("x", q) for q in self._free]
        self.gates += [*self._flips, *inverse(self._moves), *around]
        unit = self._next_unit()
        for made in multi_phase(1.0, marked):
            if made.params:
                self.slots.append(Slot(len(self.gates), parameter, -made.params[0]))
                self.units.append(unit)
                made = made._replace(params=(0.0,))
            self.gates.append(made)
        self.gates += [*around, *self._moves, *self._flips]

    def _turn(self, name: str, qubit: int, parameter: int, scale: float, unit: int) -> None:
        self.slots.append(Slot(len(self.gates), parameter, scale))
        self.units.append(unit)
        self.gates.append(gate(name, qubit, angles=(0.0,)))

    def _next_unit(self) -> int:
        return self.units[-1] + 1 if self.units else 0


def _moved(gates: Sequence[Gate], there: Sequence[int]) -> list[Gate]:
    """The gates on other qubits: i becomes `there[i]`."""
    return [made._replace(qubits=tuple(there[q] for q in made.qubits)) for made in gates]

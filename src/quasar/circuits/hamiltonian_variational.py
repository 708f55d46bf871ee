"""The Hamiltonian-variational ansatz: layers of exp(-iθ H_g) for commuting parts H_g of H.

Sources: Wecker et al., PRA 92, 042303 (2015); for spin chains Wiersema et al., PRX Quantum 1,
020319 (2020). Terms on two qubits are coloured so that bonds of one colour touch no qubit twice;
products of Z and the others are rotated by different angles. QAOA of a diagonal H is its special
case with a mixer. Also the hardware-efficient ansatz (Kandala et al., Nature 549, 242 (2017)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import networkx as nx

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.pauli_ansatz import PauliAnsatz, StringRotation, pauli_ansatz
from quasar.core.observable import Observable, Pauli

Group = list[tuple[Pauli, float]]


def commuting_groups(observable: Observable) -> list[Group]:
    """Parts whose terms commute with one another, in an order that alternates between them."""
    bonds: dict[tuple[tuple[int, ...], tuple[int, ...], bool], Group] = {}
    groups: dict[object, Group] = {}
    for pauli, c in observable.pauli_terms().items():
        qubits = tuple(qubit for qubit, _ in pauli)
        diagonal = all(axis == "Z" for _, axis in pauli)
        if diagonal:
            groups.setdefault(("z", min(len(qubits), 2)), []).append((pauli, c))
        elif len(qubits) == 1:
            groups.setdefault(("field", pauli[0][1]), []).append((pauli, c))
        else:
            bonds.setdefault((qubits, *_flips(pauli)), []).append((pauli, c))
    conflicts = nx.Graph()
    conflicts.add_nodes_from(sorted(bonds))
    keys = list(conflicts.nodes)
    for i, one in enumerate(keys):
        near = (other for other in keys[i + 1 :] if set(one[0]) & set(other[0]))
        conflicts.add_edges_from((one, other) for other in near)
    colour = nx.greedy_color(conflicts, strategy="connected_sequential_bfs")
    for key in keys:
        for pauli, c in bonds[key]:
            groups.setdefault(("bond", colour[key]), []).append((pauli, c))
    return list(groups.values())


def _flips(pauli: Pauli) -> tuple[tuple[int, ...], bool]:
    """The qubits with X or Y, and whether Y is on an odd number: strings that agree in both, such
    as XX and YY, commute.
    """
    flipped = tuple(qubit for qubit, axis in pauli if axis != "Z")
    return flipped, sum(axis == "Y" for _, axis in pauli) % 2 == 1


def hamiltonian_variational(
    observable: Observable, layers: int, start: Sequence[Gate]
) -> PauliAnsatz:
    """`layers` times every part, each with its own angle in each layer."""
    groups = commuting_groups(observable)
    largest = [max(abs(c) for _, c in group) for group in groups]
    rotations = [
        StringRotation(pauli, layer * len(groups) + g, c / largest[g])
        for layer in range(layers)
        for g, group in enumerate(groups)
        for pauli, c in group
    ]
    return pauli_ansatz(f"hva p={layers}", observable.n_qubits, start, rotations)


def singlets(n_qubits: int, pairs: Sequence[tuple[int, int]]) -> tuple[Gate, ...]:
    """Singlet pairs |01> - |10>; unpaired qubits alternate between |0> and |1>."""
    paired = {qubit for pair in pairs for qubit in pair}
    gates = [Gate("x", (q,)) for q in sorted(set(range(n_qubits)) - paired) if q % 2]
    for u, v in pairs:
        gates += [Gate("x", (u,)), Gate("x", (v,)), Gate("h", (u,)), Gate("cx", (u, v))]
    return tuple(gates)


def product_start(angles: Sequence[tuple[float, float]]) -> tuple[Gate, ...]:
    """A product state by the polar and azimuthal angles of its Bloch vectors, radians."""
    gates = []
    for qubit, (polar, azimuth) in enumerate(angles):
        if abs(polar - math.pi / 2) < 1e-9 and abs(azimuth) < 1e-9:
            gates.append(Gate("h", (qubit,)))
            continue
        if abs(polar) > 1e-9:
            gates.append(Gate("ry", (qubit,), (polar,)))
        if abs(azimuth) > 1e-9:
            gates.append(Gate("rz", (qubit,), (azimuth,)))
    return tuple(gates)


def hardware_efficient(
    n_qubits: int, layers: int, *, real: bool, start: Sequence[Gate] = ()
) -> Ansatz:
    """RY (and RZ) on every qubit, between layers of CZ along the line, and once more at the end.

    Args:
        real: amplitudes are real: RY alone.
        start: gates before it.
    """
    gates = list(start)
    slots: list[Slot] = []
    for layer in range(layers + 1):
        for name in ("ry",) if real else ("ry", "rz"):
            for qubit in range(n_qubits):
                slots.append(Slot(len(gates), len(slots)))
                gates.append(Gate(name, (qubit,), (0.0,)))
        if layer < layers:
            for first in (0, 1):
                gates += [Gate("cz", (q, q + 1)) for q in range(first, n_qubits - 1, 2)]
    name = f"hardware-efficient L={layers}"
    return Ansatz(name, n_qubits, tuple(gates), tuple(slots), len(slots))

"""How many numbers a circuit carries, and whether they follow from the Hamiltonian.

A QAOA circuit of p layers is fixed by the Hamiltonian and 2p angles: it cannot hold an answer that
was found beforehand. A circuit with an angle of its own on every qubit can write down any bit
string, in any form of circuit.

QAOA (arXiv 1411.4028) is recognised by what a circuit does, not by how it is written: |+> on all
qubits, then in each layer phases exp(-iγ c_T Z_T) for all terms c_T Z_T of the Hamiltonian, by
networks of cx, cz, swap, cp, crz and rotations about z in any order, and exp(-iβX) on every qubit
with one β, as rx, h-rz-h or other one-qubit gates. γ takes any scale of the Hamiltonian; angles
count modulo 2π and may be rounded to four decimals. Not recognised: other mixers and warm starts.
The uniform superposition alone is not a QAOA circuit. Neither is one whose cost layers entangle
nothing, as with γ = 0, unless the Hamiltonian has only terms of one spin.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quasar.circuits import compiled_facts
from quasar.circuits.circuit import ALIASES, Circuit, Gate
from quasar.circuits.one_qubit import Matrix2, Single, controlled, single, times, wrapped, zxz
from quasar.core.hamiltonian import IsingHamiltonian

ANGLE_TOLERANCE = 3e-4
"""Radians within which angles agree: a few that were rounded to four decimals add up."""
FREE_FROM = 1e-4
"""Radians from a multiple of π/2 from which an angle is free."""

_DISTINCT_DECIMALS = 6  # as `gate_facts.c`
_NOTHING = 1e-9  # radians; a rotation by less is none
_IDENTITY: Matrix2 = (1, 0, 0, 1)
_HADAMARD: Matrix2 = single(Gate("h", (0,))).matrix
_TURNS = 64  # full turns that the largest angle of a layer may have lost


@dataclass(frozen=True)
class Freedom:
    """Numbers that a circuit carries.

    Attributes:
        degrees: 2p for QAOA of p layers; else different angles, up to sign and full turns, that
            are not multiples of π/2.
        layers: p where the circuit is QAOA for the Hamiltonian, else None.
    """

    degrees: int
    layers: int | None

    @property
    def from_hamiltonian(self) -> bool:
        """Whether structure and angles follow from the Hamiltonian."""
        return self.layers is not None


def freedom(circuit: Circuit, hamiltonian: IsingHamiltonian, acting: Circuit) -> Freedom:
    """Degrees of freedom of a circuit for a Hamiltonian on as many qubits.

    Args:
        acting: the circuit without gates that do nothing, see `effective`.
    """
    layers = qaoa_layers(circuit, hamiltonian)
    if layers is None:
        layers = qaoa_layers(acting, hamiltonian)
    return Freedom(free_angles(acting) if layers is None else 2 * layers, layers)


def free_angles(circuit: Circuit) -> int:
    """Different angles, up to sign and full turns, that are not multiples of π/2.

    A matrix on k qubits counts as the 4**k - 1 numbers that it takes.
    """
    found = compiled_facts.free_angles(circuit, FREE_FROM)
    if found is not None:
        return found
    seen: set[float] = set()
    matrices = 0
    for gate in circuit.gates:
        if gate.matrix is not None:
            matrices += 4 ** len(gate.qubits) - 1
        for angle in gate.params:
            if abs(wrapped(4.0 * angle)) > 4.0 * FREE_FROM:
                seen.add(round(abs(wrapped(angle)), _DISTINCT_DECIMALS))
    return len(seen) + matrices


def qaoa_layers(circuit: Circuit, hamiltonian: IsingHamiltonian) -> int | None:
    """Layers p where the circuit is QAOA for the Hamiltonian at some angles, else None."""
    terms = hamiltonian.masks
    if circuit.n_qubits != hamiltonian.n_qubits or not terms:
        return None
    found = compiled_facts.qaoa_layers(circuit, hamiltonian, ANGLE_TOLERANCE)
    if found is not None:
        return found or None
    walk = _Walk(circuit.n_qubits)
    try:
        for gate in circuit.gates:
            walk.take(gate)
        return walk.layers(terms)
    except _NotQaoa:
        return None


class _NotQaoa(Exception):
    """Something that no QAOA circuit has."""


@dataclass
class _Wire:
    """One qubit while the circuit is read.

    Attributes:
        bit: its mask.
        parity: mask of the qubits whose parity it carries, by their values at the layer's start.
        state: before |+> is reached, None afterwards.
        run: gates on it alone since the last one with another.
        turned: whether a Hadamard has not been undone yet, so that x and z are exchanged.
        mixing: angle of the mixer that is being read, radians.
        mixers: angles of those before.
    """

    bit: int
    parity: int
    state: tuple[complex, complex] | None = (1.0 + 0j, 0j)
    run: list[Single] = field(default_factory=list)
    turned: bool = False
    mixing: float = 0.0
    mixers: list[float] = field(default_factory=list)


@dataclass
class _Layer:
    """The phases between two mixers.

    Attributes:
        phases: by mask the angle of a rotation exp(-i angle/2 Z) of its parity, radians.
        ends: by qubit's mask the parity that it ended with.
    """

    phases: dict[int, float] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)


class _Walk:
    """Reads a circuit as layers of phases and mixers."""

    def __init__(self, n_qubits: int) -> None:
        self.wires = [_Wire(1 << q, 1 << q) for q in range(n_qubits)]
        self.read = [_Layer()]
        self.betas: dict[int, float] = {}

    def take(self, gate: Gate) -> None:
        """Read one gate."""
        wires = [self.wires[q] for q in gate.qubits]
        if len(wires) == 1:
            self.take_single(wires[0], single(gate))
            return
        parts = controlled(gate)
        if len(wires) > 2 or (parts is None and gate.name != "swap"):
            raise _NotQaoa
        one, two = wires
        if parts is not None and parts.base.off < _NOTHING:
            phase = cmath.exp(1j * cmath.phase(parts.base.matrix[0]))
            self.take_single(one, Single((1, 0, 0, phase), "z", cmath.phase(phase), 1.0))
            return
        for wire in wires:
            self.close_run(wire)
            self.close_mixer(wire)
            if wire.state is not None:
                raise _NotQaoa
        if len(one.mixers) != len(two.mixers):
            raise _NotQaoa
        if parts is None:
            one.parity, two.parity = two.parity, one.parity
            one.turned, two.turned = two.turned, one.turned
        else:
            self.couple(ALIASES.get(gate.name, gate.name), gate.params, one, two)

    def take_single(self, wire: _Wire, gate: Single) -> None:
        if gate.off < _NOTHING:
            return
        if wire.state is None:
            wire.run.append(gate)
            return
        (a, b, c, d), (zero, one) = gate.matrix, wire.state
        zero, one = a * zero + b * one, c * zero + d * one
        wire.state = None if abs(zero - one) < _NOTHING else (zero, one)

    def close_run(self, wire: _Wire) -> None:
        """Read the gates on a qubit alone as phases and mixers."""
        run, wire.run = wire.run, []
        if all(gate.axis in {"x", "z"} or _is_hadamard(gate) for gate in run):
            for gate in run:
                if _is_hadamard(gate):
                    wire.turned = not wire.turned
                elif (gate.axis == "z") is not wire.turned:
                    self.add_phase(wire, gate.angle)
                else:
                    wire.mixing += gate.angle
            return
        matrix = _HADAMARD if wire.turned else _IDENTITY
        wire.turned = _is_hadamard(run[-1])  # one at the end opens what follows
        for gate in run[:-1] if wire.turned else run:
            matrix = times(gate.matrix, matrix)
        after, middle, before = self.chosen(wire, *zxz(matrix))
        self.add_phase(wire, before)
        wire.mixing += middle
        self.add_phase(wire, after)

    def chosen(self, wire: _Wire, a: float, b: float, c: float) -> tuple[float, float, float]:
        """Of the two ways to write Rz(a) Rx(b) Rz(c): the layer's β, else the smaller angles."""
        other = a + math.pi, -b, c - math.pi
        beta = self.betas.get(len(wire.mixers))
        if beta is None:
            least = abs(wrapped(a)) + abs(wrapped(c))
            return min((least, (a, b, c)), (2.0 * math.pi - least, other))[1]
        return min(((a, b, c), other), key=lambda way: abs(wrapped(way[1] - beta)))

    def close_mixer(self, wire: _Wire) -> None:
        """The next phase belongs to the next layer."""
        angle, wire.mixing = wire.mixing, 0.0
        if abs(wrapped(angle)) < _NOTHING:
            return
        layer = len(wire.mixers)
        self.read[layer].ends[wire.bit] = wire.parity
        self.betas.setdefault(layer, angle)
        wire.mixers.append(angle)
        wire.parity = wire.bit
        if len(wire.mixers) == len(self.read):
            self.read.append(_Layer())

    def add_phase(self, wire: _Wire, angle: float) -> None:
        """A rotation about z of what the qubit carries."""
        if abs(wrapped(angle)) < _NOTHING:
            return
        self.close_mixer(wire)
        phases = self.read[len(wire.mixers)].phases
        phases[wire.parity] = phases.get(wire.parity, 0.0) + angle

    def couple(self, name: str, params: Sequence[float], one: _Wire, two: _Wire) -> None:
        """A gate on two qubits that adds parities or phases; x and z are exchanged on a turned
        qubit.
        """
        if one.turned and name in {"cz", "cp"}:
            one, two = two, one
        if one.turned:
            raise _NotQaoa
        if two.turned:
            name = {"cx": "cz", "cz": "cx", "crx": "crz"}.get(name, "")
        phases = self.read[len(one.mixers)].phases
        both = one.parity ^ two.parity
        match name:
            case "cx":
                two.parity = both
                return
            case "cz" | "cp":
                angle = math.pi if name == "cz" else params[0]
                # λ a b = λ/2 (a + b - a⊕b) for bits a and b
                added = {one.parity: angle / 2, two.parity: angle / 2, both: -angle / 2}
            case "crz":
                added = {two.parity: params[0] / 2, both: -params[0] / 2}
            case _:
                raise _NotQaoa
        for mask, angle in added.items():
            phases[mask] = phases.get(mask, 0.0) + angle

    def layers(self, terms: Mapping[int, float]) -> int:
        """p, where what was read is QAOA for these terms (coefficients by mask, largest first).

        Raises:
            _NotQaoa: it is not.
        """
        for wire in self.wires:
            self.close_run(wire)
            self.close_mixer(wire)
            if wire.turned or (wire.state is not None and any(m & wire.bit for m in terms)):
                raise _NotQaoa
            if wire.mixers and wire.parity != wire.bit:
                raise _NotQaoa
        mixed = [w.mixers for w in self.wires if any(mask & w.bit for mask in terms)]
        depth = len(mixed[0])
        if depth == 0 or any(len(mixers) != depth for mixers in mixed):
            raise _NotQaoa
        idle = True
        for layer in range(depth):
            beta = mixed[0][layer]
            if any(abs(wrapped(m[layer] - beta)) > ANGLE_TOLERANCE for m in mixed):
                raise _NotQaoa
            read = self.read[layer]
            if layer == 0:
                phases = _seen_from_the_end(read, self.wires)
            elif any(bit != parity for bit, parity in read.ends.items()):
                raise _NotQaoa
            else:
                phases = read.phases
            if not _is_cost_layer(phases, terms):
                raise _NotQaoa
            idle = idle and not _entangles(phases, terms)
        if idle:
            raise _NotQaoa
        return depth


def _is_hadamard(gate: Single) -> bool:
    a, b, c, d = gate.matrix
    return max(abs(a - b), abs(a - c), abs(a + d)) < _NOTHING


def _seen_from_the_end(layer: _Layer, wires: Sequence[_Wire]) -> dict[int, float]:
    """Phases by parities of the qubits as the first layer leaves them.

    Sums of bits leave |+...+> unchanged, so the first network need not return to its start.
    """
    basis: dict[int, tuple[int, int]] = {}  # by highest bit a parity, and the qubits it sums

    def reduced(parity: int, names: int) -> tuple[int, int]:
        while parity and (step := basis.get(parity.bit_length())):
            parity, names = parity ^ step[0], names ^ step[1]
        return parity, names

    for wire in wires:
        end = layer.ends.get(wire.bit, wire.bit if wire.mixers else wire.parity)
        parity, names = reduced(end, wire.bit)
        basis[parity.bit_length()] = parity, names
    out: dict[int, float] = {}
    for mask, angle in layer.phases.items():
        _, names = reduced(mask, 0)
        out[names] = out.get(names, 0.0) + angle
    return out


def _is_cost_layer(phases: Mapping[int, float], terms: Mapping[int, float]) -> bool:
    """Whether one γ gives all phases: angle = 2 γ c modulo 2π for every term, 0 for others."""
    if any(abs(wrapped(angle)) > ANGLE_TOLERANCE for m, angle in phases.items() if m not in terms):
        return False
    wanted = [(c, wrapped(phases.get(mask, 0.0))) for mask, c in terms.items()]
    # The largest coefficient fixes γ best, up to full turns of its angle.
    largest, angle = wanted[0]
    for turns in sorted(range(-_TURNS, _TURNS + 1), key=abs):
        twice = (angle + 2.0 * math.pi * turns) / largest
        if all(abs(wrapped(own - twice * c)) <= ANGLE_TOLERANCE for c, own in wanted):
            return True
    return False


def _entangles(phases: Mapping[int, float], terms: Mapping[int, float]) -> bool:
    """Whether a cost layer does more than gates on one qubit; for a Hamiltonian of single spins,
    whether it does anything.

    A parity's rotation by a half turn is a Z on each of its qubits.
    """
    coupled = {mask: angle for mask, angle in phases.items() if mask.bit_count() > 1}
    if all(mask.bit_count() == 1 for mask in terms):
        return any(abs(wrapped(angle)) > ANGLE_TOLERANCE for angle in phases.values())
    return any(abs(wrapped(2.0 * angle)) > 2.0 * ANGLE_TOLERANCE for angle in coupled.values())

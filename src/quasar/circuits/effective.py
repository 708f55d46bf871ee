"""What of a circuit does anything: the same measured distribution from fewer gates.

Gates are removed, replaced by smaller ones, or merged about one axis. Nothing is synthesised
again, so what is left reads like parts of the original program. A sweep goes forward once:

* rotations by multiples of their period go, and what equals the identity up to a phase;
* every qubit that is not entangled yet has a known state: a gate that leaves it as it is goes, a
  control that is surely 0 takes its gate along, one that is surely 1 goes alone, and a target in an
  eigenstate leaves a phase on the controls;
* a gate is moved back past all that commutes with it (each qubit has an axis along which a gate
  acts) to merge with one about the same axis, or to cancel with its inverse.

Then once backward: phases that nothing mixes before the measurement go. `swap` gates go first, by
renaming the qubits before them, which all start in |0>. Sweeps repeat until nothing more goes.

Every approximation is charged to one budget, so that no probability changes by more than 1e-9.
Not covered: gates without effect that only a simulation of entangled qubits would find.
"""

from __future__ import annotations

import cmath
from collections.abc import Iterable, Sequence
from dataclasses import replace

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.compiled_facts import effective_circuit
from quasar.circuits.gate_pairs import (
    axes_of,
    axis_on,
    is_half_turn,
    is_identity,
    merge,
    permutes,
    rotation,
)
from quasar.circuits.one_qubit import (
    ROUNDING,
    Matrix2,
    Single,
    controlled,
    off_identity,
    single,
    times,
    wrapped,
)

BUDGET = 2e-10
"""Distance of states that all approximations together may make; probabilities change by at most
twice that."""

_SWEEPS = 6
_LOOK_BACK = 64  # gates that one gate is moved past at most
_RUN = 6  # gates of a run on one qubit that may cancel together

_State = tuple[complex, complex]
_ZERO: _State = (1.0 + 0j, 0j)


def effective(circuit: Circuit) -> Circuit:
    """The circuit without gates that do nothing; its distribution is the same within 1e-9."""
    return effective_circuit(circuit, BUDGET) or effective_in_python(circuit)


def effective_in_python(circuit: Circuit) -> Circuit:
    """The same without compiled code."""
    budget = _Budget()
    gates: Sequence[Gate] = [gate for gate in circuit.gates if gate.name != "id"]
    size = _size(gates)
    for _ in range(_SWEEPS):
        gates = _without_swaps(gates, circuit.n_qubits)
        gates = _Sweep(circuit.n_qubits, budget).run(gates)
        gates = _without_final_phases(gates, circuit.n_qubits)
        before, size = size, _size(gates)
        if size == before:
            break
    return replace(circuit, gates=tuple(gates))


def _size(gates: Sequence[Gate]) -> tuple[int, int]:
    return len(gates), sum(len(gate.qubits) for gate in gates)


class _Budget:
    """Errors allowed."""

    def __init__(self) -> None:
        self.left = BUDGET

    def allows(self, error: float) -> bool:
        """Whether an approximation may be made; it is charged then."""
        if error > self.left:
            return False
        if error > ROUNDING:
            self.left -= error
        return True


def _without_swaps(gates: Sequence[Gate], n_qubits: int) -> list[Gate]:
    """A swap of the qubits that came before it is a renaming: all start in the same state."""
    if not any(gate.name == "swap" for gate in gates):
        return list(gates)
    name = list(range(n_qubits))
    out = []
    for gate in reversed(gates):
        if gate.name == "swap":
            a, b = gate.qubits
            name[a], name[b] = name[b], name[a]
        else:
            out.append(gate._replace(qubits=tuple(name[q] for q in gate.qubits)))
    out.reverse()
    return out


def _without_final_phases(gates: Sequence[Gate], n_qubits: int) -> list[Gate]:
    """Drop diagonal gates whose phases no later gate turns into probabilities.

    `read` are the qubits on which a diagonal gate, put here, could be moved to the end: gates that
    only permute basis states keep it diagonal, controls commute with it.
    """
    read = set(range(n_qubits))
    out = []
    for gate in reversed(gates):
        axes = axes_of(gate)
        inside = read.issuperset(gate.qubits)
        if inside and all(axis == "z" for axis in axes):
            continue
        out.append(gate)
        if not (inside and permutes(gate)):
            read.difference_update(q for q, axis in zip(gate.qubits, axes, strict=True)
                                   if axis != "z")  # fmt: skip
    out.reverse()
    return out


class _Sweep:
    """One pass from the start.

    Attributes:
        known: the state of each qubit that is entangled with none, None for the others.
        done: gates kept so far, None where one was taken out again.
        wires: of each qubit, places in `done` of the gates on it, in order.
    """

    def __init__(self, n_qubits: int, budget: _Budget) -> None:
        self.budget = budget
        self.known: list[_State | None] = [_ZERO] * n_qubits
        self.done: list[Gate | None] = []
        self.wires: list[list[int]] = [[] for _ in range(n_qubits)]

    def run(self, gates: Iterable[Gate]) -> list[Gate]:
        for gate in gates:
            if len(gate.qubits) == 1:
                self.single(gate)
            else:
                self.several(gate)
        return [gate for gate in self.done if gate is not None]

    # --- one qubit

    def single(self, gate: Gate) -> None:
        """Take a gate on one qubit."""
        own = single(gate)
        if own.off < 1e-9 and self.budget.allows(own.off):
            return
        qubit = gate.qubits[0]
        state = self.known[qubit]
        if state is None:
            self.add_single(gate, own)
            return
        after = _applied(own.matrix, state)
        if self.near(abs(state[0] * after[1] - state[1] * after[0])):
            return
        self.known[qubit] = after
        if self.near(abs(after[1])):
            self.restart(qubit, None)
        elif self.wires[qubit] and self.near(abs(after[0])):
            self.restart(qubit, Gate("x", (qubit,)))
        else:
            self.add_single(gate, own)

    def near(self, error: float) -> bool:
        """Whether a small error may be taken for none."""
        return error < 1e-9 and self.budget.allows(2.0 * error)

    def restart(self, qubit: int, gate: Gate | None) -> None:
        """Replace all gates of a qubit that is in a basis state."""
        for place in self.wires[qubit]:
            self.done[place] = None
        self.wires[qubit] = []
        self.known[qubit] = _ZERO if gate is None else (0j, 1.0 + 0j)
        if gate is not None:
            self.append(gate)

    def add_single(self, gate: Gate, own: Single) -> None:
        """Merge or cancel the gate with an earlier one, or append it."""
        qubit = gate.qubits[0]
        wire = self.wires[qubit]
        angle = own.angle
        turned: list[int] = []  # earlier rotations that a Pauli gate is moved past
        for i in range(len(wire) - 1, max(-1, len(wire) - 1 - _LOOK_BACK), -1):
            place = wire[i]
            old = self.done[place]
            if old is None:
                break
            if len(old.qubits) == 1:
                before = single(old)
                if own.axis and before.axis == own.axis:
                    for other in turned:
                        self.turn_round(other)
                    self.replace(place, rotation(own.axis, before.angle + angle, qubit))
                    return
                if angle == own.angle and not turned and self.cancels(wire, i, own.matrix):
                    return
                if not own.axis or not before.axis:
                    break
                # A Pauli gate turns a rotation about another axis round: P R(a) = R(-a) P.
                if is_half_turn(before):
                    angle = -angle
                elif is_half_turn(own):
                    turned.append(place)
                else:
                    break
                continue
            if not own.axis or axis_on(old, qubit) != own.axis:
                break
        self.append(gate)

    def turn_round(self, place: int) -> None:
        """Make a rotation one by the opposite angle."""
        old = self.done[place]
        if old is not None:
            own = single(old)
            self.done[place] = Gate(f"r{own.axis}", old.qubits, (-own.angle,))

    def cancels(self, wire: list[int], last: int, matrix: Matrix2) -> bool:
        """Take out the run of gates up to `last` that the matrix after it undoes, if there is."""
        for i in range(last, max(-1, last - _RUN), -1):
            old = self.done[wire[i]]
            if old is None or len(old.qubits) > 1:
                return False
            matrix = times(matrix, single(old).matrix)
            if off_identity(matrix) < ROUNDING:
                for place in wire[i : last + 1]:
                    self.done[place] = None
                del wire[i : last + 1]
                return True
        return False

    # --- several qubits

    def several(self, gate: Gate) -> None:
        """Take a gate on several qubits, or what it comes down to."""
        parts = controlled(gate)
        if parts is None:
            self.other(gate)
            return
        controls, target, name, params, base = parts
        open_controls = []
        for control in controls:
            state = self.known[control]
            if state is None:
                open_controls.append(control)
            elif self.near(abs(state[1])):
                return
            elif not self.near(abs(state[0])):
                open_controls.append(control)
        if not open_controls:
            self.single(Gate(name, (target,), params))
            return
        if base.off < 1e-9 and self.budget.allows(base.off):
            self.phase(open_controls, cmath.phase(base.matrix[0]))
            return
        state = self.known[target]
        if state is not None:
            after = _applied(base.matrix, state)
            if self.near(abs(state[0] * after[1] - state[1] * after[0])):
                overlap = state[0].conjugate() * after[0] + state[1].conjugate() * after[1]
                self.phase(open_controls, cmath.phase(overlap))
                return
        if len(open_controls) < len(controls):
            gate = Gate("cx", (*open_controls, target))  # only `ccx` has two controls
        self.add_several(gate)

    def phase(self, controls: Sequence[int], angle: float) -> None:
        """exp(i angle) where all controls are 1."""
        angle = wrapped(angle)
        if abs(angle) < 1e-9 and self.budget.allows(abs(angle)):
            return
        if len(controls) == 1:
            self.single(Gate("p", (controls[0],), (angle,)))
        else:
            self.several(Gate("cp", tuple(controls), (angle,)))

    def other(self, gate: Gate) -> None:
        """Swaps and matrices."""
        if gate.name == "cswap":
            control, a, b = gate.qubits
            state, one, two = self.known[control], self.known[a], self.known[b]
            if state is not None and self.near(abs(state[1])):
                return
            if one and two and self.near(abs(one[0] * two[1] - one[1] * two[0])):
                return
            if state is not None and self.near(abs(state[0])):
                gate = Gate("swap", (a, b))
        elif gate.matrix is not None and is_identity(gate.matrix):
            return
        self.add_several(gate)

    def add_several(self, gate: Gate) -> None:
        """Merge or cancel the gate with an earlier one, or append it."""
        axes = dict(zip(gate.qubits, axes_of(gate), strict=True))
        for place in self.before(gate.qubits):
            old = self.done[place]
            if old is None:
                break
            if len(old.qubits) == len(axes) and axes.keys() == set(old.qubits):
                merged = merge(old, gate)
                if merged is not None:
                    self.replace(place, merged[0] if merged else None)
                    return
            shared = zip(old.qubits, axes_of(old), strict=True)
            if any(q in axes and not (axis and axis == axes[q]) for q, axis in shared):
                break
        self.append(gate)
        for qubit in gate.qubits:
            self.known[qubit] = None

    def before(self, qubits: Sequence[int]) -> Iterable[int]:
        """Places of earlier gates on any of the qubits, last first."""
        if len(qubits) == 2:
            one, two = self.wires[qubits[0]], self.wires[qubits[1]]
            i, j = len(one) - 1, len(two) - 1
            for _ in range(_LOOK_BACK):
                a, b = one[i] if i >= 0 else -1, two[j] if j >= 0 else -1
                place = a if a > b else b
                if place < 0:
                    return
                yield place
                i -= a == place
                j -= b == place
            return
        places = {place for q in qubits for place in self.wires[q][-_LOOK_BACK:]}
        yield from sorted(places, reverse=True)[:_LOOK_BACK]

    # --- the gates kept

    def append(self, gate: Gate) -> None:
        place = len(self.done)
        self.done.append(gate)
        for qubit in gate.qubits:
            self.wires[qubit].append(place)

    def replace(self, place: int, gate: Gate | None) -> None:
        """Put another gate, or none, in the place of one."""
        old = self.done[place]
        self.done[place] = gate
        for qubit in () if old is None else old.qubits:
            if gate is None or qubit not in gate.qubits:
                self.wires[qubit].remove(place)


def _applied(matrix: Matrix2, state: _State) -> _State:
    a, b, c, d = matrix
    return a * state[0] + b * state[1], c * state[0] + d * state[1]

"""Gates to pieces: phases of Z products, turns of one qubit, and what is neither.

Ladders of `cx` around a phase become one phase: `cx` gates are not taken at once but as the parity
of wires that each wire holds, and a phase on such a wire is one of the whole parity. Runs of
one-qubit gates become at most one fixed gate followed by rotations, e.g. `h rz h` one rotation
about X. A `swap` only renames wires.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping

import numpy as np

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import ALIASES, ComplexMatrix, Gate
from quasar.simulate.cones.forms import Form, Forms, Piece, is_diagonal
from quasar.simulate.gate_matrix import gate_matrix
from quasar.simulate.rotations import generated_rotations, pauli_rotations

_SAME = 1e-12


class Pieces:
    """The pieces of a circuit, in order of time.

    Args:
        ansatz: its gates; angles with a slot stay free.

    Attributes:
        forms: what they are made of.
        listed: the pieces, on wires.
        wire: where each qubit is at the end.
    """

    def __init__(self, ansatz: Ansatz) -> None:
        self.forms = Forms()
        self.listed: list[Piece] = []
        self.wire = list(range(ansatz.n_qubits))
        self._parity = _Parities()
        self._runs: dict[int, list[_Single]] = {}
        slots = {slot.gate: slot for slot in ansatz.slots}
        for position, gate in enumerate(ansatz.gates):
            self._take(gate, slots.get(position))
        for wire in list(self._runs):
            self._end_run(wire)
        for wire in range(ansatz.n_qubits):
            self._resolve(wire)

    def _take(self, gate: Gate, slot: Slot | None) -> None:
        name = ALIASES.get(gate.name, gate.name)
        if name == "id":
            return
        wires = tuple(self.wire[qubit] for qubit in gate.qubits)
        if name == "swap":
            a, b = gate.qubits
            self.wire[a], self.wire[b] = self.wire[b], self.wire[a]
        elif name == "cx":
            for wire in wires:
                self._end_run(wire)
            self._parity.add(*wires)
        elif len(wires) == 1:
            self._take_single(gate, slot, wires[0])
        elif slot is not None:
            self._take_rotation(gate, slot, wires)
        else:
            self._take_matrix(gate_matrix(gate), wires)

    def _take_single(self, gate: Gate, slot: Slot | None, wire: int) -> None:
        if slot is None:
            single = _Single(gate_matrix(gate))
        else:
            (rotation,) = generated_rotations(gate)
            single = _Single(rotation.generator, slot.parameter, slot.scale * rotation.factor)
        if self._parity.of(wire) != {wire}:
            if is_diagonal(single.matrix):
                angle = single.scale if slot else _phase_angle(single.matrix)
                self._add_phase(self._parity.of(wire), angle, single.parameter)
                return
            self._resolve(wire)
        elif not is_diagonal(single.matrix):
            self._resolve(wire)
        self._runs.setdefault(wire, []).append(single)

    def _take_rotation(self, gate: Gate, slot: Slot, wires: tuple[int, ...]) -> None:
        for wire in wires:
            self._end_run(wire)
        place = dict(zip(gate.qubits, wires, strict=True))
        rotations = pauli_rotations(gate)
        if all(set(rotation.axes) == {"z"} for rotation in rotations):
            for qubits, _, factor in rotations:
                parity = self._parity.of_all([place[qubit] for qubit in qubits])
                self._add_phase(parity, slot.scale * factor, slot.parameter)
            return
        for wire in wires:
            self._resolve(wire)
        for qubits, generator, factor in generated_rotations(gate):
            form = self.forms.rotation(generator, slot.parameter)
            on = tuple(place[qubit] for qubit in qubits)
            self.listed.append(Piece(form, on, slot.scale * factor))

    def _take_matrix(self, matrix: ComplexMatrix, wires: tuple[int, ...]) -> None:
        for wire in wires:
            self._end_run(wire)
        if is_diagonal(matrix):
            for subset, angle in _phases(np.diag(matrix), wires).items():
                self._add_phase(self._parity.of_all(subset), angle, None)
            return
        for wire in wires:
            self._resolve(wire)
        self.listed.append(Piece(self.forms.matrix(matrix), wires))

    def _add_phase(self, parity: frozenset[int], angle: float, parameter: int | None) -> None:
        """exp(-i angle/2 Z...Z) on a parity of wires; on the empty one it is a global phase."""
        if not parity or angle == 0.0:
            return
        for wire in parity:
            self._end_run(wire)
        form = self.forms.phase(len(parity), parameter)
        self.listed.append(Piece(form, tuple(sorted(parity)), angle))

    def _end_run(self, wire: int) -> None:
        """Write down the gates of one wire that wait."""
        run = self._runs.pop(wire, None)
        if run is None:
            return
        fixed: ComplexMatrix = np.eye(2, dtype=np.complex128)
        rotations: list[_Single] = []
        for single in run:
            if single.parameter is not None:
                rotations.append(single)
                continue
            # A fixed gate F after a rotation by G is a rotation by F G F† after F.
            turn = single.matrix
            fixed = turn @ fixed
            rotations = [
                _Single(turn @ r.matrix @ turn.conj().T, r.parameter, r.scale) for r in rotations
            ]
        if is_diagonal(fixed):
            self._phase_on(wire, _phase_angle(fixed), None)
        else:
            self.listed.append(Piece(self.forms.matrix(fixed), (wire,)))
        for rotation in rotations:
            generator, scale = _upright(rotation.matrix, rotation.scale)
            if is_diagonal(generator):
                self._phase_on(wire, scale, rotation.parameter)
            elif rotation.parameter is not None and scale:
                form = self.forms.rotation(generator, rotation.parameter)
                self.listed.append(Piece(form, (wire,), scale))

    def _phase_on(self, wire: int, angle: float, parameter: int | None) -> None:
        if abs(angle) > _SAME or (parameter is not None and angle):
            self.listed.append(Piece(self.forms.phase(1, parameter), (wire,), angle))

    def _resolve(self, wire: int) -> None:
        """Write down the `cx` gates that wait and concern this wire."""
        for control, target in self._parity.resolve(wire):
            self.listed.append(Piece(self._cx, (control, target)))

    @property
    def _cx(self) -> Form:
        return self.forms.matrix(gate_matrix(Gate("cx", (0, 1))))


class _Single:
    """A gate of one qubit: its matrix, or the generator of its rotation."""

    def __init__(
        self, matrix: ComplexMatrix, parameter: int | None = None, scale: float = 0.0
    ) -> None:
        self.matrix = matrix
        self.parameter = parameter
        self.scale = scale


class _Parities:
    """A linear map of wires' values over two elements: each wire holds a sum of wires' values."""

    def __init__(self) -> None:
        self._held: dict[int, frozenset[int]] = {}  # wires that hold another sum than their own
        self._in: dict[int, set[int]] = {}  # wire -> other wires whose sums it is part of

    def of(self, wire: int) -> frozenset[int]:
        return self._held.get(wire, frozenset((wire,)))

    def of_all(self, wires: Mapping[int, object] | list[int] | tuple[int, ...]) -> frozenset[int]:
        total: frozenset[int] = frozenset()
        for wire in wires:
            total ^= self.of(wire)
        return total

    def add(self, control: int, target: int) -> None:
        """`cx`: the target's sum becomes its own and the control's."""
        self._set(target, self.of(target) ^ self.of(control))

    def _set(self, wire: int, parity: frozenset[int]) -> None:
        for part in self.of(wire) - {wire}:
            self._in[part].discard(wire)
        for part in parity - {wire}:
            self._in.setdefault(part, set()).add(wire)
        if parity == {wire}:
            self._held.pop(wire, None)
        else:
            self._held[wire] = parity

    def resolve(self, wire: int) -> list[tuple[int, int]]:
        """`cx` gates that make the map of the wires connected with this one, which is forgotten."""
        if wire not in self._held and not self._in.get(wire):
            return []
        connected, waiting = {wire}, [wire]
        while waiting:
            here = waiting.pop()
            for other in self.of(here) | self._in.get(here, set()):
                if other not in connected:
                    connected.add(other)
                    waiting.append(other)
        order = sorted(connected)
        rows = {w: set(self.of(w)) for w in order}
        for w in order:
            self._set(w, frozenset((w,)))
        return _synthesised(rows, order)


def _synthesised(rows: dict[int, set[int]], order: list[int]) -> list[tuple[int, int]]:
    """Additions of rows that make an invertible matrix of the identity, by Gaussian elimination."""
    undone: list[tuple[int, int]] = []

    def add(source: int, to: int) -> None:
        rows[to] ^= rows[source]
        undone.append((source, to))

    for column in order:
        if column not in rows[column]:
            after = [w for w in order if w > column and column in rows[w]]
            add(after[0], column)
        for w in order:
            if w != column and column in rows[w]:
                add(column, w)
    return undone[::-1]


def _phase_angle(matrix: ComplexMatrix) -> float:
    """Angle of diag(1, e^{i angle}), which a rotation about Z is up to a phase."""
    return cmath.phase(matrix[1, 1] / matrix[0, 0])


def _phases(diagonal: np.ndarray, wires: tuple[int, ...]) -> dict[tuple[int, ...], float]:
    """A diagonal gate as angles of exp(-i angle/2 Z...Z) on subsets of its wires."""
    k = len(wires)
    angles = np.angle(diagonal)
    found = {}
    for subset in range(1, 1 << k):
        signs = np.array([(-1) ** (index & subset).bit_count() for index in range(1 << k)])
        angle = -2.0 * float(signs @ angles) / (1 << k)
        if abs(math.remainder(angle, 4.0 * math.pi)) > _SAME:
            # Bit k - 1 - i of a basis state is that of wire i: the first is most significant.
            found[tuple(w for i, w in enumerate(wires) if subset >> (k - 1 - i) & 1)] = angle
    return found


def _upright(generator: ComplexMatrix, scale: float) -> tuple[ComplexMatrix, float]:
    """The same rotation with the generator's sign chosen so that equal rotations look equal."""
    flat = generator.reshape(-1)
    leading = flat[np.argmax(np.abs(flat) > _SAME)]
    negative = leading.real < -_SAME or (abs(leading.real) <= _SAME and leading.imag < 0)
    return (-generator, -scale) if negative else (generator, scale)

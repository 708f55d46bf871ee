"""Energies a whole layer at a time, for circuits of one-qubit, diagonal and reversible gates.

Such a circuit, and QAOA and most hardware-efficient ansätze are such, is cut into layers of two
kinds in turn:

- local: one 2x2 matrix a qubit, applied as dense blocks of four qubits;
- monomial: basis state k goes to exp(iφ_k(θ)) |π(k)>. Cost layers written as cx-rz-cx ladders
  collapse to this: one permutation (often none) and one multiplication by phases. As φ is linear in
  θ with few distinct coefficients, exponentials are taken of levels, not of 2**n states.

What comes before the first free angle is run once. Gives E(θ) alone: phases after the last local
layer are left out. Does not cover controlled gates that are neither diagonal nor reversible (crx,
cry, ch, cu), matrices on several qubits and gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import ALIASES, ComplexMatrix
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.rotations import AXIS_OF, PAULI, rotation_matrix, u_matrix

_BLOCK = 4  # qubits of a dense block: 16 x 16 matrices are the fastest here
_COLUMNS = 128  # of a product at a time: for larger ones BLAS starts threads, which costs more
_STATES_PER_LEVEL = 8  # a table of phases is worth it from this many states a level on

IntVector = npt.NDArray[np.int32]


class NotLayered(ValueError):
    """A gate that belongs to neither kind of layer."""


class _Angle(NamedTuple):
    """A free angle: scale * θ[parameter]."""

    parameter: int
    scale: float


class _Step(NamedTuple):
    """A gate of one of the kinds below.

    Attributes:
        angle: its only angle, free or a number; None where it has none or several.
        params: all its angles where they are numbers.
    """

    name: str
    qubits: tuple[int, ...]
    angle: _Angle | float | None
    params: tuple[float, ...]


# --- what the gates are --------------------------------------------------------------------------

_ID = np.eye(2, dtype=np.complex128)
_FIXED: dict[str, ComplexMatrix] = {
    "h": np.array([[1, 1], [1, -1]]) * 0.5**0.5 + 0j,
    "sx": np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]]),
    "x": PAULI["x"],
    "y": PAULI["y"],
}
_FIXED_PHASE = {"z": math.pi, "s": math.pi / 2, "sdg": -math.pi / 2, "t": math.pi / 4}
_FIXED_PHASE["tdg"] = -math.pi / 4

_DIAGONAL = frozenset({"rz", "p", *_FIXED_PHASE})
_MONOMIAL = frozenset({"x", "y", "cx", "cy", "cz", "cp", "crz", "swap", "ccx", "cswap"}) | _DIAGONAL
_LOCAL = frozenset({"h", "rx", "ry", "sx", "U", "u2"}) | {"x", "y"} | _DIAGONAL


def _fixed_matrix(step: _Step) -> ComplexMatrix:
    """2x2 matrix of a one-qubit gate whose angles are numbers."""
    name, params = step.name, step.params
    if name in {"rx", "ry", "rz"}:
        return rotation_matrix(AXIS_OF[name], params[0])
    if name == "p" or name in _FIXED_PHASE:
        turn = params[0] if params else _FIXED_PHASE[name]
        return np.array([[1.0, 0.0], [0.0, np.exp(1j * turn)]])
    if name in {"U", "u2"}:
        return u_matrix(*params) if name == "U" else u_matrix(math.pi / 2, *params)
    return _FIXED[name]


# --- monomial layers -----------------------------------------------------------------------------


class _Table(NamedTuple):
    """exp(i Σ_j θ_j f_j(k)) as exponentials of few levels.

    Attributes:
        parameters: which θ, shape [m].
        levels: f at each level, shape [L, m].
        level_of: level of each basis state, shape [D].
    """

    parameters: npt.NDArray[np.intp]
    levels: FloatVector
    level_of: npt.NDArray[np.intp]


class _Monomial:
    """Collects diagonal and reversible gates, then applies all of them at once."""

    def __init__(self, n_qubits: int) -> None:
        self.identity: IntVector = np.arange(1 << n_qubits, dtype=np.int32)
        self.image = self.identity.copy()  # where basis state k is by now
        self.constant: FloatVector | None = None
        self.counts: dict[_Angle, IntVector] = {}  # of half angles
        self.tables: list[_Table] = []
        self.source: IntVector | None = None
        self.factor: ComplexVector | None = None

    @property
    def free(self) -> bool:
        """Whether an angle in it is free."""
        return bool(self.counts)

    @property
    def passes(self) -> int:
        """How often it goes through the whole state."""
        return len(self.tables) + (self.source is not None) + (self.factor is not None)

    def _bit(self, qubit: int) -> IntVector:
        bit: IntVector = (self.image >> qubit) & 1
        return bit

    def _turn(self, half_turns: IntVector, angle: _Angle | float) -> None:
        """Add half_turns * angle / 2 to the phases."""
        if isinstance(angle, _Angle):
            known = self.counts.get(angle)
            self.counts[angle] = half_turns if known is None else known + half_turns
        else:
            turned: FloatVector = half_turns * np.float64(angle / 2)
            self.constant = turned if self.constant is None else self.constant + turned

    def add(self, step: _Step) -> None:
        """Append a gate of `_MONOMIAL`."""
        name, qubits, angle = step.name, step.qubits, step.angle
        if name == "swap":
            self._swap(qubits[0], qubits[1], self._bit(qubits[0]) ^ self._bit(qubits[1]))
            return
        if name == "cswap":
            differ = self._bit(qubits[1]) ^ self._bit(qubits[2])
            self._swap(qubits[1], qubits[2], differ & self._bit(qubits[0]))
            return
        *controls, target = qubits
        on: IntVector = np.ones_like(self.image)
        for control in controls:
            on = on & self._bit(control)
        bit = self._bit(target)
        if name in {"rz", "crz"}:
            self._turn(on * (2 * bit - 1), angle or 0.0)
        elif name in {"p", "cp"}:
            self._turn(2 * on * bit, angle or 0.0)
        elif name in _FIXED_PHASE or name == "cz":
            self._turn(2 * on * bit, _FIXED_PHASE.get(name, math.pi))
        else:
            if name in {"y", "cy"}:  # Y|0> = i|1>, Y|1> = -i|0>
                self._turn(on * (1 - 2 * bit), math.pi)
            self.image = self.image ^ (on << target)

    def _swap(self, a: int, b: int, differ: IntVector) -> None:
        self.image = self.image ^ (differ << a) ^ (differ << b)

    def close(self) -> None:
        """No more gates: make the tables."""
        if not np.array_equal(self.image, self.identity):
            self.source = np.empty_like(self.image)
            self.source[self.image] = self.identity
        if self.constant is not None:
            self.factor = np.exp(1j * self.constant)
        group: list[_Angle] = []
        table = None
        for angle in self.counts:
            wider = self._table([*group, angle])
            if table is not None and wider.levels.shape[0] * _STATES_PER_LEVEL > self.image.size:
                self.tables.append(table)
                group, wider = [], self._table([angle])
            group, table = [*group, angle], wider
        if table is not None:
            self.tables.append(table)

    def _table(self, angles: Sequence[_Angle]) -> _Table:
        codes = np.zeros(self.image.size, dtype=np.int64)
        for angle in angles:
            count = self.counts[angle]
            low = int(count.min())
            codes = codes * (int(count.max()) - low + 1) + (count - low)
            # Renumbered after each angle, so that the codes stay below 2**n times its range.
            present = np.zeros(int(codes.max()) + 1, dtype=bool)
            present[codes] = True
            codes = (np.cumsum(present) - 1)[codes]
        n_levels = int(codes.max()) + 1
        levels = np.empty((n_levels, len(angles)))
        for j, angle in enumerate(angles):
            levels[codes, j] = self.counts[angle] * (angle.scale / 2)
        return _Table(np.array([a.parameter for a in angles]), levels, codes)

    def apply(self, state: ComplexVector, theta: FloatVector) -> ComplexVector:
        """The layer on a state of shape [D]; a new array unless it does nothing."""
        if self.factor is not None:
            state = state * self.factor
        for table in self.tables:
            phases = np.exp(1j * (table.levels @ theta[table.parameters]))
            state = state * phases[table.level_of]
        return state if self.source is None else state[self.source]


# --- local layers --------------------------------------------------------------------------------


class _Local:
    """One 2x2 matrix a qubit."""

    def __init__(self, n_qubits: int, steps: Sequence[_Step]) -> None:
        self.n_qubits = n_qubits
        self.steps: list[list[_Step]] = [[] for _ in range(n_qubits)]
        for step in steps:
            self.steps[step.qubits[0]].append(step)
        self.kinds: list[Callable[[FloatVector], ComplexMatrix]] = []
        self.blocks: list[tuple[int, tuple[int, ...]]] = []  # first qubit, kind of each qubit

    @property
    def free(self) -> bool:
        """Whether an angle in it is free."""
        return any(isinstance(s.angle, _Angle) for steps in self.steps for s in steps)

    @property
    def passes(self) -> int:
        """How often it goes through the whole state."""
        return len(self.blocks)

    def close(self) -> None:
        """No more gates: qubits with the same gates and angles share one matrix."""
        kind_of: dict[tuple[object, ...], int] = {}
        kinds = []
        for steps in self.steps:
            key = tuple((s.name, s.angle, s.params) for s in steps)
            if key not in kind_of:
                kind_of[key] = len(self.kinds)
                self.kinds.append(_product(steps))
            kinds.append(kind_of[key])
        for first in range(0, self.n_qubits, _BLOCK):
            if any(self.steps[first : first + _BLOCK]):
                self.blocks.append((first, tuple(kinds[first : first + _BLOCK])))

    def apply(self, state: ComplexVector, theta: FloatVector) -> ComplexVector:
        """The layer on a state of shape [D]."""
        if not self.blocks:
            return state
        matrices = [kind(theta) for kind in self.kinds]
        made: dict[tuple[int, ...], ComplexMatrix] = {}
        for first, kinds in self.blocks:
            u = made.get(kinds)
            if u is None:
                u = made[kinds] = _kron([matrices[kind] for kind in kinds])
            state = _block(u, state, first)
        return state


def _block(u: ComplexMatrix, state: ComplexVector, first: int) -> ComplexVector:
    """`u` on the qubits from `first` on."""
    out = np.empty_like(state)
    # Seen as [qubits above, block, qubits below]; the last axis is cut into columns of BLAS size.
    if first == 0:
        # The block is the last axis: rows times u.T, a stack of `_COLUMNS` rows at a time.
        shape: tuple[int, ...] = (-1, min(_COLUMNS, state.size // len(u)), len(u))
        np.matmul(state.reshape(shape), u.T, out=out.reshape(shape))
    else:
        inner = min(_COLUMNS, 1 << first)
        # [above, block, pieces, inner]: matmul works on the last two axes, so pieces go forward.
        shape = (-1, len(u), (1 << first) // inner, inner)
        np.matmul(u, state.reshape(shape).swapaxes(1, 2), out=out.reshape(shape).swapaxes(1, 2))
    return out


def _product(steps: Sequence[_Step]) -> Callable[[FloatVector], ComplexMatrix]:
    """θ to the matrix of gates in order; neighbouring fixed ones are multiplied beforehand."""
    parts: list[ComplexMatrix | tuple[str, _Angle]] = []
    for step in steps:
        if isinstance(step.angle, _Angle):
            parts.append((step.name, step.angle))
        elif parts and not isinstance(parts[-1], tuple):
            parts[-1] = _fixed_matrix(step) @ parts[-1]
        else:
            parts.append(_fixed_matrix(step))

    def matrix(theta: FloatVector) -> ComplexMatrix:
        out = _ID
        for part in parts:
            if isinstance(part, tuple):
                name, angle = part
                part = rotation_matrix(AXIS_OF[name], angle.scale * float(theta[angle.parameter]))
            out = part @ out
        return out

    return matrix


def _kron(matrices: Sequence[ComplexMatrix]) -> ComplexMatrix:
    """Tensor product, the first matrix on the least significant bit."""
    out = matrices[0]
    for matrix in matrices[1:]:
        size = 2 * len(out)  # rows [new bit, old], columns [new bit, old]: the new bit above
        out = (matrix[:, None, :, None] * out[None, :, None, :]).reshape(size, size)
    return out


# --- the whole -----------------------------------------------------------------------------------


_Layer = _Local | _Monomial


def _layers(n_qubits: int, steps: Sequence[_Step]) -> list[_Layer]:
    """Gates to layers, as early as may be: local ones have even numbers, monomial ones odd."""
    level = [0] * n_qubits
    placed: dict[int, list[_Step]] = {}
    for step in steps:
        number = max(level[q] for q in step.qubits)
        if number % 2 == 1 or step.name not in _LOCAL:
            if step.name in _MONOMIAL:
                number |= 1
            elif step.name in _LOCAL:
                number += 1
            else:
                raise NotLayered(f"gate {step.name!r} fits no layer")
        for qubit in step.qubits:
            level[qubit] = number
        placed.setdefault(number, []).append(step)
    out: list[_Layer] = []
    moved: list[_Step] = []
    for number in range(0, max(level) + 2, 2):
        local = _Local(n_qubits, placed.get(number, []))
        # Diagonal gates at the end go over to the next layer, which takes them for nothing.
        for mine in local.steps:
            while mine and mine[-1].name in _DIAGONAL:
                moved.append(mine.pop())
        local.close()
        monomial = _Monomial(n_qubits)
        for step in (*moved, *placed.get(number + 1, [])):
            monomial.add(step)
        moved.clear()
        monomial.close()
        out += [local, monomial]
    return out


class LayeredEnergy(AnsatzEnergy):
    """E(θ) of an ansatz under a diagonal Hamiltonian, layer by layer.

    Args:
        ansatz: n qubits, P parameters.
        diagonal: energies h, shape [D], D = 2**n.

    Raises:
        NotLayered: a gate that belongs to neither kind of layer.
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        super().__init__(ansatz, diagonal.size)
        n = ansatz.n_qubits
        layers = _layers(n, _steps(ansatz))
        # The last layer's phases are not measured, and its permutation can be undone there.
        last = layers.pop()
        self._diagonal = diagonal[last.image] if isinstance(last, _Monomial) else diagonal
        none = np.zeros(ansatz.n_parameters)
        self._start = np.zeros(1 << n, dtype=np.complex128)
        self._start[0] = 1.0
        while layers and not layers[0].free:
            self._start = layers.pop(0).apply(self._start, none)
        self._layers = layers

    @property
    def passes(self) -> int:
        """How often one evaluation goes through the whole state."""
        return sum(layer.passes for layer in self._layers)

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ), θ of shape [P] in radians."""
        self.evaluations += 1
        angles = np.asarray(theta, dtype=np.float64)
        state = self._start
        for layer in self._layers:
            state = layer.apply(state, angles)
        return float(probabilities(state) @ self._diagonal)


def _steps(ansatz: Ansatz) -> list[_Step]:
    slot_of = {slot.gate: slot for slot in ansatz.slots}
    out = []
    for position, gate in enumerate(ansatz.gates):
        name = ALIASES.get(gate.name, gate.name)
        slot = slot_of.get(position)
        if name == "id":
            continue
        if slot is not None:
            out.append(_Step(name, gate.qubits, _Angle(slot.parameter, slot.scale), ()))
        else:
            angle = gate.params[0] if len(gate.params) == 1 else None
            out.append(_Step(name, gate.qubits, angle, gate.params))
    return out

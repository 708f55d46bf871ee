"""E(θ) of small circuits under a diagonal observable, by `small_state.c`; without gradients.

What comes before the first free angle is run once. A ladder cx-rz-cx is one step, and gates behind
the last one that is not diagonal are left out: they change no energy.
"""

from __future__ import annotations

import ctypes

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import GATES, Gate
from quasar.circuits.flat_compiled import CODES, code_of
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import FloatVector
from quasar.simulate.small_state import address, library

MOST_QUBITS = 16
"""Beyond, `energy.py` takes windows of gates where they fit."""
_RZZ = len(CODES)  # as in `state_gates.c`
_DIAGONAL = frozenset(
    {*("z", "s", "sdg", "t", "tdg", "rz", "p", "phase", "u1", "id"), *("cz", "cp", "cphase", "crz")}
)


class SmallEnergy(AnsatzEnergy):
    """E(θ) of an ansatz, compiled once and evaluated often; not to be shared between threads.

    Args:
        ansatz: n qubits, P parameters; slots on gates of one angle. See `covers`.
        diagonal: energies of the basis states, shape [2**n].
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        super().__init__(ansatz, diagonal.size)
        compiled = library()
        if compiled is None:
            raise RuntimeError("the compiled simulator is not there")
        steps = _steps(ansatz)
        while steps and steps[-1][0].name in _DIAGONAL:
            steps.pop()
        free = [i for i, (_, slot, _) in enumerate(steps) if slot is not None]
        first = free[0] if free else len(steps)
        code = code_of([(number, gate.qubits, gate.params) for gate, _, number in steps])
        width = len(code) // max(len(steps), 1)
        n = ansatz.n_qubits
        self._start = np.empty(2 << n)
        live = ctypes.c_int64()
        if compiled.run_start(code, first, n, address(self._start), ctypes.byref(live)):
            raise ValueError("a gate that the compiled simulator does not have")
        rest = code[first * width :]
        self._gates = ctypes.create_string_buffer(rest, max(len(rest), 1))
        slots = [slot for _, slot, _ in steps if slot is not None]
        self._places = np.array([i - first for i in free], dtype=np.int32)
        self._parameters = np.array([slot.parameter for slot in slots], dtype=np.int32)
        self._scales = np.array([slot.scale for slot in slots], dtype=np.float64)
        self._diagonal = np.ascontiguousarray(diagonal, dtype=np.float64)
        self._run = compiled.run_energy
        self._out = ctypes.c_double()
        self._before = (
            ctypes.addressof(self._gates),
            len(steps) - first,
            n,
            address(self._start),
            live.value,
            address(self._places),
            address(self._parameters),
            address(self._scales),
            len(free),
        )
        self._after = address(self._diagonal), ctypes.byref(self._out)

    @staticmethod
    def covers(ansatz: Ansatz) -> bool:
        """Whether the library is there, and has all gates and room for the qubits."""
        return (
            library() is not None
            and 1 <= ansatz.n_qubits <= MOST_QUBITS
            and all(gate.name in GATES for gate in ansatz.gates)
            and all(len(ansatz.gates[slot.gate].params) == 1 for slot in ansatz.slots)
        )

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ), θ of shape [P] in radians."""
        given = np.ascontiguousarray(theta, dtype=np.float64)
        if given.shape != (self.n_parameters,):
            raise ValueError(f"expected {self.n_parameters} angles, got {given.shape}")
        if self._run(*self._before, address(given), *self._after):
            raise MemoryError
        self.evaluations += 1
        return self._out.value


def _steps(ansatz: Ansatz) -> list[tuple[Gate, Slot | None, int]]:
    """The gates with their slots and numbers; a ladder cx-rz-cx is one of them."""
    slot_of = {slot.gate: slot for slot in ansatz.slots}
    out: list[tuple[Gate, Slot | None, int]] = []
    gates, at = ansatz.gates, 0
    while at < len(gates):
        gate = gates[at]
        if gate.name == "cx" and _is_ladder(gates[at : at + 3]):
            turn = gates[at + 1]
            step = Gate("rz", gate.qubits, turn.params)  # diagonal, as the name says
            out.append((step, slot_of.get(at + 1), _RZZ))
            at += 3
        else:
            out.append((gate, slot_of.get(at), CODES[gate.name]))
            at += 1
    return out


def _is_ladder(gates: tuple[Gate, ...]) -> bool:
    return (
        len(gates) == 3
        and gates[2].name == "cx"
        and gates[2].qubits == gates[0].qubits
        and gates[1].name == "rz"
        and gates[1].qubits == gates[0].qubits[1:]
    )

"""What `gate_facts.c` says of circuits that `flat_compiled.py` has read.

The same as `effective.py`, `freedom.py` and `statistics.py` say, to the last bit; they ask here
first. All functions return None where Python has to answer: there is no library, or the circuit was
made of gates.
"""

from __future__ import annotations

import ctypes
import threading
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.flat_compiled import FlatCircuit
from quasar.core.compiled import FACTS, open_library
from quasar.core.hamiltonian import IsingHamiltonian

_NAMES = tuple(GATES)
_GATE_SIZE = 48  # bytes, as `FlatCircuit.code` has them
_NOT_QAOA, _NO_MEMORY, _UNKNOWN = -1, -2, -3


_SIZES = 7 + 2 * len(_NAMES)  # 64-bit integers of a `Sizes` in C


class Sizes(NamedTuple):
    """How large a circuit is: numbers of gates, of those on two or more and on three or more
    qubits, of angles and of different ones; gates by name, most frequent first, then in order of
    appearance.
    """

    gates: int
    two_qubit: int
    multi_qubit: int
    depth: int
    parameters: int
    distinct: int
    counts: dict[str, int]

    @classmethod
    def read(cls, numbers: memoryview) -> Sizes:
        """From what C wrote."""
        kinds = numbers[6]
        codes = numbers[7 : 7 + kinds]
        counts = numbers[7 + len(_NAMES) : 7 + len(_NAMES) + kinds]
        named = {_NAMES[code]: count for code, count in zip(codes, counts, strict=True)}
        gates, two_qubit, multi_qubit, depth, parameters, distinct = numbers[:6]
        return cls(gates, two_qubit, multi_qubit, depth, parameters, distinct, named)


class GateFacts(NamedTuple):
    """All that is asked of a circuit's gates.

    Attributes:
        written: size as written.
        acting: size without gates that have no effect.
        layers: p where the circuit is QAOA.
        free_angles: of the acting gates, where it is not.
    """

    written: Sizes
    acting: Sizes
    layers: int | None
    free_angles: int


class _Room(threading.local):
    """Where C writes a thread's facts."""

    def __init__(self) -> None:
        self.held = (ctypes.c_int64 * (2 * _SIZES + 2))()
        self.address = ctypes.addressof(self.held)
        self.numbers = memoryview(self.held).cast("B").cast("q")


_room = _Room()


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled functions; None where there are none."""
    found = open_library(FACTS)
    if found is None:
        return None
    code, number, size = ctypes.c_char_p, ctypes.c_int64, ctypes.c_int32
    pointer, real = ctypes.c_void_p, ctypes.c_double
    found.effective.argtypes = [code, number, size, real, pointer]
    found.free_angles.argtypes = [code, number, real]
    found.qaoa_layers.argtypes = [code, number, size, pointer, pointer, number, real]
    found.circuit_facts.argtypes = [code, number, size, real, pointer, pointer, number, real, real]
    found.circuit_facts.argtypes += [pointer]
    for function in (found.effective, found.free_angles, found.qaoa_layers, found.facts_size):
        function.restype = number
    found.sizes.argtypes = [code, number, size, pointer]
    found.in_degrees.argtypes = [code, number, size]
    return found if found.facts_size() == ctypes.sizeof(_room.held) else None


def _code(circuit: Circuit) -> bytes | None:
    """Of a circuit that C can read."""
    if not isinstance(circuit, FlatCircuit) or circuit.n_qubits > 64:
        return None
    return circuit.code


def _checked(said: int) -> int | None:
    if said == _NO_MEMORY:
        raise MemoryError
    return None if said == _UNKNOWN else said


def effective_circuit(circuit: Circuit, budget: float) -> FlatCircuit | None:
    """See `effective.effective`."""
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None:
        return None
    out = ctypes.create_string_buffer(len(code) + 1)
    n = _checked(compiled.effective(code, len(code) // _GATE_SIZE, circuit.n_qubits, budget, out))
    if n is None:
        return None
    kept = ctypes.string_at(out, n * _GATE_SIZE)
    return FlatCircuit.of_code(circuit.n_qubits, kept, circuit.n_measured, circuit.measurements)


def sizes(circuit: Circuit) -> Sizes | None:
    """See `statistics.statistics`."""
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None:
        return None
    room = _room
    said = compiled.sizes(code, len(code) // _GATE_SIZE, circuit.n_qubits, room.address)
    return None if _checked(said) is None else Sizes.read(room.numbers)


def free_angles(circuit: Circuit, free_from: float) -> int | None:
    """Different angles in [0, π], to six decimals, that are further than that from multiples of
    π/2.
    """
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None:
        return None
    return _checked(compiled.free_angles(code, len(code) // _GATE_SIZE, free_from))


def in_degrees(circuit: Circuit) -> bool | None:
    """See `remarks`: all angles but 0 are integers larger than a full turn, and there is one."""
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None:
        return None
    said = _checked(compiled.in_degrees(code, len(code) // _GATE_SIZE, circuit.n_qubits))
    return None if said is None else said == 1


def qaoa_layers(circuit: Circuit, hamiltonian: IsingHamiltonian, tolerance: float) -> int | None:
    """See `freedom.qaoa_layers`; 0 where the circuit is not QAOA."""
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None or not hamiltonian.masks:
        return None
    found = compiled.qaoa_layers(
        code, len(code) // _GATE_SIZE, circuit.n_qubits, *_terms(hamiltonian), tolerance
    )
    return 0 if found == _NOT_QAOA else _checked(found)


def gate_facts(
    circuit: Circuit,
    hamiltonian: IsingHamiltonian,
    *,
    budget: float,
    tolerance: float,
    free_from: float,
) -> GateFacts | None:
    """All of the above at once, see `circuit_facts.circuit_facts`.

    Args:
        budget: see `effective.BUDGET`.
        tolerance: see `freedom.ANGLE_TOLERANCE`.
        free_from: see `freedom.FREE_FROM`.
    """
    compiled, code, n = library(), _code(circuit), circuit.n_qubits
    if compiled is None or code is None:
        return None
    terms = _terms(hamiltonian) if n == hamiltonian.n_qubits else (None, None, 0)
    room, n_gates = _room, len(code) // _GATE_SIZE
    said = compiled.circuit_facts(
        code, n_gates, n, budget, *terms, tolerance, free_from, room.address
    )
    if _checked(said) is None:
        return None
    numbers = room.numbers
    layers, free = numbers[2 * _SIZES :]
    written, acting = Sizes.read(numbers), Sizes.read(numbers[_SIZES:])
    return GateFacts(written, acting, None if layers == _NOT_QAOA else layers, free)


def _terms(hamiltonian: IsingHamiltonian) -> tuple[int, int, int]:
    """Where the masks and coefficients of its terms lie, and their number."""
    held = vars(hamiltonian).get("_in_c")  # kept beside its other cached properties
    if held is None:
        masks = np.array([*hamiltonian.masks], dtype=np.uint64)
        coefficients = np.array([*hamiltonian.masks.values()], dtype=np.float64)
        places = [v.__array_interface__["data"][0] for v in (masks, coefficients)]
        held = vars(hamiltonian)["_in_c"] = (*places, masks.size), masks, coefficients
    found: tuple[int, int, int] = held[0]
    return found

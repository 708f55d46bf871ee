"""Flat programs read by `flat_reader.c`, and the circuits that it gives: arrays of gates.

Accepts what `qasm_flat.py` accepts, except for gate definitions, more than 64 qubits or 256
classical bits; where it gives up, that module reads the text. Both give the same gates, with the
same angles to the last bit.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.measurement import Measurements
from quasar.circuits.qasm_syntax import RESERVED
from quasar.core.compiled import READER, open_library

MOST_GATES = 100_000
_FIRST_ROOM = 2_048  # gates: 96 KiB
_GATE = struct.Struct("<4d4i")
WIDTH = _GATE.size
"""Bytes of a gate."""
_HELD, _REGISTERS, _EACH = 6, 6 + 256, 5  # places in `_Program`, as 32-bit integers
_DONE, _STOPPED, _LEFT, _FULL = range(4)
_NAMES = tuple(GATES)
_SPECS = tuple((name, *GATES[name]) for name in _NAMES)


class FlatCircuit(Circuit):
    """A circuit whose gates are made when they are asked for.

    Attributes:
        code: the gates as `flat_reader.c` and `small_state.c` have them, 48 bytes each; None for
            one that was made of gates.
    """

    code: bytes | None = None

    @classmethod
    def of_code(
        cls, n_qubits: int, code: bytes, n_measured: int, measurements: Measurements
    ) -> FlatCircuit:
        """A circuit by its code."""
        made = object.__new__(cls)
        made.__dict__.update(
            n_qubits=n_qubits, code=code, n_measured=n_measured, measurements=measurements
        )
        return made

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """In order of application; global phase is not kept."""
        if self.code is None:
            return ()
        return tuple(
            [
                Gate(name, found[5 : 5 + n_qubits], found[:n_angles])
                for found in _GATE.iter_unpack(self.code)
                for name, n_angles, n_qubits in (_SPECS[found[4]],)
            ]
        )

    @property
    def n_gates(self) -> int:
        """Their number."""
        return len(self.gates) if self.code is None else len(self.code) // WIDTH


CODES = {name: code for code, name in enumerate(GATES)}
"""Numbers of the gates in C."""


def code_of(gates: Sequence[tuple[int, Sequence[int], Sequence[float]]]) -> bytes:
    """Gates as C has them, each of its number, its qubits and its angles."""
    return b"".join(
        _GATE.pack(*(*angles, 0.0, 0.0, 0.0, 0.0)[:4], number, *(*qubits, 0, 0)[:3])
        for number, qubits, angles in gates
    )


class _Register(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("name", "length", "quantum", "first", "size")]


class _Program(ctypes.Structure):
    _fields_ = [
        *(
            (name, ctypes.c_int32)
            for name in ("n_qubits", "n_bits", "n_registers", "n_gates", "n_measured", "statement")
        ),
        ("held", ctypes.c_int32 * 256),
        ("registers", _Register * 32),
    ]


class _Room(threading.local):
    """Where a thread's programs are read to."""

    def __init__(self) -> None:
        self.program = _Program()
        self.address = ctypes.addressof(self.program)
        self.numbers = memoryview(self.program).cast("B").cast("i")
        self.size = 0
        self.grow(_FIRST_ROOM)

    def grow(self, size: int) -> None:
        self.size = size
        self.gates = ctypes.create_string_buffer(size * WIDTH)
        self.gates_address = ctypes.addressof(self.gates)


_room = _Room()
_Read = Callable[[bytes, int, int, int, int], int]


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    library = open_library(READER, holds_gil=True)
    if library is None:
        return None
    library.deepest.argtypes = [ctypes.c_char_p, ctypes.c_int64]
    library.deepest.restype = ctypes.c_int64
    names = ctypes.create_string_buffer(1024)
    if not library.gate_names(names, ctypes.c_int64(1024)):
        return None
    library.program_size.restype = ctypes.c_int64
    if names.value.decode().split() != [*_NAMES]:
        return None
    return library if library.program_size() == ctypes.sizeof(_Program) else None


@lru_cache(maxsize=1)
def reader() -> _Read | None:
    """What reads text into a room; None where there is no compiled reader."""
    library = _library()
    if library is None:
        return None
    reserved = f" {' '.join(sorted(RESERVED))} ".encode()
    to_double = ctypes.cast(ctypes.pythonapi.PyOS_string_to_double, ctypes.c_void_p)
    read = library.read_program
    read.argtypes = [ctypes.c_char_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
    read.argtypes += [ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p]

    def reads(text: bytes, length: int, program: int, gates: int, room: int) -> int:
        found: int = read(text, length, program, gates, room, reserved, to_double)
        return found

    return reads


class Stopped(NamedTuple):
    """Where a program stops being flat.

    Attributes:
        statement: the number of that statement.
        registers: as `FlatReader` has them by then.
    """

    statement: int
    registers: dict[str, tuple[bool, int, int | None]]


def deepest_nesting(raw: bytes) -> int | None:
    """Deepest nesting of brackets and braces, matched or not; None without the library."""
    library = _library()
    return None if library is None else int(library.deepest(raw, len(raw)))


def read_compiled(text: str) -> FlatCircuit | Stopped | None:
    """The circuit of a flat program; None: for `qasm_flat.py` to read."""
    read = reader()
    if read is None:
        return None
    raw = text.encode("utf-8", "surrogatepass")
    room = _room
    while True:
        said = read(raw, len(raw), room.address, room.gates_address, room.size)
        if said != _FULL or room.size >= MOST_GATES:
            break
        room.grow(min(8 * room.size, MOST_GATES))
    found = room.program
    if said == _STOPPED and text.count("gate") < 2:  # one is in the header
        known = {
            raw[r.name : r.name + r.length].decode(): (
                bool(r.quantum),
                r.first,
                None if r.size < 0 else r.size,
            )
            for r in found.registers[: found.n_registers]
        }
        return Stopped(found.statement, known)
    if said != _DONE:
        return None
    code = ctypes.string_at(room.gates_address, found.n_gates * WIDTH)
    n_qubits, n_bits, n_registers, _, n_measured = room.numbers[:5]
    held = room.numbers[_HELD : _HELD + n_bits]
    places = room.numbers[_REGISTERS : _REGISTERS + _EACH * n_registers]
    # Quantum or not, first bit and size of each register: what is known of its name is left out.
    registers = *places[2::_EACH], *places[3::_EACH], *places[4::_EACH]
    measurements = _measurements((*held,), registers)
    return FlatCircuit.of_code(n_qubits, code, n_measured, measurements)


@lru_cache(maxsize=1024)
def _measurements(held: tuple[int, ...], registers: tuple[int, ...]) -> Measurements:
    """What programs write that declare and measure the same.

    Args:
        held: by classical bit the qubit measured into it, -1 for none.
        registers: which are quantum, then their first bits, then their sizes.
    """
    third = len(registers) // 3
    kinds, firsts, sizes = registers[:third], registers[third : 2 * third], registers[2 * third :]
    bits = tuple(
        range(first, first + size)
        for quantum, first, size in zip(kinds, firsts, sizes, strict=True)
        if not quantum and size >= 0
    )
    results = {bit: qubit for bit, qubit in enumerate(held) if qubit >= 0}
    return Measurements(results, registers=bits)

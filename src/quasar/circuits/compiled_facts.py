"""What `gate_facts.c` says of circuits that `flat_compiled.py` has read.

The same as `effective.py`, `freedom.py` and `statistics.py` say, to the last bit; they ask here
first. All functions return None where Python has to answer: there is no library, or the circuit was
made of gates.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import lru_cache

from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.flat_compiled import FlatCircuit
from quasar.core.compiled import FACTS, open_library

_NAMES = tuple(GATES)
_GATE_SIZE = 48  # bytes, as `FlatCircuit.code` has them
_NOT_QAOA, _NO_MEMORY, _UNKNOWN = -1, -2, -3


class Sizes(ctypes.Structure):
    """Numbers of gates, of those on two or more and on three or more qubits, of angles."""

    _fields_ = [
        *(
            (name, ctypes.c_int64)
            for name in ("two_qubit", "multi_qubit", "depth", "parameters", "distinct")
        ),
        ("count", ctypes.c_int64 * len(_NAMES)),
        ("first", ctypes.c_int64 * len(_NAMES)),
    ]

    def counts(self) -> dict[str, int]:
        """Gates by name, most frequent first, then in order of appearance."""
        present = [(n, i) for i, n in enumerate(self.count) if n]
        present.sort(key=lambda item: (-item[0], self.first[item[1]]))
        return {_NAMES[i]: n for n, i in present}


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled functions; None where there are none."""
    found = open_library(FACTS)
    if found is None:
        return None
    code, number, size = ctypes.c_char_p, ctypes.c_int64, ctypes.c_int32
    pointer, real = ctypes.c_void_p, ctypes.c_double
    found.effective.argtypes = [code, number, size, real, pointer]
    found.free_angles.argtypes = [code, number, real, pointer]
    found.qaoa_layers.argtypes = [code, number, size, pointer, pointer, number, real]
    for function in (found.effective, found.free_angles, found.qaoa_layers, found.sizes_size):
        function.restype = number
    found.sizes.argtypes = [code, number, size, pointer]
    found.sizes.restype = size
    return found if found.sizes_size() == ctypes.sizeof(Sizes) else None


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
    found = Sizes()
    said = compiled.sizes(code, len(code) // _GATE_SIZE, circuit.n_qubits, ctypes.addressof(found))
    return None if _checked(said) is None else found


def free_angles(circuit: Circuit, free_from: float) -> list[float] | None:
    """Different angles in [0, π], ascending, that are further than that from multiples of π/2."""
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None:
        return None
    n = len(code) // _GATE_SIZE
    out = (ctypes.c_double * (4 * n + 1))()
    return out[: compiled.free_angles(code, n, free_from, out)]


def qaoa_layers(circuit: Circuit, terms: Mapping[int, float], tolerance: float) -> int | None:
    """See `freedom.qaoa_layers`; 0 where the circuit is not QAOA.

    Args:
        terms: coefficients by mask, the largest first.
    """
    compiled, code = library(), _code(circuit)
    if compiled is None or code is None or not terms:
        return None
    n = len(terms)
    masks, values = (ctypes.c_uint64 * n)(*terms), (ctypes.c_double * n)(*terms.values())
    found = compiled.qaoa_layers(
        code, len(code) // _GATE_SIZE, circuit.n_qubits, masks, values, n, tolerance
    )
    return 0 if found == _NOT_QAOA else _checked(found)

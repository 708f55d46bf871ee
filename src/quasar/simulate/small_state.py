"""Small circuits simulated by `small_state.c`, and sums over distributions that it computes.

For circuits read by `flat_compiled.py`; all others, and machines without the library, are left to
qulacs and NumPy. Both ways agree to about 1e-15 a sum: the order of additions differs, and qulacs
multiplies and adds in one step.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.flat_compiled import FlatCircuit
from quasar.core.compiled import STATE, open_library
from quasar.core.errors import CircuitError
from quasar.core.exact import BoolVector
from quasar.simulate.engine import ComplexVector, FloatVector

MOST_QUBITS = 16
"""Larger states are left to qulacs."""


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled simulator; None where there is none."""
    found = open_library(STATE)
    if found is None:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    found.run_gates.argtypes = [ctypes.c_char_p, number, ctypes.c_int32, pointer, pointer, pointer]
    found.run_start.argtypes = [ctypes.c_char_p, number, ctypes.c_int32, pointer, pointer]
    found.run_energy.argtypes = [pointer, number, ctypes.c_int32, pointer, number]
    found.run_energy.argtypes += [pointer, pointer, pointer, number, pointer, pointer, pointer]
    found.read_objective.argtypes = [*[pointer] * 4, number, ctypes.c_double, pointer]
    found.read_objective.restype = None
    found.read_likeness.argtypes = [pointer, pointer, number, ctypes.c_double, pointer]
    found.read_likeness.restype = None
    return found


def simulate(circuit: Circuit) -> tuple[ComplexVector, FloatVector, float] | None:
    """Amplitudes and distribution, shape [D], and the sum of the latter; None: for qulacs.

    Raises:
        MemoryError: there was none left.
    """
    if not isinstance(circuit, FlatCircuit) or circuit.code is None:
        return None
    n = circuit.n_qubits
    compiled = library()
    if compiled is None or not 1 <= n <= MOST_QUBITS:
        return None
    state = np.empty(1 << n, dtype=np.complex128)
    distribution = np.empty(1 << n)
    total = ctypes.c_double()
    said = compiled.run_gates(
        circuit.code,
        circuit.n_gates,
        n,
        address(state),
        address(distribution),
        ctypes.byref(total),
    )
    if said == 2:
        raise MemoryError
    if said:
        raise CircuitError("the circuit has a gate that is not known.", kind="unsimulable")
    return state, distribution, total.value


class ObjectiveSums(NamedTuple):
    """What a distribution says of energies.

    Attributes:
        energy: Σ_k p_k h_k.
        reversed: the same with the Hamiltonian's qubits in reversed order.
        p_optimal: probability of an optimal state.
        top_is_optimal: see `engine.top_is_optimal`.
    """

    energy: float
    reversed: float
    p_optimal: float
    top_is_optimal: bool


def objective_sums(
    p: FloatVector,
    energies: FloatVector,
    reversed_energies: FloatVector,
    optimal: BoolVector,
    tie: float,
) -> ObjectiveSums | None:
    """All of them in one pass; None without the library. Shapes [D]."""
    compiled = library()
    if compiled is None or not _plain(p, energies, reversed_energies):
        return None
    if not optimal.flags.c_contiguous or p.size < 2:
        return None
    out = (ctypes.c_double * 4)()
    compiled.read_objective(
        address(p),
        address(energies),
        address(reversed_energies),
        address(optimal),
        p.size,
        tie,
        out,
    )
    return ObjectiveSums(out[0], out[1], out[2], out[3] == 1.0)


def likeness_sums(p: FloatVector, q: FloatVector, negligible: float) -> tuple[float, float] | None:
    """Jensen-Shannon divergence and relative entropy of p to q, nats; None without the library.

    Args:
        negligible: probabilities up to here add nothing to the former.
    """
    compiled = library()
    if compiled is None or not _plain(p, q):
        return None
    out = (ctypes.c_double * 2)()
    compiled.read_likeness(address(p), address(q), p.size, negligible, out)
    return out[0], out[1]


def _plain(*vectors: FloatVector) -> bool:
    """Whether C may read them: doubles side by side, as many of each."""
    size = vectors[0].size
    return all(v.size == size and v.flags.c_contiguous and v.dtype == np.float64 for v in vectors)


def address(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> int:
    """Where an array begins."""
    found: int = array.__array_interface__["data"][0]
    return found

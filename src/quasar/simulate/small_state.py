"""Circuits simulated by `small_state.c`, and sums over distributions that it computes.

For circuits read by `flat_compiled.py`; all others, and machines without the library, are left to
qulacs and NumPy. Both ways agree to about 1e-15 a sum: the order of additions differs, and qulacs
multiplies and adds in one step.
"""

from __future__ import annotations

import ctypes
import threading
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.flat_compiled import WIDTH
from quasar.core.compiled import STATE, open_library
from quasar.core.errors import CircuitError
from quasar.core.exact import BoolVector
from quasar.simulate.engine import ComplexVector, FloatVector

MOST_QUBITS = 24
"""As many as the judge simulates exactly."""
NEGLIGIBLE = 1e-300
"""Probability that adds nothing to a divergence: half of the least positive float is 0."""
_KEPT_QUBITS = 16
_DOUBLE = np.dtype(np.float64).str


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled simulator; None where there is none."""
    found = open_library(STATE)
    if found is None:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    found.run_gates.argtypes = [ctypes.c_char_p, number, ctypes.c_int32, pointer, pointer]
    found.run_gates.restype = ctypes.c_double
    found.run_start.argtypes = [ctypes.c_char_p, number, ctypes.c_int32, pointer, pointer]
    found.run_energy.argtypes = [pointer, number, ctypes.c_int32, pointer, number]
    found.run_energy.argtypes += [pointer, pointer, pointer, number, pointer, pointer, pointer]
    found.read_objective.argtypes = [pointer, pointer, pointer, number, pointer, number]
    found.read_objective.argtypes += [ctypes.c_double, pointer]
    found.read_objective.restype = None
    found.read_likeness.argtypes = [pointer, pointer, number, ctypes.c_double, pointer]
    found.read_likeness.restype = None
    found.read_shape.argtypes = [pointer, number, ctypes.c_double, pointer]
    found.read_shape.restype = None
    found.read_top.argtypes = [pointer, number, pointer, number]
    found.read_solutions.argtypes = [pointer, number, pointer, number, pointer, pointer]
    found.read_solutions.argtypes += [pointer, number, pointer]
    found.impurities.argtypes = [pointer, ctypes.c_int32, pointer]
    return found


class _Sums(threading.local):
    """Where C writes a thread's sums, and the last distribution that it wrote."""

    def __init__(self) -> None:
        self.values = (ctypes.c_double * 4)()
        self.address = ctypes.addressof(self.values)
        self.distribution: FloatVector | None = None  # asking where it lies takes long
        self.place = 0


_sums = _Sums()


def simulate(
    circuit: Circuit, *, amplitudes: bool = True
) -> tuple[ComplexVector | None, FloatVector, float] | None:
    """Amplitudes and distribution, shape [D], and the sum of the latter; None: for qulacs.

    Args:
        amplitudes: where not, there are none.

    Raises:
        MemoryError: there was none left.
    """
    code, n = getattr(circuit, "code", None), circuit.n_qubits
    compiled = library()
    if code is None or compiled is None or not 1 <= n <= MOST_QUBITS:
        return None
    state = np.empty(1 << n, dtype=np.complex128) if amplitudes else None
    distribution = np.empty(1 << n)
    where = None if state is None else address(state)
    place = address(distribution)
    if n <= _KEPT_QUBITS:
        _sums.distribution, _sums.place = distribution, place
    total: float = compiled.run_gates(code, len(code) // WIDTH, n, where, place)
    if total == -2.0:
        raise MemoryError
    if total < 0.0:
        raise CircuitError("the circuit has a gate that is not known.", kind="unsimulable")
    return state, distribution, total


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


class EnergyReader:
    """Reads energies and optima off distributions; of one problem, its vectors of shape [D].

    Args:
        energies: of the basis states.
        reversed_energies: with the Hamiltonian's qubits in reversed order.
        optimal: which states are.
        tie: relative, see `engine.TIE`.
    """

    def __init__(
        self,
        energies: FloatVector,
        reversed_energies: FloatVector,
        optimal: BoolVector,
        tie: float,
    ) -> None:
        size, indices = energies.size, np.flatnonzero(optimal).astype(np.int64)
        self._vectors = energies, reversed_energies, indices
        self._tie = tie
        self._size = size
        places = [place_of(v, size) for v in (energies, reversed_energies)]
        self._usable = None not in places
        self._given = *places, size, address(indices), indices.size, tie

    def read(self, p: FloatVector) -> ObjectiveSums:
        """What p says, shape [D]."""
        compiled = library() if self._usable else None
        place = place_of(p, self._size)
        if compiled is None or place is None:
            return self._in_python(p)
        sums = _sums
        compiled.read_objective(place, *self._given, sums.address)
        energy, other, optimal, top = sums.values
        return ObjectiveSums(energy, other, optimal, top == 1.0)

    def _in_python(self, p: FloatVector) -> ObjectiveSums:
        energies, reversed_energies, indices = self._vectors
        best = p[indices]
        least = p.max() * (1.0 - self._tie)
        top = np.count_nonzero(p >= least) == np.count_nonzero(best >= least)
        return ObjectiveSums(
            float(p @ energies), float(p @ reversed_energies), float(best.sum()), bool(top)
        )


class LikenessReader:
    """Compares distributions with one, shape [D]."""

    def __init__(self, q: FloatVector) -> None:
        self._q = q
        self._size = q.size
        self._place = place_of(q, q.size)

    def read(self, p: FloatVector) -> tuple[float, float]:
        """As `divergences`, with p."""
        compiled, place = library(), place_of(p, self._size)
        if compiled is None or place is None or self._place is None:
            return divergences(p, self._q)
        sums = _sums
        compiled.read_likeness(place, self._place, self._size, NEGLIGIBLE, sums.address)
        values = sums.values
        return values[0], values[1]


def divergences(p: FloatVector, q: FloatVector) -> tuple[float, float]:
    """Jensen-Shannon divergence and relative entropy of p to q in nats, shapes [D], not clipped.

    The latter is infinite where q vanishes and p does not.
    """
    middle = 0.5 * (p + q)
    seen_p, seen_q = p > NEGLIGIBLE, q > NEGLIGIBLE
    if seen_p.all() and seen_q.all():
        of_p, of_q = np.log(p / middle), np.log(q / middle)
        return 0.5 * float(p @ of_p + q @ of_q), float(p @ (of_p - of_q))
    of_p = np.log(np.divide(p, middle, out=np.ones_like(p), where=seen_p))
    of_q = np.log(np.divide(q, middle, out=np.ones_like(q), where=seen_q))
    both = seen_p & seen_q
    relative = float(p[both] @ (of_p - of_q)[both])
    rest = (p > 0.0) & ~both
    if rest.any():
        with np.errstate(divide="ignore"):
            relative += float(p[rest] @ (np.log(p[rest]) - np.log(q[rest])))
    return 0.5 * float(p @ of_p + q @ of_q), relative


def place_of(vector: FloatVector, size: int) -> int | None:
    """Where C may read a vector: so many doubles side by side; None where it is otherwise."""
    if vector is _sums.distribution:
        return _sums.place if vector.size == size else None
    known = vector.__array_interface__
    if known["strides"] is not None or known["typestr"] != _DOUBLE or known["shape"] != (size,):
        return None
    found: int = known["data"][0]
    return found


def address(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> int:
    """Where an array begins."""
    found: int = array.__array_interface__["data"][0]
    return found

"""QAOA energies by `qaoa_kernel.c`: five to ten times as fast as `QaoaEnergy` to about 12 qubits.

The same up to rounding, so that a search takes the same course to about 1e-9 of an energy, not to
the last bit. For searches whose angles go nowhere but into an energy.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.core.compiled import QAOA, open_library
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.ansatz_energy import unit_of
from quasar.simulate.engine import FloatVector, StateEnergy
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.simulate.small_state import address


class _Problem(ctypes.Structure):
    _fields_ = [
        ("n", ctypes.c_int32),
        ("layers", ctypes.c_int32),
        ("n_levels", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("levels", "level_of", "diagonal", "observable")),
        ("work", ctypes.c_void_p),
    ]


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled function; None where there is none."""
    found = open_library(QAOA)
    if found is not None:
        found.qaoa_energy.argtypes = [ctypes.c_void_p] * 3
        found.qaoa_energy.restype = ctypes.c_double
    return found


class CompiledQaoaEnergy(QaoaEnergy):
    """See `QaoaEnergy`; not to be shared between threads."""

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        super().__init__(ansatz, np.ascontiguousarray(diagonal, dtype=np.float64))
        compiled = library()
        if compiled is None:
            raise RuntimeError("the compiled energies are not there")
        self._compiled = compiled
        self._places = np.ascontiguousarray(self._level_of, dtype=np.int32)
        self._work = np.empty(6 * diagonal.size + 2 * self._levels.size)
        read = (self._levels, self._places, self.diagonal, self.observable, self._work)
        places = [address(array) for array in read]
        self._problem = _Problem(self.n_qubits, self.layers, self._levels.size, *places)
        self._at = ctypes.addressof(self._problem)

    def measure(self, diagonal: FloatVector) -> None:
        """See `QaoaEnergy.measure`."""
        super().measure(np.ascontiguousarray(diagonal, dtype=np.float64))
        self._problem.observable = address(self.observable)

    def _run(self, theta: npt.ArrayLike, gradient: FloatVector | None) -> float:
        values = np.ascontiguousarray(theta, dtype=np.float64)
        self.evaluations += 1
        room = None if gradient is None else address(gradient)
        return float(self._compiled.qaoa_energy(self._at, address(values), room))

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        return self._run(theta, None)

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [2p]; adjoint method."""
        gradient = np.zeros(2 * self.layers)
        return self._run(theta, gradient), gradient


def compiled_energy_of(ansatz: Ansatz, hamiltonian: IsingHamiltonian) -> StateEnergy:
    """The energy of QAOA under its own Hamiltonian, compiled where that was built."""
    kind = QaoaEnergy if library() is None else CompiledQaoaEnergy
    energy = kind(ansatz, hamiltonian.diagonal)
    energy.unit = unit_of(hamiltonian)
    return energy


class ScaledQaoa:
    """QAOA energies of one diagonal at any depth, in units of their range above the lowest.

    Made for thousands of small instances at a time: no work memory of its own, no ansatz. γ is in
    units of 1/`unit`, β in radians. Not to be shared between threads.

    Args:
        diagonal: energies of the basis states, shape [D], not all equal.
        unit: energy that γ is measured by.
    """

    _work: FloatVector = np.empty(0)

    def __init__(self, diagonal: FloatVector, unit: float) -> None:
        energies = np.ascontiguousarray(diagonal / unit, dtype=np.float64)
        levels, places = np.unique(energies, return_inverse=True)
        self.n_qubits = energies.size.bit_length() - 1
        self._lowest, self._width = float(energies.min()), float(np.ptp(energies))
        self._read = (levels, places.astype(np.int32), energies)

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E at γ_1..γ_p, β_1..β_p, and dE/dθ, shape [2p]."""
        values = np.ascontiguousarray(theta, dtype=np.float64)
        gradient = np.zeros(values.size)
        energy = self._run(values, gradient)
        return (energy - self._lowest) / self._width, gradient / self._width

    def _run(self, values: FloatVector, gradient: FloatVector) -> float:
        compiled = library()
        levels, places, energies = self._read
        if compiled is None:
            from quasar.simulate.qaoa_batch import QaoaBatch

            batch = QaoaBatch(energies, values.size // 2)
            energy, slopes = batch.value_and_gradient(values[None])
            gradient[:] = slopes[0]
            return float(energy[0])
        if ScaledQaoa._work.size < 6 * energies.size + 2 * levels.size:
            ScaledQaoa._work = np.empty(8 * energies.size)
        at = [address(a) for a in (levels, places, energies, energies, ScaledQaoa._work)]
        problem = _Problem(self.n_qubits, values.size // 2, levels.size, *at)
        return float(
            compiled.qaoa_energy(ctypes.addressof(problem), address(values), address(gradient))
        )

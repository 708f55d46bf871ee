"""The one protocol of all simulators, and how to get one by name."""

from __future__ import annotations

import importlib
from typing import Protocol

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Circuit
from quasar.core.errors import InputError
from quasar.core.exact import BoolVector

ComplexVector = npt.NDArray[np.complex128]
FloatVector = npt.NDArray[np.float64]

_TIE = 1e-9  # relative: probabilities closer than this are told apart by rounding only
MAX_QUBITS = 24
"""Largest circuit simulated exactly: 2**24 amplitudes take 256 MiB."""


class Engine(Protocol):
    """Simulates static circuits exactly, from |0...0>."""

    name: str

    def state(self, circuit: Circuit) -> ComplexVector:
        """Amplitudes, shape [D], D = 2**n, qubit 0 least significant; global phase is free."""
        ...


_ENGINES = {
    "qulacs": "quasar.simulate.qulacs_engine:QulacsEngine",
    "qiskit": "quasar.simulate.qiskit_engine:QiskitEngine",
    "aer": "quasar.simulate.qiskit_engine:AerEngine",
}


def engine_names() -> tuple[str, ...]:
    """Names that `get_engine` takes."""
    return tuple(_ENGINES)


def get_engine(name: str = "qulacs") -> Engine:
    """The engine of that name; its library is imported here and not before.

    Raises:
        InputError: unknown name, or its library is not installed.
    """
    if name not in _ENGINES:
        raise InputError(f"unknown engine {name!r}; known: {', '.join(_ENGINES)}.")
    module, _, attribute = _ENGINES[name].partition(":")
    try:
        engine: Engine = getattr(importlib.import_module(module), attribute)()
    except ImportError as error:
        raise InputError(
            f"engine {name!r} needs {error.name}: pip install 'quasar-synthesis[{name}]'."
        ) from error
    return engine


def top_is_optimal(p: FloatVector, optimal: BoolVector) -> bool:
    """Whether the most probable state is one of the optimal states; shapes [D].

    Where several share the largest probability all must be: a tie between an optimal state and
    another is no answer, and states that only rounding tells apart tie on every simulator.
    """
    return bool(np.all(optimal[p >= p.max() * (1.0 - _TIE)]))


def probabilities(state: ComplexVector) -> FloatVector:
    """Distribution of measuring every qubit, shape [D]."""
    out: FloatVector = state.real**2 + state.imag**2
    return out

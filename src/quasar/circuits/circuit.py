"""The circuit between text and simulation: flat, static, with every angle a number.

Covers unitary gates on n qubits. Dynamic programs (mid-circuit measurement, reset, branches) stay
with Qiskit and are carried as `Program.dynamic`, see `qasm.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.measurement import NO_MEASUREMENTS, Measurements
from quasar.core.errors import CircuitError

ComplexMatrix = npt.NDArray[np.complex128]

MAX_GATES = 100_000
"""Default limit on gates after unrolling loops, so that a short text cannot ask for 10**9."""


class GateSpec(NamedTuple):
    """Number of angles and of qubits of a gate of `stdgates.inc` (or a builtin)."""

    n_params: int
    n_qubits: int


GATES: dict[str, GateSpec] = {
    "U": GateSpec(3, 1),
    "p": GateSpec(1, 1),
    "x": GateSpec(0, 1),
    "y": GateSpec(0, 1),
    "z": GateSpec(0, 1),
    "h": GateSpec(0, 1),
    "s": GateSpec(0, 1),
    "sdg": GateSpec(0, 1),
    "t": GateSpec(0, 1),
    "tdg": GateSpec(0, 1),
    "sx": GateSpec(0, 1),
    "rx": GateSpec(1, 1),
    "ry": GateSpec(1, 1),
    "rz": GateSpec(1, 1),
    "cx": GateSpec(0, 2),
    "cy": GateSpec(0, 2),
    "cz": GateSpec(0, 2),
    "cp": GateSpec(1, 2),
    "crx": GateSpec(1, 2),
    "cry": GateSpec(1, 2),
    "crz": GateSpec(1, 2),
    "ch": GateSpec(0, 2),
    "swap": GateSpec(0, 2),
    "ccx": GateSpec(0, 3),
    "cswap": GateSpec(0, 3),
    "cu": GateSpec(4, 2),
    "CX": GateSpec(0, 2),
    "phase": GateSpec(1, 1),
    "cphase": GateSpec(1, 2),
    "id": GateSpec(0, 1),
    "u1": GateSpec(1, 1),
    "u2": GateSpec(2, 1),
    "u3": GateSpec(3, 1),
}
"""Every gate of OpenQASM 3's `stdgates.inc`, and the builtin `U`."""

ALIASES = {"CX": "cx", "phase": "p", "cphase": "cp", "u1": "p", "u3": "U"}
"""Second names of the same unitary (up to global phase)."""

ROTATIONS = frozenset({"rx", "ry", "rz", "crx", "cry", "crz"})
"""Gates exp(-iθ/2 P) or their controlled forms: one angle, gradients by the adjoint method."""


class Gate(NamedTuple):
    """One gate: its name in `GATES` (or `unitary` with a matrix), its qubits, its angles.

    Attributes:
        qubits: control qubits first, as in OpenQASM.
        params: angles in radians.
        matrix: only for `unitary`: shape [2**k, 2**k], first qubit least significant.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...] = ()
    matrix: ComplexMatrix | None = None


@dataclass(frozen=True, eq=False)
class Circuit:
    """A static circuit; all qubits start in |0>, and measurements come last.

    Attributes:
        n_qubits: n.
        gates: in order of application; global phase is not kept.
        n_measured: qubits that the program measures.
        measurements: which classical bits hold which qubits; by default none do, and all qubits are
            the answer (see `measurement.py`).
    """

    n_qubits: int
    gates: tuple[Gate, ...] = field(default=())
    n_measured: int = 0
    measurements: Measurements = NO_MEASUREMENTS

    @property
    def n_gates(self) -> int:
        """Their number."""
        return len(self.gates)


def validate(circuit: Circuit) -> None:
    """Check what the types cannot: known names, arity, distinct qubits in range, finite angles.

    Circuits from text are right by construction; this guards those put together in Python.

    Raises:
        CircuitError: the first gate that is wrong, by its position.
    """
    for position, gate in enumerate(circuit.gates):
        fault = _gate_fault(gate, circuit.n_qubits)
        if fault is not None:
            raise CircuitError(f"gate {position} ({gate.name}): {fault}.")


def _gate_fault(gate: Gate, n_qubits: int) -> str | None:
    qubits = gate.qubits
    if len(set(qubits)) != len(qubits):
        return f"qubits {list(qubits)} repeat"
    if any(not 0 <= q < n_qubits for q in qubits):
        return f"qubits {list(qubits)} are outside the circuit's {n_qubits}"
    if not all(map(math.isfinite, gate.params)):
        return f"angles {list(gate.params)} are not all finite"
    if gate.name == "unitary":
        return None if _is_unitary(gate) else "its matrix is not unitary or has the wrong shape"
    spec = GATES.get(gate.name)
    if spec is None:
        return "no such gate"
    if (len(gate.params), len(qubits)) != spec:
        return f"takes {spec.n_params} angles and {spec.n_qubits} qubits"
    return None


def _is_unitary(gate: Gate) -> bool:
    if gate.matrix is None or not gate.qubits:
        return False
    size = 1 << len(gate.qubits)
    matrix = gate.matrix
    return matrix.shape == (size, size) and bool(
        np.allclose(matrix @ matrix.conj().T, np.eye(size), rtol=0.0, atol=1e-6)
    )


def too_many_gates(max_gates: int) -> CircuitError:
    """The verdict on a program that unrolls to more than `max_gates` gates."""
    return CircuitError.over(
        "gates",
        f"more than {max_gates:,} gates after unrolling loops and gate definitions.",
        "Write a shorter circuit.",
    )

"""Parametrised circuits: gates whose angles are linear in a parameter vector.

Shared by the ansatz families (`qaoa.py`, `sim19.py`, `adaptive.py`), the optimiser and the
verifier's utility stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Circuit, Gate

FloatVector = npt.NDArray[np.float64]


class Slot(NamedTuple):
    """The first angle of gate number `gate` is `scale * theta[parameter]` (radians)."""

    gate: int
    parameter: int
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Ansatz:
    """A circuit with P free parameters.

    Attributes:
        name: family and settings, e.g. `qaoa p=2` or `sim-15 L=1`.
        n_qubits: n.
        gates: all gates; the first angle of a gate with a slot is a placeholder.
        slots: which angles are free; several slots may share a parameter (tied angles).
        n_parameters: P.
    """

    name: str
    n_qubits: int
    gates: tuple[Gate, ...]
    slots: tuple[Slot, ...]
    n_parameters: int

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at parameters `theta`, shape [P], radians."""
        values = np.asarray(theta, dtype=np.float64)
        if values.shape != (self.n_parameters,):
            raise ValueError(
                f"{self.name}: expected {self.n_parameters} angles, got {values.shape}"
            )
        gates = list(self.gates)
        for gate, parameter, scale in self.slots:
            old = gates[gate]
            angle = float(scale * values[parameter])
            gates[gate] = Gate(old.name, old.qubits, (angle, *old.params[1:]))
        return Circuit(self.n_qubits, tuple(gates), n_measured=self.n_qubits)


def tie_equal_angles(circuit: Circuit) -> tuple[Ansatz, FloatVector]:
    """Free the angles of a finished circuit, gates with equal angles sharing one parameter.

    This is how the published training code re-optimises a candidate (SPEC: reward). Every gate
    with exactly one angle counts.

    Returns:
        The ansatz and the parameters at which it equals the circuit, shape [P].
    """
    index: dict[float, int] = {}
    slots = []
    for position, gate in enumerate(circuit.gates):
        if len(gate.params) == 1:
            slots.append(Slot(position, index.setdefault(gate.params[0], len(index))))
    ansatz = Ansatz("candidate", circuit.n_qubits, circuit.gates, tuple(slots), len(index))
    return ansatz, np.array(list(index), dtype=np.float64)

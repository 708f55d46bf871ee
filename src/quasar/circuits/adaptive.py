"""The gate pool of adaptive VQE, and circuits grown from it one gate at a time.

Covers structure only. The optimiser decides which gate comes next and how its angle is tuned.
"""

from __future__ import annotations

from dataclasses import replace

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate


def pool(n_qubits: int) -> tuple[Gate, ...]:
    """All candidates: RX, RY, RZ on each qubit; CRX, CRY, CRZ on each ordered pair.

    The order is that of the published data generator: it decides between equal slopes, and it is
    the order in which all of them are appended together.

    Returns:
        3n + 3n(n-1) gates at angle 0: all RX, all RY, all RZ, then CRZ, CRX, CRY of each pair.
    """
    single = [Gate(name, (i,), (0.0,)) for name in ("rx", "ry", "rz") for i in range(n_qubits)]
    controlled = [
        Gate(name, (control, target), (0.0,))
        for control in range(n_qubits)
        for target in range(n_qubits)
        if control != target
        for name in ("crz", "crx", "cry")
    ]
    return (*single, *controlled)


def start(n_qubits: int) -> Ansatz:
    """Hadamards on all qubits, no parameters."""
    hadamards = tuple(Gate("h", (i,)) for i in range(n_qubits))
    return Ansatz("adaptive 0 gates", n_qubits, hadamards, (), 0)


def append(ansatz: Ansatz, gate: Gate) -> Ansatz:
    """The ansatz with one more gate, whose angle is one more parameter (the last).

    Args:
        gate: a gate with at least one angle, as in `pool`; its own angle is a placeholder.
    """
    count = ansatz.n_parameters + 1
    return replace(
        ansatz,
        name=f"adaptive {count} gate{'s' * (count > 1)}",
        gates=(*ansatz.gates, gate),
        slots=(*ansatz.slots, Slot(len(ansatz.gates), ansatz.n_parameters)),
        n_parameters=count,
    )

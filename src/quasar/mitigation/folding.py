"""More noise on purpose: circuits folded to a multiple of their length (unitary folding).

Global: U -> U (U† U)^m; local: each two-qubit gate G -> G (G† G)^m. Factors that are no odd integer
fold a part of it: the last layers, or some of the gates, evenly spread. See Giurgica-Tiron et al.,
arXiv:2005.10921, section II. Circuits are Qiskit's, measurements at the end stay there. Inverses
are written in the gates that the circuit has, so that a compiled circuit stays compiled.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction


def fold_local(circuit: QuantumCircuit, factor: float) -> QuantumCircuit:
    """Gates on two or more qubits repeated, so that there are `factor` times as many.

    Raises:
        InputError: a factor below 1.
    """
    whole, part = _repeats(factor)
    places = [i for i, item in enumerate(circuit.data) if _is_gate(item) and len(item.qubits) > 1]
    count = round(part * len(places))
    # Evenly spread: every place at which the running total passes another integer.
    once_more = {
        p for k, p in enumerate(places) if (k + 1) * count // len(places) > k * count // len(places)
    }
    out = circuit.copy_empty_like()
    for i, item in enumerate(circuit.data):
        out.append(item)
        if i in places:
            for _ in range(whole + (i in once_more)):
                _append_inverse(out, item)
                out.append(item)
    return out


def fold_global(circuit: QuantumCircuit, factor: float) -> QuantumCircuit:
    """The whole circuit run back and forth, so that it has about `factor` times as many gates.

    Raises:
        InputError: a factor below 1.
    """
    whole, part = _repeats(factor)
    gates = [item for item in circuit.data if _is_gate(item)]
    rest = [item for item in circuit.data if not _is_gate(item)]
    out = circuit.copy_empty_like()
    for item in gates:
        out.append(item)
    tails = [gates] * whole
    last = round(part * len(gates))
    if last:
        tails.append(gates[-last:])
    for tail in tails:
        for item in reversed(tail):
            _append_inverse(out, item)
        for item in tail:
            out.append(item)
    for item in rest:
        out.append(item)
    return out


def _repeats(factor: float) -> tuple[int, float]:
    """How often all is folded, and the fraction that is folded once more."""
    if not (math.isfinite(factor) and factor >= 1.0):
        raise InputError(f"noise is scaled by factors of 1 and more, not {factor:g}.")
    folds = (factor - 1.0) / 2.0
    whole = math.floor(folds + 1e-9)
    return whole, max(0.0, folds - whole)


def _is_gate(item: CircuitInstruction) -> bool:
    return item.operation.name not in ("measure", "barrier", "delay", "reset")


def _append_inverse(circuit: QuantumCircuit, item: CircuitInstruction) -> None:
    """The inverse in the same kinds of gates."""
    operation: Any = item.operation
    if operation.name == "sx":  # sx† = rz(π) sx rz(π), up to a phase
        circuit.rz(math.pi, item.qubits[0])
        circuit.append(operation, item.qubits)
        circuit.rz(math.pi, item.qubits[0])
        return
    circuit.append(operation.inverse(), item.qubits)

"""Other circuits that do the same: Pauli twirls and dynamical decoupling, by Qiskit's passes.

Twirling puts random Paulis around two-qubit gates and turns coherent errors into stochastic ones
(Wallman and Emerson, PRA 94, 052325, 2016). Decoupling puts pulses where qubits wait (Viola and
Lloyd, PRA 58, 2733, 1998), which undoes slow phases and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

_CLOCK = 1e-9  # seconds
SEQUENCES = {"xx": "XX", "xy4": "XYXY"}


def twirled(
    circuit: QuantumCircuit, count: int, seed: int, target: Target | None = None
) -> list[QuantumCircuit]:
    """Circuits with random Paulis around each two-qubit Clifford gate.

    Args:
        target: whose gates the Paulis are written in; None: x, y and z.
    """
    from qiskit.circuit import pauli_twirl_2q_gates

    found = pauli_twirl_2q_gates(circuit, seed=seed, num_twirls=count, target=target)
    return list(found)


def decoupled(circuit: QuantumCircuit, target: Target, sequence: str = "xx") -> QuantumCircuit:
    """The circuit scheduled as late as possible, with pulses on qubits that wait.

    Raises:
        InputError: an unknown sequence, or a target without durations.
    """
    from qiskit.circuit.library import XGate, YGate
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.exceptions import TranspilerError
    from qiskit.transpiler.passes import ALAPScheduleAnalysis, PadDynamicalDecoupling

    if sequence not in SEQUENCES:
        raise InputError(f"dynamical decoupling takes {', '.join(SEQUENCES)}, not {sequence!r}.")
    pulses: list[Any] = [XGate() if axis == "X" else YGate() for axis in SEQUENCES[sequence]]
    how: dict[str, Any] = {"target": target}
    if target.dt is None:  # the passes count in steps of the device's clock: here a nanosecond
        durations = target.durations()
        durations.dt = _CLOCK
        how = {"durations": durations}
    passes = [
        ALAPScheduleAnalysis(**how),
        PadDynamicalDecoupling(**how, dd_sequence=pulses),
    ]
    try:
        padded = PassManager(passes).run(circuit)
        return padded if target.dt is not None else _in_seconds(padded)
    except TranspilerError as error:
        raise InputError(
            f"the circuit cannot be scheduled for dynamical decoupling: {error.message}"
        ) from error


def _in_seconds(circuit: QuantumCircuit) -> QuantumCircuit:
    """Waits of so many ticks of `_CLOCK` in seconds."""
    out = circuit.copy_empty_like()
    for item in circuit.data:
        if item.operation.name == "delay" and item.operation.unit == "dt":
            out.delay(item.operation.duration * _CLOCK, item.qubits[0], unit="s")
        else:
            out.append(item)
    return out

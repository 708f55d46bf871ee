"""A program made ready for a backend: variable i measured into bit i, on the device's own gates.

Covers static programs. Programs that measure midway, reset or branch are refused: their answers
cannot be rearranged, and few devices run them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import Program
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.documented import Documented
from quasar.core.errors import CircuitError, InputError
from quasar.simulate.state_engine import answer_circuit

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

ANSWER = "answer"
"""Register of the measured bits; bit i is variable i."""
_SEEDS = 10


class CompiledSize(Documented):
    """What was sent to the backend."""

    two_qubit_gates: int
    """Gates on two qubits."""
    gates: int
    """All gates, without measurements."""
    depth: int
    """Layers of gates."""
    qubits: list[int]
    """Physical qubit that holds each variable when it is measured."""
    backend_qubits: int | None = None
    """Qubits of the backend."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A circuit to send.

    Attributes:
        circuit: compiled, measured into the register `answer`.
        size: what it comes to.
    """

    circuit: QuantumCircuit
    size: CompiledSize


def logical_circuit(program: Program, n_variables: int) -> Circuit:
    """The program's gates with variable i on qubit i.

    Raises:
        CircuitError: the program measures midway or branches, or does not measure one qubit of its
            own for each variable.
    """
    if program.circuit is None:
        raise CircuitError(
            "the program measures, resets or branches while it runs: a device run takes plain "
            "gates with measurements at the end.",
            kind="measurement",
        )
    circuit = answer_circuit(program, n_variables)
    if circuit is None:
        raise CircuitError(
            f"the circuit has {program.n_qubits} qubits, the problem has {n_variables}: a device "
            "run takes a circuit that measures one qubit of its own for each variable, and no "
            "others.",
            kind="qubits",
        )
    return circuit


def prepare(circuit: Circuit, backend: Any, *, seed: int = 0) -> Prepared:
    """Compile a circuit for a backend and measure every variable.

    Args:
        backend: Qiskit's `BackendV2`; None leaves the circuit as it is.
        seed: of the compiler's choices.

    Raises:
        InputError: the circuit has more qubits than the backend.
    """
    measured = _measured(circuit)
    available = getattr(backend, "num_qubits", None)
    if available is not None and available < circuit.n_qubits:
        raise InputError(
            f"{backend.name} has {available} qubits, and the circuit needs {circuit.n_qubits}: "
            "choose a larger device or a smaller problem."
        )
    done = measured if backend is None else _compiled(measured, backend, seed)
    return Prepared(done, compiled_size(done, available))


def _measured(circuit: Circuit) -> QuantumCircuit:
    from qiskit import ClassicalRegister

    out = to_qiskit(circuit)
    bits = ClassicalRegister(circuit.n_qubits, ANSWER)
    out.add_register(bits)
    out.measure(range(circuit.n_qubits), bits)
    return out


def _compiled(circuit: QuantumCircuit, backend: Any, seed: int) -> QuantumCircuit:
    """The best of several compilations by estimated success; without couplers Qiskit's passes.

    Raises:
        InputError: the backend has no couplers that the circuit fits on.
    """
    from quasar.compile.compile import compile_circuit

    target = getattr(backend, "target", None)
    if target is None or not target.num_qubits or not target.build_coupling_map():
        from qiskit.transpiler import generate_preset_pass_manager

        passes = generate_preset_pass_manager(
            optimization_level=1, backend=backend, seed_transpiler=seed
        )
        compiled: QuantumCircuit = passes.run(circuit)
        return compiled
    return compile_circuit(circuit, backend, seeds=_SEEDS, seed=seed).circuit


def compiled_size(circuit: QuantumCircuit, available: int | None) -> CompiledSize:
    """What a compiled and measured circuit comes to.

    Args:
        available: qubits of the backend, where known.
    """
    held = {}
    for item in circuit.data:
        if item.operation.name == "measure":
            held[circuit.find_bit(item.clbits[0]).index] = circuit.find_bit(item.qubits[0]).index
    gates = [item for item in circuit.data if item.operation.name not in ("measure", "barrier")]
    return CompiledSize(
        two_qubit_gates=sum(len(item.qubits) == 2 for item in gates),
        gates=len(gates),
        depth=circuit.depth(lambda item: item.operation.name not in ("measure", "barrier")),
        qubits=[held[bit] for bit in sorted(held)],
        backend_qubits=None if available is None else int(available),
    )

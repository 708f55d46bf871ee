"""Circuit to OpenQASM 3 text, in the flat dialect of the benchmark's records.

One statement a line: version, include, `bit[n] c;`, `qubit[n] q;`, gates, and a measurement of
every qubit. A `unitary` gate has no name in that dialect and is written as the `U` and `cx` gates
that Qiskit's synthesis finds for it (equal up to global phase).

Angles are written as floating-point literals, never as integers (`0.0`, not `0`): some readers of
OpenQASM 3 refuse an integer as an angle.
"""

from __future__ import annotations

from collections.abc import Iterator

from quasar.circuits.circuit import Circuit, Gate, validate
from quasar.core.errors import CircuitError


def emit(circuit: Circuit, *, decimals: int | None = None, comment: str | None = None) -> str:
    """Write a circuit as OpenQASM 3.0.

    Args:
        decimals: digits after the point of each angle (the records have 4); default: as many as
            it takes to read the same number back.
        comment: text for `//` lines below the version.

    Returns:
        The program, which the reference importer reads back to the same unitary up to global
        phase (up to rounding with `decimals`); it ends with a line end.

    Raises:
        CircuitError: no qubits, or a gate that is not well formed (an angle that is not finite,
            a qubit out of range).
    """
    n = circuit.n_qubits
    if n < 1:
        raise CircuitError("a circuit without qubits cannot be written.")
    validate(circuit)
    lines = ["OPENQASM 3.0;"]
    if comment:
        lines += [f"// {line}".rstrip() for line in comment.splitlines()]
    lines += ['include "stdgates.inc";', f"bit[{n}] c;", f"qubit[{n}] q;"]
    lines += [
        statement(gate, decimals) for written in circuit.gates for gate in _in_dialect(written)
    ]
    lines += [f"c[{i}] = measure q[{i}];" for i in range(n)]
    return "\n".join(lines) + "\n"


def statement(gate: Gate, decimals: int | None = None) -> str:
    """One gate of `GATES` as a statement, e.g. `crz(0.5) q[0], q[1];`."""
    angles = ", ".join(angle_text(angle, decimals) for angle in gate.params)
    operands = ", ".join(f"q[{qubit}]" for qubit in gate.qubits)
    return f"{gate.name}({angles}) {operands};" if angles else f"{gate.name} {operands};"


def angle_text(angle: float, decimals: int | None = None) -> str:
    """A finite angle (radians) as an OpenQASM 3 float; never `-0.0`."""
    value = float(angle) if decimals is None else round(float(angle), decimals)
    return repr(value + 0.0)


def _in_dialect(gate: Gate) -> Iterator[Gate]:
    """The gate itself, or for a matrix the gates it is synthesised into."""
    if gate.name != "unitary":
        yield gate
        return
    from qiskit import QuantumCircuit, transpile
    from qiskit.circuit.library import UnitaryGate

    from quasar.circuits.to_qiskit import from_qiskit

    k = len(gate.qubits)
    alone = QuantumCircuit(k)
    alone.append(UnitaryGate(gate.matrix, check_input=False), range(k))
    synthesized = transpile(alone, basis_gates=["u", "cx"], optimization_level=1, seed_transpiler=0)
    for part in from_qiskit(synthesized).gates:
        yield Gate(part.name, tuple(gate.qubits[q] for q in part.qubits), part.params)

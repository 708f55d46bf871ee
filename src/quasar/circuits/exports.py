"""Programs for other libraries: their own circuit objects, and OpenQASM in the form each one reads.

Qiskit takes the text as it is. Every other importer reads less than OpenQASM 3: the program is
unrolled to gates on numbered qubits, rewritten in the gates that the importer knows (equal up to
global phase, by Qiskit's translator), and read by the library's own importer. The libraries are
imported where used, and none is needed for the texts.

Qubit i stays qubit i and classical bit i stays bit i; docs/interoperability.md says in which order
each library prints them. Does not cover programs that measure midway, reset or branch: only
`to_qiskit` takes those, as they have no unrolled form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from quasar.circuits.circuit import Circuit
from quasar.circuits.emit import angle_text
from quasar.circuits.qasm import import_reference, parse
from quasar.circuits.source import CircuitSource, circuit_text
from quasar.circuits.to_qiskit import from_qiskit
from quasar.circuits.to_qiskit import to_qiskit as circuit_to_qiskit
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Library = Literal["pennylane", "cirq", "braket", "pytket", "bqskit"]
"""Libraries with a text of their own."""

Names = Mapping[str, str]
"""Gates by their names in `circuit.GATES`, to those that an importer has."""


def _names(plain: str, **others: str) -> dict[str, str]:
    return {name: name for name in plain.split()} | others


_QELIB1 = _names("u2 cx id x y z h s sdg t tdg rx ry rz cz cy ch ccx crz", U="u3", p="u1", cp="cu1")
"""`qelib1.inc` of arXiv:1707.03429 without `cu3`, which importers define with different phases."""
_STDGATES = _names(
    "p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap id u2"
)


@dataclass(frozen=True)
class Dialect:
    """What an importer reads.

    Attributes:
        version: of OpenQASM.
        gates: those it knows.
        include: the file of gates that it takes and needs; None where it refuses the statement.
        measures: whether it reads measurements into a register.
        register: whether it reads a qubit register; else each qubit has a name, `q0`, `q1`, ...
    """

    version: Literal[2, 3]
    gates: Names
    include: str | None = None
    measures: bool = True
    register: bool = True


QASM2 = Dialect(2, _QELIB1, "qelib1.inc")
"""OpenQASM 2 that is read everywhere."""

DIALECTS: dict[Library, Dialect] = {
    "pennylane": Dialect(3, _STDGATES | {"U": "u3"}, measures=False, register=False),
    "cirq": Dialect(3, _STDGATES | {"U": "U"}, "stdgates.inc"),
    "braket": Dialect(
        3,
        _names(
            "U x y z h s t rx ry rz cy cz swap cswap",
            p="phaseshift",
            sdg="si",
            tdg="ti",
            sx="v",
            id="i",
            cx="cnot",
            cp="cphaseshift",
            ccx="ccnot",
        ),
    ),
    "pytket": QASM2,
    "bqskit": QASM2,
}
"""What the importers of the versions in docs/interoperability.md read."""


def text_for(program: CircuitSource, library: Library) -> str:
    """The program as text that the library's importer reads.

    Raises:
        CircuitError: it is not a usable program.
        InputError: a library without a dialect here, a program that measures midway or branches,
            or free parameters.
    """
    if library not in get_args(Library):
        raise InputError(f"unknown library {library!r}; known: {', '.join(get_args(Library))}.")
    return _written(program, DIALECTS[library])


def to_qasm2(program: CircuitSource) -> str:
    """The program as OpenQASM 2, in gates that every importer has. Raises as `text_for`."""
    return _written(program, QASM2)


def to_qiskit(program: CircuitSource) -> QuantumCircuit:
    """As a Qiskit circuit with the program's registers, loops unrolled; dynamic programs too.

    Raises:
        CircuitError: it is not a usable program.
    """
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import UnrollForLoops

    text = circuit_text(program)
    circuit = import_reference(text if isinstance(text, str) else text.decode())
    loops = any(item.operation.name == "for_loop" for item in circuit.data)
    return PassManager([UnrollForLoops()]).run(circuit) if loops else circuit


def to_pennylane(program: CircuitSource) -> Callable[[], Any]:
    """As a PennyLane quantum function: call it in a QNode, then return a measurement.

    Qubit i is wire i. The program's measurements are left out: PennyLane's stand in the QNode.
    PennyLane prints wire 0 first, so that `qml.probs(wires=range(n - 1, -1, -1))` has the order of
    `quasar`.
    """
    qml = _library("pennylane")
    text = text_for(program, "pennylane")
    wires = {f"q{i}": i for i in range(text.count("\nqubit "))}
    return _without_result(qml.from_qasm3(text, wires))


def to_cirq(program: CircuitSource) -> Any:
    """As a `cirq.Circuit` on `q_0`, `q_1`, ... with measurement keys `c_0`, `c_1`, ..."""
    _library("cirq", "cirq-core")
    importer = _library("cirq.contrib.qasm_import", "cirq-core ply")
    return importer.circuit_from_qasm(text_for(program, "cirq"))


def to_braket(program: CircuitSource) -> Any:
    """As a `braket.circuits.Circuit`."""
    circuits = _library("braket.circuits", "amazon-braket-sdk")
    return circuits.Circuit.from_ir(text_for(program, "braket"))


def to_pytket(program: CircuitSource) -> Any:
    """As a `pytket.Circuit` with registers `q` and `c`."""
    return _library("pytket.qasm", "pytket").circuit_from_qasm_str(text_for(program, "pytket"))


def to_bqskit(program: CircuitSource) -> Any:
    """As a `bqskit.ir.Circuit`."""
    language = _library("bqskit.ir.lang.qasm2", "bqskit")
    return language.OPENQASM2Language().decode(text_for(program, "bqskit"))


def _library(module: str, package: str = "") -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        needed = package or module
        raise InputError(f"{needed} is not installed: pip install {needed}.") from error


def _without_result(function: Callable[[], Any]) -> Callable[[], None]:
    def program() -> None:
        function()

    return program


# --- texts ----------------------------------------------------------------------------------------


def _written(program: CircuitSource, dialect: Dialect) -> str:
    circuit = _in_gates(_static(program), dialect.gates)
    n, final = circuit.n_qubits, circuit.measurements.final
    old = dialect.version == 2
    place = "q[{}]" if dialect.register else "q{}"
    lines = [f"OPENQASM {dialect.version}.0;"]
    if dialect.include is not None:
        lines.append(f'include "{dialect.include}";')
    if dialect.register:
        lines.append(f"qreg q[{n}];" if old else f"qubit[{n}] q;")
    else:
        lines += [f"qubit {place.format(i)};" for i in range(n)]
    measured = sorted(final.items()) if dialect.measures else []
    if measured:
        bits = measured[-1][0] + 1
        lines.append(f"creg c[{bits}];" if old else f"bit[{bits}] c;")
    for gate in circuit.gates:
        qubits = ", ".join(map(place.format, gate.qubits))
        angles = ", ".join(map(angle_text, gate.params))
        name = dialect.gates[gate.name]
        lines.append(f"{name}({angles}) {qubits};" if angles else f"{name} {qubits};")
    measure = "measure {1} -> c[{0}];" if old else "c[{0}] = measure {1};"
    lines += [measure.format(bit, place.format(qubit)) for bit, qubit in measured]
    return "\n".join(lines) + "\n"


def _static(program: CircuitSource) -> Circuit:
    text = circuit_text(program)
    found = parse(text if isinstance(text, str) else text.decode(), header="language").circuit
    if found is None:
        raise InputError(
            "a program that measures midway, resets or branches has no form that other importers "
            "read: take to_qiskit."
        )
    return found


def _in_gates(circuit: Circuit, known: Names) -> Circuit:
    """The circuit in gates that are known."""
    if all(gate.name in known for gate in circuit.gates):
        return circuit
    from qiskit import transpile

    basis = sorted("u" if name == "U" else name for name in known)
    rewritten = transpile(
        circuit_to_qiskit(circuit), basis_gates=basis, optimization_level=0, seed_transpiler=0
    )
    gates = from_qiskit(rewritten).gates
    return Circuit(circuit.n_qubits, gates, circuit.n_measured, circuit.measurements)

"""Programs for other libraries: their own circuit objects, and OpenQASM in the form each one reads.

Qiskit takes the text as it is. PennyLane and Cirq get their own gates, or a matrix where they have
none by that name. Braket, pytket and BQSKit import a text: the program is unrolled to gates on
numbered qubits and rewritten in the gates that the importer knows (by Qiskit's translator). All are
equal to the program up to global phase. The libraries are imported where used, and none is needed
for the texts.

Qubit i stays qubit i and classical bit i stays bit i; docs/interoperability.md says in which order
each library prints them. Does not cover programs that measure midway, reset or branch: only
`to_qiskit` takes those, as they have no unrolled form.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from quasar.circuits.circuit import ALIASES, Circuit, Gate
from quasar.circuits.emit import angle_text
from quasar.circuits.parameters import bind_inputs
from quasar.circuits.qasm import import_reference, parse
from quasar.circuits.qasm2 import is_openqasm_2, to_openqasm_3
from quasar.circuits.source import CircuitSource, circuit_text
from quasar.circuits.to_qiskit import from_qiskit, gate_matrix
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

PENNYLANE_NAMES = {
    "x": "PauliX", "y": "PauliY", "z": "PauliZ", "h": "Hadamard", "s": "S", "t": "T", "sx": "SX",
    "rx": "RX", "ry": "RY", "rz": "RZ", "p": "PhaseShift", "cx": "CNOT", "cy": "CY", "cz": "CZ",
    "cp": "ControlledPhaseShift", "crx": "CRX", "cry": "CRY", "crz": "CRZ", "ch": "CH",
    "swap": "SWAP", "ccx": "Toffoli", "cswap": "CSWAP", "id": "Identity",
}  # fmt: skip
_CIRQ = {
    "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "t": "T", "cx": "CNOT", "cz": "CZ",
    "swap": "SWAP", "ccx": "CCX", "cswap": "CSWAP", "id": "I",
}  # fmt: skip


class ProgramText(NamedTuple):
    """The text of a program, never a file's name, and the values of its inputs."""

    qasm: str
    parameters: Mapping[str, float] = {}


Convertible = CircuitSource | ProgramText
"""What the functions here take; inputs with values come as `ProgramText`."""


class Exportable:
    """A result that holds a program (`_source`).

    Each method raises InputError where there is no circuit or the library is not installed; all but
    `to_qiskit` also where the program measures, resets or branches while it runs.
    """

    def _source(self) -> ProgramText:
        """The program; empty text where there is none."""
        raise NotImplementedError

    def to_qiskit(self) -> QuantumCircuit:
        """The circuit as a Qiskit `QuantumCircuit`, measurements included, loops unrolled."""
        return to_qiskit(self._program())

    def to_pennylane(self) -> Callable[..., None]:
        """The gates as a PennyLane quantum function; see `exports.to_pennylane`."""
        return to_pennylane(self._program())

    def to_cirq(self, *, measure: bool = True) -> Any:
        """The circuit as a `cirq.Circuit`; see `exports.to_cirq`."""
        return to_cirq(self._program(), measure=measure)

    def to_braket(self) -> Any:
        """The circuit as a `braket.circuits.Circuit`."""
        return to_braket(self._program())

    def to_pytket(self) -> Any:
        """The circuit as a `pytket.Circuit` with registers `q` and `c`."""
        return to_pytket(self._program())

    def to_bqskit(self) -> Any:
        """The circuit as a `bqskit.ir.Circuit`."""
        return to_bqskit(self._program())

    def _program(self) -> ProgramText:
        source = self._source()
        if not source.qasm:
            raise InputError(
                "there is no circuit here: no usable one was found, or the result is one that was "
                "read from JSON or came from a service, without its circuit."
            )
        return source


def text_for(program: Convertible, library: Library) -> str:
    """The program as text that the library's importer reads.

    Raises:
        CircuitError: it is not a usable program, or an angle has no value.
        InputError: a library without a dialect here, a program that measures midway or branches, or
            a value for a name that is not an input.
    """
    if library not in get_args(Library):
        raise InputError(f"unknown library {library!r}; known: {', '.join(get_args(Library))}.")
    return _written(_static(program), DIALECTS[library])


def to_qasm2(program: Convertible) -> str:
    """The program as OpenQASM 2, in gates that every importer has. Raises as `text_for`."""
    return _written(_static(program), QASM2)


def to_qiskit(program: Convertible) -> QuantumCircuit:
    """As a Qiskit circuit with the program's registers, loops unrolled; dynamic programs too.

    Raises:
        CircuitError: it is not a usable program, or an angle has no value.
    """
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import UnrollForLoops

    text, parameters = _read(program)
    circuit = import_reference(to_openqasm_3(text) if is_openqasm_2(text) else text)
    values = bind_inputs(circuit, parameters)
    if values:
        circuit = circuit.assign_parameters(values)
    loops = any(item.operation.name == "for_loop" for item in circuit.data)
    return PassManager([UnrollForLoops()]).run(circuit) if loops else circuit


def to_pennylane(program: Convertible) -> Callable[..., None]:
    """The gates as a PennyLane quantum function, to be called in a QNode.

    It takes `wires`, by default 0 to n - 1: qubit i is the i-th. The program's measurements are
    left out, as PennyLane's stand in the QNode. PennyLane prints wire 0 first, so that
    `qml.probs(wires=range(n - 1, -1, -1))` has the order of `quasar`. Raises as `text_for`.
    """
    qml = _library("pennylane")
    circuit = _static(program)

    def quantum_function(wires: Iterable[Any] | None = None) -> None:
        """Apply the circuit's gates."""
        names = list(range(circuit.n_qubits) if wires is None else wires)
        if len(names) != circuit.n_qubits:
            raise InputError(f"the circuit has {circuit.n_qubits} wires, not {len(names)}.")
        for gate in circuit.gates:
            places = [names[qubit] for qubit in gate.qubits]
            known = PENNYLANE_NAMES.get(ALIASES.get(gate.name, gate.name))
            if known is None:
                # The first qubit is the least significant here, and the most significant there.
                qml.QubitUnitary(gate_matrix(gate), wires=places[::-1])
            else:
                getattr(qml, known)(*gate.params, wires=places)

    return quantum_function


def to_cirq(
    program: Convertible,
    *,
    measure: bool = True,
) -> Any:
    """As a `cirq.Circuit` on `LineQubit`s: qubit i is the i-th. Raises as `text_for`.

    Args:
        measure: measure at the end, under the key `c`, what the program measures, bit 0 first.
    """
    cirq = _library("cirq", "cirq-core")
    circuit = _static(program)
    qubits = cirq.LineQubit.range(circuit.n_qubits)
    out = cirq.Circuit()
    for gate in circuit.gates:
        places = [qubits[qubit] for qubit in gate.qubits]
        out.append(_cirq_operation(cirq, gate, places), strategy=cirq.InsertStrategy.EARLIEST)
    final = circuit.measurements.final
    if measure and final:
        measured = [qubits[final[bit]] for bit in sorted(final)]
        out.append(cirq.Moment(cirq.measure(*measured, key="c")))
    return out


def _cirq_operation(cirq: Any, gate: Gate, places: list[Any]) -> Any:
    name = ALIASES.get(gate.name, gate.name)
    if name in _CIRQ:
        return getattr(cirq, _CIRQ[name])(*places)
    if name in {"rx", "ry", "rz"}:
        return getattr(cirq, name)(gate.params[0])(*places)
    if name in {"crx", "cry", "crz"}:
        return getattr(cirq, name[1:])(gate.params[0]).controlled()(*places)
    if name in {"p", "cp"}:
        power = gate.params[0] / math.pi
        return ((cirq.Z if name == "p" else cirq.CZ) ** power)(*places)
    return cirq.MatrixGate(gate_matrix(gate))(*places[::-1])


def to_braket(program: Convertible) -> Any:
    """As a `braket.circuits.Circuit`. Raises as `text_for`."""
    circuits = _library("braket.circuits", "amazon-braket-sdk")
    return circuits.Circuit.from_ir(text_for(program, "braket"))


def to_pytket(program: Convertible) -> Any:
    """As a `pytket.Circuit` with registers `q` and `c`. Raises as `text_for`."""
    importer = _library("pytket.qasm", "pytket")
    return importer.circuit_from_qasm_str(text_for(program, "pytket"))


def to_bqskit(program: Convertible) -> Any:
    """As a `bqskit.ir.Circuit`. Raises as `text_for`."""
    language = _library("bqskit.ir.lang.qasm2", "bqskit")
    return language.OPENQASM2Language().decode(text_for(program, "bqskit"))


def _library(module: str, package: str = "") -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        needed = package or module
        raise InputError(f"{needed} is not installed: pip install {needed}.") from error


# --- texts ----------------------------------------------------------------------------------------


def _written(circuit: Circuit, dialect: Dialect) -> str:
    circuit = _in_gates(circuit, dialect.gates)
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


def _read(program: Convertible) -> ProgramText:
    if isinstance(program, ProgramText):
        return program
    text = circuit_text(program)
    return ProgramText(text if isinstance(text, str) else text.decode())


def _static(program: Convertible) -> Circuit:
    text, parameters = _read(program)
    found = parse(text, parameters=parameters, header="language").circuit
    if found is None:
        raise InputError(
            "a program that measures midway, resets or branches has no form that other importers "
            "read: use to_qiskit()."
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

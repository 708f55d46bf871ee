"""Circuit to Qiskit and back.

Covers static circuits both ways; on the way back, gate definitions, boxes and loops over constants
are unrolled until only the gates of `circuit.GATES` are left. Does not cover dynamic circuits
(`DynamicCircuit` is raised, and the caller keeps Qiskit's own object), nor free parameters without
a value.

Global phase, barriers and delays are dropped: they do not change what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quasar.circuits.circuit import ALIASES, MAX_GATES, Circuit, Gate, too_many_gates, validate
from quasar.circuits.measurement import Measurements, register_bits
from quasar.circuits.parameters import unbound
from quasar.core.errors import CircuitError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

MAX_MATRIX_QUBITS = 10
"""Largest gate without a definition that is taken over as a matrix (2**20 entries, 16 MiB)."""

_VISITS_PER_GATE = 16  # definitions and barriers may outnumber the gates they lead to, but not so

_METHODS = frozenset(
    "p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu id".split()
)
"""Gates that Qiskit's circuits have methods for, of the same name and order of arguments."""


class DynamicCircuit(ValueError):
    """The circuit acts on what it measured or resets, or branches: it has no static form."""


def to_qiskit(circuit: Circuit, measure: bool = False) -> QuantumCircuit:
    """The same gates as a Qiskit circuit on registers `q` and, if measured, `c`.

    Args:
        measure: end with `c[i] = measure q[i]` for every qubit.

    Raises:
        CircuitError: a gate that is not well formed.
    """
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit.library import UnitaryGate

    validate(circuit)
    register = QuantumRegister(circuit.n_qubits, "q")
    out = QuantumCircuit(register)
    classes = _classes_by_name()
    for gate in circuit.gates:
        if gate.name in _METHODS:  # faster than by an object of the gate
            getattr(out, gate.name)(*gate.params, *gate.qubits)
            continue
        if gate.name == "unitary":
            instruction = UnitaryGate(gate.matrix, check_input=False)
        else:
            instruction = classes[gate.name](*gate.params)
        out.append(instruction, gate.qubits, copy=False)
    if measure:
        bits = ClassicalRegister(circuit.n_qubits, "c")
        out.add_register(bits)
        out.measure(register, bits)
    return out


def from_qiskit(
    circuit: QuantumCircuit,
    *,
    max_gates: int = MAX_GATES,
    bindings: Mapping[Any, float] | None = None,
) -> Circuit:
    """The static form of a Qiskit circuit.

    A measurement is final when nothing acts on its qubit afterwards; these are noted apart from the
    gates. Resetting a qubit that nothing has acted on does nothing, and is left out too.

    Args:
        max_gates: limit on gates, and on loop iterations, checked while unrolling.
        bindings: values of free parameters.

    Raises:
        DynamicCircuit: it measures a qubit and goes on using it, resets a used one, branches or
            stores classical values.
        CircuitError: kind `parameter` for a free parameter or an angle that is not finite, `limit`
            for more than `max_gates` gates, `semantic` for an operation without a meaning here.
    """
    unrolling = Unrolling(max_gates, bindings)
    unrolling.run(circuit)
    return Circuit(
        circuit.num_qubits,
        tuple(unrolling.gates),
        n_measured=len(unrolling.measured),
        measurements=Measurements(unrolling.results, registers=register_bits(circuit)),
    )


def gate_matrix(gate: Gate) -> Any:
    """A gate's unitary, shape [2**k, 2**k], its first qubit least significant."""
    if gate.matrix is not None:
        return gate.matrix
    return _classes_by_name()[gate.name](*gate.params).to_matrix()


_Step = tuple[Any, tuple[int, ...], tuple[int, ...]]
"""An operation, and the outer qubits and classical bits it acts on."""


class Unrolling:
    """A depth-first walk with its own stack, so that nesting is not bounded by Python's."""

    def __init__(self, max_gates: int, bindings: Mapping[Any, float] | None = None) -> None:
        from qiskit.circuit import (
            Barrier,
            BoxOp,
            ControlledGate,
            Delay,
            ForLoopOp,
            Instruction,
            Measure,
            Parameter,
            ParameterExpression,
            Reset,
            Store,
        )
        from qiskit.circuit.controlflow import BreakLoopOp, ContinueLoopOp, ControlFlowOp
        from qiskit.circuit.library import UnitaryGate
        from qiskit.exceptions import QiskitError

        self.loop, self.box, self.unitary = ForLoopOp, BoxOp, UnitaryGate
        self.measure, self.reset = Measure, Reset
        self.dynamic = (ControlFlowOp, BreakLoopOp, ContinueLoopOp, Store)
        self.idle = (Barrier, Delay)
        self.controlled, self.instruction = ControlledGate, Instruction
        self.parameter, self.expression = Parameter, ParameterExpression
        self.qiskit_error = QiskitError
        self.names = _names_by_class()

        self.max_gates = max_gates
        self.gates: list[Gate] = []
        self.touched: set[int] = set()
        self.measured: set[int] = set()
        self.results: dict[int, int] = {}  # classical bit to the qubit last measured into it
        self.bindings: dict[Any, float] = dict(bindings or {})
        # Blocks are kept beside their counts, so that no other takes their identity.
        self.least: dict[int, tuple[QuantumCircuit, int | None]] = {}
        self.iterations = 0
        self.visits = 0

    def run(self, circuit: QuantumCircuit) -> None:
        """Unroll a whole circuit into `gates`, `measured` and `results`."""
        qubits, clbits = tuple(range(circuit.num_qubits)), tuple(range(circuit.num_clbits))
        self.walk(_steps(circuit, qubits, clbits))

    def unroll(
        self, operation: Any, qubits: tuple[int, ...], bindings: dict[Any, float]
    ) -> tuple[Gate, ...]:
        """The gates of one operation on `qubits`, with parameters at the values given."""
        self.gates, self.touched, self.bindings, self.visits = [], set(), bindings, 0
        self.walk(iter([(operation, qubits, ())]))
        return tuple(self.gates)

    def walk(self, steps: Iterator[_Step]) -> None:
        """Take every step, and those that it stands for."""
        stack = [steps]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                continue
            self.visits += 1
            if self.visits > _VISITS_PER_GATE * self.max_gates:
                raise too_many_gates(self.max_gates)
            inner = self.visit(*step)
            if inner is not None:
                stack.append(inner)

    def visit(
        self, operation: Any, qubits: tuple[int, ...], clbits: tuple[int, ...]
    ) -> Iterator[_Step] | None:
        """Take one operation; returns the steps it stands for, if it is not a step itself."""
        if isinstance(operation, self.loop):
            return self.loop_steps(operation, qubits, clbits)
        if isinstance(operation, self.box):
            return _steps(operation.body, qubits, clbits)
        if isinstance(operation, self.dynamic):
            raise DynamicCircuit(f"'{operation.name}' depends on values known only while running.")
        if isinstance(operation, self.measure):
            self.measured.update(qubits)
            self.results.update(zip(clbits, qubits, strict=True))
            return None
        if isinstance(operation, self.idle) or getattr(operation, "_directive", False):
            return None
        if isinstance(operation, self.reset):
            if not self.touched.isdisjoint(qubits) or not self.measured.isdisjoint(qubits):
                raise DynamicCircuit("a qubit is reset after gates have acted on it.")
            return None
        if not qubits:
            return None
        name = self.known(operation)
        if name is not None:
            params = tuple(map(self.angle, operation.params))
            self.add(Gate(name, qubits, params))
            return None
        if isinstance(operation, self.unitary):
            self.add(_matrix_gate(np.asarray(operation.params[0]), qubits))
            return None
        return self.definition_steps(operation, qubits, clbits)

    def known(self, operation: Any) -> str | None:
        """Name in `GATES`, by class: a user's gate may bear any name."""
        name = self.names.get(getattr(operation, "base_class", None))
        if name is not None and isinstance(operation, self.controlled):
            closed = (1 << operation.num_ctrl_qubits) - 1
            return name if operation.ctrl_state == closed else None
        return name

    def add(self, gate: Gate) -> None:
        if not self.measured.isdisjoint(gate.qubits):
            if gate.name == "id":
                return
            raise DynamicCircuit("a gate acts on a qubit after its measurement.")
        self.touched.update(gate.qubits)
        self.gates.append(gate)
        if len(self.gates) > self.max_gates:
            raise too_many_gates(self.max_gates)

    def angle(self, value: Any) -> float:
        """An angle in radians, loop variables at their present values."""
        free = getattr(value, "parameters", ())
        unknown = sorted(p.name for p in free if p not in self.bindings)
        if unknown:
            raise unbound(unknown)
        try:
            angle = float(value.bind({p: self.bindings[p] for p in free}) if free else value)
        except (TypeError, ValueError, ArithmeticError, self.qiskit_error):
            angle = math.nan
        if not math.isfinite(angle):
            raise CircuitError(f"the angle {value} is not a finite number.", kind="parameter")
        return angle

    def loop_steps(
        self, operation: Any, qubits: tuple[int, ...], clbits: tuple[int, ...]
    ) -> Iterator[_Step]:
        values, variable, body = operation.params
        if variable is not None and not isinstance(variable, self.parameter):
            raise DynamicCircuit("a loop counts in a variable.")
        least = self.least_iterations(values, body)
        if max(least, len(self.gates) + least) > self.max_gates:
            raise too_many_gates(self.max_gates)
        return self.iterate(values, variable, body, qubits, clbits)

    def least_iterations(self, values: Any, body: QuantumCircuit) -> int:
        """Gates or innermost rounds that a loop comes to at least; 0 where it may be left early.

        Known before a single round is taken, so that loops in loops of 10**9 rounds end at once.
        """
        try:
            count = len(values)
        except OverflowError:  # a range longer than an index
            count = self.max_gates + 1
        each = self.least_gates(body)
        return 0 if each is None else count * max(1, each)

    def least_gates(self, body: QuantumCircuit) -> int | None:
        """Least gates of a block; None where it depends on values known only while running."""
        if id(body) not in self.least:
            total: int | None = 0
            for item in body.data:
                operation = item.operation
                inner: int | None = int(self.known(operation) is not None)
                if isinstance(operation, self.loop):
                    inner = self.least_iterations(operation.params[0], operation.params[2])
                elif isinstance(operation, self.box):
                    inner = self.least_gates(operation.body)
                elif isinstance(operation, self.dynamic):
                    inner = None
                total = None if total is None or inner is None else total + inner
            self.least[id(body)] = (body, total)
        return self.least[id(body)][1]

    def iterate(
        self,
        values: Any,
        variable: Any,
        body: QuantumCircuit,
        qubits: tuple[int, ...],
        clbits: tuple[int, ...],
    ) -> Iterator[_Step]:
        # Bound where an angle is read, not by `assign_parameters`: that changes the definitions of
        # controlled gates in place where copies of the body share them.
        for value in values:
            self.iterations += 1
            if self.iterations > self.max_gates:
                raise too_many_gates(self.max_gates)
            self.bindings[variable] = value
            yield from _steps(body, qubits, clbits)
        self.bindings.pop(variable, None)

    def definition_steps(
        self, operation: Any, qubits: tuple[int, ...], clbits: tuple[int, ...]
    ) -> Iterator[_Step]:
        if getattr(operation, "_definition", None) is None and isinstance(
            operation, self.instruction
        ):
            operation = self.bound(operation)
        definition = getattr(operation, "definition", None)
        if definition is None and not isinstance(operation, self.instruction):
            definition = _synthesized(operation)
        if definition is not None:
            return _steps(definition, qubits, clbits)
        return iter([(_as_unitary(operation), qubits, clbits)])

    def bound(self, operation: Any) -> Any:
        """The operation at the present values of its parameters.

        A definition that is still to be made from the angles may need them as numbers.
        """
        if not any(isinstance(p, self.expression) and p.parameters for p in operation.params):
            return operation
        copy = operation.to_mutable()
        copy.params = [
            self.angle(p) if isinstance(p, self.expression) else p for p in operation.params
        ]
        return copy


def _steps(
    body: QuantumCircuit, qubits: tuple[int, ...], clbits: tuple[int, ...]
) -> Iterator[_Step]:
    """The instructions of `body`, whose qubit i is the outer `qubits[i]`; bits likewise."""
    place = dict(zip(body.qubits, qubits, strict=True))
    place |= zip(body.clbits, clbits, strict=True)
    for item in body.data:
        used = tuple([place[q] for q in item.qubits])
        yield item.operation, used, tuple([place[c] for c in item.clbits])


def _matrix_gate(matrix: Any, qubits: tuple[int, ...]) -> Gate:
    return Gate("unitary", qubits, (), np.ascontiguousarray(matrix, dtype=np.complex128))


def _synthesized(operation: Any) -> QuantumCircuit:
    """Gates for an abstract operation (a Clifford, a gate with modifiers not yet applied)."""
    from qiskit import QuantumCircuit, transpile

    alone = QuantumCircuit(operation.num_qubits, operation.num_clbits)
    alone.append(operation, range(operation.num_qubits), range(operation.num_clbits))
    return transpile(alone, basis_gates=["u", "cx"], optimization_level=0)


def _as_unitary(operation: Any) -> Any:
    from qiskit.circuit.library import UnitaryGate
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator

    if operation.num_qubits > MAX_MATRIX_QUBITS:
        raise CircuitError.over(
            "gates",
            f"'{operation.name}' has no definition and acts on {operation.num_qubits} qubits.",
        )
    try:
        return UnitaryGate(Operator(operation).data)
    except (QiskitError, TypeError, ValueError) as error:
        raise CircuitError(
            f"'{operation.name}' has no definition as a unitary.", kind="unsimulable"
        ) from error


@cache
def _classes_by_name() -> dict[str, Any]:
    from qiskit.circuit.library import standard_gates as g

    out = {
        "U": g.UGate,
        "p": g.PhaseGate,
        "x": g.XGate,
        "y": g.YGate,
        "z": g.ZGate,
        "h": g.HGate,
        "s": g.SGate,
        "sdg": g.SdgGate,
        "t": g.TGate,
        "tdg": g.TdgGate,
        "sx": g.SXGate,
        "rx": g.RXGate,
        "ry": g.RYGate,
        "rz": g.RZGate,
        "cx": g.CXGate,
        "cy": g.CYGate,
        "cz": g.CZGate,
        "cp": g.CPhaseGate,
        "crx": g.CRXGate,
        "cry": g.CRYGate,
        "crz": g.CRZGate,
        "ch": g.CHGate,
        "swap": g.SwapGate,
        "ccx": g.CCXGate,
        "cswap": g.CSwapGate,
        "cu": g.CUGate,
        "id": g.IGate,
        "u1": g.U1Gate,
        "u2": g.U2Gate,
        "u3": g.U3Gate,
    }
    return out | {name: out[target] for name, target in ALIASES.items() if name not in out}


@cache
def _names_by_class() -> dict[Any, str]:
    out: dict[Any, str] = {}
    for name, cls in _classes_by_name().items():
        out.setdefault(cls, name)
    return out

"""Engines around Qiskit's V2 primitives: whatever samples or estimates, a device included.

Covers running a program on a `BaseSamplerV2` (counts) or a `BaseEstimatorV2` (means of any
observable), with the circuit translated to what it runs. Numbers carry the
error that shots leave. Does not cover sessions, error mitigation and options: those are set on the
primitive, before it comes here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.precheck import too_many_qubits
from quasar.circuits.qasm import Program
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.observable import Observable, PauliSum
from quasar.simulate.cones.engine import answer_qubits
from quasar.simulate.engine import (
    ALL_WRITTEN,
    Energy,
    Estimate,
    Feature,
    FloatVector,
    Outcome,
    Readout,
)
from quasar.simulate.shift_energy import ShiftEnergy
from quasar.simulate.state_engine import arranged

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.passmanager import BasePassManager
    from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2

_COMMON = "u p x y z h s sdg t tdg sx rx ry rz cx cz swap id".split()
_ANSWER = "answer"
"""Register that the answer is measured into."""


class _PrimitiveEngine(ABC):
    """What both engines have in common: a primitive, and circuits translated to what it runs."""

    def __init__(self, primitive: Any, passes: BasePassManager | None) -> None:
        self.name = _name(primitive)
        self._passes = passes or _passes_for(primitive)

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Outcome:
        """Run a program; an estimator only prepares it, and runs when a mean is asked for.

        Args:
            shots: of a sampler; an estimator's precision is then 1/sqrt(shots).
            seed: not used: set it on the primitive.

        Raises:
            CircuitError: kind `limit` for too many qubits, `unsimulable` for a dynamic program
                whose bits are in no register; for an estimator also for any dynamic program, and
                one whose bits do not hold different qubits.
            InfrastructureError: the primitive failed.
        """
        return self._run(program, readout, shots)

    @abstractmethod
    def _run(self, program: Program, readout: Readout, shots: int | None) -> Outcome:
        """See `run`."""

    @contextmanager
    def _failures(self, advice: str = "") -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise InfrastructureError(
                f"{self.name} did not run the circuit ({type(error).__name__}: {error}).{advice}"
            ) from error


class SamplerEngine(_PrimitiveEngine):
    """Counts from a Qiskit sampler.

    Args:
        sampler: any V2 sampler.
        shots: of each run; None: the sampler's own default.
        passes: translate the circuit to what the sampler runs; default: Qiskit's at level 1 for the
            backend that the sampler names; where it names none, only to gates that are common.
    """

    supports: frozenset[Feature] = frozenset({"shots", "dynamic", "noise"})

    def __init__(
        self,
        sampler: BaseSamplerV2,
        *,
        shots: int | None = None,
        passes: BasePassManager | None = None,
    ) -> None:
        super().__init__(sampler, passes)
        self.sampler = sampler
        self.shots = shots

    def _run(self, program: Program, readout: Readout, shots: int | None) -> Outcome:
        answer, circuit, kept = _measured(program, readout)
        ready = self._passes.run(circuit)
        with self._failures(" Set passes=... where it takes only circuits for its own gates."):
            (result,) = self.sampler.run([(ready,)], shots=shots or self.shots).result()
            counts = getattr(result.data, _ANSWER).get_int_counts()
        return Outcome(None, answer, kept, counts=counts, shots=sum(counts.values()))

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) from counts, gradients by the parameter-shift rule."""
        return ShiftEnergy(self, ansatz, observable, shots=self.shots)


@dataclass(eq=False, slots=True)
class EstimatorOutcome(Outcome):
    """Means by an estimator; nothing is known of single answers.

    Attributes:
        engine: that measures them.
        ready: the circuit that the estimator takes; bit i is qubit i of it before translation.
        precision: standard error asked for.
    """

    engine: EstimatorEngine | None = None
    ready: Any = None
    precision: float | None = None

    def expectation(self, observable: Observable) -> Estimate:
        """Mean of an observable with any Paulis on the answer's bits, without its constant.

        Raises:
            InputError: an observable of another number of qubits.
            InfrastructureError: the estimator failed.
        """
        if observable.n_qubits != self.answer.width:
            raise InputError(
                f"the observable has {observable.n_qubits} qubits, the program's answer "
                f"{self.answer.width} bits: measure one bit for each qubit."
            )
        if self.engine is None:
            raise ValueError("an outcome of an estimator needs its engine")
        return self.engine.mean(self.ready, observable, self.precision)

    def distribution(self) -> FloatVector:
        """Refused: an estimator gives means."""
        raise _no_counts()

    def probability(self, index: int) -> Estimate:
        """Refused: an estimator gives means."""
        raise _no_counts()

    def sample(self, shots: int, seed: int = 0) -> dict[int, int]:
        """Refused: an estimator gives means."""
        raise _no_counts()


class EstimatorEngine(_PrimitiveEngine):
    """Means from a Qiskit estimator, of observables with X and Y too.

    Args:
        estimator: any V2 estimator.
        precision: standard error of each mean; None: the estimator's own default.
        passes: as for `SamplerEngine`.
    """

    supports: frozenset[Feature] = frozenset({"noise"})

    def __init__(
        self,
        estimator: BaseEstimatorV2,
        *,
        precision: float | None = None,
        passes: BasePassManager | None = None,
    ) -> None:
        super().__init__(estimator, passes)
        self.estimator = estimator
        self.precision = precision

    def _run(self, program: Program, readout: Readout, shots: int | None) -> EstimatorOutcome:
        if program.circuit is None:
            raise CircuitError("an estimator runs no dynamic program.", kind="unsimulable")
        answer, _, circuit = _measured(program, readout)
        if circuit is None or arranged(program.circuit, answer)[1] is not None:
            raise CircuitError("two bits of the answer hold the same qubit.", kind="unsimulable")
        ready = self._passes.run(to_qiskit(circuit))
        precision = self.precision if shots is None else shots**-0.5
        return EstimatorOutcome(
            None, answer, circuit, engine=self, ready=ready, precision=precision
        )

    def mean(
        self, ready: QuantumCircuit, observable: Observable, precision: float | None
    ) -> Estimate:
        """One mean, without the observable's constant."""
        terms = PauliSum(observable.n_qubits, observable.pauli_terms())
        operator = terms.to_sparse_pauli_op()
        if ready.layout is not None or ready.num_qubits != operator.num_qubits:
            operator = operator.apply_layout(ready.layout, num_qubits=ready.num_qubits)
        with self._failures():
            (result,) = self.estimator.run([(ready, operator)], precision=precision).result()
        aimed = result.metadata.get("target_precision")
        # Qiskit's own estimator adds noise of that size and states no deviation.
        spread = float(result.data.stds) or float(aimed or 0.0)
        exact = spread == 0.0 and aimed == 0.0
        return Estimate(float(result.data.evs), spread, "exact" if exact else "statistical")

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) from means, gradients by the parameter-shift rule."""
        return ShiftEnergy(self, ansatz, observable)


def primitive_engine(primitive: Any) -> SamplerEngine | EstimatorEngine | None:
    """An engine around a V2 primitive; None for anything else.

    Decided by name, so that Qiskit is not loaded where there is none.
    """
    names = {
        kind.__name__
        for kind in type(primitive).__mro__
        if kind.__module__.startswith("qiskit.primitives")
    }
    if "BaseSamplerV2" in names:
        return SamplerEngine(primitive)
    return EstimatorEngine(primitive) if "BaseEstimatorV2" in names else None


def _measured(program: Program, readout: Readout) -> tuple[Answer, QuantumCircuit, Circuit | None]:
    """The answer, a circuit that measures it, and the static circuit in the answer's order.

    Raises:
        CircuitError: too many qubits, or bits of a dynamic program that are in no register.
    """
    from qiskit import ClassicalRegister

    if program.n_qubits > readout.max_qubits:
        raise too_many_qubits(program.n_qubits, readout.max_qubits)
    if program.circuit is not None:
        answer, qubits = answer_qubits(program, program.circuit, readout)
        circuit = to_qiskit(program.circuit)
        bits = ClassicalRegister(answer.width, _ANSWER)
        circuit.add_register(bits)
        circuit.measure(list(qubits), list(bits))
        return answer, circuit, arranged(program.circuit, answer)[0]
    answer = (
        Answer(None, program.n_qubits)
        if readout.all_qubits
        else program.answer(readout.n_variables)
    )
    held = program.dynamic
    if held is None:
        raise ValueError("a program is static or dynamic")
    circuit = held.assign_parameters(dict(program.bindings)) if program.bindings else held.copy()
    if answer.bits is None:
        bits = ClassicalRegister(answer.width, _ANSWER)
        circuit.add_register(bits)
        circuit.measure(circuit.qubits[: answer.width], list(bits))
    else:
        # A register over bits that exist: the sampler reports it like any other.
        chosen = [circuit.clbits[bit] for bit in answer.bits]
        circuit.add_register(ClassicalRegister(name=_ANSWER, bits=chosen))
    return answer, circuit, None


def _name(primitive: Any) -> str:
    """What reports call it, e.g. `qiskit_aer SamplerV2` or `BackendSamplerV2 on fake_lagos`."""
    kind = type(primitive)
    backend = getattr(_backend(primitive), "name", None)
    where = "" if backend is None else f" on {backend}"
    return f"{kind.__module__.partition('.')[0]} {kind.__name__}{where}"


def _backend(primitive: Any) -> Any:
    """The backend that a primitive names, as an attribute or as a method."""
    found = getattr(primitive, "backend", None)
    return found() if callable(found) and not hasattr(found, "target") else found


def _passes_for(primitive: Any) -> BasePassManager:
    """To the gates and connections of its backend, or to gates that every simulator has."""
    from qiskit.transpiler import generate_preset_pass_manager

    backend = _backend(primitive)
    if backend is None:
        return generate_preset_pass_manager(
            optimization_level=0, basis_gates=_COMMON, seed_transpiler=0
        )
    return generate_preset_pass_manager(optimization_level=1, backend=backend, seed_transpiler=0)


def _no_counts() -> InputError:
    return InputError(
        "an estimator gives means, not counts: pass a sampler, such as SamplerV2, to measure "
        "answers."
    )

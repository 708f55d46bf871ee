"""`QuasarMinimumEigensolver`: qiskit-optimization's solvers with circuits that quasar writes.

Covers diagonal operators. Ground states of other operators need another ansatz, and are refused.
The interface is that of `qiskit_optimization.minimum_eigensolvers` 0.7; what the optimiser does
with the result is its own matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit.result import QuasiDistribution
from qiskit_optimization.minimum_eigensolvers import (
    SamplingMinimumEigensolver,
    SamplingMinimumEigensolverResult,
)
from qiskit_optimization.minimum_eigensolvers.variational_algorithm import VariationalResult

from quasar.agent.candidate import Candidate
from quasar.agent.generate import Generation, generate
from quasar.agent.names import DEFAULT_MODEL, DESIGNER
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.exports import to_qiskit as program_to_qiskit
from quasar.circuits.qasm import parse
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.bits import index_to_ket
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import require_exact
from quasar.core.observable import PauliSum
from quasar.core.settings import need_whole
from quasar.models.protocol import Model
from quasar.models.registry import known_limit
from quasar.problems.load import load_problem
from quasar.simulate.engine import Engine, Outcome, Readout, get_engine
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings

Operators = list[BaseOperator] | Mapping[str, BaseOperator]

_MAX_MATRIX_QUBITS = 10  # of an operator given as a matrix, which is taken apart into Paulis
_NEGLIGIBLE = 1e-12  # probability that is not listed


class QuasarMinimumEigensolverResult(
    VariationalResult,  # type: ignore[misc]
    SamplingMinimumEigensolverResult,  # type: ignore[misc]
):
    """Qiskit's result, and what quasar knows of it.

    `eigenvalue` is the energy of the circuit, the operator's identity term included.
    `optimal_circuit` has a parameter for each angle; `optimal_parameters` are their values.

    Attributes:
        report: the verifier's, on the circuit chosen.
        generation: all candidates, best first.
        qasm: the circuit as OpenQASM 3.
    """

    report: Report
    generation: Generation
    qasm: str


class QuasarMinimumEigensolver(SamplingMinimumEigensolver):  # type: ignore[misc]
    """Finds low states of a diagonal operator with a circuit that is written and verified.

    `MinimumEigenOptimizer(QuasarMinimumEigensolver())` solves a `QuadraticProgram`.

    Args:
        model: what writes the circuits, as in `quasar.generate`.
        fallback: asked as well where `model` cannot take the operator, or none of its circuits
            shows an optimum within `shots` measurements with probability 0.99; None: never.
        shots: measurements in the result, drawn from the circuit's exact distribution, or made by
            the `engine` among the options; None: that distribution itself, with every state in it,
            or as many as the engine makes.
        seed: of the shots.
        options: of `quasar.generate` for `model`, such as `refine=True` or `samples=8`.
    """

    def __init__(
        self,
        model: str | Model = DEFAULT_MODEL,
        *,
        fallback: str | None = DESIGNER,
        shots: int | None = 1024,
        seed: int = 0,
        **options: Any,
    ) -> None:
        if shots is not None:
            need_whole(shots, "shots", 1)
        need_whole(seed, "seed", 0)
        self.model = model
        self.fallback = fallback
        self.shots = shots
        self.seed = seed
        self.options = options

    @classmethod
    def supports_aux_operators(cls) -> bool:
        """Yes; those that are not diagonal too, of a circuit without mid-circuit measurement."""
        return True

    def compute_minimum_eigenvalue(
        self, operator: BaseOperator, aux_operators: Operators | None = None
    ) -> QuasarMinimumEigensolverResult:
        """Write circuits for the operator, verify them and measure the best.

        Args:
            aux_operators: their means in the state that was found are in the result.

        Raises:
            ProblemError: an operator that is not diagonal or not Hermitian, or has too many qubits.
            InputError: not an operator, or options that `quasar.generate` refuses.
            CircuitError: the model wrote no usable circuit.
        """
        generation = self._generation(_sparse(operator))
        best = generation.best
        if not best.report.feasible:
            raise CircuitError(
                f"{generation.model} wrote no usable circuit: {best.report.fault} Take another "
                "model, or more samples."
            )
        program = parse(best.qasm, header="language")
        n = generation.problem.n_qubits
        settings = VerifierSettings.given(
            self.options.get("verifier_settings"), "verifier_settings"
        )
        engine = get_engine(self.options.get("engine") or (settings or VerifierSettings()).engine)
        outcome = engine.run(program, Readout(n), shots=self._shots_of(engine), seed=self.seed)
        result = _result(generation, best, outcome)
        self._measure(result, outcome)
        if aux_operators is not None:
            result.aux_operators_evaluated = _means(outcome, aux_operators)
        return result

    def _generation(self, operator: SparsePauliOp) -> Generation:
        """The model's circuits, or the fallback's where these are better or the only ones."""
        require_exact(operator.num_qubits)
        problem = load_problem(operator, problem_type="ising", verifiable=True)
        fallback = None if self.fallback == self.model else self.fallback
        if fallback is not None and self._is_too_large(problem.n_qubits):
            return generate(problem, fallback)
        found = generate(problem, self.model, **self.options)
        needed = _shots_needed(found)
        if fallback is None or needed <= (self.shots or math.inf):
            return found
        return min(found, generate(problem, fallback), key=_shots_needed)

    def _is_too_large(self, n_qubits: int) -> bool:
        if not isinstance(self.model, str) or self.model == DESIGNER:
            return False
        limit = known_limit(self.model, self.options.get("model_options"))
        return limit is not None and limit < n_qubits

    def _shots_of(self, engine: Engine) -> int | None:
        """Shots to ask an engine for: exact ones run once, and are sampled afterwards."""
        return None if "state" in engine.supports else self.shots

    def _measure(self, result: QuasarMinimumEigensolverResult, outcome: Outcome) -> None:
        """The distribution, as Qiskit's own solvers give it, and the best state in it."""
        problem = result.generation.problem
        n, hamiltonian = problem.n_qubits, problem.hamiltonian
        counts, shots = outcome.counts, outcome.shots
        if counts is None and self.shots is not None:
            counts, shots = outcome.sample(self.shots, self.seed), self.shots
        if counts is None or shots is None:
            p = outcome.distribution()
            weights = {k: float(w) for k, w in enumerate(p.tolist()) if w > _NEGLIGIBLE}
        else:
            weights = {k: count / shots for k, count in counts.items()}
        # Keys are texts, so that leading zeros are kept.
        named = {index_to_ket(k, n): weight for k, weight in weights.items()}
        result.eigenstate = QuasiDistribution(named, shots=shots)
        best = min(weights, key=lambda k: (hamiltonian.energy(k), -weights[k]))
        result.best_measurement = {
            "state": best,
            "bitstring": index_to_ket(best, n),
            "value": hamiltonian.energy(best) + hamiltonian.constant,
            "probability": weights[best],
        }


def _shots_needed(found: Generation) -> float:
    needed = found.best.report.shots_to_optimum
    return math.inf if needed is None else needed


def _sparse(operator: Any) -> SparsePauliOp:
    """Any of Qiskit's operators as a sum of Paulis.

    Raises:
        InputError: nothing of the kind, or a matrix on too many qubits.
    """
    from qiskit.quantum_info import Operator, Pauli, SparseObservable

    if isinstance(operator, SparsePauliOp):
        return operator
    if isinstance(operator, SparseObservable):
        return SparsePauliOp.from_sparse_observable(operator)
    if isinstance(operator, Pauli):
        return SparsePauliOp(operator)
    if isinstance(operator, Operator) and operator.num_qubits is not None:
        if operator.num_qubits > _MAX_MATRIX_QUBITS:
            raise InputError(
                f"a matrix on {operator.num_qubits} qubits is too large to be taken apart: pass a "
                "SparsePauliOp."
            )
        return SparsePauliOp.from_operator(operator).simplify()
    raise InputError(f"the operator must be a SparsePauliOp, not {type(operator).__name__}.")


def _result(
    generation: Generation, best: Candidate, outcome: Outcome
) -> QuasarMinimumEigensolverResult:
    """All but what is measured."""
    hamiltonian = generation.problem.hamiltonian
    result = QuasarMinimumEigensolverResult()
    result.report, result.generation, result.qasm = best.report, generation, best.qasm
    energy = outcome.expectation(hamiltonian).value + hamiltonian.constant
    result.eigenvalue = result.optimal_value = energy
    result.optimizer_time = best.elapsed_s
    result.cost_function_evals = len(best.trace.energies)
    circuit, values = program_to_qiskit(best.qasm), dict[Any, float]()
    if outcome.circuit is not None and outcome.circuit.n_qubits == outcome.answer.width:
        circuit, values = _with_parameters(outcome.circuit)
    result.optimal_circuit = circuit
    result.optimal_parameters = values
    result.optimal_point = list(values.values())
    return result


def _with_parameters(circuit: Circuit) -> tuple[QuantumCircuit, dict[Any, float]]:
    """The gates with a parameter for each angle, all qubits measured, and the angles."""
    count = sum(len(gate.params) for gate in circuit.gates)
    angles = ParameterVector("θ", count)
    values = dict(
        zip(angles, (angle for gate in circuit.gates for angle in gate.params), strict=True)
    )
    left = iter(angles)
    out = QuantumCircuit(circuit.n_qubits)
    for gate in circuit.gates:
        (item,) = to_qiskit(Circuit(circuit.n_qubits, (_at_zero(gate),))).data
        operation = item.operation.to_mutable()
        if gate.params:
            operation.params = [next(left) for _ in gate.params]
        out.append(operation, gate.qubits, copy=False)
    out.measure_all()
    return out, values


def _at_zero(gate: Gate) -> Gate:
    return gate._replace(params=tuple(0.0 for _ in gate.params))


def _means(outcome: Outcome, operators: Operators) -> Any:
    """Mean of each operator, the constant included, as Qiskit's solvers give them: (mean, {})."""

    def mean(operator: Any) -> tuple[float, dict[str, Any]]:
        if isinstance(operator, int | float) and operator == 0:
            return 0.0, {}
        observable = PauliSum.from_sparse_pauli_op(_sparse(operator))
        found = outcome.expectation(observable)
        return found.value + observable.constant, {"error": found.error, "kind": found.kind}

    if isinstance(operators, Mapping):
        return {name: mean(operator) for name, operator in operators.items()}
    return [mean(operator) for operator in operators]

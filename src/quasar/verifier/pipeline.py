"""Circuit to report: the order of the stages, the gate between them, and their costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from quasar.circuits.circuit import Circuit
from quasar.circuits.header import VERSION, Header
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text, looks_like_file
from quasar.core.bits import reverse_qubits
from quasar.core.errors import InfrastructureError, InputError, QuasarError
from quasar.core.hamiltonian import Spectrum
from quasar.core.labels import to_json
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import FloatVector, get_engine
from quasar.verifier import quality
from quasar.verifier import reward as rewards
from quasar.verifier.report import ProblemSummary, Report, Stages
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.solutions import SHOTS, PenaltyWeight, SolutionScale, penalty_weight
from quasar.verifier.stages import behaviour, feasibility, objective, utility
from quasar.verifier.stages.feasibility import Execution, Fault, Feasibility

_LEAST_EVALUATIONS = 3  # that must fit into the time left for stage 4 to begin


class Verifier:
    """Judges circuits for one problem; what depends on the problem alone is computed once.

    Runs in this process without limits on time and memory: for text one trusts. For other text
    there are `quasar.verify` and `quasar.verifier.sandbox.Sandbox`.

    Args:
        problem: the problem with its Hamiltonian.
        reference: a reference circuit, see `verify`; default: the one that came with the problem.
        settings: see `VerifierSettings`.

    Raises:
        ProblemError: more qubits than can be enumerated exactly.
        InputError: the reference circuit itself is infeasible, or an argument is of another kind.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        reference: CircuitSource | None = None,
        settings: VerifierSettings | None = None,
    ) -> None:
        if not isinstance(problem, EncodedProblem):
            raise InputError("a Verifier takes an encoded problem: quasar.load_problem(...).")
        self.problem = problem
        self.settings = VerifierSettings.given(settings, "settings") or VerifierSettings()
        self.engine = get_engine(self.settings.engine)
        self.spectrum: Spectrum = problem.hamiltonian.spectrum
        self.reference_text: str | bytes | None = problem.reference
        if reference is not None:
            self.reference_text = circuit_text(
                reference, names_files=False, what="the reference circuit"
            )

    @cached_property
    def diagonal(self) -> FloatVector:
        """Energies of the problem, shape [D]."""
        return self.problem.hamiltonian.diagonal

    @cached_property
    def diagonal_reversed(self) -> FloatVector:
        """Energies with the Hamiltonian's qubits in reversed order, shape [D]."""
        return reverse_qubits(self.diagonal)

    @cached_property
    def reference(self) -> FloatVector | None:
        """The reference's distribution, shape [2**m]; None without a reference."""
        if self.reference_text is None:
            return None
        stage, execution = feasibility.measure(
            self.reference_text,
            get_engine(self.settings.reference_engine),
            self.settings.limits,
            n_variables=self.problem.n_qubits,
            all_qubits=self.settings.measurement == "all-qubits",
            header=self.settings.header,
        )
        fault = stage.fault
        if execution is not None and execution.outcome.answer.bits is not None:
            fault = _misfit(execution, self.problem.n_qubits)
        if execution is None or fault is not None:
            raise InputError(f"the reference circuit is not usable: {fault}")
        return execution.distribution

    @cached_property
    def reference_energies(self) -> tuple[float, float] | None:
        """The reference's energy, physical and with reversed qubits."""
        if self.reference is None or self.reference.size != self.diagonal.size:
            return None
        return (
            float(self.reference @ self.diagonal),
            float(self.reference @ self.diagonal_reversed),
        )

    @cached_property
    def summary(self) -> ProblemSummary:
        """Identity of the problem, for reports."""
        source = self.problem.problem
        return ProblemSummary(
            problem_type="ising" if source is None else source.problem_type,
            encoding=self.problem.encoding,
            variable_order=self.problem.variable_order,
            n_qubits=self.problem.n_qubits,
            variables=[to_json(label) for label in self.problem.variables],
            constant=self.problem.hamiltonian.constant,
        )

    @cached_property
    def optimum(self) -> quality.Optimum:
        """The exact optimum, for reports."""
        return quality.read_optimum(self.problem, self.spectrum)

    @cached_property
    def scale(self) -> SolutionScale:
        """Costs and objectives of all states, for what only valid solutions count in."""
        return SolutionScale(self.problem)

    @cached_property
    def penalty(self) -> PenaltyWeight | None:
        """The weight of the constraints in the Hamiltonian, for reports."""
        return penalty_weight(self.problem)

    @cached_property
    def problem_remarks(self) -> list[str]:
        """What is worth knowing of the problem itself."""
        return quality.problem_remarks(self.problem)

    def prepare(self) -> None:
        """Compute now what depends on the problem alone, so that no circuit is charged for it.

        Raises:
            InputError: the reference circuit is infeasible.
        """
        _ = self.diagonal_reversed, self.summary, self.problem.optimality
        if self.settings.max_stage >= 2:
            _ = self.reference
        if self.settings.quality and self.settings.decode_top_states:
            _ = self.optimum, self.problem_remarks
        if self.settings.quality:
            _ = self.scale.order, self.penalty

    def refuse(
        self, fault: Fault, n_qubits: int | None = None, header: Header | None = None
    ) -> Report:
        """The report on a circuit that was stopped from outside, by a limit on time or memory.

        Args:
            n_qubits: its qubits if the importer had accepted it by then, else None.
            header: its version statement; default: one that keeps every rule.
        """
        run = _Run(self)
        accepted = n_qubits is not None
        run.stages = Stages(
            feasibility=Feasibility(
                parses=accepted and (header is None or header.published),
                parses_by_language=accepted and (header is None or header.language),
                simulable=False,
                n_qubits=n_qubits,
                fault=fault,
            )
        )
        run.skip_rest("the circuit is infeasible")
        return run.report(None)

    def verify(
        self,
        circuit: CircuitSource,
        on_parsed: Callable[[int], None] | None = None,
        *,
        parameters: Values | None = None,
    ) -> Report:
        """Judge one circuit.

        Args:
            circuit: OpenQASM 3 text or bytes, the path of a file (a string is always text: it may
                come from a stranger), or a Qiskit circuit.
            on_parsed: told the number of qubits once the text has parsed.
            parameters: values of the program's inputs: numbers, or texts such as `pi/3`.

        Raises:
            InputError: the reference circuit is infeasible, or the circuit is of another kind; a
                parameter that the program does not declare, or that is no finite number.
            InfrastructureError: memory ran out or a library failed; no verdict about the circuit.
        """
        try:
            values = self.settings.parameters if parameters is None else read_values(parameters)
            source, left = bind_circuit(circuit, values)
            text = circuit_text(source, names_files=False)
            return self._verify(text, on_parsed, left)
        except QuasarError:
            raise
        except MemoryError as error:
            raise InfrastructureError("out of memory while verifying the circuit.") from error
        except Exception as error:
            raise InfrastructureError(
                f"the verifier failed ({type(error).__name__}: {error}); this says nothing about "
                "the circuit."
            ) from error

    def _verify(
        self,
        text: str | bytes,
        on_parsed: Callable[[int], None] | None,
        parameters: Mapping[str, float],
    ) -> Report:
        run = _Run(self)
        all_qubits = self.settings.measurement == "all-qubits"
        compared = self.reference_text is not None and self.settings.max_stage >= 2
        with run.timed("feasibility"):
            first, execution = feasibility.measure(
                text,
                self.engine,
                self.settings.limits,
                on_parsed,
                parameters=parameters,
                n_variables=self.problem.n_qubits,
                all_qubits=all_qubits,
                misfits=all_qubits or compared,
                header=self.settings.header,
            )
        if first.fault is not None and isinstance(text, str) and looks_like_file(text):
            first.fault.hint = "This is the name of a file: pass a pathlib.Path."
        run.stages = Stages(feasibility=first)
        if execution is None:
            run.skip_rest("the circuit is infeasible")
        else:
            run.measure(execution)
        return run.report(execution)


class _Run:
    """State of one verification."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.settings = verifier.settings
        self.stages: Stages
        self.begun_s = time.process_time()
        self.cost_s: dict[str, float] = {}
        self.skipped: dict[str, str] = {}
        self.out_of_budget = False
        self.scores = rewards.Scores(feasible=False)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.cost_s[stage] = time.perf_counter() - start

    def skip_rest(self, why: str) -> None:
        for stage in ("behaviour", "objective", "utility"):
            self.skipped.setdefault(stage, why)

    def measure(self, execution: Execution) -> None:
        """Stages 2 to 4, as far as settings, gate and budget allow."""
        verifier, settings = self.verifier, self.settings
        p = execution.distribution
        n = verifier.problem.n_qubits
        self.scores = rewards.Scores(
            feasible=True, has_reference=verifier.reference_text is not None
        )
        reference = verifier.reference if settings.max_stage >= 2 else None
        if reference is not None:
            with self.timed("behaviour"):
                self.stages.behaviour = behaviour.measure(p, reference)
            self.scores.behaviour = self.stages.behaviour.score
            if p.size == reference.size and self.stages.behaviour.relative_entropy is None:
                self.skipped["relative_entropy"] = "infinite: q vanishes where p does not"
        elif verifier.reference_text is None:
            self.skipped["behaviour"] = "no reference circuit"
        else:
            self.skipped["behaviour"] = "only stage 1 was asked for"
        expected = n if reference is None else int(reference.size - 1).bit_length()
        self.scores.qubit_difference = execution.outcome.answer.width - expected
        self.scores.active_extra_qubits = _active_beyond(execution.program.circuit, expected)
        if execution.outcome.answer.width != n:
            self.skip_rest("the circuit's answer has another number of bits than the problem")
            return
        why = self._closed("objective")
        if why is None:
            with self.timed("objective"):
                self.stages.objective = objective.measure(
                    p,
                    verifier.diagonal,
                    verifier.diagonal_reversed,
                    verifier.spectrum,
                    verifier.problem.optimality.optimal,
                )
            self.scores.objective = self.stages.objective.score
        else:
            self.skipped["objective"] = why
        why = self._closed("utility")
        circuit = execution.outcome.circuit
        if why is None and circuit is None:
            why = "a dynamic program has no fixed ansatz to optimise"
        if why is None and circuit is not None:
            self._measure_utility(circuit, execution.outcome.by_state(verifier.diagonal))
        elif why is not None:
            self.skipped["utility"] = why

    def _measure_utility(self, circuit: Circuit, diagonal: FloatVector) -> None:
        verifier, limit_s = self.verifier, self.settings.utility.max_seconds
        left_s = None if limit_s is None else limit_s - (time.process_time() - self.begun_s)
        try:
            # An evaluation cannot be stopped, and takes about as long as the first simulation did.
            if left_s is not None and left_s < _LEAST_EVALUATIONS * self.cost_s["feasibility"]:
                raise utility.OutOfTime
            with self.timed("utility"):
                found = utility.measure(
                    circuit,
                    diagonal,
                    verifier.spectrum,
                    self.settings.utility,
                    seconds=left_s,
                )
        except utility.OutOfTime:
            self.skipped["utility"] = f"not finished within {limit_s:g} s"
            return
        self.stages.utility = found
        self.scores.utility = found.score
        self.scores.schedule_utility = found.schedule_score

    def _closed(self, stage: str) -> str | None:
        """Why the gate keeps a stage from running; None when it is open."""
        number = {"objective": 3, "utility": 4}[stage]
        if self.settings.max_stage < number:
            return f"only stages 1-{self.settings.max_stage} were asked for"
        gate = self.settings.gate
        if gate.mode == "off":
            return None
        if gate.budget_s is not None and sum(self.cost_s.values()) >= gate.budget_s:
            self.out_of_budget = True
            return f"the budget of {gate.budget_s} s is spent"
        likeness, ratio = self.scores.behaviour, self.scores.objective
        if gate.mode == "published":
            if likeness is None:
                needed = stage == "objective" or (ratio or 0.0) > rewards.GATED_GOOD
            elif stage == "objective":
                needed = likeness < rewards.GATED_UNLIKE
            else:
                needed = likeness > rewards.GATED_ALIKE or (
                    likeness < rewards.GATED_UNLIKE and (ratio or 0.0) > rewards.GATED_GOOD
                )
            return None if needed else "the reward schedule does not need it"
        if stage == "objective":
            passed = likeness is None or likeness >= gate.behaviour_threshold
            return None if passed else f"s2 is under {gate.behaviour_threshold}"
        passed = ratio is not None and ratio >= gate.objective_threshold
        return None if passed else f"s3 is under {gate.objective_threshold} or was not computed"

    def report(self, execution: Execution | None) -> Report:
        verifier, settings, first = self.verifier, self.settings, self.stages.feasibility
        fault = first.fault
        if execution is not None:
            fault = _misfit(execution, verifier.problem.n_qubits)
        fits = execution is not None and fault is None
        report = Report(
            feasible=fits,
            parses=first.parses,
            parses_by_language=first.parses_by_language,
            n_qubits=first.n_qubits,
            fault=fault,
            energy_convention=settings.energy_convention,
            reward=rewards.compute(self.scores, settings.reward),
            stages=self.stages,
            skipped=self.skipped,
            out_of_budget=self.out_of_budget,
            cost_s=self.cost_s,
            problem=verifier.summary,
        )
        if fits and not first.parses:
            report.remarks.append(_remark_on_header(first.header))
        said = self._remark_on_sizes(execution)
        if said is not None:
            report.remarks.append(said)
        if self.stages.behaviour is not None:
            report.relative_entropy = self.stages.behaviour.relative_entropy
        measured = self.stages.objective
        if measured is not None:
            physical = settings.energy_convention == "physical"
            report.energy = measured.energy if physical else measured.energy_bit_reversed
            report.approximation_ratio = measured.score
            report.p_optimal = measured.p_optimal
            report.shots_to_optimum = measured.shots_to_optimum
            report.top_is_optimal = measured.top_is_optimal
            if verifier.reference_text is not None and verifier.reference_energies is not None:
                report.energy_reference = verifier.reference_energies[0 if physical else 1]
        if settings.quality:
            if settings.decode_top_states:
                report.optimum = verifier.optimum
            if fits and execution is not None:
                self._add_quality(report, execution)
        return report

    def _remark_on_sizes(self, execution: Execution | None) -> str | None:
        """What a reference of another number of qubits means for the comparison."""
        if self.stages.behaviour is None or execution is None:
            return None
        reference = self.verifier.reference
        p = execution.distribution
        if reference is None or reference.size == p.size:
            return None
        m, n = int(reference.size - 1).bit_length(), execution.outcome.answer.width
        least = self.stages.behaviour.compared_qubits
        first = "the first qubit" if least == 1 else f"the first {least} qubits"
        return (
            f"The reference circuit has {_qubits(m)}, this circuit {n}: they were compared on "
            f"{first} only, s2 is halved and the reward is lowered."
        )

    def _add_quality(self, report: Report, execution: Execution) -> None:
        verifier = self.verifier
        outcome, circuit = execution.outcome, execution.outcome.circuit
        shots = SHOTS if verifier.settings.decode_top_states else ()
        report.solutions = verifier.scale.measure(execution.distribution, shots)
        report.penalty = verifier.penalty
        report.quality = quality.measure(
            execution.distribution,
            outcome.state,
            circuit,
            verifier.problem,
            decode=verifier.settings.decode_top_states,
            look_closely=verifier.settings.looks_closely,
        )
        if not verifier.settings.decode_top_states:
            return
        if outcome.answer.remark is not None:
            report.remarks.append(outcome.answer.remark)
        report.remarks += quality.remarks(
            execution.distribution, circuit, report.quality, verifier.problem
        )
        if circuit is not None and _in_degrees(circuit):
            report.remarks.append(
                "Every angle is a whole number of more than a full turn: angles are radians, not "
                "degrees. Write 90 degrees as pi/2."
            )
        report.remarks += verifier.problem_remarks


def _misfit(execution: Execution, n_variables: int) -> Fault | None:
    """Why an answer is none for a problem of n variables: it has another number of bits."""
    answer, n = execution.outcome.answer, n_variables
    if answer.width == n:
        return None
    if answer.bits is None:
        return Fault(
            kind="qubits",
            message=f"the circuit has {_qubits(answer.width)}, the problem has {n}.",
            hint=f"Declare exactly {n}: 'qubit[{n}] q;', one for each variable; or measure the {n} "
            f"that hold the answer into 'bit[{n}] c;'.",
        )
    bits = "classical bit" if answer.width == 1 else "classical bits"
    return Fault(
        kind="measurement",
        message=f"the program measures into {answer.width} {bits}, the problem has {n} variables.",
        hint=f"Measure one qubit for each variable: 'bit[{n}] c;' and "
        f"'c[i] = measure q[i];' for i = 0 to {n - 1}.",
    )


def _in_degrees(circuit: Circuit) -> bool:
    """Whether the angles were meant in degrees: whole numbers of more than 2π, or 0."""
    angles = [abs(angle) for gate in circuit.gates for angle in gate.params if angle != 0.0]
    return bool(angles) and all(a > math.tau and a == round(a) for a in angles)


def _qubits(count: int) -> str:
    return f"{count} qubit{'' if count == 1 else 's'}"


def _active_beyond(circuit: Circuit | None, n_expected: int) -> int:
    """Qubits numbered n_expected or more that some gate acts on."""
    if circuit is None:
        return 0
    return len({q for gate in circuit.gates for q in gate.qubits if q >= n_expected})


def _remark_on_header(found: str | None) -> str:
    header = "the text has no version header" if found is None else f"the header is {found!r}"
    return (
        f"Valid OpenQASM 3, but {header}: by the published rule, and so in every table, a text "
        f"without '{VERSION}' does not parse."
    )

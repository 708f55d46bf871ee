"""Circuit to report: the stages one after another, and what the report says about them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel

from quasar.circuits.circuit import Circuit
from quasar.circuits.header import Header
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text, looks_like_file
from quasar.core.errors import InputError
from quasar.core.labels import to_json
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.engine import EngineSource, Outcome, get_engine
from quasar.verifier import gate, quality
from quasar.verifier import remarks as sentences
from quasar.verifier import reward as rewards
from quasar.verifier.context import Context, ProblemFacts
from quasar.verifier.failures import no_verdict_on_failure
from quasar.verifier.observable_facts import ObservableFacts
from quasar.verifier.on_device import DeviceRun
from quasar.verifier.report import ProblemSummary, Report, Stages
from quasar.verifier.settings import BUILT_IN_STAGES, VerifierSettings
from quasar.verifier.solutions import SHOTS
from quasar.verifier.stages.behaviour import Behaviour
from quasar.verifier.stages.feasibility import (
    Execution,
    Fault,
    Feasibility,
    Rules,
    misfit,
    run_text,
)
from quasar.verifier.stages.ground import Ground, ground_remarks
from quasar.verifier.stages.objective import Objective
from quasar.verifier.stages.stage import STAGES, Need, Skipped, Stage, get_stage
from quasar.verifier.stages.utility import Utility


class Verifier:
    """Judges circuits for one problem; what depends on the problem alone is computed once.

    Runs in this process without limits on time and memory, so use it for trusted text only. For
    other text use `quasar.verify` or `quasar.verifier.sandbox.Sandbox`.

    Args:
        problem: the problem with its Hamiltonian.
        reference: a reference circuit, see `verify`; default: the one that came with the problem.
        settings: see `VerifierSettings`.
        engine: what measures the circuits, see `get_engine`; default: the settings' own.

    Raises:
        ProblemError: more qubits than can be enumerated exactly.
        InputError: the reference circuit itself is infeasible, an argument is of another kind, or
            there is no stage of a name in the settings.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        reference: CircuitSource | None = None,
        settings: VerifierSettings | None = None,
        engine: EngineSource | None = None,
    ) -> None:
        if not isinstance(problem, EncodedProblem):
            raise InputError("a Verifier takes an encoded problem: quasar.load_problem(...).")
        self.problem = problem
        self.settings = VerifierSettings.given(settings, "settings") or VerifierSettings()
        self.engine = get_engine(self.settings.engine if engine is None else engine)
        self.reference_text: str | bytes | None = problem.reference
        if reference is not None:
            self.reference_text = circuit_text(
                reference, names_files=False, what="the reference circuit"
            )
        observable = isinstance(problem, EncodedObservable)
        facts = ObservableFacts if observable else ProblemFacts
        self.facts = facts(problem, self.reference_text, self.settings)
        asked = (
            name for name in self.settings.stage_names if name not in (*BUILT_IN_STAGES, "ground")
        )
        built_in = [*BUILT_IN_STAGES, *(["ground"] if observable else [])]
        in_order = sorted(built_in, key=list(STAGES).index)
        self.stages: tuple[Stage, ...] = tuple(map(get_stage, (*in_order, *asked)))

    @cached_property
    def summary(self) -> ProblemSummary:
        """Identity of the problem, for reports."""
        return summary_of(self.problem)

    def prepare(self) -> None:
        """Compute now what depends on the problem alone, so that it adds to no circuit's cost.

        Raises:
            InputError: the reference circuit is infeasible.
        """
        _ = self.summary
        self.facts.prepare()

    def refuse(
        self, fault: Fault, n_qubits: int | None = None, header: Header | None = None
    ) -> Report:
        """The report on a circuit that was stopped from outside, by a limit on time or memory.

        Args:
            n_qubits: its qubits if the importer had accepted it by then, else None.
            header: its version statement; default: one that satisfies every rule.
        """
        accepted = n_qubits is not None
        first = Feasibility(
            parses=accepted and (header is None or header.published),
            parses_by_language=accepted and (header is None or header.language),
            simulable=False,
            n_qubits=n_qubits,
            fault=fault,
        )
        return _Verification(self).report(first, None)

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
            on_parsed: called with the number of qubits once the text has parsed.
            parameters: values of the program's inputs: numbers, or texts such as `pi/3`.

        Raises:
            InputError: the reference circuit is infeasible, or the circuit is of another kind; a
                parameter that the program does not declare, or that is not a finite number.
            InfrastructureError: memory ran out or a library failed; no verdict on the circuit.
        """
        with no_verdict_on_failure():
            values: Mapping[str, float] = self.settings.parameters
            if parameters is not None:
                values = read_values(parameters)
            if not isinstance(circuit, str):
                circuit, values = bind_circuit(circuit, values)
                circuit = circuit_text(circuit, names_files=False)
            return self._verify(circuit, on_parsed, values)

    def _verify(
        self,
        text: str | bytes,
        on_parsed: Callable[[int], None] | None,
        parameters: Mapping[str, float],
    ) -> Report:
        run = _Verification(self)
        begun = time.perf_counter()
        first, execution = run_text(
            text, self.engine, self._rules, on_parsed, parameters=parameters
        )
        run.cost_s["feasibility"] = time.perf_counter() - begun
        if first.fault is not None and isinstance(text, str) and looks_like_file(text):
            first.fault.hint = "This is the name of a file: pass a pathlib.Path."
        report = run.report(first, execution)
        if self.device_run is not None and report.feasible and execution is not None:
            self.device_run.add_to(report, execution.program, self.problem)
        return report

    @cached_property
    def device_run(self) -> DeviceRun | None:
        """What judges circuits under noise; None where the settings ask for nothing."""
        chosen = self.settings.device
        return None if chosen is None else DeviceRun.of(chosen)

    @cached_property
    def _rules(self) -> Rules:
        """By which circuits are run: only what some stage asks for is computed."""
        asked = [step.stage for step in self._steps if step.skipped is None]
        rules = Rules.of(self.settings, self.problem.n_qubits)
        of_others = any(stage.name not in BUILT_IN_STAGES for stage in asked)
        return replace(
            rules,
            misfits=rules.all_qubits or any("answer" not in stage.needs for stage in asked),
            amplitudes=self.settings.quality or of_others,
        )

    @cached_property
    def _steps(self) -> tuple[_Step, ...]:
        """What is known of each stage before any circuit is."""
        found = []
        for stage in self.stages:
            skipped = None
            if "reference" in stage.needs and self.reference_text is None:
                skipped = _NO_REFERENCE
            elif not self.settings.runs(stage.name):
                skipped = Skipped(self._asked_for())
            found.append(_Step(stage, stage.name, stage.needs, skipped))
        return tuple(found)

    def _asked_for(self) -> str:
        if self.settings.stages is not None:
            return "not asked for"
        last = self.settings.max_stage
        return "only stage 1 was asked for" if last == 1 else f"only stages 1-{last} were asked for"

    @cached_property
    def _counts_time(self) -> bool:
        """Whether a stage may ask for the time used so far; to know it takes a system call."""
        quick = ("behaviour", "objective", "ground")
        return any(step.skipped is None and step.name not in quick for step in self._steps)


_NO_REFERENCE = Skipped("no reference circuit")
_MISFIT = Skipped("the circuit's answer has another number of bits than the problem")
_NO_SCORES = rewards.Scores(feasible=False)


class _Step(NamedTuple):
    """A stage on a verifier's way.

    Attributes:
        skipped: why it never runs.
    """

    stage: Stage
    name: str
    needs: frozenset[Need]
    skipped: Skipped | None


class _Verification:
    """One circuit's way through the stages."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.settings = verifier.settings
        self.begun_s = time.process_time() if verifier._counts_time else math.nan
        self.cost_s: dict[str, float] = {}
        self.skipped: dict[str, str] = {}
        self.out_of_budget = False
        self.found: dict[str, BaseModel] = {}

    def report(self, first: Feasibility, execution: Execution | None) -> Report:
        """Run the stages after the first, and report on all."""
        verifier, settings = self.verifier, self.settings
        scores, fault = _NO_SCORES, first.fault
        remarks: list[str] = []
        if execution is None:
            for step in verifier._steps:
                self.skipped[step.name] = "the circuit is infeasible"
        else:
            self._measure(execution)
            scores = self._scores(execution)
            fault = misfit(execution, verifier.problem.n_qubits)
        if fault is None and not first.parses:
            said = sentences.CONVERTED if first.converted else sentences.header_remark(first.header)
            remarks.append(said)
        report = Report.made(
            feasible=fault is None,
            parses=first.parses,
            parses_by_language=first.parses_by_language,
            n_qubits=first.n_qubits,
            fault=fault,
            energy_convention=settings.energy_convention,
            reward=rewards.compute(scores, settings.reward),
            stages=self._stages(first),
            skipped=self.skipped,
            out_of_budget=self.out_of_budget,
            cost_s=self.cost_s,
            problem=verifier.summary,
            remarks=remarks,
            **({} if execution is None else self._results(execution, remarks)),
        )
        if settings.quality and settings.decode_top_states:
            report.optimum = verifier.facts.optimum
        if settings.quality and report.feasible and execution is not None:
            self._add_quality(report, execution)
        return report

    def _measure(self, execution: Execution) -> None:
        """All stages after the first, as far as their needs, the settings and the gate allow."""
        context = Context(
            self.verifier.facts,
            self.settings,
            execution,
            self.begun_s,
            self.found,
            self.skipped,
            self.cost_s,
        )
        fits = context.fits
        gated = self.settings.gate.mode != "off"
        for step in self.verifier._steps:
            found: BaseModel | Skipped | None = step.skipped
            if not fits and "answer" in step.needs and step.skipped is not _NO_REFERENCE:
                found = _MISFIT
            if found is None and gated:
                found = gate.closed(step.name, context)
            if found is None and "circuit" in step.needs and context.circuit is None:
                found = Skipped("a dynamic program has no fixed ansatz to optimise")
            if found is None:
                begun = time.perf_counter()
                found = step.stage.measure(context)
                self.cost_s[step.name] = time.perf_counter() - begun
            if isinstance(found, Skipped):
                self.skipped[step.name] = found.why
                self.out_of_budget |= isinstance(found, gate.OverBudget)
            else:
                self.found[step.name] = found

    def _stages(self, first: Feasibility) -> Stages:
        """The results: built-in stages' as they are, others' as in JSON."""
        found = self.found
        stages = Stages.whole(
            {
                "feasibility": first,
                "behaviour": found.get("behaviour"),
                "objective": found.get("objective"),
                "ground": found.get("ground"),
                "utility": found.get("utility"),
            }
        )
        for name, result in found.items():
            if not isinstance(result, Behaviour | Objective | Ground | Utility):
                setattr(stages, name, result.model_dump(mode="json"))
        return stages

    def _scores(self, execution: Execution) -> rewards.Scores:
        """What the reward is computed from."""
        facts, found = self.verifier.facts, self.found
        expected = self.verifier.problem.n_qubits
        behaviour, utility = found.get("behaviour"), found.get("utility")
        objective = found.get("objective")
        if behaviour is not None and facts.reference is not None:
            expected = _width(facts.reference.size)
        more = execution.outcome.answer.width - expected
        return rewards.Scores(
            feasible=True,
            behaviour=behaviour.score if isinstance(behaviour, Behaviour) else None,
            objective=objective.score if isinstance(objective, Objective) else None,
            utility=utility.score if isinstance(utility, Utility) else None,
            schedule_utility=utility.schedule_score if isinstance(utility, Utility) else None,
            has_reference=facts.reference_text is not None,
            qubit_difference=more,
            active_extra_qubits=_active_beyond(execution.program.circuit, expected) if more else 0,
        )

    def _results(self, execution: Execution, remarks: list[str]) -> dict[str, Any]:
        """The stages' main results, which stand at the top of the report."""
        facts, found = self.verifier.facts, self.found
        results: dict[str, Any] = {}
        behaviour, measured = found.get("behaviour"), found.get("objective")
        if isinstance(behaviour, Behaviour):
            results["relative_entropy"] = behaviour.relative_entropy
            reference = facts.reference
            if reference is not None and reference.size != execution.distribution.size:
                width = execution.outcome.answer.width
                compared = behaviour.compared_qubits
                remarks.append(sentences.size_remark(_width(reference.size), width, compared))
        if not isinstance(measured, Objective):
            return results
        physical = self.settings.energy_convention == "physical"
        reversed_bits = measured.energy_bit_reversed
        results["energy"] = measured.energy if physical or reversed_bits is None else reversed_bits
        results["approximation_ratio"] = measured.score
        results["p_optimal"] = measured.p_optimal
        results["shots_to_optimum"] = measured.shots_to_optimum
        results["top_is_optimal"] = measured.top_is_optimal
        if facts.reference_energies is not None:
            results["energy_reference"] = facts.reference_energies[0 if physical else 1]
        ground = found.get("ground")
        if isinstance(ground, Ground):
            results["ground_energy"] = ground.ground_energy
            results["energy_error"] = ground.energy_error
            results["ground_space_fidelity"] = ground.fidelity
        if execution.outcome.shots is not None:
            results["measured_by"] = self._statistics(execution.outcome, measured)
            remarks.append(sentences.shots_remark(results["measured_by"]))
        return results

    def _statistics(self, outcome: Outcome, measured: Objective) -> quality.ShotStatistics:
        """How well the objective stage's numbers are known, from the shots they were counted in."""
        verifier, shots = self.verifier, outcome.shots or 0
        problem, width = verifier.problem, verifier.facts.spectrum.width
        error = outcome.expectation(problem.hamiltonian).error
        share = ((measured.p_optimal or 0.0) * shots + 1.0) / (shots + 2.0)
        return quality.ShotStatistics(
            engine=verifier.engine.name,
            shots=shots,
            energy_error=error,
            approximation_ratio_error=error / width if width else 0.0,
            p_optimal_error=math.sqrt(share * (1.0 - share) / (shots + 2.0)),
        )

    def _add_quality(self, report: Report, execution: Execution) -> None:
        facts, settings = self.verifier.facts, self.settings
        outcome, circuit = execution.outcome, execution.outcome.circuit
        p = execution.distribution
        shots = SHOTS if settings.decode_top_states else ()
        # What changes no measured bit may change an energy, and no basis state is an answer.
        bits = not isinstance(facts, ObservableFacts)
        report.solutions = None if facts.scale is None else facts.scale.measure(p, shots)
        report.penalty = facts.penalty
        report.quality = quality.measure(
            p,
            outcome.state,
            circuit,
            facts.problem,
            decode=bits and settings.decode_top_states,
            look_closely=bits and settings.looks_closely,
            known=facts.known_states,
        )
        if not settings.decode_top_states:
            return
        if report.stages.ground is not None:
            product = report.quality.product_state
            report.remarks += ground_remarks(report.stages.ground, product_state=product)
        if not bits:
            return
        if outcome.answer.remark is not None:
            report.remarks.append(outcome.answer.remark)
        exact = outcome.shots is None
        report.remarks += sentences.remarks(p, circuit, report.quality, facts.problem, exact=exact)
        report.remarks += facts.remarks


def summary_of(problem: EncodedProblem) -> ProblemSummary:
    """Identity of a problem, for reports."""
    source = problem.problem
    return ProblemSummary(
        problem_type="ising" if source is None else source.problem_type,
        encoding=problem.encoding,
        variable_order=problem.variable_order,
        n_qubits=problem.n_qubits,
        variables=[to_json(label) for label in problem.variables],
        constant=problem.hamiltonian.constant,
    )


def _width(size: int) -> int:
    """N of a vector of shape [2**n]."""
    return int(size - 1).bit_length()


def _active_beyond(circuit: Circuit | None, n_expected: int) -> int:
    """Qubits numbered n_expected or more that some gate acts on."""
    if circuit is None or circuit.n_qubits <= n_expected:
        return 0
    return len({q for gate in circuit.gates for q in gate.qubits if q >= n_expected})

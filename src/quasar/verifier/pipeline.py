"""Circuit to report: the stages one after another, and what the report says about them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from quasar.circuits.header import Header
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text, looks_like_file
from quasar.core.errors import InputError
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.engine import EngineSource, get_engine
from quasar.verifier.context import ProblemFacts
from quasar.verifier.failures import no_verdict_on_failure
from quasar.verifier.observable_facts import ObservableFacts
from quasar.verifier.on_device import DeviceRun
from quasar.verifier.report import ProblemSummary, Report
from quasar.verifier.settings import BUILT_IN_STAGES, VerifierSettings
from quasar.verifier.stages.feasibility import (
    Fault,
    Feasibility,
    Rules,
    run_text,
)
from quasar.verifier.stages.stage import STAGES, Skipped, Stage, get_stage
from quasar.verifier.verification import NO_REFERENCE, Judging, StageStep, Verification


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
        return ProblemSummary.of(self.problem)

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
        return Verification(self._judging).report(first, None)

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
        run = Verification(self._judging)
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
    def _steps(self) -> tuple[StageStep, ...]:
        """What is known of each stage before any circuit is."""
        found = []
        for stage in self.stages:
            skipped = None
            if "reference" in stage.needs and self.reference_text is None:
                skipped = NO_REFERENCE
            elif not self.settings.runs(stage.name):
                skipped = Skipped(self._asked_for())
            found.append(StageStep(stage, stage.name, stage.needs, skipped))
        return tuple(found)

    @cached_property
    def _judging(self) -> Judging:
        return Judging(self.facts, self.settings, self.engine.name, self._steps, self.summary)

    def _asked_for(self) -> str:
        if self.settings.stages is not None:
            return "not asked for"
        last = self.settings.max_stage
        return "only stage 1 was asked for" if last == 1 else f"only stages 1-{last} were asked for"

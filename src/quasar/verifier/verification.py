"""One circuit's way through the stages, and the report on it.

What is the same for all circuits of a verifier is found once (`Judging`). Does not read or run
circuits: see `pipeline.py`, which is the only caller.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel

from quasar.circuits.circuit import Circuit
from quasar.simulate.engine import Outcome
from quasar.verifier import gate, quality
from quasar.verifier import remarks as sentences
from quasar.verifier import reward as rewards
from quasar.verifier.context import Context, ProblemFacts
from quasar.verifier.observable_facts import ObservableFacts
from quasar.verifier.report import ProblemSummary, Report, Stages
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.solutions import SHOTS
from quasar.verifier.stages.behaviour import Behaviour
from quasar.verifier.stages.feasibility import Execution, Feasibility, misfit
from quasar.verifier.stages.ground import Ground, ground_remarks
from quasar.verifier.stages.objective import Objective
from quasar.verifier.stages.stage import Need, Skipped, Stage
from quasar.verifier.stages.utility import Utility

NO_REFERENCE = Skipped("no reference circuit")
_MISFIT = Skipped("the circuit's answer has another number of bits than the problem")
_NO_SCORES = rewards.Scores(feasible=False)


class StageStep(NamedTuple):
    """A stage on every circuit's way.

    Attributes:
        stage: what measures.
        name: of it.
        needs: of it.
        skipped: why it never runs; None: it may.
    """

    stage: Stage
    name: str
    needs: frozenset[Need]
    skipped: Skipped | None


@dataclass(frozen=True, eq=False)
class Judging:
    """What is the same for all circuits of a verifier."""

    facts: ProblemFacts
    settings: VerifierSettings
    engine: str
    steps: tuple[StageStep, ...]
    summary: ProblemSummary

    @cached_property
    def counts_time(self) -> bool:
        """Whether a stage may ask for the time used so far; to know it takes a system call."""
        quick = ("behaviour", "objective", "ground")
        return any(step.skipped is None and step.name not in quick for step in self.steps)


class Verification:
    """One circuit's way through the stages."""

    def __init__(self, judging: Judging) -> None:
        self.judging = judging
        self.facts = judging.facts
        self.settings = judging.settings
        self.begun_s = time.process_time() if judging.counts_time else math.nan
        self.cost_s: dict[str, float] = {}
        self.skipped: dict[str, str] = {}
        self.out_of_budget = False
        self.found: dict[str, BaseModel] = {}

    def report(self, first: Feasibility, execution: Execution | None) -> Report:
        """Run the stages after the first, and report on all."""
        settings = self.settings
        scores, fault = _NO_SCORES, first.fault
        remarks: list[str] = []
        if execution is None:
            for step in self.judging.steps:
                self.skipped[step.name] = "the circuit is infeasible"
        else:
            self._measure(execution)
            scores = self._scores(execution)
            fault = misfit(execution, self.facts.problem.n_qubits)
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
            problem=self.judging.summary,
            remarks=remarks,
            **({} if execution is None else self._results(execution, remarks)),
        )
        if settings.quality and settings.decode_top_states:
            report.optimum = self.facts.optimum
        if settings.quality and report.feasible and execution is not None:
            self._add_quality(report, execution)
        return report

    def _measure(self, execution: Execution) -> None:
        """All stages after the first, as far as their needs, the settings and the gate allow."""
        context = Context(
            self.facts,
            self.settings,
            execution,
            self.begun_s,
            self.found,
            self.skipped,
            self.cost_s,
        )
        fits = context.fits
        gated = self.settings.gate.mode != "off"
        for step in self.judging.steps:
            found: BaseModel | Skipped | None = step.skipped
            if not fits and "answer" in step.needs and step.skipped is not NO_REFERENCE:
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
        facts, found = self.facts, self.found
        expected = facts.problem.n_qubits
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
        facts, found = self.facts, self.found
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
        shots = outcome.shots or 0
        problem, width = self.facts.problem, self.facts.spectrum.width
        error = outcome.expectation(problem.hamiltonian).error
        share = ((measured.p_optimal or 0.0) * shots + 1.0) / (shots + 2.0)
        return quality.ShotStatistics(
            engine=self.judging.engine,
            shots=shots,
            energy_error=error,
            approximation_ratio_error=error / width if width else 0.0,
            p_optimal_error=math.sqrt(share * (1.0 - share) / (shots + 2.0)),
        )

    def _add_quality(self, report: Report, execution: Execution) -> None:
        facts, settings = self.facts, self.settings
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


def _width(size: int) -> int:
    """N of a vector of shape [2**n]."""
    return int(size - 1).bit_length()


def _active_beyond(circuit: Circuit | None, n_expected: int) -> int:
    """Qubits numbered n_expected or more that some gate acts on."""
    if circuit is None or circuit.n_qubits <= n_expected:
        return 0
    return len({q for gate in circuit.gates for q in gate.qubits if q >= n_expected})

"""Circuit to report for target tasks: the four stages of `pipeline.py`, with the task's own grader.

1 feasible, 2 alike (the measured answer beside the reference's), 3 objective (the task's score),
4 utility (gates, depth, calls and ancillas beside the best known construction).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property

from quasar.circuits.circuit import ALIASES, Circuit
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.qasm import Program, parse
from quasar.circuits.statistics import statistics
from quasar.core.errors import CircuitError
from quasar.simulate.engine import FloatVector, Outcome, Readout, get_engine
from quasar.tasks.task import Submission, TargetTask, TaskScore
from quasar.verifier.failures import no_verdict_on_failure
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.behaviour import Behaviour, compare
from quasar.verifier.stages.feasibility import Execution, Fault, Feasibility, Rules, run_text
from quasar.verifier.task_report import TaskCost, TaskReport, TaskStages, TaskUtility

UNPARSED, UNUSABLE = -1.0, -0.5
_CX = {"swap": 3, "ccx": 6, "cswap": 7, "cx": 1, "cy": 1, "cz": 1, "ch": 1}
_CONTROLLED = 2


class TaskVerifier:
    """Judges circuits for one target task, in this process and for trusted text only.

    Args:
        task: what the circuits are to do.
        settings: limits, header rule and parameters count here; the rest is of problems.
    """

    def __init__(self, task: TargetTask, settings: VerifierSettings | None = None) -> None:
        self.task = task
        self.settings = VerifierSettings.given(settings, "settings") or VerifierSettings()
        self.engine = get_engine("qulacs")

    @cached_property
    def _reference(self) -> tuple[FloatVector, TaskCost]:
        """Distribution of the reference's answer, shape [2**n], and the best known cost."""
        first, costs = None, []
        for made in self.task.constructions():
            program = parse(made.qasm)
            if first is None:
                readout = Readout(self.task.n_qubits)
                first = self._answer(self.engine.run(program, readout))
            if program.circuit is not None:
                score = self._costing(made.qasm, program)
                costs.append(cost_of(program.circuit, score))
        if first is None:
            raise ValueError(f"task {self.task.name} has no known construction")
        return first, min(costs, key=lambda cost: (cost.calls or 0, cost.cx_cost, cost.depth))

    def _costing(self, text: str, program: Program) -> TaskScore | None:
        """The score of a construction where it says what the size alone does not."""
        return self.task.grade(Submission(text, program)) if self.task.counts_calls() else None

    def _answer(self, outcome: Outcome) -> FloatVector:
        """Distribution of the first n bits, shape [2**n]."""
        p: FloatVector = outcome.distribution().reshape(-1, 1 << self.task.n_qubits).sum(axis=0)
        return p

    def verify(self, text: str | bytes, *, parameters: Values | None = None) -> TaskReport:
        """Judge one circuit, given as OpenQASM text.

        Raises:
            InputError: a parameter that the program does not declare, or that is not a number.
            InfrastructureError: memory ran out or a library failed; no verdict on the circuit.
        """
        with no_verdict_on_failure():
            values = self.settings.parameters if parameters is None else read_values(parameters)
            return self._verify(text, values)

    def prepared(self, text: str | bytes) -> str | bytes:
        """A program with what the task provides for it; bytes that are not UTF-8 unchanged."""
        if isinstance(text, bytes):
            try:
                return self.task.prepared(text.decode("utf-8"))
            except UnicodeDecodeError:
                return text
        return self.task.prepared(text)

    def _verify(self, text: str | bytes, values: Mapping[str, float]) -> TaskReport:
        begun = time.perf_counter()
        text = self.prepared(text)
        rules = Rules.of(self.settings, self.task.n_qubits)
        first, execution = run_text(text, self.engine, rules, parameters=values)
        report = self._report(TaskStages(feasibility=first))
        report.cost_s["feasibility"] = time.perf_counter() - begun
        written = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        report.about(written, values)
        if execution is None:
            return report
        try:
            begun = time.perf_counter()
            score = self.task.grade(Submission(written, execution.program))
            report.cost_s["objective"] = time.perf_counter() - begun
        except CircuitError as error:
            return self._refused(report, error)
        stages = report.stages
        stages.objective = score
        stages.behaviour = self._behaviour(execution)
        circuit = execution.program.circuit
        if circuit is not None:
            stages.utility = utility(cost_of(circuit, score), self._reference[1])
        report.solved, report.score = score.solved, score.score
        report.reward = reward(score, stages.utility)
        return report

    def _behaviour(self, execution: Execution) -> Behaviour | None:
        if execution.distribution.size < 1 << self.task.n_qubits:
            return None
        return compare(self._answer(execution.outcome), self._reference[0])

    def refuse(self, fault: Fault, first: Feasibility | None = None) -> TaskReport:
        """The report on a circuit that was stopped from outside.

        Args:
            first: what was found of it by then; default: nothing.
        """
        nothing = Feasibility(parses=False, simulable=False, fault=fault)
        return self._report(TaskStages(feasibility=first or nothing))

    def _report(self, stages: TaskStages) -> TaskReport:
        first = stages.feasibility
        parsed = first.parses or first.parses_by_language
        return TaskReport(
            task=self.task.to_json(),
            family=self.task.family,
            feasible=first.simulable,
            parses=first.parses,
            parses_by_language=first.parses_by_language,
            n_qubits=first.n_qubits,
            fault=first.fault,
            reward=UNUSABLE if parsed else UNPARSED,
            stages=stages,
        )

    def _refused(self, report: TaskReport, error: CircuitError) -> TaskReport:
        report.feasible, report.fault = False, Fault.from_error(error)
        return report


def cost_of(circuit: Circuit, score: TaskScore | None) -> TaskCost:
    """What a circuit costs; ancillas and calls as they were counted in grading."""
    size = statistics(circuit)
    cx = sum(
        _CX.get(ALIASES.get(gate.name, gate.name), _CONTROLLED)
        for gate in circuit.gates
        if len(gate.qubits) > 1
    )
    return TaskCost(
        gates=size.gates,
        two_qubit_gates=size.two_qubit_gates,
        cx_cost=cx,
        depth=size.depth,
        ancillas=0 if score is None else score.ancillas,
        calls=None if score is None else score.calls,
    )


def utility(own: TaskCost, best: TaskCost) -> TaskUtility:
    """The cost of a circuit beside the best known."""
    names = ["cx_cost", "depth", "ancillas", *(["calls"] if own.calls is not None else [])]
    parts = [
        min(1.0, ((getattr(best, name) or 0) + 1) / (getattr(own, name) + 1)) for name in names
    ]
    return TaskUtility(score=sum(parts) / len(parts), own=own, best=best)


def reward(score: TaskScore, found: TaskUtility | None) -> float:
    """The scalar of `TaskReport.reward` for a circuit that could be judged."""
    bonus = (0.1 + 0.1 * (0.0 if found is None else found.score)) if score.solved else 0.0
    return 0.8 * score.score + bonus

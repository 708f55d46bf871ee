"""The verifier's report in words: the next user's turn of a refinement, for any chat model.

States what was measured and the best possible energy, but names only solutions that the circuit
itself gave: a model that is given the answer would merely write it down. Length is bounded for
every circuit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import AngleSource, Request

if TYPE_CHECKING:
    from quasar.verifier.estimates import Estimates
    from quasar.verifier.quality import DecodedState
    from quasar.verifier.report import Report
    from quasar.verifier.stages.feasibility import Fault
    from quasar.verifier.task_report import TaskReport

ANSWER_FORM = (
    "Answer with the complete program in one fenced code block that starts with ```qasm. Write "
    "nothing after the block."
)
_STATES = 4  # most probable states named
_SEEN = 0.01  # a state less probable than this is not named: it would give the answer away
_LONGEST_QUOTE = 400  # characters of a message or a solution


def observation(report: Report) -> str:
    """What the verifier found, and the request for a better circuit.

    Args:
        report: of the model's last circuit.
    """
    if report.fault is None:
        lines = _measured_lines(report)
    else:
        lines = _fault_lines(report.fault, report.parses)
    return "\n".join([*lines, ANSWER_FORM])


def task_observation(report: TaskReport) -> str:
    """What the verifier found about a circuit for a target task, and what is asked next."""
    measured, cost = report.stages.objective, report.stages.utility
    if report.fault is not None:
        lines = _fault_lines(report.fault, report.parses)
    elif measured is None:
        lines = ["The program is valid, but could not be measured."]
    else:
        verdict = "solves the task" if measured.solved else "does not solve the task"
        lines = [
            f"The program is valid and {verdict}: {measured.measure} {measured.value:.6g}, score "
            f"{measured.score:.4f} of 1."
        ]
        if cost is not None:
            lines.append(
                f"Size: {cost.own.gates} gates, CX cost {cost.own.cx_cost}, depth "
                f"{cost.own.depth}; the best known circuit has CX cost {cost.best.cx_cost}, depth "
                f"{cost.best.depth}."
            )
        lines.append(
            "Keep what it does; use fewer gates if you can."
            if measured.solved
            else "Correct the circuit so that it does what the task asks for."
        )
    return "\n".join([*lines, ANSWER_FORM])


def no_program() -> str:
    """The turn after an answer without any OpenQASM in it."""
    return f"There was no OpenQASM program in your answer.\n{ANSWER_FORM}"


class InWords:
    """The later turns of every prompt style that is made of words."""

    def guide(
        self, problem: EncodedProblem, request: Request, angles: Sequence[AngleSource] = ()
    ) -> None:
        """See `PromptStyle`: answers are the model's own, from the first word to the last."""

    def recalled(self, answer: str) -> str:
        """See `PromptStyle`."""
        return answer

    def reply(self, problem: EncodedProblem, report: Report | None) -> str:
        """See `PromptStyle`."""
        return no_program() if report is None else observation(report)


def _fault_lines(fault: Fault, parses: bool) -> list[str]:
    verdict = (
        "The program is valid but cannot be used for this problem."
        if parses
        else "The program is not valid OpenQASM 3.0."
    )
    lines = [verdict, f"{_place(fault)}{_shortened(fault.message)}"]
    if fault.hint:
        lines.append(_shortened(fault.hint))
    return [*lines, "Correct this and check the rest for the same mistake."]


def _place(fault: Fault) -> str:
    if fault.line is None:
        return "Error: "
    column = "" if fault.column is None else f", column {fault.column}"
    return f"Error in line {fault.line}{column}: "


def _measured_lines(report: Report) -> list[str]:
    if report.estimates is not None:
        lines = [*_estimated_lines(report.estimates), *map(_shortened, report.remarks)]
        return [*lines, _request(report)]
    lines = ["The program is valid and was simulated exactly."]
    measured, optimum, quality = report.stages.objective, report.optimum, report.quality
    if measured is not None and optimum is not None:
        gap = max(measured.energy - optimum.e_min, 0.0)
        lines.append(
            f"Energy <H> = {measured.energy:.6g}. The lowest possible is {optimum.e_min:.6g}, the "
            f"highest {optimum.e_max:.6g}: you are {gap:.3g} above the lowest (approximation ratio "
            f"{measured.score:.4f} of 1)."
        )
    elif measured is not None:
        lines.append(
            f"Energy <H> = {measured.energy:.6g} (approximation ratio {measured.score:.4f} of 1)."
        )
    if measured is not None:
        top = "is" if measured.top_is_optimal else "is not"
        lines.append(
            f"An optimal state is measured with probability {measured.p_optimal:.4f}; the most "
            f"probable state {top} optimal."
        )
    if quality is not None and quality.top_states:
        n = report.problem.n_qubits
        order = "q[0]" if n == 1 else f"q[{n - 1}] … q[0]"
        lines.append(f"Most probable states (bits {order}):")
        first, *others = quality.top_states[:_STATES]
        seen = [state for state in others if (state.probability or 0.0) >= _SEEN]
        lines += [_state_line(state) for state in (first, *seen)]
    if quality is not None and quality.statistics is not None:
        size = quality.statistics
        lines.append(
            f"Size: {size.gates} gates, {size.two_qubit_gates} of them on two qubits, depth "
            f"{size.depth}."
        )
    lines += [_shortened(remark) for remark in report.remarks]
    return [*lines, _request(report)]


def _estimated_lines(found: Estimates) -> list[str]:
    """What was measured beyond 24 qubits, and how it is known; the best solution is not named."""
    how = "exact" if found.energy_known == "exact" else f"± {found.energy_error:.2g}, by samples"
    lines = ["The program is valid.", f"Energy <H> = {found.energy:.6g} ({how})."]
    if found.ratio_low is not None and found.ratio_high is not None:
        low, high = f"{found.ratio_low:.4f}", f"{found.ratio_high:.4f}"
        lines.append(
            f"Approximation ratio {low} of 1."
            if low == high
            else f"Approximation ratio between {low} and {high} of 1."
        )
    samples = found.samples
    if samples is not None and samples.p_best_known is not None:
        lines.append(
            f"Of {samples.shots} samples a fraction of {samples.p_best_known.value:.4f} is as good "
            "as the best solution known."
        )
    if samples is not None and samples.p_feasible is not None and samples.p_feasible.value < 1:
        lines.append(f"A fraction of {samples.p_feasible.value:.4f} obeys every constraint.")
    if found.statistics is not None:
        size = found.statistics
        lines.append(
            f"Size: {size.gates} gates, {size.two_qubit_gates} of them on two qubits, depth "
            f"{size.depth}."
        )
    return lines


def _state_line(state: DecodedState) -> str:
    parts = [f"- {state.ket}"]
    if state.probability is not None:
        parts.append(f"probability {state.probability:.4f}")
    parts.append(f"energy {state.energy:.6g}{' (optimal)' if state.optimal else ''}")
    if state.solution is not None:
        solution = _shortened(json.dumps(state.solution, ensure_ascii=False))
        breaks = "" if state.feasible else " (breaks a constraint)"
        parts.append(f"solution {solution}{breaks}")
    return ", ".join(parts)


def _request(report: Report) -> str:
    measured = report.stages.objective
    if measured is not None and measured.score > 1 - 1e-3:
        return "This cannot get noticeably lower. Keep the energy; use fewer gates if you can."
    return "Improve the circuit: change angles or gates so that the energy gets lower."


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]} …"

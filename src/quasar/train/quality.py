"""What a model's raw answers are worth: the measure that training goes by, not the loss alone.

Answers are untrusted text and judged in worker processes, within limits on time and memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from quasar.core.errors import InfrastructureError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.protocol import Model, Sampling
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Request
from quasar.prompts.extract import extract
from quasar.prompts.styles import get_style
from quasar.train.examples import style_of
from quasar.train.verification import VerificationSettings
from quasar.verifier.pool import VerifierPool
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job
from quasar.verifier.settings import VerifierSettings

NEAR = 0.05
"""Share of the energy range within which a QAOA circuit counts as near the best known."""


_MEASURED = VerifierSettings(max_stage=3, quality=False)


class Task(NamedTuple):
    """A problem and the circuit that is asked for.

    Attributes:
        best_ratio: approximation ratio of the best circuit known at that depth, for QAOA; None for
            other algorithms.
    """

    problem: EncodedProblem
    request: Request
    best_ratio: float | None = None


class Score(NamedTuple):
    """One answer; 0 and False where it is no circuit.

    Attributes:
        parses: whether it is valid OpenQASM on any number of qubits.
        ratio: approximation ratio.
        p_optimal: probability of a ground state.
        near: whether a QAOA circuit comes within 5% of the energy range of the best known.
    """

    parses: bool
    ratio: float
    p_optimal: float
    near: bool | None


def tasks_of(records: Sequence[Mapping[str, Any]]) -> list[Task]:
    """For every record what it shows: QAOA at its depth; else a free choice, in its style."""
    out = []
    for record in records:
        n = int(record["number_of_qubits"])
        hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n, rounded=True)
        problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
        style = style_of(record)
        if record["optimization_type"] == "qaoa" and style == "converged":
            request = Request("qaoa", int(record["number_of_layers"]), "converged")
            out.append(Task(problem, request, float(record["approximation_ratio"])))
        else:
            out.append(Task(problem, Request(None, None, style)))
    return out


def score(model: Model, tasks: Sequence[Task], sampling: Sampling) -> list[Score]:
    """Ask once for each task and verify the answers as they are."""
    style = get_style(model.prompt_style)
    chats = [style.render(task.problem, task.request) for task in tasks]
    answers = [made[0].text for made in model.complete(chats, sampling)]
    with answer_workers(tasks) as workers:
        return score_answers(tasks, answers, workers)


def answer_workers(
    tasks: Sequence[Task], verification: VerificationSettings | None = None
) -> VerifierPool:
    """Workers that judge answers to these tasks; to be used in a `with` statement."""
    problems = [task.problem for task in tasks]
    return (verification or VerificationSettings()).pool(problems, [None] * len(tasks), _MEASURED)


def score_answers(
    tasks: Sequence[Task], answers: Sequence[str], workers: VerifierPool
) -> list[Score]:
    """Verify raw answers as they are, one for each task.

    Raises:
        InfrastructureError: an answer was left without a verdict.
    """
    found = [extract(answer) for answer in answers]
    asked = [(i, program.qasm) for i, program in enumerate(found) if program is not None]
    reports: dict[int, Report] = {}
    for (i, _), report in zip(
        asked, workers.reports([Job(i, i, text) for i, text in asked]), strict=True
    ):
        if report is None:
            raise InfrastructureError(
                "the verifier gave no verdict on an answer to a validation problem: free memory, "
                "and run the same command again; training goes on from its newest checkpoint."
            )
        reports[i] = report
    return [_score(task, reports.get(i)) for i, task in enumerate(tasks)]


def summary(tasks: Sequence[Task], scores: Sequence[Score]) -> dict[str, float]:
    """Means, by kind of task: `qaoa`, `converged`, `agent-q`."""
    groups: dict[str, list[Score]] = defaultdict(list)
    for task, found in zip(tasks, scores, strict=True):
        groups["qaoa" if task.best_ratio is not None else task.request.style].append(found)
    out: dict[str, float] = {}
    for name, own in sorted(groups.items()):
        out[f"{name}/parses"] = float(np.mean([s.parses for s in own]))
        out[f"{name}/ratio"] = float(np.mean([s.ratio for s in own]))
        out[f"{name}/p_optimal"] = float(np.mean([s.p_optimal for s in own]))
        if name == "qaoa":
            out["qaoa/near"] = float(np.mean([bool(s.near) for s in own]))
    return out


def _score(task: Task, report: Report | None) -> Score:
    near = None if task.best_ratio is None else False
    if report is None:
        return Score(False, 0.0, 0.0, near)
    if not report.feasible or report.approximation_ratio is None:
        return Score(report.parses, 0.0, 0.0, near)
    if task.best_ratio is not None:
        near = report.approximation_ratio >= task.best_ratio - NEAR
    return Score(True, report.approximation_ratio, report.p_optimal or 0.0, near)

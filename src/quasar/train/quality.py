"""What a model's raw answers are worth: the measure that training goes by, not the loss alone."""

from __future__ import annotations

import contextlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.protocol import Model, Sampling
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Request
from quasar.prompts.extract import extract
from quasar.prompts.styles import get_style
from quasar.train.examples import style_of
from quasar.verifier.pipeline import Verifier

NEAR = 0.05
"""Share of the energy range within which a QAOA circuit counts as near the best known."""


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
        hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n)
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
    answers = model.complete(chats, sampling)
    return [_score(task, made[0].text) for task, made in zip(tasks, answers, strict=True)]


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


def _score(task: Task, answer: str) -> Score:
    found = extract(answer)
    near = None if task.best_ratio is None else False
    if found is None:
        return Score(False, 0.0, 0.0, near)
    with contextlib.redirect_stderr(io.StringIO()):  # the importer prints what it reports anyway
        report = Verifier(task.problem, None).verify(found.qasm)
    if not report.feasible or report.approximation_ratio is None:
        return Score(report.parses, 0.0, 0.0, near)
    if task.best_ratio is not None:
        near = report.approximation_ratio >= task.best_ratio - NEAR
    return Score(True, report.approximation_ratio, report.p_optimal or 0.0, near)

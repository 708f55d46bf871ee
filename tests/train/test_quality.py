"""Scores of raw answers: hostile text costs an answer its score and the training nothing."""

from __future__ import annotations

import pytest

from hostile import FOREVER, HEAD
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.protocol import Sampling
from quasar.models.scripted import ScriptedModel
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Request
from quasar.train.quality import Task, answer_workers, score, score_answers, summary
from quasar.train.verification import VerificationSettings
from quasar.verifier.sandbox import SandboxLimits

GOOD = HEAD + "qubit[3] q; x q[0];"
HOSTILE = {
    "definitions that double": FOREVER,
    "definitions that double without end": HEAD
    + "gate g0 a { h a; }"
    + "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}" for i in range(1, 64))
    + "qubit[3] q; g63 q[0];",
    "a long loop": HEAD
    + "qubit[3] q; bit c; for int i in [0:10000000000000000000000] { c = measure q[0]; h q[0]; }",
    "an endless loop": HEAD
    + "qubit[21] q; bit c; c = measure q[0]; while (c == false) { h q; h q; c = measure q[0]; }",
    "much memory": HEAD + "qubit[3] q; bit[40000*50000] c;",
    "prose": "I cannot do that.",
    "nothing": "",
}


def task(best_ratio: float | None = None) -> Task:
    hamiltonian = IsingHamiltonian.from_text("1.0 * (Z(0) @ Z(1)) + 0.5 * Z(2)", 3)
    problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
    return Task(problem, Request(None, None, "converged"), best_ratio)


@pytest.mark.timeout(120)
def test_hostile_answers_score_nothing_and_the_others_what_they_are_worth() -> None:
    answers = [*HOSTILE.values(), GOOD]
    tasks = [task() for _ in answers]
    limits = SandboxLimits(max_seconds=1.5, max_memory_mib=512)
    verification = VerificationSettings(workers=2, limits=limits)
    with answer_workers(tasks, verification) as workers:
        scores = score_answers(tasks, answers, workers)
    for name, found in zip(HOSTILE, scores, strict=False):
        assert (found.ratio, found.p_optimal, found.near) == (0.0, 0.0, None), name
    assert scores[-1].parses
    assert scores[-1].ratio == pytest.approx(2 / 3)


def test_a_models_answers_are_scored_as_they_are() -> None:
    best = HEAD + "qubit[3] q; x q[0]; x q[2];"
    model = ScriptedModel([best, GOOD, "no"])
    tasks = [task(1.0), task(1.0), task(1.0)]
    scores = score(model, tasks, Sampling(temperature=0.0))
    assert [s.parses for s in scores] == [True, True, False]
    assert [s.near for s in scores] == [True, False, False]
    assert scores[0].p_optimal == pytest.approx(1.0)
    assert summary(tasks, scores)["qaoa/near"] == pytest.approx(1 / 3)

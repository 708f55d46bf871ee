"""Scores of raw answers: hostile text costs an answer its score and the training nothing."""

from __future__ import annotations

import pytest

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Request
from quasar.train.quality import ValidationTask, answer_workers, evaluate_model, measured, summary
from quasar.train.verification import VerificationSettings
from quasar.verifier.sandbox import SandboxLimits
from support.hostile import FOREVER, HEAD

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


def task(best_ratio: float | None = None) -> ValidationTask:
    hamiltonian = IsingHamiltonian.from_text("1.0 * (Z(0) @ Z(1)) + 0.5 * Z(2)", 3)
    problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
    return ValidationTask(problem, Request(None, None, "converged"), best_ratio)


@pytest.mark.timeout(120)
def test_hostile_answers_score_nothing_and_the_others_what_they_are_worth() -> None:
    answers = [*HOSTILE.values(), GOOD]
    tasks = [task() for _ in answers]
    limits = SandboxLimits(max_seconds=0.5, max_memory_mib=512)
    verification = VerificationSettings(workers=2, limits=limits)
    with answer_workers(tasks, verification) as workers:
        found = measured(answers, workers)
    for name, one in zip(HOSTILE, found, strict=False):
        assert one is None or not one.feasible, name
    assert found[-1] is not None
    assert found[-1].parses
    assert found[-1].approximation_ratio == pytest.approx(2 / 3)
    assert summary(tasks, found)["converged/ratio"] == pytest.approx(2 / 3 / len(tasks))


def test_answers_are_measured_as_they_are() -> None:
    best = HEAD + "qubit[3] q; x q[0]; x q[2];"
    tasks = [task(1.0), task(1.0), task(1.0)]
    with answer_workers(tasks) as workers:
        found = measured([best, GOOD, "no"], workers)
    assert [one is None for one in found] == [False, False, True]
    assert found[0] is not None
    assert found[0].p_optimal == pytest.approx(1.0)
    means = summary(tasks, found)
    assert means["qaoa/parses"] == pytest.approx(2 / 3)
    assert means["qaoa/near"] == pytest.approx(1 / 3)


def test_a_models_answers_leave_it_as_it_was() -> None:
    from quasar.models.profile import Profile
    from quasar.train.new_model import make_model
    from quasar.train.settings import ModelSettings, NewModel

    shape = NewModel(hidden_size=32, layers=1, head_size=16, intermediate_size=32)
    model, tokenizer = make_model(ModelSettings(new=shape, attention="eager"), seed=0)
    model.train()
    found = evaluate_model(model, tokenizer, Profile(prompt_style="compact"), [task()], 40)
    assert model.training
    assert found.keys() == {
        f"converged/{name}" for name in ("parses", "feasible", "ratio", "p_optimal")
    }

"""What a model's raw answers are worth: the measure that every training goes by, beside the loss.

Answers are untrusted text and verified in worker processes, within limits on time and memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from quasar.core.errors import InfrastructureError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.profile import Profile
from quasar.models.protocol import Sampling
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Message, Request
from quasar.prompts.extract import extract
from quasar.prompts.styles import get_style
from quasar.train.examples import style_of
from quasar.train.verification import VerificationSettings
from quasar.verifier.measurement import Measurement
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import Job
from quasar.verifier.settings import VerifierSettings

NEAR = 0.05
"""Fraction of the energy range within which a QAOA circuit counts as near the best known."""


Chat = Sequence[Message]
_MEASURED = VerifierSettings(max_stage=3, quality=False)


class ValidationTask(NamedTuple):
    """A problem and the circuit that is asked for.

    Attributes:
        best_ratio: approximation ratio of the best circuit known at that depth, for QAOA; None for
            other algorithms.
    """

    problem: EncodedProblem
    request: Request
    best_ratio: float | None = None


def tasks_of(records: Sequence[Mapping[str, Any]]) -> list[ValidationTask]:
    """For every record what it shows: QAOA at its depth; else a free choice, in its style."""
    out = []
    for record in records:
        n = int(record["number_of_qubits"])
        hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n, rounded=True)
        problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
        style = style_of(record)
        if record["optimization_type"] == "qaoa" and style == "converged":
            request = Request("qaoa", int(record["number_of_layers"]), "converged")
            out.append(ValidationTask(problem, request, float(record["approximation_ratio"])))
        else:
            out.append(ValidationTask(problem, Request(None, None, style)))
    return out


def raw_answers(
    model: Any, tokenizer: Any, profile: Profile, chats: Sequence[Chat], *samplings: Sampling
) -> list[list[str]]:
    """One answer to each chat, for each way of drawing; the model is left as it was.

    Args:
        model: of transformers.
    """
    from quasar.models.transformers_model import TransformersModel

    training = model.training
    model.eval()
    try:
        wrapped = TransformersModel.of(model, tokenizer, profile, batch_size=32)
        return [[own[0].text for own in wrapped.complete(chats, how)] for how in samplings]
    finally:
        model.train(training)


def means(found: Sequence[Measurement | None]) -> dict[str, float]:
    """Means over answers; one without a program, or with an unusable one, counts as 0."""
    known = [one for one in found if one is not None]
    return {
        "parses": sum(one.parses for one in known) / len(found),
        "feasible": sum(one.feasible for one in known) / len(found),
        "ratio": sum(one.approximation_ratio or 0.0 for one in known) / len(found),
        "p_optimal": sum(one.p_optimal or 0.0 for one in known) / len(found),
    }


def evaluate_model(
    model: Any, tokenizer: Any, profile: Profile, tasks: Sequence[ValidationTask], max_length: int
) -> dict[str, float]:
    """Quality of greedy answers, one to each task.

    Raises:
        InfrastructureError: an answer was left without a verdict.
    """
    style = get_style(str(profile.prompt_style))
    chats = [style.render(task.problem, task.request) for task in tasks]
    greedy = Sampling(temperature=0.0, max_tokens=max_length)
    (answers,) = raw_answers(model, tokenizer, profile, chats, greedy)
    with answer_workers(tasks) as workers:
        return summary(tasks, measured(answers, workers))


def answer_workers(
    tasks: Sequence[ValidationTask], verification: VerificationSettings | None = None
) -> VerifierPool:
    """Workers that verify answers to these tasks; to be used in a `with` statement."""
    problems = [task.problem for task in tasks]
    return (verification or VerificationSettings()).pool(problems, [None] * len(tasks), _MEASURED)


def measured(answers: Sequence[str], workers: VerifierPool) -> list[Measurement | None]:
    """Verify raw answers as they are, one to each problem of the workers; None: no program.

    Raises:
        InfrastructureError: an answer was left without a verdict.
    """
    found: list[Measurement | None] = [None] * len(answers)
    programs = [extract(answer) for answer in answers]
    jobs = [Job(i, i, p.qasm) for i, p in enumerate(programs) if p is not None]
    for job, report in zip(jobs, workers.reports(jobs), strict=True):
        if report is None:
            raise InfrastructureError(
                "the verifier gave no verdict on an answer to a validation problem: free memory, "
                "and run the same command again; training goes on from its newest checkpoint."
            )
        found[job.problem] = Measurement.from_report(report)
    return found


def summary(
    tasks: Sequence[ValidationTask], found: Sequence[Measurement | None]
) -> dict[str, float]:
    """Means, by kind of task: `qaoa`, `converged`, `agent-q`.

    Of QAOA also `near`: how many come within 5% of the energy range of the best circuit known.
    """
    groups: dict[str, list[tuple[ValidationTask, Measurement | None]]] = defaultdict(list)
    for task, one in zip(tasks, found, strict=True):
        groups["qaoa" if task.best_ratio is not None else task.request.style].append((task, one))
    out: dict[str, float] = {}
    for name, own in sorted(groups.items()):
        out |= {f"{name}/{key}": value for key, value in means([one for _, one in own]).items()}
        if name == "qaoa":
            out["qaoa/near"] = sum(_is_near(*pair) for pair in own) / len(own)
    return out


def _is_near(task: ValidationTask, one: Measurement | None) -> bool:
    if one is None or one.approximation_ratio is None or task.best_ratio is None:
        return False
    return one.approximation_ratio >= task.best_ratio - NEAR

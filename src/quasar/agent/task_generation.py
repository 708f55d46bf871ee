"""From a target task to the best verified circuit: known constructions, or a language model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

from quasar.agent.names import DESIGNER
from quasar.circuits.exports import Exportable, ProgramText
from quasar.core.errors import InfrastructureError
from quasar.core.presented import Kept
from quasar.core.settings import need_whole
from quasar.models.protocol import Completion, Sampling
from quasar.models.registry import load_model, task_checkpoint
from quasar.prompts.extract import extract
from quasar.prompts.task_answer import task_program
from quasar.prompts.task_guide import TaskGuide
from quasar.prompts.task_prompt import task_chat
from quasar.prompts.task_style import TASK_STYLE, task_messages
from quasar.tasks.registry import TaskSource, read_task
from quasar.tasks.task import TargetTask
from quasar.verifier.bounded import verify_task
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.task_report import TaskReport


@dataclass(frozen=True, eq=False)
class TaskCandidate:
    """One circuit for a task.

    Attributes:
        name: the construction, or `answer 1`.
        qasm: the program; empty where a model gave none.
        report: what the verifier found.
        text: a model's whole answer; None for constructions.
        named: the answer names a construction, whose gates were written for it.
    """

    name: str
    qasm: str
    report: TaskReport
    text: str | None = None
    named: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class TaskGeneration(Exportable, Kept):
    """All circuits for a task, best first.

    `str()` is the summary, `plot()` shows the best circuit, `save()` writes the folder that the
    command line writes.

    Attributes:
        task: what was asked for.
        candidates: solved ones first, by calls, CX cost, depth and ancillas; then by score.
        model: who wrote them.
        lost: why answers are missing, where the machinery failed.
    """

    _FACES: ClassVar[str] = "quasar.report.task_text"

    task: TargetTask
    candidates: tuple[TaskCandidate, ...]
    model: str
    lost: tuple[str, ...] = ()

    @property
    def best(self) -> TaskCandidate:
        """The first."""
        return self.candidates[0]

    @property
    def report(self) -> TaskReport:
        """The best one's."""
        return self.best.report

    def _source(self) -> ProgramText:
        return ProgramText(self.best.qasm, {})


def generate_task(
    task: TaskSource,
    model: str = DESIGNER,
    *,
    samples: int = 1,
    sampling: Sampling | Mapping[str, Any] | None = None,
    model_options: Mapping[str, Any] | None = None,
    limits: SandboxLimits | Mapping[str, Any] | None = None,
) -> TaskGeneration:
    """Have circuits for a target task written, judge them, and rank them.

    Args:
        task: see `tasks.registry.read_task`.
        model: `designer` tries the known constructions; else a language model, see
            `models.registry.load_model`. It is given the task's text; `nano`, or a checkpoint
            that was trained as it was, the words of `prompts.task_style`, and is guided.
        samples: answers of a language model.
        sampling: how they are drawn; default for one answer of nano: the likeliest.
        model_options: settings of the model's back end.
        limits: what each circuit may use; default: as `quasar.verify`.

    Raises:
        InputError: no such task or model, or a task that nano has no words for.
        InfrastructureError: no answer could be had.
    """
    wanted = read_task(task)
    need_whole(samples, "samples", 1)
    bounds = SandboxLimits.given(limits, "limits") or SandboxLimits()
    settings = VerifierSettings(header="language")

    def judged(name: str, qasm: str, text: str | None = None) -> TaskCandidate:
        return TaskCandidate(name, qasm, verify_task(qasm, wanted, settings, bounds), text)

    lost: list[str] = []
    if model == DESIGNER:
        found = [judged(made.name, made.qasm) for made in wanted.constructions()]
    else:
        found = []
        drawing = Sampling.given(sampling, "sampling") or Sampling()
        drawing = drawing.model_copy(update={"samples": samples})
        answers = task_answers([wanted], model, drawing, model_options)[0]
        for number, answer in enumerate(answers, start=1):
            if answer.completion.error is not None:
                lost.append(answer.completion.error)
                continue
            made = judged(f"answer {number}", answer.qasm, answer.completion.text)
            found.append(replace(made, named=answer.named))
        if not found:
            raise InfrastructureError(f"no answer was given: {lost[0]}")
    return TaskGeneration(wanted, tuple(sorted(found, key=_rank)), model, tuple(lost))


class TaskAnswer(NamedTuple):
    """What a language model wrote for a task.

    Attributes:
        qasm: the program in it; empty where there is none.
        named: it names a construction, whose gates were written for it.
    """

    completion: Completion
    qasm: str
    named: bool


def task_answers(
    tasks: Sequence[TargetTask],
    model: str,
    sampling: Sampling,
    options: Mapping[str, Any] | None = None,
    *,
    guided: bool = True,
) -> list[list[TaskAnswer]]:
    """A language model's answers to some tasks, `sampling.samples` each; nothing is judged.

    Args:
        guided: hold nano's answers to well-formed programs (`prompts.task_guide`).

    Raises:
        InputError: no such model, or a task that its style has no words for.
        InfrastructureError: no answer could be had.
    """
    writer = load_model(task_checkpoint(model), options)
    if writer.prompt_style != TASK_STYLE:
        made = writer.complete([task_chat(task) for task in tasks], sampling)
        return [[_extracted(completion) for completion in own] for own in made]
    if sampling.samples == 1 and "temperature" not in sampling.model_fields_set:
        sampling = sampling.model_copy(update={"temperature": 0.0})
    chats = [task_messages(task) for task in tasks]
    follows = guided and getattr(writer, "follows_guides", False)
    guides = [partial(TaskGuide, task) for task in tasks] if follows else None
    made = writer.complete(chats, sampling, guides=guides)
    return [
        [TaskAnswer(one, *task_program(task, one.text)) for one in own]
        for task, own in zip(tasks, made, strict=True)
    ]


def _extracted(completion: Completion) -> TaskAnswer:
    program = extract(completion.text)
    return TaskAnswer(completion, "" if program is None else program.qasm, False)


def _rank(candidate: TaskCandidate) -> tuple[float, ...]:
    report = candidate.report
    score, cost = report.stages.objective, report.stages.utility
    if not report.feasible or score is None:
        return (2.0,)
    if not score.solved or cost is None:
        return (1.0, -score.score)
    own = cost.own
    return (0.0, own.calls or 0, own.cx_cost, own.depth, own.ancillas)

"""Target tasks in reinforcement learning: what is asked, who judges, and what is rewarded.

The counterparts of `rollout_tasks`, `verifier.pool` and `reward_function` for tasks of
`quasar.tasks`. The reward is that of the verifier's report on a task (`TaskReport.reward`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from statistics import fmean
from typing import Any, NamedTuple

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.seeds import generator
from quasar.data.target_tasks import held_out, sample_varied
from quasar.prompts.chat import Message
from quasar.prompts.task_answer import task_program
from quasar.prompts.task_prompt import task_chat
from quasar.prompts.task_style import TASK_STYLE, task_messages
from quasar.tasks.task import TargetTask
from quasar.train.reward_function import Completion, VerifiedReward, program_of, written_by_model
from quasar.train.rollout_tasks import TaskPrompts
from quasar.verifier.bounded import verify_task
from quasar.verifier.sandbox import Job, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.task_report import TaskReport

_GIVE_UP = 3  # batches in a row without a verdict
_TRIES = 40  # draws for each task that is wanted


class TargetRollout(NamedTuple):
    """One prompt; `source` and `style` are for logs."""

    task: TargetTask
    chat: list[Message]
    source: str
    style: str


class TaskSignals(NamedTuple):
    """The reward of one completion, and what it was made from; None: not measured.

    Attributes:
        score: the task's own score.
        utility: what the circuit costs beside the best known one, 0 to 1.
    """

    reward: float
    parses: bool
    feasible: bool
    solved: bool
    score: float | None
    utility: float | None
    fault: str | None

    def row(self) -> dict[str, Any]:
        """A flat JSON object."""
        return self._asdict()


def draw_targets(
    settings: TaskPrompts, *, split: str, count: int, seed: int
) -> list[TargetRollout]:
    """At most `count` different tasks, the same ones for the same seed.

    Args:
        split: `train`, or another name for the tasks that are held out of training, and those
            that have few instances.

    Raises:
        InputError: an unknown task, or none that the style can state.
    """
    rng = generator(seed, "target rollouts", split)
    names, sizes = list(settings.tasks), list(settings.sizes)
    weights = [float(w) / sum(settings.tasks.values()) for w in settings.tasks.values()]
    size_weights = [float(w) / sum(settings.sizes.values()) for w in settings.sizes.values()]
    found: dict[str, TargetRollout] = {}
    ask: Callable[[TargetTask], list[Message]]
    ask = task_messages if settings.style == TASK_STYLE else task_chat
    for _ in range(_TRIES * count):
        if len(found) >= count:
            break
        name = names[int(rng.choice(len(names), p=weights))]
        task = sample_varied(name, rng, sizes[int(rng.choice(len(sizes), p=size_weights))])
        if split == "train" and held_out(task):
            continue
        try:
            chat = ask(task)
        except InputError:
            continue
        stated = str(task.to_json())
        found.setdefault(stated, TargetRollout(task, chat, stated, task.family))
    if not found:
        raise InputError("no task fits [data.tasks]: check its tasks and sizes.")
    return list(found.values())


class TaskPool(AbstractContextManager["TaskPool"]):
    """Judges circuits for a fixed list of tasks, as `VerifierPool` does for problems.

    Attributes:
        seconds: time spent in `reports` so far, s.
        lost: circuits without a verdict so far.
    """

    def __init__(self, tasks: Sequence[TargetTask], limits: SandboxLimits) -> None:
        self.tasks = tasks
        self.seconds = 0.0
        self.lost = 0
        self._limits = limits
        self._settings = VerifierSettings(header="language")
        self._fruitless = 0

    def __exit__(self, *_: Any) -> None:
        """There is nothing to end: the sandbox belongs to the process."""

    def reports(self, jobs: Sequence[Job]) -> list[TaskReport | None]:
        """Reports in the order of the jobs; None: no verdict. Equal jobs are judged once.

        Raises:
            InfrastructureError: several calls in a row went without any verdict.
        """
        begun = time.perf_counter()
        found: dict[tuple[int, Any], TaskReport | None] = {}
        for job in jobs:
            key = (job.problem, job.text)
            if key not in found:
                found[key] = self._report(job)
        self.seconds += time.perf_counter() - begun
        reports = [found[job.problem, job.text] for job in jobs]
        self.lost += sum(report is None for report in reports)
        judged = any(report is not None for report in reports)
        self._fruitless = 0 if judged or not jobs else self._fruitless + 1
        if self._fruitless >= _GIVE_UP:
            raise InfrastructureError(
                f"the verifier gave no verdict on {_GIVE_UP} batches in a row: free memory, and "
                "run the same command again."
            )
        return reports

    def _report(self, job: Job) -> TaskReport | None:
        try:
            return verify_task(job.text, self.tasks[job.problem], self._settings, self._limits)
        except InfrastructureError:
            return None


def task_signals(report: TaskReport) -> TaskSignals:
    """Reward and measurements of one circuit."""
    cost = report.stages.utility
    return TaskSignals(
        report.reward,
        report.parses,
        report.feasible,
        report.solved,
        report.score,
        None if cost is None else cost.score,
        None if report.fault is None else report.fault.kind,
    )


def task_program_of(task: TargetTask, text: str) -> str:
    """The program that an answer stands for, in any style; empty where there is none."""
    program, _ = task_program(task, text)
    return program if program != text else program_of(text)


class TaskReward(VerifiedReward):
    """A TRL reward function for target tasks; its data set needs a column `task`."""

    def text_of(self, completion: Completion, task: int) -> str:
        """See `VerifiedReward.text_of`; what follows from an answer in nano's style is added."""
        return task_program_of(self.tasks[task].task, written_by_model(completion))

    def score(self, candidates: Sequence[Job]) -> list[TaskSignals | None]:
        """See `VerifiedReward.score`."""
        reports = self.workers.reports(candidates)
        return [None if report is None else task_signals(report) for report in reports]

    def means(self, found: Sequence[TaskSignals]) -> dict[str, float]:
        """See `VerifiedReward.means`; `score` is 0 where a circuit is unusable."""
        if not found:
            return {}
        out = {
            "reward": fmean(one.reward for one in found),
            "parses": fmean(one.parses for one in found),
            "feasible": fmean(one.feasible for one in found),
            "solved": fmean(one.solved for one in found),
            "s3": fmean(one.score or 0.0 for one in found),
        }
        known = [one.utility for one in found if one.utility is not None]
        return out | ({"s4": fmean(known)} if known else {})

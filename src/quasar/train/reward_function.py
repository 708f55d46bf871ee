"""What TRL's `GRPOTrainer` calls: completions in, rewards out, with curves and a log beside them.

A completion without a verdict gets None: TRL then leaves it out of its group's mean and deviation
and gives it no advantage; `lost_rows` lets the trainer take it out of all other terms as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path
from statistics import fmean
from typing import Any

from quasar.core.jsonl import append_jsonl
from quasar.prompts.extract import extract
from quasar.train.environment import CircuitEnvironment, Judges
from quasar.train.quality import means
from quasar.train.rewards import RewardSettings, Signals, signals_of
from quasar.verifier.metrics import shown
from quasar.verifier.sandbox import Job

Completion = str | Sequence[Mapping[str, Any]]
"""Text, or the turns that followed the prompt."""


class VerifiedReward:
    """A TRL reward function; its data set needs a column `task`.

    Args:
        workers: knows the problem of each task, by the number in `task`.
        settings: what is rewarded.
        tasks: `RolloutTask`s of the workers' problems, in their order.
        log: file that gets one line a completion; None: none.

    Attributes:
        lost_rows: of the last call, which completions went without a verdict.
        step_seconds: what the trainer spent on steps since the last `take_fraction`, s.
    """

    def __init__(
        self,
        workers: Judges,
        settings: RewardSettings,
        tasks: Sequence[Any],
        log: Path | None = None,
    ) -> None:
        self.workers = workers
        self.settings = settings
        self.tasks = tasks
        self.log = log
        self.lost_rows: list[bool] = []
        self.step_seconds = 0.0
        self._seconds_before = 0.0

    def __call__(
        self,
        completions: Sequence[Completion],
        task: Sequence[int],
        answer: Sequence[str] | None = None,
        environments: Sequence[CircuitEnvironment] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        trainer_state: Any = None,
        **_: Any,
    ) -> list[float | None]:
        """Rewards of a batch, in its order; see `VerifierPool.reports` for what it raises.

        Args:
            answer: whole answers, where a guide completed what the model wrote.
        """
        before = self.workers.seconds
        talks: Sequence[CircuitEnvironment | None] = environments or [None] * len(task)
        texts = [
            self.text_of(c, t) or (talk.program if talk is not None else "")
            for c, t, talk in zip(answer or completions, task, talks, strict=True)
        ]
        scored = self.score([Job(None, t, text) for t, text in zip(task, texts, strict=True)])
        found = [
            None if talk is not None and talk.lost else one
            for talk, one in zip(talks, scored, strict=True)
        ]
        self.lost_rows = [one is None for one in found]
        if log_metric is not None:
            self._curves(found, self.workers.seconds - before, log_metric)
        if self.log is not None:
            step = getattr(trainer_state, "global_step", None)
            self._write(self.log, step, task, texts, found)
        return [None if one is None else one.reward for one in found]

    def text_of(self, completion: Completion, task: int) -> str:
        """The program in a completion; empty where there is none.

        Args:
            task: number of the task that it answers.
        """
        return program_of(completion)

    def means(self, found: Sequence[Any]) -> dict[str, float]:
        """Means over completions; see `summary`."""
        return summary(found)

    def score(self, candidates: Sequence[Job]) -> list[Any]:
        """Signals of each candidate; None where there is no verdict."""
        reports = self.workers.reports(candidates)
        return [
            None if r is None else signals_of(r, self.settings, self.tasks[c.problem].style)
            for c, r in zip(candidates, reports, strict=True)
        ]

    def start_clock(self) -> None:
        """Verification from here on counts towards the fraction of the steps."""
        self.step_seconds, self._seconds_before = 0.0, self.workers.seconds

    def leave_out(self, seconds: float) -> None:
        """Do not count verification that was no part of a step, s."""
        self._seconds_before += seconds

    def take_fraction(self) -> float | None:
        """Fraction of the steps' time spent verifying since the last call; None without a step."""
        spent, steps = self.workers.seconds - self._seconds_before, self.step_seconds
        self.start_clock()
        return spent / steps if steps > 0 else None

    def _curves(
        self,
        found: Sequence[Any],
        seconds: float,
        log_metric: Callable[[str, float], None],
    ) -> None:
        scored = [one for one in found if one is not None]
        for name, value in self.means(scored).items():
            log_metric(f"signal/{name}", value)
        log_metric("verification/seconds", seconds)
        log_metric("verification/lost", float(len(found) - len(scored)))
        if scored and isinstance(scored[0], Signals):
            log_metric("verification/out_of_budget", fmean(s.out_of_budget for s in scored))
            for stage in ("feasibility", "behaviour", "objective", "utility"):
                spent = sum(s.cost_s.get(stage, 0.0) for s in scored)
                log_metric(f"verification/{stage}_seconds", spent)

    def _write(
        self,
        log: Path,
        step: int | None,
        task: Sequence[int],
        texts: Sequence[str],
        found: Sequence[Any],
    ) -> None:
        lines = []
        for number, text, one in zip(task, texts, found, strict=True):
            measured = {"reward": None} if one is None else one.row()
            own = self.tasks[number]
            line = {"step": step, "task": own.source, "style": own.style}
            line["characters"] = len(text)
            lines.append(line | measured)
        append_jsonl(log, lines)


def written_by_model(completion: Completion) -> str:
    """A completion's text, or that of its last turn by the model."""
    if isinstance(completion, str):
        return completion
    own = [turn for turn in completion if turn.get("role") == "assistant"]
    return str(own[-1].get("content") or "") if own else ""


def program_of(completion: Completion) -> str:
    """The program in a completion, or in its last turn by the model; empty where there is none."""
    found = extract(written_by_model(completion))
    return "" if found is None else found.qasm


def summary(found: Sequence[Signals]) -> dict[str, float]:
    """Means over completions.

    `parses`, `feasible`, `ratio` and `p_optimal` are over all, 0 where a circuit is unusable. The
    others, the metrics of single circuits among them, are over those for which they were computed,
    and absent where that is none.
    """
    if not found:
        return {}
    out = {"reward": fmean(s.reward for s in found)} | means([s.measured for s in found])
    parts: dict[str, Iterable[float | None]] = {
        "s2": (s.behaviour for s in found),
        "s3": (s.objective for s in found),
        "s4": (s.utility for s in found),
        "relative_entropy": (s.measured.relative_entropy for s in found),
    }
    usable = [s.measured for s in found if s.measured.feasible]
    for metric in shown("training"):
        numbers = [metric.of(measured, None) for measured in usable]
        parts[metric.name] = [None if isnan(value) else value for value in numbers]
    for name, values in parts.items():
        known = [float(value) for value in values if value is not None]
        if known:
            out[name] = fmean(known)
    return out

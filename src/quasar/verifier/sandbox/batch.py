"""One run of the sandbox: a stream of candidates in, reports out, read only as workers become free.

Candidates of a problem go to the worker that has it ready, where others find work near by: to
prepare a problem can take as long as to judge many candidates for it.

Candidates that are given up are named in an `InfrastructureError` once all others are done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from quasar.circuits.header import read_header
from quasar.core.errors import InfrastructureError, InputError
from quasar.problems.base import EncodedProblem
from quasar.verifier.report import ProblemSummary, Report
from quasar.verifier.sandbox.exits import Exit
from quasar.verifier.sandbox.handle import Task, WorkerHandle
from quasar.verifier.sandbox.limits import UNLIMITED, SandboxLimits, out_of_memory, out_of_time
from quasar.verifier.sandbox.progress import Phase, WorkerProgress
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.scheduler import Scheduler
from quasar.verifier.sandbox.wire import Frame, FrameReader, Kind, encode
from quasar.verifier.sandbox.workers import Workers
from quasar.verifier.settings import Limits
from quasar.verifier.stages.feasibility import too_long

_AHEAD = 3  # candidates that a worker holds
MOST_AHEAD = 160
"""Candidates that a worker holds where they take less than a millisecond."""
_NEAR = 64  # candidates read to find one for a worker, where there are several problems
_MAX_LOST = 10  # candidates without a verdict before a batch is given up


class Job(NamedTuple):
    """One candidate.

    Attributes:
        key: comes back with the report.
        problem: which of the sandbox's problems.
        text: the program.
        compared: with the problem's reference circuit, where it has one.
    """

    key: Any
    problem: int
    text: str | bytes
    compared: bool = True


@dataclass(eq=False, kw_only=True)
class _Candidate(Task):
    """One candidate on its way.

    Attributes:
        problem: what a worker must have ready for it: a problem, with or without its reference.
    """

    job: Job
    problem: tuple[int, bool]

    def refuse(self, refusal: Refusal) -> None:
        """Have a worker report a verdict instead of judging."""
        self.frame = self.encode(Kind.REFUSED, refusal.to_json())
        self.failures.clear()

    def encode(self, kind: Kind, body: bytes) -> bytes:
        """A frame about it."""
        return encode(Frame(self.serial, kind, body, self.job.problem, self.job.compared))


class Batch(Scheduler[_Candidate]):
    """Runs `jobs`; see `run`.

    Args:
        problems: that jobs may name.
        sizes: the verifier's limits on the text.
        characters: by problem, where another number is the limit.
    """

    def __init__(
        self,
        workers: Workers,
        limits: SandboxLimits,
        jobs: Iterator[Job],
        problems: Sequence[EncodedProblem],
        sizes: Limits,
        characters: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(workers, limits, _AHEAD, MOST_AHEAD)
        self.sizes = sizes
        self.characters = characters
        self.jobs: Iterator[Job] | None = jobs
        self.problems = problems
        self.summaries: dict[int, ProblemSummary] = {}
        self._kept: dict[WorkerHandle, deque[_Candidate]] = {}
        self._n_kept = 0
        self.lost: list[str] = []
        self.broken: Exception | None = None  # that `jobs` raised
        self.done: list[tuple[Any, Report]] = []

    def run(self) -> Iterator[tuple[Any, Report]]:
        """See `Sandbox.run`."""
        try:
            self.watch()
            while self.hand_out():
                self.step()
                done, self.done = self.done, []
                yield from done
        finally:
            self.close()
        if self.broken is not None:
            raise self.broken
        if self.lost:
            raise InfrastructureError(
                f"candidates without a verdict: {len(self.lost)}, through no fault of theirs. "
                + " ".join(self.lost[:3])
            )

    def has_work(self) -> bool:
        """Whether there is another candidate; it is read to know."""
        return bool(self.waiting or self._n_kept or self._read())

    def _read(self) -> bool:
        """Read a candidate into `waiting`; whether there was one."""
        if self.jobs is None:
            return False
        try:
            job = next(self.jobs, None)
            if job is not None:
                self.waiting.append(self._task(job))
                return True
        except Exception as error:  # those before it are judged first
            self.broken = error
        self.jobs = None
        return False

    def take(self, worker: WorkerHandle) -> _Candidate | None:
        """The next candidate for a worker: the first that is not of a problem that only others have
        ready, for whom those before it are kept; if there is none near, the first of these.
        """
        kept = self._kept.get(worker)
        if kept:
            self._n_kept -= 1
            return kept.popleft()
        several = len(self.problems) > 1 and len(self.workers.alive) > 1
        while self._n_kept < _NEAR and (self.waiting or self._read()):
            task = self.waiting.popleft()
            owner = self._owner(task.problem, worker) if several else None
            if owner is None:
                worker.ready.add(task.problem)
                return task
            self._kept.setdefault(owner, deque()).append(task)
            self._n_kept += 1
        longest = max(self._kept.values(), key=len, default=None)
        if not longest:
            return None
        self._n_kept -= 1
        task = longest.popleft()
        worker.ready.add(task.problem)
        return task

    def _owner(self, problem: tuple[int, bool], worker: WorkerHandle) -> WorkerHandle | None:
        """Another worker that has a problem ready; None where this one has, or nobody."""
        if problem in worker.ready:
            return None
        return next((other for other in self.workers.alive if problem in other.ready), None)

    def stop(self, worker: WorkerHandle) -> tuple[int | None, str]:
        """As of `Scheduler`; what was kept for the worker waits again."""
        kept = self._kept.pop(worker, ())
        self._n_kept -= len(kept)
        self.waiting.extendleft(reversed(kept))
        return super().stop(worker)

    def _task(self, job: Job) -> _Candidate:
        if not 0 <= job.problem < len(self.problems):
            raise InputError(
                f"job {job.key!r} names problem {job.problem}; there are {len(self.problems)}."
            )
        limits = self.limits
        task = _Candidate(
            serial=self.workers.next_serial(),
            frame=b"",
            limit_s=limits.max_seconds,
            problem_s=limits.max_problem_seconds,
            job=job,
            problem=(job.problem, job.compared),
        )
        most = self.characters.get(job.problem)
        sizes = self.sizes if most is None else Limits(max_characters=most)
        fault = too_long(job.text, sizes)
        if fault is not None:
            task.refuse(Refusal(fault))
        elif isinstance(job.text, bytes):
            task.frame = task.encode(Kind.BYTES, job.text)
        else:
            task.frame = task.encode(Kind.TEXT, job.text.encode("utf-8", "surrogatepass"))
        return task

    def answered(self, task: _Candidate, frame: Frame) -> None:
        """Keep a report; a problem or reference that is at fault ends the batch."""
        if frame.kind in (Kind.ANSWER, Kind.LAST_ANSWER):
            try:
                report = Report.from_message(frame.body, self._summary(task.job.problem))
            except ValueError:  # by a circuit that took over its worker
                self.failed(task, "its worker gave a damaged answer.")
            else:
                self.done.append((task.job.key, report))
        elif frame.kind is Kind.BAD_INPUT:
            which = f"problem {task.job.problem}: " if len(self.problems) > 1 else ""
            raise InputError(f"{which}{frame.body.decode('utf-8', 'replace')}")
        else:
            self.failed(task, frame.body.decode("utf-8", "replace"))

    def _summary(self, problem: int) -> ProblemSummary:
        known = self.summaries.get(problem)
        if known is None:
            known = self.summaries[problem] = ProblemSummary.of(self.problems[problem])
        return known

    def blame(self, task: _Candidate, end: Exit, progress: WorkerProgress | None) -> bool:
        """Turn a limit into a verdict, which a fresh worker makes into a report."""
        if progress is None or (end.cause == "memory" and self.limits == UNLIMITED):
            return False
        if progress.phase == Phase.PREPARING:
            if end.cause == "time":
                which = "the problem" if len(self.problems) == 1 else f"problem {task.job.problem}"
                raise InputError(
                    f"{which} and its reference circuit take more than "
                    f"{self.limits.max_problem_seconds:g} s to prepare: choose a smaller one."
                )
            return False
        seconds = progress.limit_s or self.limits.max_seconds
        fault = out_of_time(seconds) if end.cause == "time" else out_of_memory(self.limits)
        n_qubits = header = None
        if progress.n_qubits >= 0:
            n_qubits = progress.n_qubits
            (given,) = FrameReader().feed(task.frame)
            header = read_header(given.body.decode("utf-8", "surrogatepass"))
        task.refuse(Refusal(fault, n_qubits, header))
        self.waiting.appendleft(task)
        return True

    def gave_up(self, task: _Candidate) -> None:
        """Note it for the end; after too many the rest is given up."""
        self.lost.append(f"{task.job.key!r}: {task.failures[-1]}")
        if len(self.lost) >= _MAX_LOST:
            self.jobs = None
            self.waiting.clear()
            self.retries.clear()
            self._kept.clear()
            self._n_kept = 0

"""Batches of completions to reports, in parallel worker processes that outlive the batch.

A verdict about a circuit (over its limits of time and memory included) is a report. A fault of the
machinery (a worker that died or hangs, no process to be had) is none: the sandbox judges such a
circuit again on fresh workers, here all of the sandbox is then started anew, and what is still
without a verdict comes back as None, to be left out of the update.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from pydantic import Field

from quasar.core.errors import InfrastructureError
from quasar.core.processes import cores
from quasar.core.settings import Settings
from quasar.problems.base import EncodedProblem
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings

_GIVE_UP = 3  # batches in a row without a single verdict


class VerificationSettings(Settings):
    """Where and within which limits completions are verified."""

    workers: int | None = Field(default=None, ge=1)
    """Worker processes of each training process; None: one a core."""
    limits: SandboxLimits = SandboxLimits()
    """What one circuit may use before it counts as infeasible."""
    restarts: int = Field(default=1, ge=0)
    """How often the sandbox is started anew for circuits that it could not judge."""

    @property
    def processes(self) -> int:
        """Workers, with the default filled in."""
        return self.workers or cores()


class Candidate(NamedTuple):
    """One circuit to verify.

    Attributes:
        problem: index among the workers' problems.
        text: the program; empty where there is none.
    """

    problem: int
    text: str


class RewardWorkers(AbstractContextManager["RewardWorkers"]):
    """Verifies candidates for a fixed list of problems; starts its processes when first asked.

    Args:
        problems: what candidates refer to by index.
        references: reference circuit of each problem, None for none.
        settings: the verifier's.
        verification: where and within which limits.

    Attributes:
        seconds: time spent waiting for verdicts so far, s.
        lost: candidates that were left without a verdict so far.
    """

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        references: Sequence[str | None],
        settings: VerifierSettings,
        verification: VerificationSettings | None = None,
    ) -> None:
        self.problems = [problem.with_reference(None) for problem in problems]
        self.references = references
        self.settings = settings
        self.verification = verification or VerificationSettings()
        self.seconds = 0.0
        self.lost = 0
        self._box: Sandbox | None = None
        self._fault = ""
        self._fruitless = 0

    def __exit__(self, *exception: object) -> None:
        self._close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return () if self._box is None else self._box.pids

    def judge(self, candidates: Sequence[Candidate]) -> list[Report | None]:
        """Reports in the order of the candidates; None: no verdict, and no fault of the circuit's.

        Equal candidates are verified once.

        Raises:
            InputError: a problem or its reference circuit is not usable.
            InfrastructureError: several batches in a row went without any verdict.
        """
        begun = time.perf_counter()
        found: dict[Candidate, Report] = {}
        try:
            for _ in range(1 + self.verification.restarts):
                missing = [c for c in dict.fromkeys(candidates) if c not in found]
                if missing:
                    self._attempt(missing, found)
        finally:
            self.seconds += time.perf_counter() - begun
        self.lost += sum(c not in found for c in candidates)
        self._fruitless = self._fruitless + 1 if candidates and not found else 0
        if self._fruitless >= _GIVE_UP:
            raise InfrastructureError(
                f"the verifier gave no verdict on {_GIVE_UP} batches in a row ({self._fault}). "
                "Free memory or lower verification.workers, and run the same command again: "
                "training goes on from its newest checkpoint."
            )
        return [found.get(candidate) for candidate in candidates]

    def _attempt(self, candidates: Sequence[Candidate], found: dict[Candidate, Report]) -> None:
        jobs = (Job(c, c.problem, c.text) for c in candidates)
        try:
            if self._box is None:
                self._box = self._open()
            for candidate, report in self._box.run(jobs):  # what came before a fault is kept
                found[candidate] = report
        except (InfrastructureError, OSError) as error:
            self._fault = str(error)
            self._close()

    def _open(self) -> Sandbox:
        box = Sandbox(
            self.problems,
            self.settings,
            limits=self.verification.limits,
            workers=self.verification.processes,
            references=self.references,
        )
        return box.__enter__()

    def _close(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.__exit__(None, None, None)

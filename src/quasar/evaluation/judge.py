"""Many texts to reports, on all cores.

Untrusted text goes through the verifier's sandbox; `sandbox=None` judges in plain worker processes
without limits on time and memory, for text one trusts; either can be on a Ray cluster. Order of
results is that of completion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import groupby, islice
from typing import Any, NamedTuple
from uuid import uuid4

from quasar.core.cluster import Cluster, on_ray
from quasar.core.parallel import map_unordered
from quasar.problems.base import EncodedProblem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings

_CHUNK = 32  # jobs of one problem sent to a worker at once


_Chunk = tuple[EncodedProblem, VerifierSettings, list[Job]]


class Judge(AbstractContextManager["Judge"]):
    """Judges texts for a fixed list of problems; starts its processes when first asked.

    Args:
        problems: what jobs refer to by index.
        settings: the verifier's.
        sandbox: limits for untrusted text; None for none.
        workers: processes at most.
        cluster: judge on this Ray cluster, a worker a core, and not on this machine.
    """

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        settings: VerifierSettings,
        *,
        sandbox: SandboxLimits | None,
        workers: int,
        cluster: Cluster | None = None,
    ) -> None:
        self.problems = problems
        self.settings = settings
        self.limits = sandbox
        self.workers = workers
        self.cluster = cluster
        self._stack = ExitStack()
        self._box: Sandbox | None = None

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; a later call starts new ones."""
        self._box = None
        self._stack.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Any, Report]]:
        """Yield (key, report) of every job exactly once; those of one problem are best together.

        Raises:
            InputError: a problem's reference circuit is not usable.
            InfrastructureError: workers died and could not be replaced, or the cluster failed.
        """
        if self.cluster is not None:
            shared = _Shared(str(uuid4()), self.problems, self.settings, self.limits)
            for found in on_ray(_judge_remote, shared, _pieces(jobs), self.cluster):
                yield from found
            return
        if self.limits is None:
            for chunk in map_unordered(_judge_chunk, self._chunks(jobs), jobs=self.workers):
                yield from chunk
            return
        if self._box is None:
            box = Sandbox(self.problems, self.settings, limits=self.limits, workers=self.workers)
            self._box = self._stack.enter_context(box)
        yield from self._box.run(jobs)

    def _chunks(self, jobs: Iterable[Job]) -> Iterator[_Chunk]:
        for piece in _pieces(jobs):
            yield self.problems[piece[0].problem], self.settings, piece


def _judge_chunk(chunk: _Chunk) -> list[tuple[Any, Report]]:
    problem, settings, jobs = chunk
    verifier = Verifier(problem, None, settings)
    return [(job.key, verifier.verify(job.text)) for job in jobs]


class _Shared(NamedTuple):
    """What every worker of a cluster needs; `token` tells one call from the next."""

    token: str
    problems: Sequence[EncodedProblem]
    settings: VerifierSettings
    limits: SandboxLimits | None


_kept: dict[str, Judge] = {}
"""Of a worker of a cluster: the judge of the call it works for, its sandbox open."""


def _judge_remote(shared: _Shared, jobs: list[Job]) -> list[tuple[Any, Report]]:
    if shared.token not in _kept:
        for old in _kept.values():
            old.close()
        _kept.clear()
        _kept[shared.token] = Judge(
            shared.problems, shared.settings, sandbox=shared.limits, workers=1
        )
    return list(_kept[shared.token].run(jobs))


def _pieces(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Jobs of one problem, some at a time."""
    for _, group in groupby(jobs, key=lambda job: job.problem):
        while waiting := list(islice(group, _CHUNK)):
            yield waiting

"""Many circuits to reports: in workers with limits, in this process, or on a Ray cluster.

Processes start when there is something to verify. A verdict about a circuit (over its limits of
time and memory included) is a report. A failure of the machinery (a worker that died or hangs, no
process to be had) is not: the sandbox verifies such a circuit again on fresh workers, the pool can
start the whole sandbox again, and what is still without a verdict then is `InfrastructureError`
from `run`, None from `reports`. One batch at a time; not to be shared between threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from quasar.core.cluster import Cluster, on_ray
from quasar.core.errors import InfrastructureError
from quasar.core.processes import cores
from quasar.problems.base import EncodedProblem
from quasar.verifier.report import Report
from quasar.verifier.sandbox import UNLIMITED, Job, Sandbox, SandboxLimits
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.verifiers import VerifierCache
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange

_CHUNK = 32  # jobs of one problem sent to a worker of a cluster at once
_GIVE_UP = 3  # calls of `reports` in a row without a single verdict


class VerifierPool(AbstractContextManager["VerifierPool"]):
    """Verifies circuits for a fixed list of problems; use it in a `with` statement.

    Args:
        problems: what jobs refer to by index.
        settings: the verifier's.
        limits: what a circuit may use; None: no limits, for text one trusts.
        workers: processes at most; None: one a core. Without limits, 1 works in this process.
        references: reference circuit of each problem, None for none; default: those that came with
            the problems.
        restarts: how often `reports` starts the sandbox again for circuits without a verdict.
        cluster: verify on this Ray cluster, a worker a core, and not on this machine.

    Attributes:
        seconds: time spent in `reports` so far, s.
        lost: circuits that `reports` left without a verdict so far.
    """

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        settings: VerifierSettings | None = None,
        *,
        limits: SandboxLimits | None,
        workers: int | None = None,
        references: Sequence[str | bytes | None] | None = None,
        restarts: int = 0,
        cluster: Cluster | None = None,
    ) -> None:
        self.problems = problems
        self.settings = settings or VerifierSettings()
        self.limits = limits
        self.workers = workers or cores()
        self.references = references
        self.restarts = restarts
        self.cluster = cluster
        self.seconds = 0.0
        self.lost = 0
        self._box: Sandbox | None = None
        self._payload = Payload.of(problems, references, self.settings, limits or UNLIMITED)
        self._verifiers = VerifierCache()  # of this process
        self._known: dict[int, EnergyRange] = {}
        self._failure = ""
        self._fruitless = 0

    def __exit__(self, *exception: Any) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.__exit__(*exception)

    def know(self, known: Mapping[int, EnergyRange]) -> None:
        """Say what is known of the energies of problems beyond 24 qubits, by index, so that no
        worker looks for it again and all judge by the same; before the first circuit.
        """
        self._known = dict(known)
        self._payload = self._payload._replace(known=self._known)

    def close(self) -> None:
        """End the processes; a later call starts new ones."""
        self.__exit__(None, None, None)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return () if self._box is None else self._box.pids

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Any, Report]]:
        """Verify circuits; `jobs` is read as needed. Those of one problem are best together.

        Yields:
            Each job's key and report, once, in order of completion.

        Raises:
            InputError: a job names no problem, or a problem's reference circuit is not usable.
            InfrastructureError: circuits without a verdict, for no fault of theirs, raised after
                all others have been yielded; or the cluster failed.
        """
        source = iter(jobs)
        first = next(source, None)
        if first is None:
            return  # without starting a process
        jobs = chain([first], source)
        if self.cluster is not None:
            shared = _Shared(
                str(uuid4()),
                self.problems,
                self.settings,
                self.limits,
                self.references,
                self._known,
            )
            for found in on_ray(_verify_remotely, shared, _pieces(jobs), self.cluster):
                yield from found
        elif self.limits is None and self.workers == 1:
            for job in jobs:
                make = partial(self._payload.verifier, job.problem, job.compared)
                verifier = self._verifiers.get((job.problem, job.compared), make)
                yield job.key, verifier.verify(job.text)
        else:
            if self._box is None:
                self._box = self._open()
            yield from self._box.run(jobs)

    def reports(self, jobs: Sequence[Job]) -> list[Report | None]:
        """Reports in the order of the jobs; None: no verdict, and no fault of the circuit's.

        Jobs that differ by their keys alone are verified once.

        Raises:
            InputError: a job names no problem, or a problem's reference circuit is not usable.
            InfrastructureError: several calls in a row went without any verdict.
        """
        begun = time.perf_counter()
        asked = [job._replace(key=job[1:]) for job in jobs]
        found: dict[Any, Report] = {}
        try:
            for _ in range(1 + self.restarts):
                missing = [job for job in dict.fromkeys(asked) if job.key not in found]
                if missing:
                    self._attempt(missing, found)
        finally:
            self.seconds += time.perf_counter() - begun
        self.lost += sum(job.key not in found for job in asked)
        self._fruitless = self._fruitless + 1 if jobs and not found else 0
        if self._fruitless >= _GIVE_UP:
            raise InfrastructureError(
                f"the verifier gave no verdict on {_GIVE_UP} batches in a row ({self._failure}). "
                "Free memory or use fewer workers, and run the same command again: it goes on "
                "from what is finished."
            )
        return [found.get(job.key) for job in asked]

    def _attempt(self, jobs: Sequence[Job], found: dict[Any, Report]) -> None:
        try:
            for key, report in self.run(jobs):  # what came before a failure is kept
                found[key] = report
        except (InfrastructureError, OSError) as error:
            self._failure = str(error)
            self.__exit__(type(error), error, None)

    def _open(self) -> Sandbox:
        box = Sandbox(
            self.problems,
            self.settings,
            limits=self.limits or UNLIMITED,
            workers=self.workers,
            references=self.references,
            known=self._known,
        )
        return box.__enter__()


class _Shared(NamedTuple):
    """What every worker of a cluster needs; `token` tells one call from the next."""

    token: str
    problems: Sequence[EncodedProblem]
    settings: VerifierSettings
    limits: SandboxLimits | None
    references: Sequence[str | bytes | None] | None
    known: Mapping[int, EnergyRange]


_kept: dict[str, VerifierPool] = {}
"""Of a worker of a cluster: the pool of the call it works for, its sandbox open."""


def _verify_remotely(shared: _Shared, jobs: list[Job]) -> list[tuple[Any, Report]]:
    if shared.token not in _kept:
        for old in _kept.values():
            old.close()
        _kept.clear()
        _kept[shared.token] = VerifierPool(
            shared.problems,
            shared.settings,
            limits=shared.limits,
            workers=1,
            references=shared.references,
        )
        _kept[shared.token].know(shared.known)
    return list(_kept[shared.token].run(jobs))


def _pieces(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Jobs of one problem, some at a time."""
    for _, group in groupby(jobs, key=lambda job: job.problem):
        while waiting := list(islice(group, _CHUNK)):
            yield waiting

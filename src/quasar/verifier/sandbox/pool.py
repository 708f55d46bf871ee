"""`Sandbox`: problems, settings and limits in, reports out."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.processes import cores
from quasar.problems.base import EncodedProblem
from quasar.verifier.report import Report
from quasar.verifier.sandbox.batch import Batch, Job
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.warm import is_our_own
from quasar.verifier.sandbox.worker import program
from quasar.verifier.sandbox.workers import SandboxStatistics, Workers
from quasar.verifier.settings import MAX_LARGE_CHARACTERS, VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange


class Sandbox:
    """Verifies untrusted circuits in worker processes; use it in a `with` statement.

    One batch at a time; not to be shared between threads.

    Args:
        problems: what jobs refer to by index.
        settings: the verifier's.
        limits: what a candidate may use.
        workers: processes at most; default: one a core.
        references: reference circuit of each problem, None for none; default: those that came with
            the problems.
        known: by index, what is known of the energies of problems beyond 24 qubits; each worker
            looks for the rest itself.

    Raises:
        InputError: the problems cannot be sent to another process.
    """

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        settings: VerifierSettings,
        *,
        limits: SandboxLimits | None = None,
        workers: int | None = None,
        references: Sequence[str | bytes | None] | None = None,
        known: Mapping[int, EnergyRange] | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise InputError(f"a sandbox needs at least 1 worker, not {workers}.")
        self.settings = settings
        self.limits = limits or SandboxLimits()
        self.problems = problems
        payload = Payload.of(problems, references, settings, self.limits, known)
        large = (i for i, p in enumerate(problems) if p.n_qubits > MAX_EXACT_QUBITS)
        self._characters = dict.fromkeys(large, MAX_LARGE_CHARACTERS)
        try:
            pickled = program(payload)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"a problem cannot be sent to another process ({error}): define its class in a "
                "module, not in a notebook or a function."
            ) from error
        self.workers = Workers(pickled, workers or cores(), reusable=is_our_own(problems))
        self._running = False

    def __enter__(self) -> Self:
        self.workers.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.workers.close(failed=kind is not None)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return self.workers.pids

    @property
    def statistics(self) -> SandboxStatistics:
        """See `SandboxStatistics`."""
        return self.workers.statistics

    def map(self, jobs: Iterable[Job]) -> list[Report]:
        """The reports in the order of the jobs; raises what `run` raises."""
        numbered = (job._replace(key=i) for i, job in enumerate(jobs))
        found: dict[int, Report] = dict(self.run(numbered))
        return [found[i] for i in range(len(found))]

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Any, Report]]:
        """Judge candidates; `jobs` is read only as workers become free, where there are several
        problems some further ones, so that those of a problem go to one worker.

        Yields:
            Each job's key and report, once, in order of completion.

        Raises:
            InputError: a job names no problem, raised after all before it have been yielded, as
                what `jobs` raises is; or a problem's reference circuit is unusable.
            InfrastructureError: candidates could not be judged for no fault of theirs; raised
                after all others have been yielded.
        """
        if self.workers.fork_server is None:
            raise RuntimeError("use the sandbox in a with statement")
        if self._running:
            raise RuntimeError("the sandbox runs one batch at a time: finish or close the other")
        self._running = True
        self.workers.n_starts = 0
        try:
            batch = Batch(
                self.workers,
                self.limits,
                iter(jobs),
                self.problems,
                self.settings.limits,
                self._characters,
            )
            yield from batch.run()
        finally:
            self._running = False

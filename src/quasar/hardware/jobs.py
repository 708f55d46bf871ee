"""A submitted job: its states, waiting for it with retries and a time limit, and its counts.

Covers jobs of qiskit-ibm-runtime and of any V2 sampler. A failure to reach the service is no
verdict on the job: it is tried again, and after that the job can still be resumed by its id.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from quasar.core.documented import Documented
from quasar.core.errors import InfrastructureError, Interrupted
from quasar.core.interrupt import Interrupt
from quasar.core.progress import Progress
from quasar.core.retries import Backoff
from quasar.core.settings import Settings
from quasar.hardware.connection import redacted

State = Literal["prepared", "submitting", "queued", "running", "done", "failed", "cancelled"]
"""`prepared`: compiled and not yet sent; `submitting`: being sent, its id not yet known."""
FINAL: tuple[State, ...] = ("done", "failed", "cancelled")

_STATES: dict[str, State] = {
    "INITIALIZING": "queued",
    "VALIDATING": "queued",
    "QUEUED": "queued",
    "RUNNING": "running",
    "DONE": "done",
    "COMPLETED": "done",
    "ERROR": "failed",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}
_PASSING = {408, 425, 429}  # HTTP codes after which a request is worth another attempt, and 5xx
_UNREACHABLE = {"IBMRuntimeError", "IBMApiError", "IBMBackendApiError"}
_REFUSED = {"IBMNotAuthorizedError", "RuntimeJobNotFound", "RuntimeInvalidStateError"}


class JobRecord(Documented):
    """What is kept of a job, content of `job.json`."""

    schema_version: int = 1
    """Raised when a key changes its meaning."""
    backend: str
    """Name of the backend."""
    local: bool
    """Simulated or run by the process that submitted it; it ended with that process."""
    instance: str | None = None
    """Instance of the account, as given."""
    shots: int
    """Measurements asked for."""
    seed: int
    """Of the compilation, of a local simulation, and of the draws in the comparison."""
    tag: str
    """Tag of the job at the service, by which it is found if its id was lost."""
    job_id: str | None = None
    """Its id; None before it was submitted."""
    state: State = "prepared"
    """As last seen."""
    error: str | None = None
    """Why it failed."""
    submitted: str | None = None
    """When it was submitted, UTC."""
    finished: str | None = None
    """When its counts came, UTC."""
    waited_s: float = 0.0
    """Seconds spent waiting for it, all commands together."""


class Patience(Settings):
    """How to wait for a job."""

    timeout_s: float | None = Field(default=3600.0, gt=0)
    """Seconds to wait; the job goes on after them, and can be resumed. None: no limit."""
    poll_s: float = Field(default=5.0, gt=0)
    """Seconds between questions to the service; a local job is asked more often."""
    retries: int = Field(default=8, ge=0)
    """Failures in a row to reach the service, before waiting ends."""


@dataclass(frozen=True)
class Waiting:
    """How waiting is watched.

    Attributes:
        seen: told of each new state.
        where: what to say about resuming, in messages.
        sleep: of `time`; replaced in tests.
        clock: seconds, likewise.
    """

    progress: Progress
    interrupt: Interrupt
    seen: Callable[[State], None]
    where: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def state_of(job: Any) -> State:
    """A job's state, as the service says it now."""
    status = job.status()
    return _STATES.get(str(getattr(status, "name", status)).upper(), "running")


def wait(
    job: Any, record: JobRecord, patience: Patience, watch: Waiting, service: Any = None
) -> Any:
    """Wait for a job and return its result.

    Raises:
        InfrastructureError: it failed, was cancelled, is not done in time, or the service could not
            be reached. The message says how to go on.
        Interrupted: the user wants an end; the job goes on.
    """
    begun = watch.clock()
    name = f"job {record.job_id} on {record.backend}"
    poll_s = min(0.1, patience.poll_s) if record.local else patience.poll_s
    last: State | None = None
    while True:
        state: State = _retried(lambda: state_of(job), name, patience, watch, service)
        if state != last:
            watch.seen(state)
            last = state
        if state in FINAL:
            break
        waited = watch.clock() - begun
        if patience.timeout_s is not None and waited >= patience.timeout_s:
            raise InfrastructureError(
                f"{name} is still {state} after {patience.timeout_s:g} s. It goes on there: "
                f"{watch.where}."
            )
        watch.progress.say(f"{record.backend}: {_told(state, job)} for {waited:.0f} s")
        watch.progress.advance(0)
        _pause(poll_s, watch, name)
    if state == "done":
        return _retried(job.result, name, patience, watch, service)
    if state == "cancelled":
        raise InfrastructureError(f"{name} was cancelled. {_ANOTHER}")
    raise InfrastructureError(f"{name} failed: {why_failed(job, service)} {_ANOTHER}")


_ANOTHER = "What was compiled is kept: submit it again by --resume with --resubmit."


def why_failed(job: Any, service: Any = None) -> str:
    """The service's reason for a failure, as a sentence without the account's token."""
    try:
        text = job.error_message() if hasattr(job, "error_message") else None
    except Exception as error:
        text = str(error)
    if not text:
        try:
            job.result()
        except Exception as error:
            text = str(error) or type(error).__name__
    lines = [line for line in (text or "").splitlines() if line.strip()]
    said = lines[-1] if lines and "Traceback" in (text or "") else " ".join(lines)
    return redacted(said, service)


def _told(state: State, job: Any) -> str:
    """The state, with the place in the queue where the service tells it."""
    if state != "queued":
        return state
    try:
        place = job.metrics().get("position_in_queue") if hasattr(job, "metrics") else None
    except Exception:
        place = None
    return "queued" if place is None else f"queued (place {place})"


def _retried(
    ask: Callable[[], Any], name: str, patience: Patience, watch: Waiting, service: Any
) -> Any:
    """What the service answers, asked again while it cannot be reached.

    Raises:
        InfrastructureError: it cannot be reached, or refuses.
    """
    pauses, attempt = Backoff(first_s=1.0, longest_s=60.0), 0
    while True:
        try:
            return ask()
        except Exception as error:
            said = redacted(str(error) or type(error).__name__, service)
            if not is_passing(error):
                raise InfrastructureError(f"{name}: {said} Then {watch.where}.") from None
            if attempt == patience.retries:
                raise InfrastructureError(
                    f"the service did not answer {attempt + 1} times: {said} The job goes on "
                    f"there: {watch.where}."
                ) from None
        watch.progress.say(f"no answer; attempt {attempt + 2} of {patience.retries + 1}")
        watch.progress.advance(0)
        _pause(pauses.pause_s(attempt), watch, name)
        attempt += 1


def is_passing(error: Exception) -> bool:
    """Whether a failure to reach the service may pass."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _REFUSED:
        return False
    code = getattr(error, "status_code", None)
    if isinstance(code, int) and code > 0:
        return code in _PASSING or code >= 500
    return isinstance(error, OSError) or code == -1 or bool(names & _UNREACHABLE)


def _pause(seconds: float, watch: Waiting, name: str) -> None:
    """Sleep in short steps, so that Ctrl-C ends waiting at once."""
    end = watch.clock() + seconds
    while True:
        if watch.interrupt.requested:
            raise Interrupted(f"interrupted; {name} goes on: {watch.where}.")
        left = end - watch.clock()
        if left <= 0:
            return
        watch.sleep(min(left, 0.2))

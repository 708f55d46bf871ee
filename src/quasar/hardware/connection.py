"""Where a circuit is sent: an offline snapshot, a sampler that somebody has, or IBM's service.

Names that begin with `fake_` are snapshots of devices, simulated here by the local testing mode of
qiskit-ibm-runtime; they need no account. Any other name is looked up with the account that is saved
on this machine. Covers finding the backend, submitting, and finding a job again; waiting is in
`jobs`. The path with an account was tested against the SDK's classes, not on hardware.

No token is read, taken as an option, or written: the SDK finds its own account, and `redacted`
removes the account's token from every message of the SDK before it is shown or kept.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.settings import wrong

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

SNAPSHOT_PREFIX = "fake_"
"""Names of the offline snapshots begin with this."""
IDEAL = "aer_simulator"
"""A backend without noise."""
_INSTALL = (
    "running on a device needs qiskit-ibm-runtime: pip install -e '.[devices]' in your clone of "
    "quasar."
)
_SAVE_ACCOUNT = (
    "no account of IBM Quantum is saved here. Save one once, in Python: from qiskit_ibm_runtime "
    "import QiskitRuntimeService; QiskitRuntimeService.save_account(token=..., instance=..., "
    "set_as_default=True). Without an account, --backend fake_torino runs a snapshot of a device "
    "on this machine."
)
_TOKEN_VARIABLES = ("QISKIT_IBM_TOKEN", "QISKIT_IBM_CLOUD_TOKEN")


@dataclass(frozen=True, eq=False)
class Connection:
    """A backend, and the means to run on it.

    Attributes:
        name: of the backend.
        backend: Qiskit's `BackendV2`; None for a sampler that names none.
        local: simulated or run in this process, so that a job ends with it.
        service: of the account; None where there is none.
        sampler: a V2 sampler to use as it is; None: the SDK's on `backend`.
    """

    name: str
    backend: Any
    local: bool
    service: Any = None
    sampler: Any = None

    def submit(self, circuit: QuantumCircuit, shots: int, *, seed: int, tag: str) -> Any:
        """Send a compiled circuit; returns the job.

        Args:
            seed: of a local simulation.
            tag: by which the job can be found if its id was lost.

        Raises:
            InputError: the service refuses us.
            InfrastructureError: the job could not be submitted.
        """
        with _said_plainly(f"{self.name} did not take the circuit", self.service):
            sampler = self.sampler or _sampler(self.backend, self.local, seed, tag)
            return sampler.run([circuit], shots=shots)

    def job(self, job_id: str) -> Any:
        """A job that was submitted before.

        Raises:
            InputError: the account has no such job, or the job ended with its process.
        """
        if self.service is None:
            raise InputError(f"job {job_id} ran in a process of its own, which has ended.")
        from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

        try:
            return self.service.job(job_id)
        except RuntimeJobNotFound as error:
            raise InputError(
                f"the account has no job {job_id}: use the account and --instance it was submitted "
                "with."
            ) from error

    def tagged(self, tag: str) -> Any | None:
        """The job submitted under a tag; None where there is none."""
        if self.service is None:
            return None
        with _said_plainly("the account's jobs could not be listed", self.service):
            found = list(self.service.jobs(job_tags=[tag], limit=1))
        return found[0] if found else None


def connect(backend: Any, *, instance: str | None = None, service: Any = None) -> Connection:
    """The connection to a backend.

    Args:
        backend: a name, a `BackendV2`, or a V2 sampler.
        instance: of the account; for names of the service only.
        service: a `QiskitRuntimeService` to use; None: the saved account's.

    Raises:
        InputError: no such backend, no account, or nothing that runs circuits.
        InfrastructureError: the service cannot be reached.
    """
    if not isinstance(backend, str):
        return _of_object(backend)
    if service is None and (backend.startswith(SNAPSHOT_PREFIX) or backend == IDEAL):
        if instance is not None:
            raise InputError("--instance belongs to an account; a snapshot runs here without one.")
        return _snapshot(backend)
    return _of_account(backend, instance, service)


def _of_object(given: Any) -> Connection:
    if callable(getattr(given, "run", None)) and not hasattr(given, "target"):
        backend = given.backend() if callable(getattr(given, "backend", None)) else None
        backend = backend or getattr(given, "_backend", None)
        name = getattr(backend, "name", None) or type(given).__name__
        return Connection(str(name), backend, local=True, sampler=given)
    if hasattr(given, "target"):
        service = getattr(given, "service", None)
        return Connection(str(given.name), given, local=service is None, service=service)
    raise wrong("backend", "a name, a BackendV2 or a V2 sampler of Qiskit", given)


def _snapshot(name: str) -> Connection:
    provider = _provider()
    names = {found.name for found in provider.backends()}
    if name == IDEAL:
        from qiskit_aer import AerSimulator

        return Connection(name, AerSimulator(), local=True)
    if name not in names:
        raise InputError(unknown_backend(name, names))
    return Connection(name, provider.backend(name), local=True)


def unknown_backend(name: str, names: set[str]) -> str:
    """The sentence about a name that is no backend, with the nearest names."""
    near = get_close_matches(name.lower(), sorted(names), 3, cutoff=0.5)
    if near:
        return f"there is no backend {name!r}; did you mean {', '.join(near)}?"
    shown = sorted(names)[:8]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"there is no backend {name!r}; there are {', '.join(shown)}{more}."


def _provider() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from qiskit_ibm_runtime.fake_provider import FakeProviderForBackendV2

            return FakeProviderForBackendV2()
    except ImportError as error:
        raise InputError(_INSTALL) from error


def _of_account(name: str, instance: str | None, service: Any) -> Connection:
    if ":" in name or Path(name).suffix in (".toml", ".json"):
        raise InputError(
            f"{name!r} has no backend to run on: generic devices and device files are for "
            "`quasar verify --device`. Give a snapshot, such as fake_torino."
        )
    found = service or _service(name, instance)
    try:
        from qiskit.providers.exceptions import QiskitBackendNotFoundError

        with _said_plainly(f"the backend {name} could not be read", found):
            return Connection(name, found.backend(name), local=False, service=found)
    except QiskitBackendNotFoundError as error:
        with _said_plainly("the account's backends could not be listed", found):
            names = {backend.name for backend in found.backends()}
        raise InputError(unknown_backend(name, names)) from error


def _service(name: str, instance: str | None) -> Any:
    try:
        from qiskit_ibm_runtime import QiskitRuntimeService
        from qiskit_ibm_runtime.accounts.exceptions import AccountNotFoundError
    except ImportError as error:
        raise InputError(_INSTALL) from error
    try:
        with _said_plainly("the account could not be used", None):
            return QiskitRuntimeService(**({} if instance is None else {"instance": instance}))
    except AccountNotFoundError as error:
        names = {found.name for found in _provider().backends()}
        near = get_close_matches(f"{SNAPSHOT_PREFIX}{name.lower()}", sorted(names), 1)
        hint = f" (there is a snapshot {near[0]})" if near else ""
        raise InputError(
            f"{name!r} is not an offline snapshot{hint}, and {_SAVE_ACCOUNT}"
        ) from error


def _sampler(backend: Any, local: bool, seed: int, tag: str) -> Any:
    """The SDK's sampler: since 0.50 the one that works on the client's side, as its documentation
    has it; before that the one of the service, now deprecated. Both read and answer alike.
    """
    try:
        from qiskit_ibm_runtime.executor_sampler import SamplerV2
    except ImportError:
        from qiskit_ibm_runtime import SamplerV2

    sampler = SamplerV2(mode=backend)
    if local:
        sampler.options.simulator.seed_simulator = seed + 1  # the SDK takes 0 for no seed
    else:
        sampler.options.environment.job_tags = [tag]
    return sampler


# --- the SDK's errors ----------------------------------------------------------------------------


@contextmanager
def _said_plainly(what: str, service: Any) -> Iterator[None]:
    """Turn the SDK's errors into ours; those about a missing account or backend pass."""
    try:
        yield
    except Exception as error:
        names = {kind.__name__ for kind in type(error).__mro__}
        if names & {"AccountNotFoundError", "QiskitBackendNotFoundError", "QuasarError"}:
            raise
        text = f"{what}: {redacted(str(error), service)}"
        if names & {"IBMNotAuthorizedError", "IBMAccountError", "IBMInputValueError"}:
            raise InputError(f"{text} Check the saved account and --instance.") from None
        if isinstance(error, OSError) or "QiskitError" in names:
            raise InfrastructureError(f"{text} Try again later.") from None
        raise


def redacted(text: str, service: Any = None) -> str:
    """A message of the SDK without the account's token, ended by a full stop."""
    account = getattr(service, "_account", None)
    tokens = [os.environ.get(name) for name in _TOKEN_VARIABLES]
    for token in (*tokens, getattr(account, "token", None)):
        if isinstance(token, str) and token:
            text = text.replace(token, "[token]")
    text = " ".join(text.strip().strip("'\"").split()) or "no reason is given"
    return text if text.endswith((".", "!", "?")) else f"{text}."

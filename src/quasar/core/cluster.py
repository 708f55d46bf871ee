"""Work spread over a Ray cluster: one function, many items, answers in order of completion.

Every node must have quasar installed and see the files that the work reads and writes under the
same paths. A task whose worker died is given to another one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from quasar.core.errors import InfrastructureError, InputError, QuasarError
from quasar.core.processes import SINGLE_THREADED

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

Engine = Literal["local", "ray"]

_AHEAD = 2  # tasks submitted for each core of the cluster
_RETRIES = 3


@dataclass(frozen=True)
class Cluster:
    """Which Ray cluster.

    Attributes:
        address: of a running one; None: as in RAY_ADDRESS, else one is started here.
        jobs: cores of one that is started here.
    """

    address: str | None
    jobs: int


def on_ray(
    function: Callable[[S, T], R], shared: S, items: Iterable[T], cluster: Cluster
) -> Iterator[R]:
    """Yield `function(shared, item)` of every item; `items` is read as needed.

    Args:
        function: at the top of a module; may keep things in that module between calls.
        shared: sent to each node once.

    Raises:
        InputError: Ray is not installed.
        InfrastructureError: there is no such cluster, or it failed.
        QuasarError: as raised by `function`.
    """
    try:
        import ray
    except ImportError:
        raise InputError(
            "--executor ray needs Ray: pip install -e '.[ray]' in your clone of quasar."
        ) from None
    ours = not ray.is_initialized()
    if ours:
        connect(ray, cluster)
    remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(_answer)
    sent = ray.put(shared)
    source = iter(items)
    pending: list[Any] = []
    width = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", cluster.jobs)))
    empty = False
    try:
        while True:
            while len(pending) < width and not empty:
                try:
                    pending.append(remote.remote(function, sent, next(source)))
                except StopIteration:
                    empty = True
            if not pending:
                return
            done, pending = ray.wait(pending, num_returns=1)
            for answer in ray.get(done):
                if isinstance(answer, QuasarError):
                    raise answer
                yield answer
    except ray.exceptions.RayError as error:
        raise InfrastructureError(
            f"the Ray cluster failed: {error}. What is finished is kept; run the same command "
            "again to resume."
        ) from error
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
        if ours:
            ray.shutdown()


def connect(ray: Any, cluster: Cluster, **more: Any) -> None:
    """Join a cluster, or start one here.

    Args:
        ray: the module.
        more: further options of `ray.init`.

    Raises:
        InfrastructureError: there is no such cluster.
    """
    address = cluster.address or os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {}
    if not address:
        options = {"num_cpus": cluster.jobs, "include_dashboard": False}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            runtime_env={"env_vars": SINGLE_THREADED},
            **options,
            **more,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address}" if address else "on this machine"
        raise InfrastructureError(f"no Ray cluster {where}: {error}") from error


def _answer(function: Callable[[S, T], R], shared: S, item: T) -> R | QuasarError:
    try:
        return function(shared, item)
    except QuasarError as error:  # an answer, so that Ray neither wraps nor retries it
        return error

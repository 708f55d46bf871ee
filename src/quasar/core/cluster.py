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
from uuid import uuid4

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
    with RayPool(function, shared, cluster) as pool:
        yield from pool.run(iter(items))


class RayPool:
    """A cluster that waits for items until `close`; its processes keep what is shared.

    Args:
        function: as in `on_ray`, and so are the others.

    Raises:
        InputError: Ray is not installed.
        InfrastructureError: there is no such cluster.
    """

    def __init__(self, function: Callable[[Any, Any], Any], shared: Any, cluster: Cluster) -> None:
        try:
            import ray
        except ImportError:
            raise InputError(
                "--executor ray needs Ray: pip install -e '.[ray]' in your clone of quasar."
            ) from None
        self._ray: Any = ray
        self._cluster = cluster
        self._function = function
        self._ours = not ray.is_initialized()
        if self._ours:
            connect(ray, cluster)
        self._answer = ray.remote(num_cpus=1, max_retries=_RETRIES)(_answer)
        self._shared = (uuid4().hex, ray.put(shared))

    def __enter__(self) -> RayPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster, and end one that was started here."""
        if self._ours:
            self._ray.shutdown()
        self._ours = False

    def run(self, items: Iterator[Any]) -> Iterator[Any]:
        """Yield the result of every item, in order of completion; may be called again."""
        ray = self._ray
        pending: list[Any] = []
        width = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", self._cluster.jobs)))
        empty = False
        try:
            while True:
                while len(pending) < width and not empty:
                    try:
                        item = next(items)
                    except StopIteration:
                        empty = True
                        break
                    pending.append(self._answer.remote(self._function, self._shared, item))
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


_held: dict[str, Any] = {}
"""In a process of the cluster: what its latest work shares, by a name of its own."""


def _answer(function: Callable[[Any, Any], Any], shared: tuple[str, Any], item: Any) -> Any:
    import ray

    name, reference = shared  # inside a tuple, so that Ray does not fetch it for each task
    if name not in _held:
        _held.clear()
        _held[name] = ray.get(reference)
    try:
        return function(_held[name], item)
    except QuasarError as error:  # an answer, so that Ray neither wraps nor retries it
        return error

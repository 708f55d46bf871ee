"""Where shards are built: processes of this machine, or a Ray cluster. The same shards either way.

On a cluster every node must see the output folder under the same path and have quasar installed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Literal

from quasar.core.errors import InfrastructureError, InputError, QuasarError
from quasar.data.shard import Plan, build_shard
from quasar.data.workers import Tick, single_threaded, spread

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")

_AHEAD = 2  # shards submitted for each core of the cluster


def run_shards(
    plan: Plan,
    numbers: Iterable[int],
    *,
    engine: Engine,
    jobs: int,
    ray_address: str | None,
    tick: Tick,
) -> Iterator[int]:
    """Build shards; yields the number of each when it is on disk.

    Args:
        jobs: processes, or cores of a Ray started here.
        ray_address: of a running cluster; None: as in RAY_ADDRESS, else one is started here.
        tick: called for every record.

    Raises:
        InputError: the settings allow no record, or Ray is not installed.
        InfrastructureError: the disk is full, or workers died again and again.
    """
    if engine == "local":
        yield from spread(partial(build_shard, plan), numbers, jobs=jobs, tick=tick)
    else:
        yield from _on_ray(plan, numbers, jobs, ray_address, tick)


def _on_ray(
    plan: Plan, numbers: Iterable[int], jobs: int, address: str | None, tick: Tick
) -> Iterator[int]:
    try:
        import ray
    except ImportError:
        raise InputError("--engine ray needs Ray: pip install 'quasar-synthesis[ray]'.") from None
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, jobs, address)
    # Ray gives a task whose worker died to another one.
    remote = ray.remote(num_cpus=1, max_retries=3)(_remote)
    shared = ray.put(plan)
    source = iter(numbers)
    pending: list[Any] = []
    width = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", jobs)))
    try:
        while True:
            while len(pending) < width and (number := next(source, None)) is not None:
                pending.append(remote.remote(shared, number))
            if not pending:
                return
            done, pending = ray.wait(pending, num_returns=1)
            for answer in ray.get(done):
                if isinstance(answer, QuasarError):
                    raise answer
                for _ in plan.settings.shard(answer):
                    tick()
                yield answer
    except ray.exceptions.RayError as error:
        raise InfrastructureError(
            f"the Ray cluster failed: {error}. What is finished is kept; run the same command "
            "again to go on."
        ) from error
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
        if ours:
            ray.shutdown()


def _connect(ray: Any, jobs: int, address: str | None) -> None:
    import os

    address = address or os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {} if address else {"num_cpus": jobs, "include_dashboard": False}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            runtime_env={"env_vars": single_threaded()},
            **options,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address}" if address else "on this machine"
        raise InfrastructureError(f"no Ray cluster {where}: {error}") from error


def _remote(plan: Plan, number: int) -> int | QuasarError:
    try:
        return build_shard(plan, number, lambda: None)
    except QuasarError as error:  # an answer, so that Ray neither wraps nor retries it
        return error

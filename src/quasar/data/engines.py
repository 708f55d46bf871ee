"""Where shards are built: processes of this machine, or a Ray cluster. The same shards either way.

On a cluster every node must see the output folder under the same path and have quasar installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from quasar.core.cluster import Cluster, Engine, on_ray
from quasar.data.shard import Plan, build_shard
from quasar.data.workers import Tick, spread


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
        return
    for number in on_ray(_remote, plan, numbers, Cluster(ray_address, jobs)):
        for _ in plan.settings.shard(number):
            tick()
        yield number


def _remote(plan: Plan, number: int) -> int:
    return build_shard(plan, number, lambda: None)

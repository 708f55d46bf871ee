"""What every room shares: one Ray, and the files of tests that several processes share out."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

import support.cases  # noqa: F401 - before any test is collected
from quasar.core.cluster import Cluster, on_ray

RAY = "one_ray"

# In a job that a shell has put into the background, Ctrl-C is ignored, and stays so in every
# process that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def one_ray() -> Iterator[Cluster]:
    """Ray with two cores, started and stopped by `on_ray` itself; starting it takes seconds."""
    ray = pytest.importorskip("ray")
    cluster = Cluster(None, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        running = on_ray(max, 0, [1, 2], cluster)
        assert next(running) in {1, 2}
    yield cluster
    assert ray.is_initialized()
    running.close()
    assert not ray.is_initialized()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file stays in one process, and all that use Ray in another.

    So what a file's tests share is made once, and one Ray starts.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        uses_ray = RAY in getattr(item, "fixturenames", ())
        item.add_marker(
            pytest.mark.xdist_group(RAY if uses_ray else item.nodeid.partition("::")[0])
        )

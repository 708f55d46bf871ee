"""What every room shares: one Ray, quick fork servers, and who runs which files of tests."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import support.cases  # noqa: F401 - before any test is collected
from quasar.core.cluster import Cluster, on_ray
from quasar.verifier.sandbox import handle
from support.cluster_here import PoolHere
from support.fork_servers import Template

RAY = "one_ray"
PERHAPS_RAY = "any_cluster"
LONGEST = (
    "tests/test_documentation.py",
    "tests/train/test_grpo.py",
    "tests/evaluation/test_evaluate.py",
    "tests/verifier/test_sandbox.py",
    "tests/service/test_serve.py",
    "tests/train/stream/test_training.py",
    "tests/train/test_quality.py",
    "tests/verifier/test_warm.py",
    "tests/report/test_store.py",
    "tests/verifier/test_pool.py",
    "tests/train/test_sft.py",
    "tests/service/test_mcp.py",
    "tests/verifier/test_bounded.py",
    "tests/models/test_packaged_nano.py",
)

# In a job that a shell has put into the background, Ctrl-C is ignored, and stays so in every
# process that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=sys.platform == "linux")
def quick_fork_servers() -> Iterator[None]:
    """Fork servers that this process starts are forked from one that has loaded everything."""
    template = Template()
    with pytest.MonkeyPatch.context() as patch:
        popen = SimpleNamespace(
            Popen=template.start,
            DEVNULL=subprocess.DEVNULL,
            TimeoutExpired=subprocess.TimeoutExpired,
        )
        patch.setattr(handle, "subprocess", popen)
        yield
    template.close()


@pytest.fixture
def started_fork_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork servers are started as for users."""
    monkeypatch.setattr(handle, "subprocess", subprocess)


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


@pytest.fixture(params=["here", pytest.param("ray", marks=pytest.mark.slow)])
def any_cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """What stands in for a cluster, and a real one."""
    if request.param == "ray":
        running: Cluster = request.getfixturevalue(RAY)
        return running
    for place in ("quasar.core.cluster", "quasar.simulate.cones.spread"):
        monkeypatch.setattr(f"{place}.RayPool", PoolHere)
    return Cluster(None, 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no process is left with one of them at the end."""
    first = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(file_of(item.nodeid), len(first)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays in one process, and all files that use Ray in the same.

    So what a file's tests share is made once, and one Ray starts. `--dist loadgroup` would do it
    by marks, but with pytest 9.2 pytest-xdist 3.8 takes every test for a group of its own.
    """
    from xdist.scheduler import LoadScopeScheduling

    folder = Path(__file__).parent
    names = (RAY,) if "not slow" in config.option.markexpr else (RAY, PERHAPS_RAY)
    with_ray = {
        path.relative_to(folder.parent).as_posix()
        for path in folder.rglob("test_*.py")
        if any(name in path.read_text(encoding="utf-8") for name in names)
    }

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = file_of(nodeid)
            return RAY if file in with_ray else file

    config.option.loadscopereorder = False  # the order is that of `pytest_collection_modifyitems`
    return ByFile(config, log)


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]

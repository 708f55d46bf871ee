"""The Ray deployment on a real Ray of this machine, as its users start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import psutil
import pytest

from quasar.core.errors import InputError
from quasar.problems.load import load_problem
from quasar.service import BatchItem, Client, models, ray_engine
from quasar.verifier.api import verify
from support.small_service import small

KEY = "a-key-of-this-test-long-enough"
PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """A running deployment's address: starting it takes seconds."""
    pytest.importorskip("ray.serve")
    environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    environment["QUASAR_API_KEYS"] = KEY
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "quasar", "serve", "--executor", "ray", "--port", "0"),
            *("--workers", "1", "--max-replicas", "2"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    family: list[psutil.Process] = []
    try:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                break
        else:
            pytest.fail("".join(lines))
        family = psutil.Process(process.pid).children(recursive=True)
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


@pytest.mark.slow
def test_answers_are_the_librarys(served: str) -> None:
    expected = verify(GOOD, load_problem(PROBLEM))
    with Client(served, api_key=KEY) as client:
        report = client.verify(GOOD, PROBLEM)
        assert report.energy == expected.energy
        asked = [BatchItem(str(n), GOOD if n % 2 else "nonsense", "p") for n in range(40)]
        found = list(client.verify_many(asked, problems={"p": PROBLEM}))
    assert sorted(int(result.id) for result in found) == list(range(40))
    for result in found:
        assert result.report is not None
        assert result.report.feasible == bool(int(result.id) % 2)


@pytest.mark.slow
def test_strangers_are_refused_behind_the_proxy_too(served: str) -> None:
    asked = {"qasm": GOOD, "problem": PROBLEM}
    assert httpx.post(f"{served}/v1/verify", json=asked).status_code == 401
    assert httpx.get(f"{served}/healthz").status_code == 200


def test_strangers_need_a_key_here_too() -> None:
    with pytest.raises(InputError, match="no API key"):
        ray_engine.build({"host": "0.0.0.0"})


def test_every_replica_gets_the_cores_its_workers_need() -> None:
    serve = pytest.importorskip("ray.serve")
    fixed = small(workers=3, replicas=2)
    assert serve.deployment(object, **ray_engine.scaling(fixed, 3)).num_replicas == 2
    growing = ray_engine.scaling(small(replicas=1, max_replicas=4), 3)
    serve.deployment(object, **growing)  # Ray checks the names and values
    assert growing["autoscaling_config"] == {
        "min_replicas": 1,
        "max_replicas": 4,
        "target_ongoing_requests": 6.0,
    }


def test_a_growing_deployment_does_not_shrink_below_its_size() -> None:
    with pytest.raises(InputError, match="less than replicas"):
        small(replicas=3, max_replicas=2)

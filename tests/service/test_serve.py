"""`quasar serve` as its users start it: a process, stopped by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from quasar.service import BatchItem, Client, models
from support.command import quasar
from support.commands import Command, start
from support.hostile import FOREVER

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def command(*arguments: str) -> Command:
    environment = {k: v for k, v in os.environ.items() if k != "QUASAR_API_KEYS"}
    return start("serve", *arguments, env=environment)


@pytest.fixture
def process() -> Iterator[tuple[Command, str]]:
    started = command("--port", "0", "--workers", "2")
    line = started.stderr.readline()
    found = re.search(r"http://\S+", line)
    assert found, line
    yield started, found[0]
    if started.poll() is None:
        started.kill()
    started.wait(timeout=30)


def test_it_finishes_what_it_accepted_and_leaves_nothing_behind(
    process: tuple[Command, str],
) -> None:
    started, url = process
    family = psutil.Process(started.pid).children(recursive=True)
    assert family
    asked = [BatchItem(str(n), f"{HEAD}qubit[3] q; rx({n}.5) q[0];", "p") for n in range(400)]
    found: list[Any] = []

    def ask() -> None:
        with Client(url, retries=0) as client:
            found.extend(client.verify_many(asked, problems={"p": PROBLEM}, batch_size=1000))

    thread = threading.Thread(target=ask)
    thread.start()
    while not found:
        time.sleep(0.005)
    started.send_signal(signal.SIGTERM)
    thread.join(timeout=60)
    assert len(found) == len(asked)
    assert all(result.report.feasible for result in found)
    started.wait(timeout=30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


def test_workers_do_not_outlive_a_service_that_is_killed(
    process: tuple[Command, str],
) -> None:
    started, url = process
    body = {"problem": PROBLEM, "qasm": FOREVER}
    with pytest.raises(httpx.ReadTimeout):  # one worker is busy now, the other is not
        httpx.post(f"{url}/v1/verify", json=body, timeout=1.0)
    family = psutil.Process(started.pid).children(recursive=True)
    started.kill()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_a_client_goes_on_with_the_service_that_follows_a_killed_one(
    process: tuple[Command, str],
) -> None:
    started, url = process
    asked = [BatchItem(str(n), f"{HEAD}qubit[3] q; rx({n}.5) q[0];", "p") for n in range(600)]
    found: list[Any] = []
    second = None
    try:
        with Client(url, retries=20, backoff_s=0.2) as client:
            for result in client.verify_many(asked, problems={"p": PROBLEM}, batch_size=600):
                found.append(result)
                if len(found) == 100:
                    started.kill()
                    started.wait(timeout=30)
                    second = command("--port", url.rpartition(":")[2], "--workers", "2")
        assert sorted(int(result.id) for result in found) == list(range(600))
        assert all(result.report.feasible for result in found)
        # What the client had in hand is not asked of the second one.
        text = httpx.get(f"{url}/metrics").text
        scored = re.search(r'quasar_orders_total\{operation="verify",outcome="(\w+)"\} (\S+)', text)
        assert scored, text
        assert float(scored[2]) <= 600 - 100
    finally:
        if second is not None:
            second.kill()
            second.wait(timeout=30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "no API key is set"),
        (["--host", "::"], "no API key is set"),
        (["--key-file", "nowhere"], "nowhere cannot be read"),
        (["--model", "no-such-model", "--port", "0"], "no-such-model"),
        (["--config", "nowhere.toml"], "nowhere.toml cannot be read"),
    ],
)
def test_it_refuses_to_start(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUASAR_API_KEYS", raising=False)
    refused = quasar("serve", *arguments)
    assert refused.code == 2
    assert words in refused.err


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = quasar("serve", "--port", taken.getsockname()[1])
    assert refused.code == 4
    assert "choose another with --port" in refused.err


def test_a_key_from_a_file_opens_it_and_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    key = "0123456789abcdef-secret"
    (tmp_path / "keys").write_text(key)
    options = ("--port", "0", "--workers", "1", "--key-file", str(tmp_path / "keys"))
    started = subprocess.Popen(
        [sys.executable, "-m", "quasar", "serve", *options],
        stderr=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "QUASAR_API_KEYS"},
    )
    try:
        assert started.stderr is not None
        url = re.search(r"http://\S+", started.stderr.readline())[0]  # type: ignore[index]
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/v1/problems").status_code == 401
        answer = httpx.get(f"{url}/v1/problems", headers={"x-api-key": key})
        assert json.loads(answer.content)["problems"]
        shown = " ".join(psutil.Process(started.pid).cmdline())
        assert key not in shown
        started.send_signal(signal.SIGINT)
        _, errors = started.communicate(timeout=30)
        assert "Traceback" not in errors
    finally:
        started.kill()
        started.wait(timeout=30)

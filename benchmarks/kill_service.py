"""`quasar serve` killed while a client sends batches: each item is answered once, and rightly.

Part of `kill_resume.py`. `server`: the service itself is killed and started again on its port.
`workers`: one of the processes that verify is killed, and the service goes on.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

import quasar
from quasar.core.errors import InfrastructureError
from quasar.service import BatchItem, Client
from quasar.verifier.pipeline import Verifier

Row = dict[str, Any]
PROBLEM = {"hamiltonian": "1.0 * Z(0) + -0.5 * (Z(0) @ Z(1)) + 0.25 * (Z(1) @ Z(2))"}
_BATCH = 200


def wait_for_end(pids: Sequence[int]) -> float:
    """Seconds until none of the processes is left.

    Raises:
        InfrastructureError: some are still there after two minutes.
    """
    begun = time.monotonic()
    while any(_is_alive(pid) for pid in pids):
        if time.monotonic() - begun > 120:
            raise InfrastructureError("workers outlive their parent.")
        time.sleep(0.02)
    return round(time.monotonic() - begun, 2)


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def family(pid: int) -> list[int]:
    """All processes below one, children first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = [int(child) for child in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
        found += [*below, *(grandchild for child in below for grandchild in family(child))]
    return found


def _program(number: int) -> str:
    """Every tenth is broken."""
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'
    body = f"rx({number % 5000}.25) q[0];\ncx q[0], q[1];\nry(0.{number % 997:03}) q[2];\n"
    return head + body + ("rxx q[0];\n" if number % 10 == 0 else "")


class _Asked:
    """A client that sends batches until it is told to end, and what it was answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ending = threading.Event()
        self.answers: list[tuple[int, float | None]] = []
        self.sent = 0
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            with Client(self.url, retries=100) as client:
                for batch in count():
                    if self.ending.is_set():
                        return
                    numbers = range(batch * _BATCH, (batch + 1) * _BATCH)
                    items = [BatchItem(str(n), _program(n), "p") for n in numbers]
                    self.sent += len(items)
                    for result in client.verify_many(items, problems={"p": PROBLEM}):
                        energy = None if result.report is None else result.report.energy
                        self.answers.append((int(result.id), energy))
        except BaseException as error:
            self.failure = error


def _start(port: int, jobs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "quasar", "serve", "--port", str(port), "--workers", str(jobs)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed_while_asked(name: str, kills: int, seed: int, jobs: int) -> tuple[list[Row], bool]:
    """Each kill, and whether every item was answered once and rightly.

    Args:
        name: `server` or `workers`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rng = np.random.default_rng(seed)
    server = _start(port, jobs)
    asked = _Asked(f"http://127.0.0.1:{port}")
    rows: list[Row] = []
    try:
        for _ in range(kills):
            _some_answers(asked, _BATCH // 4)
            time.sleep(float(rng.uniform(0.0, 1.0)))
            below = family(server.pid)
            before = len(asked.answers)
            if name == "server":
                server.send_signal(signal.SIGKILL)
                server.wait()
                gone = wait_for_end(below)
                server = _start(port, jobs)
            else:
                leaves = [pid for pid in below if not family(pid)]
                _kill(int(rng.choice(leaves)))
                gone = 0.0
            rows.append(
                {"subject": name, "answers_before": before, "workers": len(below), "gone_s": gone}
            )
        _some_answers(asked, _BATCH)
    finally:
        asked.ending.set()
        asked.thread.join(timeout=300)
        below = family(server.pid)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        wait_for_end(below)
    return rows, _right(asked)


def _kill(pid: int) -> None:
    import os

    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself


def _some_answers(asked: _Asked, more: int) -> None:
    """Wait until there are so many more."""
    upto = len(asked.answers) + more
    begun = time.monotonic()
    while len(asked.answers) < upto:
        if asked.failure is not None or time.monotonic() - begun > 300:
            raise InfrastructureError(f"no answers any more: {asked.failure}")
        time.sleep(0.01)


def _right(asked: _Asked) -> bool:
    """Whether each item was answered once, with the energy that it has."""
    if asked.failure is not None:
        print(f"the client gave up: {asked.failure}", file=sys.stderr)
        return False
    times = Counter(number for number, _ in asked.answers)
    lost = asked.sent - len(times)
    twice = sum(n > 1 for n in times.values())
    verifier = Verifier(quasar.load_problem(PROBLEM))
    wrong = 0
    for number, energy in asked.answers:
        expected = verifier.verify(_program(number)).energy
        wrong += (energy is None) is not (expected is None) or (
            energy is not None and expected is not None and abs(energy - expected) > 1e-9
        )
    print(f"{asked.sent} items: {lost} lost, {twice} answered twice, {wrong} wrong")
    return not (lost or twice or wrong)

"""A command in a process of its own, to be interrupted, and problems that take it some time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx

START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
MAIN = START + "from quasar.cli.main import main; print('ready', flush=True); main()"


class Running:
    """The command in a process group of its own, past its imports."""

    def __init__(self, *arguments: str, command: str = "generate") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAIN, command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def signal(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=200)
        return self.process.returncode, out, err


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def write_maxcut(path: Path, n: int) -> str:
    graph = nx.node_link_data(nx.random_regular_graph(3, n, seed=1), edges="edges")
    path.write_text(json.dumps({"problem_type": "maxcut", "graph": graph}))
    return str(path)

"""What tests of interrupted commands wait for, and problems that take a command some time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def write_maxcut(path: Path, n: int) -> str:
    graph = nx.node_link_data(nx.random_regular_graph(3, n, seed=1), edges="edges")
    path.write_text(json.dumps({"problem_type": "maxcut", "graph": graph}))
    return str(path)

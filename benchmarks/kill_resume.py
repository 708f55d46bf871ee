"""A build killed by SIGKILL at random moments and resumed, against one that was left alone.

Every kill hits the parent alone; its workers have to notice. At the end the two data sets must be
equal record for record, none lost and none doubled. Run `python -m benchmarks.kill_resume`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from benchmarks._common import print_table, write_result

from quasar.core.errors import InfrastructureError
from quasar.data.build import DATA, STAGING
from quasar.data.record import record_line
from quasar.data.storage import read_records

Row = dict[str, Any]


def command(out: Path, config: Path, jobs: int) -> list[str]:
    build = [sys.executable, "-m", "quasar", "data", "build"]
    return [*build, "--config", str(config), "--out", str(out), "--jobs", str(jobs)]


def shards(out: Path) -> int:
    """Shards on disk."""
    return len(list(out.glob(f"{STAGING}/shard-*.parquet")))


def digest(out: Path) -> tuple[int, str]:
    """Records, and a hash of all of them by index."""
    records = [r for path in (out / DATA).glob("*.parquet") for r in read_records(path)]
    total = hashlib.sha256()
    for record in sorted(records, key=lambda r: int(r["index"])):
        total.update(record_line(record))
    return len(records), total.hexdigest()


def kill_once(start: Sequence[str], out: Path, delay_s: float) -> Row:
    """Start the build, kill it after a while, see what is left."""
    before = shards(out)
    run = subprocess.Popen(start, stderr=subprocess.DEVNULL)
    workers: list[int] = []
    try:
        run.wait(delay_s)
    except subprocess.TimeoutExpired:
        workers = children(run.pid)
        run.send_signal(signal.SIGKILL)
        run.wait()
    half_written = len(list(out.glob(f"{STAGING}/.*.tmp")))
    return {
        "delay_s": delay_s,
        "killed": run.returncode == -signal.SIGKILL,
        "shards_before": before,
        "half_written_files": half_written,
        "workers": len(workers),
        "workers_gone_s": wait_for_end(workers),
        "shards_after": shards(out),
    }


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--shard-size", type=int, default=20)
    parser.add_argument("--recipe", default="agent-q")
    parser.add_argument("--max-qubits", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    folder = Path(mkdtemp(prefix="kill-resume-"))
    config = folder / "settings.json"
    names = ("recipe", "count", "shard_size", "max_qubits", "seed")
    config.write_text(json.dumps({name: getattr(options, name) for name in names}))
    killed = folder / "killed"
    try:
        begun = time.monotonic()
        subprocess.run(command(folder / "whole", config, options.jobs), check=True)
        whole_s = time.monotonic() - begun
        rng = np.random.default_rng(options.seed)
        rows = []
        for _ in range(options.kills):
            delay = float(rng.uniform(0.05, 1.4) * whole_s / options.kills + 1.0)
            again = command(killed, config, options.jobs)
            rows.append(kill_once(again, killed, round(delay, 2)))
        subprocess.run(command(killed, config, options.jobs), check=True)
        ours, theirs = digest(killed), digest(folder / "whole")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(rows, "kills")
    result = {"records": ours[0], "expected": options.count, "identical": ours == theirs}
    print(json.dumps(result))
    path = write_result("kill_resume", rows, {"settings": vars(options), **result})
    print(f"written to {path}")
    if ours != theirs:
        raise InfrastructureError("the resumed data set differs from the uninterrupted one.")


if __name__ == "__main__":
    main()

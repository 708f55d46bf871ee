"""How fast the verifier is on every shared text, an older commit beside this one, in one run.

The two sides take turns, task by task, so that whatever else the machine does meets both; figures
are medians over the rounds. A third side is this commit with Python alone (`QUASAR_COMPILED=off`).
The older commit is checked out beside the project for the time of the run, with its libraries
built. Texts that do not parse count too.

Run `python -m benchmarks.judge_speed`; `--limit` takes a part of the texts, `--rounds 1` one turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, print_table, write_result
from benchmarks.judge_side import TASKS

OLD = "f67df06"
"""Before flat programs were compiled."""
SHARED = ROOT.parent / "shared" / "agentq"
PYTHON_ONLY = ("in process, stages 1-3", "sandbox, stages 1-3")
Found = dict[str, float]


class Side:
    """A process that measures one version."""

    def __init__(self, source: Path, environment: dict[str, str]) -> None:
        paths = {**os.environ, **environment, "PYTHONPATH": str(source)}
        command = [sys.executable, str(Path(__file__).with_name("judge_side.py"))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=paths
        )

    def do(self, task: str) -> Found:
        """Have it do a task."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(task, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{task}: the process has ended")
        found: Found = json.loads(line)
        return found

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


@contextmanager
def checked_out(commit: str) -> Iterator[Path | None]:
    """The sources of a commit, with their libraries built; None where git does not have it."""
    with tempfile.TemporaryDirectory(prefix="quasar-old-") as folder:
        tree = Path(folder) / "tree"
        add = ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(tree), commit]
        if subprocess.run(add, capture_output=True).returncode:
            print(f"no commit {commit} here: only this version is measured")
            yield None
            return
        try:
            for script in ("core/compiled.py", "models/kernel_build.py"):
                path = tree / "src" / "quasar" / script
                if path.is_file():
                    subprocess.run([sys.executable, str(path)], check=True, capture_output=True)
            yield tree / "src"
        finally:
            remove = ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)]
            subprocess.run(remove, check=True, capture_output=True)


def rows_of(found: dict[str, dict[str, list[Found]]]) -> list[dict[str, Any]]:
    """A row for each task: medians of the sides, and how many times as fast this one is."""
    rows = []
    for task, sides in found.items():
        key = "s" if "s" in next(iter(sides.values()))[0] else "per_s"
        middle = {side: statistics.median(f[key] for f in all_) for side, all_ in sides.items()}
        row: dict[str, Any] = {"task": task, "unit": "s" if key == "s" else "candidates/s"}
        row |= {side: middle.get(side) for side in ("old", "new", "Python alone")}
        if "old" in middle:
            ratio = middle["new"] / middle["old"]
            row["times as fast"] = 1 / ratio if key == "s" else ratio
        for side, all_ in sides.items():
            last = all_[-1]
            for name in ("feasible", "evaluations", "mib_a_worker"):
                if last.get(name):
                    row[f"{name}, {side}"] = last[name]
        rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(os.environ.get("QUASAR_AGENTQ", SHARED))
    parser.add_argument("--data", type=Path, default=default, help="folder of the generations")
    parser.add_argument("--old", default=OLD, help="commit to compare with; '' for none")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=int, default=0, help="texts; default: all")
    parser.add_argument("--tasks", nargs="*", choices=[*TASKS], default=[*TASKS])
    parser.add_argument("--name", default="judge_speed", help="result file")
    options = parser.parse_args(arguments)
    if not (options.data / "records.jsonl.gz").is_file():
        raise SystemExit(f"no generations in {options.data}: set QUASAR_AGENTQ")
    environment = {"QUASAR_AGENTQ": str(options.data), "JUDGE_LIMIT": str(options.limit)}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    load = [os.getloadavg()[0]]
    with ExitStack() as stack:
        sides = {"new": Side(ROOT / "src", environment)}
        sides["Python alone"] = Side(ROOT / "src", {**environment, "QUASAR_COMPILED": "off"})
        tree = stack.enter_context(checked_out(options.old)) if options.old else None
        if tree is not None:
            sides["old"] = Side(tree, environment)
        for side in sides.values():
            stack.callback(side.close)
        found: dict[str, dict[str, list[Found]]] = {}
        for task in options.tasks:
            for turn in range(options.rounds):
                for name, side in sides.items():
                    if name != "Python alone" or task in PYTHON_ONLY:
                        measured = side.do(task)
                        found.setdefault(task, {}).setdefault(name, []).append(measured)
                        print(f"{task}, turn {turn + 1}, {name}: {measured}", flush=True)
    load.append(os.getloadavg()[0])
    rows = rows_of(found)
    print_table(rows, "Judging every shared text")
    extra = {"old": options.old, "rounds": options.rounds, "limit": options.limit, "load": load}
    path = write_result(options.name, rows, {**extra, "turns": found})
    print(f"written to {path}")


if __name__ == "__main__":
    main()

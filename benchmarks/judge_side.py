"""One side of `benchmarks.judge_speed`: does what it is told with the quasar on its path.

Reads lines `TASK` from standard input and answers each with a line of JSON. Uses only what older
commits have too, so that the same file measures them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.jsonl import read_jsonl
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox import Job, Sandbox
from quasar.verifier.settings import UtilitySettings, VerifierSettings

FOLDER = Path(os.environ.get("QUASAR_AGENTQ", ""))
LIMIT = int(os.environ.get("JUDGE_LIMIT", "0"))
WORKERS = 2
MAX_ITERATIONS = 80
Found = dict[str, float]


def settings(max_stage: int, *, quality: bool = False) -> VerifierSettings:
    utility = UtilitySettings(max_evaluations=MAX_ITERATIONS)
    return VerifierSettings(max_stage=max_stage, quality=quality, utility=utility)


@cache
def data() -> tuple[list[EncodedProblem], list[tuple[int, str]]]:
    """Problems, and every text with the number of its problem: those that do not parse too."""
    index: dict[int, int] = {}
    problems: list[EncodedProblem] = []
    for _, record in read_jsonl(FOLDER / "records.jsonl.gz"):
        index[record["sample_index"]] = len(problems)
        problems.append(load_problem(record))
    rows = [row for _, row in read_jsonl(FOLDER / "generations.jsonl.gz")]
    step = max(1, len(rows) // LIMIT) if LIMIT else 1
    return problems, [(index[row["sample_index"]], row["qasm"]) for row in rows[::step]]


@cache
def verifiers(quality: bool) -> dict[int, Verifier]:
    problems, texts = data()
    found = {}
    for number in sorted({number for number, _ in texts}):
        found[number] = Verifier(problems[number], None, settings(3, quality=quality))
        found[number].prepare()
    return found


@cache
def sandbox(max_stage: int, quality: bool) -> Sandbox:
    """Open until the process ends, and warm: every problem is prepared."""
    opened = Sandbox(data()[0], settings(max_stage, quality=quality), workers=WORKERS)
    opened.__enter__()
    if max_stage < 4:
        opened.map(jobs())
    else:
        opened.map(jobs()[:: len(jobs()) // 400 + 1])
    return opened


def jobs() -> list[Job]:
    return [Job(i, number, text) for i, (number, text) in enumerate(data()[1])]


def in_process(quality: bool) -> Found:
    ready, texts = verifiers(quality), data()[1]
    for number, text in texts[:200]:
        ready[number].verify(text)
    begun = time.perf_counter()
    for number, text in texts:
        ready[number].verify(text)
    return {"per_s": len(texts) / (time.perf_counter() - begun)}


def sandboxed(max_stage: int, quality: bool = False) -> Found:
    box = sandbox(max_stage, quality)
    begun = time.perf_counter()
    reports = box.map(jobs())
    seconds = time.perf_counter() - begun
    evaluations = [r.stages.utility.evaluations for r in reports if r.stages.utility is not None]
    return {
        "per_s": len(reports) / seconds,
        "feasible": sum(report.feasible for report in reports),
        "evaluations": sum(evaluations),
        "mib_a_worker": box.statistics.peak_memory_mib,
    }


def evaluation() -> Found:
    """The command with its report, from the start of its process to the end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "quasar", "evaluate", "--out", f"{folder}/table"]
        command += ["--records", str(FOLDER / "records.jsonl.gz"), "--jobs", str(WORKERS)]
        command += ["--generations", str(FOLDER / "generations.jsonl.gz")]
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return {"s": time.perf_counter() - begun}


def large() -> Found:
    """One QAOA circuit of 24 qubits through stages 1-3."""
    problem = encode(MaxCut(nx.random_regular_graph(3, 24, seed=24)))
    text = emit(qaoa(problem.hamiltonian, 1).bind([0.4, 0.3]))
    verifier = Verifier(problem, None, settings(3))
    verifier.prepare()
    begun = time.perf_counter()
    verifier.verify(text)
    return {"s": time.perf_counter() - begun}


TASKS: dict[str, Callable[[], Found]] = {
    "in process, stages 1-3": lambda: in_process(False),
    "in process, with quality": lambda: in_process(True),
    "sandbox, stages 1-3": lambda: sandboxed(3),
    "sandbox, with quality": lambda: sandboxed(3, True),
    "sandbox, all four stages": lambda: sandboxed(4),
    "evaluate, with report": evaluation,
    "24 qubits": large,
}


def main() -> None:
    for line in sys.stdin:
        found: dict[str, Any] = TASKS[line.strip()]()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

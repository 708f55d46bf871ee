"""Commands and services killed by SIGKILL at random moments, against ones that were left alone.

`build` (a data set), `evaluation` and `training` are started again until they are done; what they
leave then has to be what an uninterrupted run leaves, nothing lost and nothing doubled. `server`
and `workers` are killed while a client sends batches (`kill_service.py`): each item has to be
answered once, with the right energy. Every kill hits one process; its children have to notice.

Run `python -m benchmarks.kill_resume` for data builds, `--subjects all` for all, with `--load 2`
for as many other busy processes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import numpy as np
from benchmarks._common import print_table, write_result
from benchmarks.kill_service import killed_while_asked, wait_for_end

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InfrastructureError
from quasar.core.seeds import generator
from quasar.data.build import DATA, STAGING
from quasar.data.record import record_line
from quasar.data.storage import read_records
from quasar.evaluation.store import CANDIDATES, REFERENCES, TABLE
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS

Row = dict[str, Any]
_QUASAR = [sys.executable, "-m", "quasar"]
SUBJECTS = ("build", "evaluation", "training", "server", "workers")


class Subject(NamedTuple):
    """What is killed and started again.

    Attributes:
        command: that writes into a folder, and goes on there.
        digest: what a finished folder holds.
        pieces: how much a folder holds by now.
    """

    command: Callable[[Path], list[str]]
    digest: Callable[[Path], Any]
    pieces: Callable[[Path], int]


# --- data build -----------------------------------------------------------------------------------


def build(folder: Path, options: argparse.Namespace) -> Subject:
    """`quasar data build`."""
    config = folder / "settings.json"
    names = ("recipe", "count", "shard_size", "max_qubits", "seed")
    config.write_text(json.dumps({name: getattr(options, name) for name in names}))
    arguments = ["data", "build", "--config", str(config), "--jobs", str(options.jobs)]
    return Subject(lambda out: [*_QUASAR, *arguments, "--out", str(out)], digest, shards)


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


# --- evaluation -----------------------------------------------------------------------------------


def evaluation(folder: Path, options: argparse.Namespace) -> Subject:
    """`quasar evaluate` on circuits for sampled problems, a fifth of them broken."""
    records, made = [], []
    for number in range(max(2, options.count // 100)):
        problem = PROBLEMS["vertex_cover"].sample(generator(options.seed, "kill", number), 6)
        hamiltonian = encode(problem, "agent-q").hamiltonian
        circuit = qaoa(hamiltonian, 1)
        records.append(
            {
                **problem.to_data(),
                "sample_index": number,
                "optimization_type": "qaoa",
                "number_of_layers": 1,
                "number_of_qubits": hamiltonian.n_qubits,
                "cost_hamiltonian": hamiltonian.to_text(),
                "circuit_with_params": emit(circuit.bind([0.4, -0.3]), decimals=4),
            }
        )
        for candidate in range(100):
            text = emit(circuit.bind([candidate / 50, 0.3]), decimals=4)
            broken = "broken" if candidate % 5 == 0 else ""
            made.append(
                {
                    "run": "killed",
                    "sample_index": number,
                    "candidate": candidate,
                    "qasm": text + broken,
                }
            )
    files = {"records": records, "generations": made}
    arguments = ["evaluate", "--jobs", str(options.jobs)]
    for name, rows in files.items():
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        arguments += [f"--{name}", str(path)]
    return Subject(
        lambda out: [*_QUASAR, *arguments, "--out", str(out)],
        lambda out: [(out / name).read_bytes() for name in (CANDIDATES, REFERENCES, TABLE)],
        _lines,
    )


def _lines(out: Path) -> int:
    path = out / CANDIDATES
    return path.read_bytes().count(b"\n") if path.exists() else 0


# --- training -------------------------------------------------------------------------------------


def training(folder: Path, options: argparse.Namespace) -> Subject:
    """`quasar train sft` of a tiny model on a small data set, saved after each step."""
    data = folder / "examples"
    config = folder / "examples.json"
    config.write_text(
        json.dumps({"recipe": "agent-q", "count": 60, "max_qubits": 5, "seed": options.seed})
    )
    made = [*_QUASAR, "data", "build", "--config", str(config), "--out", str(data), "--jobs", "1"]
    subprocess.run(made, check=True, stderr=subprocess.DEVNULL)
    settings = folder / "train.toml"
    settings.write_text(
        f"""threads = 1
[model]
name = "tiny"
attention = "eager"
new = {{ hidden_size = 64, layers = 1, head_size = 32, intermediate_size = 64 }}
[data]
paths = ["{data}"]
cache = "{folder / "cache"}"
jobs = 1
[schedule]
max_steps = {options.steps}
batch_size = 4
learning_rate = 3e-3
[eval]
problems = 0
save_minutes = 1e-9
log_steps = 4
"""
    )
    start = [*_QUASAR, "train", "sft", str(settings), "--set"]
    return Subject(lambda out: [*start, f"out={out}"], trained, checkpoints)


def checkpoints(out: Path) -> int:
    """Newest step that was saved."""
    steps = (path.name.rpartition("-")[2] for path in out.glob("checkpoints/checkpoint-*"))
    return max((int(step) for step in steps if step.isdigit()), default=0)


def trained(out: Path) -> tuple[int, int, list[float]]:
    """Steps, examples seen, and a sum over each layer's weights, rounded."""
    from safetensors.numpy import load_file

    manifest = json.loads((out / "model" / "manifest.json").read_text())
    newest = out / "checkpoints" / f"checkpoint-{checkpoints(out)}" / "model.safetensors"
    weights = load_file(newest)
    sums = [round(float(np.abs(weights[name]).sum()), 2) for name in sorted(weights)]
    return manifest["steps"], manifest["examples_seen"], sums


# --- kills ----------------------------------------------------------------------------------------


def kill_once(start: Sequence[str], out: Path, delay_s: float, subject: Subject) -> Row:
    """Start the command, kill it after a while, see what is left."""
    before = subject.pieces(out)
    run = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
        "pieces_before": before,
        "half_written_files": half_written,
        "workers": len(workers),
        "workers_gone_s": wait_for_end(workers),
        "pieces_after": subject.pieces(out),
    }


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]


def killed_and_resumed(
    name: str, subject: Subject, folder: Path, kills: int, seed: int
) -> tuple[list[Row], bool]:
    """Each kill, and whether the end is that of an uninterrupted run."""
    whole, killed = folder / f"{name}-whole", folder / f"{name}-killed"
    begun = time.monotonic()
    subprocess.run(subject.command(whole), check=True, stdout=subprocess.DEVNULL)
    whole_s = time.monotonic() - begun
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(kills):
        delay = float(rng.uniform(0.05, 1.4) * whole_s / max(kills, 2) + whole_s / 4)
        row = kill_once(subject.command(killed), killed, round(delay, 2), subject)
        rows.append({"subject": name, **row})
        if not row["killed"]:
            break  # it was done before
    subprocess.run(subject.command(killed), check=True, stdout=subprocess.DEVNULL)
    return rows, subject.digest(killed) == subject.digest(whole)


def _busy() -> None:
    while True:
        sum(range(10_000))


@contextlib.contextmanager
def load(count: int) -> Iterator[None]:
    """As many busy processes."""
    started = [multiprocessing.Process(target=_busy, daemon=True) for _ in range(count)]
    for process in started:
        process.start()
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.join()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", default="build", help=f"all, or of {', '.join(SUBJECTS)}")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--load", type=int, default=0)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--shard-size", type=int, default=20)
    parser.add_argument("--recipe", default="agent-q")
    parser.add_argument("--max-qubits", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    names = SUBJECTS if options.subjects == "all" else tuple(options.subjects.split(","))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    makers = {"build": build, "evaluation": evaluation, "training": training}
    rows: list[Row] = []
    same: dict[str, bool] = {}
    folder = Path(mkdtemp(prefix="kill-resume-"))
    try:
        with load(options.load):
            for name in names:
                if name in makers:
                    subject = makers[name](folder, options)
                    done = killed_and_resumed(name, subject, folder, options.kills, options.seed)
                else:
                    done = killed_while_asked(name, options.kills, options.seed, options.jobs)
                rows += done[0]
                same[name] = done[1]
                print_table(done[0], name)
                print(json.dumps({name: "identical" if done[1] else "DIFFERS"}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    file = "kill_resume" if names == ("build",) else "kill_loop"
    path = write_result(file, rows, {"settings": vars(options), "identical": same})
    print(f"written to {path}")
    if not all(same.values()):
        raise InfrastructureError("what is left after kills differs from an uninterrupted run's.")


if __name__ == "__main__":
    main()

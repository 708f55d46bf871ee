"""How fast the service is, beside calling the library, in one run; and a soak with poison.

(a) the library in this process; (b) the library's sandbox, as many workers as the service has;
(c) the service, single requests from so many connections at a time; (d) the service, batches. The
service runs in a process of its own on loopback; the four take turns, and rates are medians over
the rounds. Latencies are those of one candidate: for (d) from the request to its line. All four
judge the same candidates with the same settings (stages 1-3, no states decoded), and have to agree.
(e) candidates of `--qubits` qubits alone, arriving at random (Poisson) at half the rate that (c)
has with these; a latency counts from when the request was due, also where it was sent later.

With `--soak N` instead: N candidates in batches, a share of them poisoned (endless loops, huge
registers, deep nesting, broken UTF-8, programs of 10 MB). Every good one has to come back with the
library's energy, every poisoned one as infeasible, each once; workers are killed at random
(`--kill-every`); the service's memory and its workers are watched.
Run `python -m benchmarks.serve`; it writes `results/serve.json` or `results/serve_soak.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import math
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import psutil
from benchmarks._common import ROOT, print_table, write_result
from benchmarks.verify import SHARED, read_data

from quasar.core.seeds import generator
from quasar.problems.load import load_problem
from quasar.service import AsyncClient, BatchItem, Client
from quasar.service.models import VerifyOptions
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox

OPTIONS = VerifyOptions(max_stage=3, decode_top_states=False)
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
FOREVER = (
    HEAD
    + "gate g0 a { h a; }\n"
    + "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}\n" for i in range(1, 60))
    + "qubit[3] q; g59 q[0];"
)
POISON: dict[str, str | bytes] = {
    "loop": HEAD + "qubit[1] q; bit c; while (c == false) { h q[0]; }",
    "doubling gates": FOREVER,
    "huge register": HEAD + "bit[2000000000] c; qubit[1] q;",
    "many qubits": HEAD + "qubit[24] q; h q;",
    "deep nesting": HEAD + "qubit[1] q; rx(" + "(" * 5000 + "1" + ")" * 5000 + ") q[0];",
    "broken UTF-8": HEAD.encode() + b"qubit[3] q;\nh \xe2\x28 q;",
    "10 MB": HEAD + "qubit[3] q;\n" + "h q[0];\n" * 1_250_000,
}

Row = dict[str, Any]


class Candidate(NamedTuple):
    """A text to judge, and which problem it is for."""

    problem: int
    qasm: str


@dataclass(frozen=True)
class Work:
    """What all ways are given.

    Attributes:
        problems: problem files.
        references: QASM of each problem's reference circuit.
    """

    source: str
    problems: list[dict[str, Any]]
    references: list[str | None]
    candidates: list[Candidate]


@dataclass
class Timing:
    """Of one pass.

    Attributes:
        seconds: the whole pass.
        latencies_s: of each candidate; empty where the way tells none.
        energies: what was found, to be compared.
    """

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    energies: list[float | None] = field(default_factory=list)


def read_work(folder: Path, count: int) -> Work:
    """So many candidates, with their problems stated by the Hamiltonian."""
    data = read_data(folder)
    picked = generator(0, "serve").permutation(len(data.candidates))[:count].tolist()
    chosen = sorted((data.candidates[i] for i in picked), key=lambda c: c.problem)
    numbers = {old: new for new, old in enumerate(dict.fromkeys(c.problem for c in chosen))}
    problems, references = [], []
    for old in numbers:
        encoded = data.problems[old]
        text = encoded.hamiltonian.to_text()
        problems.append(
            {"problem_type": "ising", "hamiltonian": text, "number_of_qubits": encoded.n_qubits}
        )
        references.append(encoded.reference)
    candidates = [Candidate(numbers[c.problem], c.qasm) for c in chosen]
    return Work(data.source, problems, references, candidates)


# --- the four ways -------------------------------------------------------------------------------


class Library:
    """(a) and (b); both keep what they have prepared, as the service does."""

    def __init__(self, work: Work, workers: int) -> None:
        self.work = work
        self.encoded = [load_problem(problem) for problem in work.problems]
        self.sandbox = Sandbox(
            self.encoded, OPTIONS.settings(), workers=workers, references=work.references
        )
        self._verifiers: dict[int, Verifier] = {}

    def _verifier(self, number: int) -> Verifier:
        if number not in self._verifiers:
            verifier = Verifier(
                self.encoded[number], self.work.references[number], OPTIONS.settings()
            )
            verifier.prepare()
            self._verifiers[number] = verifier
        return self._verifiers[number]

    def in_process(self) -> Timing:
        """One candidate after another, here."""
        timing = Timing()
        started = time.perf_counter()
        for candidate in self.work.candidates:
            before = time.perf_counter()
            report = self._verifier(candidate.problem).verify(candidate.qasm)
            timing.latencies_s.append(time.perf_counter() - before)
            timing.energies.append(report.energy)
        timing.seconds = time.perf_counter() - started
        return timing

    def sandboxed(self) -> Timing:
        """In the library's own worker processes; the sandbox is open."""
        started = time.perf_counter()
        reports = self.sandbox.map(Job(None, c.problem, c.qasm) for c in self.work.candidates)
        return Timing(time.perf_counter() - started, [], [report.energy for report in reports])


class Service:
    """(c) and (d), against a running service."""

    def __init__(self, work: Work, url: str, connections: int) -> None:
        self.work = work
        self.url = url
        self.connections = connections

    def singly(self) -> Timing:
        """A request a candidate."""
        return asyncio.run(self._singly())

    def at_rate(self, rate: float, count: int) -> Timing:
        """So many single requests, arriving at random at this rate (1/s)."""
        return asyncio.run(self._at_rate(rate, count))

    async def _at_rate(self, rate: float, count: int) -> Timing:
        work, timing = self.work, Timing()
        due = np.cumsum(generator(0, "arrivals").exponential(1 / rate, count)).tolist()

        async def ask(client: AsyncClient, i: int, at: float, started: float) -> None:
            await asyncio.sleep(started + at - time.perf_counter())
            number, qasm = work.candidates[i % len(work.candidates)]
            await client.verify(qasm, work.problems[number], work.references[number], OPTIONS)
            timing.latencies_s.append(time.perf_counter() - started - at)

        async with AsyncClient(self.url) as client:
            started = time.perf_counter()
            await asyncio.gather(*[ask(client, i, at, started) for i, at in enumerate(due)])
            timing.seconds = time.perf_counter() - started
        return timing

    async def _singly(self) -> Timing:
        work, timing = self.work, Timing(energies=[None] * len(self.work.candidates))
        numbers = iter(range(len(work.candidates)))

        async def ask(client: AsyncClient) -> None:
            for i in numbers:
                number, qasm = work.candidates[i]
                before = time.perf_counter()
                report = await client.verify(
                    qasm, work.problems[number], work.references[number], OPTIONS
                )
                timing.latencies_s.append(time.perf_counter() - before)
                timing.energies[i] = report.energy

        async with AsyncClient(self.url) as client:
            started = time.perf_counter()
            await asyncio.gather(*[ask(client) for _ in range(self.connections)])
            timing.seconds = time.perf_counter() - started
        return timing

    def in_batches(self) -> Timing:
        """A thousand candidates a request."""
        work, timing = self.work, Timing(energies=[None] * len(self.work.candidates))
        items = [
            BatchItem(str(i), qasm, str(number), work.references[number])
            for i, (number, qasm) in enumerate(work.candidates)
        ]
        problems = {str(i): problem for i, problem in enumerate(work.problems)}
        with Client(self.url) as client:
            started = time.perf_counter()
            for result in client.verify_many(items, options=OPTIONS, problems=problems):
                timing.latencies_s.append(time.perf_counter() - started)
                timing.energies[int(result.id)] = energy_of(result.report)
            timing.seconds = time.perf_counter() - started
        return timing


def energy_of(report: Report | None) -> float | None:
    if report is None:
        raise RuntimeError("the service had no verdict.")
    return report.energy


@contextmanager
def service(*arguments: str) -> Iterator[tuple[str, int]]:
    """A service in a process of its own; its address and process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "quasar", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise RuntimeError(f"the service did not start: {line}{process.stderr.read()}")
        yield found[0], process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def compare(work: Work, workers: int, connections: int, rounds: int) -> list[Row]:
    """Rows of the table; the first round warms everything up and does not count."""
    passes: dict[str, list[Timing]] = {"a": [], "b": [], "c": [], "d": []}
    library = Library(work, workers)
    with service("--workers", str(workers)) as (url, _), library.sandbox:
        served = Service(work, url, connections)
        ways = {
            "a": library.in_process,
            "b": library.sandboxed,
            "c": served.singly,
            "d": served.in_batches,
        }
        for _ in range(rounds + 1):
            for name, way in ways.items():
                passes[name].append(way())
    check_agreement(passes)
    what = {
        "a": "library, this process",
        "b": f"library, sandbox of {workers}",
        "c": f"service of {workers}, {connections} connections",
        "d": f"service of {workers}, batches",
    }
    return [
        row(f"({name}) {what[name]}", timings[1:], len(work.candidates))
        for name, timings in passes.items()
    ]


def at_half_load(work: Work, workers: int, connections: int, count: int) -> Row:
    """Way (e), after a pass that warms the service up and one that tells its full rate."""
    with service("--workers", str(workers)) as (url, _):
        served = Service(work, url, connections)
        served.singly()
        full = served.singly()
        rate = len(work.candidates) / full.seconds / 2
        timing = served.at_rate(rate, count)
    found = row(f"(e) service of {workers}, half load", [timing], count)
    return found | {"offered per second": rate}


def of_size(work: Work, qubits: int) -> Work:
    """The candidates for problems of so many qubits."""
    kept = [c for c in work.candidates if work.problems[c.problem]["number_of_qubits"] == qubits]
    return replace(work, candidates=kept)


def row(way: str, timings: Sequence[Timing], count: int) -> Row:
    rates = [count / timing.seconds for timing in timings]
    latencies = [s for timing in timings for s in timing.latencies_s]
    return {
        "way": way,
        "candidates": count,
        "per second": statistics.median(rates),
        "lowest": min(rates),
        "highest": max(rates),
        **percentiles(latencies),
    }


def percentiles(latencies_s: Sequence[float]) -> Row:
    """Milliseconds at the median, 95%, 99% and at most; None where there are none."""
    names = {"p50 ms": 50, "p95 ms": 95, "p99 ms": 99, "max ms": 100}
    if not latencies_s:
        return dict.fromkeys(names)
    return {name: float(np.percentile(latencies_s, q)) * 1e3 for name, q in names.items()}


def same(energy: float | None, expected: float | None) -> bool:
    """Equal up to the order of additions, which hangs on the number of threads."""
    if energy is None or expected is None:
        return energy is expected
    return math.isclose(energy, expected, rel_tol=1e-9, abs_tol=1e-9)


def check_agreement(passes: dict[str, list[Timing]]) -> None:
    """All ways have to find the same energies.

    Raises:
        RuntimeError: they do not.
    """
    expected = passes["a"][0].energies
    for name, timings in passes.items():
        for timing in timings:
            if not all(map(same, timing.energies, expected)):
                raise RuntimeError(f"way ({name}) finds other energies than the library.")


# --- the soak ------------------------------------------------------------------------------------


def soak(
    work: Work, count: int, share: float, workers: int, limits: Sequence[str], kill_every_s: float
) -> tuple[list[Row], Row]:
    """So many candidates, a share poisoned; a row for each kind, and totals.

    Args:
        kill_every_s: mean time between kills of a worker at random; 0: none.

    Raises:
        RuntimeError: an answer is missing, comes twice or is wrong, or the service is gone.
    """
    expected = Library(work, workers).in_process().energies
    rng = generator(0, "soak")
    kinds = list(POISON)
    drawn = np.where(rng.random(count) < share, rng.integers(0, len(kinds), count), -1).tolist()
    asked: dict[str, float] = {}
    seconds: dict[str, list[float]] = {kind: [] for kind in ["good", *kinds]}
    faults: dict[str, dict[str, int]] = {kind: {} for kind in seconds}

    def items() -> Iterator[BatchItem]:
        for i, kind in enumerate(drawn):
            qasm, problem, reference = good_one(work, i)
            text = qasm if kind < 0 else POISON[kinds[kind]]
            asked[str(i)] = time.perf_counter()
            yield BatchItem(str(i), text, problem, reference)

    problems = {str(i): problem for i, problem in enumerate(work.problems)}
    with service("--workers", str(workers), *limits) as (url, pid), Client(url) as client:
        memory, answered, every = [memory_mib(pid)], 0, max(1, count // 40)
        started = time.perf_counter()
        with killing(pid, kill_every_s) as killed:
            for result in client.verify_many(items(), options=OPTIONS, problems=problems):
                i = int(result.id)
                kind = "good" if drawn[i] < 0 else kinds[drawn[i]]
                report = result.report
                if report is None:
                    raise RuntimeError(f"no verdict on {kind} candidate {i}: {result.error}")
                wanted = expected[i % len(work.candidates)]
                if kind == "good" and not same(report.energy, wanted):
                    raise RuntimeError(f"candidate {i} has another energy than the library finds.")
                if kind != "good" and report.feasible:
                    raise RuntimeError(f"candidate {i} ({kind}) is called feasible.")
                seconds[kind].append(time.perf_counter() - asked.pop(result.id))
                fault = "none" if report.fault is None else report.fault.limit or report.fault.kind
                faults[kind][fault] = faults[kind].get(fault, 0) + 1
                answered += 1
                if answered % every == 0:
                    memory.append(memory_mib(pid))
        elapsed_s = time.perf_counter() - started
        if asked:
            raise RuntimeError(f"{len(asked)} candidates were not answered.")
        memory.append(memory_mib(pid))
        # A worker that ended is replaced with the next order that it is handed.
        plenty = [BatchItem(str(i), *good_one(work, i)) for i in range(100 * workers)]
        list(client.verify_many(plenty, options=OPTIONS, problems=problems))
        alive = len(workers_of(pid))
        if alive != workers:
            raise RuntimeError(f"{alive} of {workers} workers are there at the end.")
        ended = re.findall(
            r'quasar_workers_ended_total\{why="(\w+)"\} (\S+)', httpx.get(f"{url}/metrics").text
        )
    rows: list[Row] = [
        {
            "kind": kind,
            "candidates": len(times),
            **percentiles(times),
            "faults": ", ".join(f"{k} {v}" for k, v in sorted(faults[kind].items())),
        }
        for kind, times in seconds.items()
    ]
    totals = {
        "candidates": count,
        "poisoned": sum(kind >= 0 for kind in drawn),
        "seconds": elapsed_s,
        "per_second": count / elapsed_s,
        "workers_killed": len(killed),
        "workers_at_the_end": alive,
        "workers_ended": {why: float(number) for why, number in ended},
        "service_memory_mib": {
            "first": memory[0],
            "most": max(memory),
            "last": memory[-1],
            "between": memory[1:-1],
        },
    }
    return rows, totals


def good_one(work: Work, i: int) -> tuple[str, str, str | None]:
    """QASM, problem and reference of a candidate, as a batch takes them."""
    number, qasm = work.candidates[i % len(work.candidates)]
    return qasm, str(number), work.references[number]


@contextmanager
def killing(pid: int, every_s: float) -> Iterator[list[int]]:
    """SIGKILL for a random worker every so often (exponential); yields the processes killed."""
    killed: list[int] = []
    over = threading.Event()
    rng = generator(0, "kills")

    def kill() -> None:
        while not over.wait(rng.exponential(every_s)):
            if family := workers_of(pid):
                victim = family[int(rng.integers(len(family)))]
                with suppress(psutil.NoSuchProcess):
                    victim.kill()
                    killed.append(victim.pid)

    thread = threading.Thread(target=kill, daemon=True)
    if every_s > 0:
        thread.start()
    try:
        yield killed
    finally:
        over.set()
        if every_s > 0:
            thread.join()


def workers_of(pid: int) -> list[psutil.Process]:
    """Worker processes of a service: children of its fork server."""
    process = psutil.Process(pid)
    own = {child.pid for child in process.children()}
    return [child for child in process.children(recursive=True) if child.pid not in own]


def memory_mib(pid: int) -> float:
    """Resident memory of the serving process, without its workers; 0 where it is not told."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of shared generations")
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=int, metavar="N", help="soak with so many candidates")
    parser.add_argument("--poison", type=float, default=0.02, help="share of poisoned candidates")
    parser.add_argument("--max-seconds", type=float, default=2.0, help="for a candidate, in a soak")
    parser.add_argument("--max-memory-mib", type=int, default=512, help="the same")
    parser.add_argument(
        "--kill-every", type=float, default=10.0, help="seconds, in a soak; 0: never"
    )
    parser.add_argument("--qubits", type=int, default=10, help="of the candidates at half load")
    parser.add_argument("--arrivals", type=int, default=2000, help="requests at half load")
    options = parser.parse_args(arguments)
    work = read_work(options.data, options.candidates)
    gc.collect()
    gc.freeze()  # this process must not add pauses of its own to the latencies
    given = {"source": work.source, "workers": options.workers}
    if options.soak is None:
        rows = compare(work, options.workers, options.connections, options.rounds)
        if sized := of_size(work, options.qubits).candidates:
            half = replace(work, candidates=sized)
            rows.append(at_half_load(half, options.workers, options.connections, options.arrivals))
        print_table(rows, f"{work.source}, median of {options.rounds} rounds")
        given |= {"rounds": options.rounds, "connections": options.connections}
        print(write_result("serve", rows, given))
        return
    limits = ["--max-seconds", str(options.max_seconds)]
    limits += ["--max-memory-mib", str(options.max_memory_mib)]
    rows, totals = soak(
        work, options.soak, options.poison, options.workers, limits, options.kill_every
    )
    print_table(rows, "soak")
    print_table([{k: str(v) for k, v in totals.items()}])
    print(write_result("serve_soak", rows, {**given, "poison": options.poison, **totals}))


if __name__ == "__main__":
    main(sys.argv[1:])

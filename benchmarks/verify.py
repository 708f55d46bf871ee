"""How fast the verifier is, side by side with the published way, in one run.

(a) ours, stages 1-3, in the sandbox; (b) ours, all four stages; (c) `published_way`, a fresh Python
process for each candidate; (d) the same work as (c) in one process, without start-up. The four take
turns, so that whatever else the machine does meets all of them; rates are medians over the rounds.
Then the growth of one verification with the number of qubits.

Candidates are all that parse of the shared generations, or the project's own sample where those are
absent: random instances of every problem type with QAOA and Sim et al. circuits at random angles.
Run `python -m benchmarks.verify`; with `--docs` the tables of `docs/benchmarks.md` are rewritten.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from benchmarks import published_way
from benchmarks._common import ROOT, markdown, print_table, with_tables, write_result

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.jsonl import read_jsonl
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox
from quasar.verifier.settings import UtilitySettings, VerifierSettings

PAGE = ROOT / "docs" / "benchmarks.md"
SHARED = ROOT.parent / "shared" / "agentq"
MAX_ITERATIONS = 80
SIM_CIRCUITS = (1, 3, 5, 9, 11, 13, 15)  # of those that the benchmark's data used

Row = dict[str, Any]


class Candidate(NamedTuple):
    """A text to judge, and which problem it is for."""

    problem: int
    qasm: str


@dataclass(frozen=True)
class Data:
    """What is judged."""

    source: str
    problems: list[EncodedProblem]
    candidates: list[Candidate]

    def task(self, candidate: Candidate) -> dict[str, Any]:
        """For `published_way`."""
        problem = self.problems[candidate.problem]
        return {
            "qasm": candidate.qasm,
            "reference": problem.reference,
            "hamiltonian": problem.hamiltonian.to_text(),
            "n_qubits": problem.n_qubits,
            "max_iterations": MAX_ITERATIONS,
        }


def settings(max_stage: int) -> VerifierSettings:
    utility = UtilitySettings(max_evaluations=MAX_ITERATIONS)
    return VerifierSettings(max_stage=max_stage, quality=False, utility=utility)


# --- data ----------------------------------------------------------------------------------------


def shared_data(folder: Path) -> Data:
    """The archived generations that parse, as recorded there."""
    index: dict[int, int] = {}
    problems: list[EncodedProblem] = []
    for _, record in read_jsonl(folder / "records.jsonl.gz"):
        index[record["sample_index"]] = len(problems)
        problems.append(load_problem(record))
    expected = read_jsonl(folder / "expected_candidates.jsonl.gz")
    parse = {_key(row) for _, row in expected if row["parses"]}
    candidates = [
        Candidate(index[row["sample_index"]], row["qasm"])
        for _, row in read_jsonl(folder / "generations.jsonl.gz")
        if _key(row) in parse
    ]
    return Data("shared generations", problems, candidates)


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["run"], row["sample_index"], row["candidate"]


def own_data(instances: int = 6, circuits: int = 24) -> Data:
    """Random instances of every type, the first circuit of each as reference."""
    problems: list[EncodedProblem] = []
    candidates = []
    for name, cls in sorted(PROBLEMS.items()):
        for i in range(instances):
            rng = generator(0, "benchmark", name, i)
            problem = encode(cls.sample(rng, max_qubits=12))
            texts = []
            for j in range(circuits):
                if j % 2:
                    ansatz = qaoa(problem.hamiltonian, 1 + j % 3)
                else:
                    number = SIM_CIRCUITS[j % len(SIM_CIRCUITS)]
                    ansatz = sim(number, problem.n_qubits, 1 + j % 2)
                theta = rng.uniform(-np.pi, np.pi, ansatz.n_parameters)
                texts.append(emit(ansatz.bind(theta), decimals=4))
            candidates += [Candidate(len(problems), text) for text in texts]
            problems.append(problem.with_reference(texts[0]))
    return Data("own sample", problems, candidates)


def read_data(folder: Path) -> Data:
    return shared_data(folder) if (folder / "records.jsonl.gz").is_file() else own_data()


# --- the four ways -------------------------------------------------------------------------------


class Published:
    """(c) and (d), with what they said, to be compared with ours."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.said: dict[int, dict[str, Any]] = {}

    def fresh(self, chosen: Sequence[int]) -> float:
        """Candidates a second, a process each."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started = time.perf_counter()
        for i in chosen:
            run = subprocess.run(
                [sys.executable, "-m", "benchmarks.published_way"],
                input=json.dumps(self.data.task(self.data.candidates[i])),
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            self.said[i] = json.loads(run.stdout)
        return len(chosen) / (time.perf_counter() - started)

    def in_process(self, chosen: Sequence[int]) -> float:
        """Candidates a second, in this process."""
        started = time.perf_counter()
        for i in chosen:
            published_way.measure(self.data.task(self.data.candidates[i]))
        return len(chosen) / (time.perf_counter() - started)


def ours(sandbox: Sandbox, data: Data) -> tuple[float, list[Report]]:
    """Candidates a second, and the reports."""
    started = time.perf_counter()
    reports = sandbox.map(Job(i, c.problem, c.qasm) for i, c in enumerate(data.candidates))
    return len(data.candidates) / (time.perf_counter() - started), reports


def compare_ways(data: Data, workers: int, rounds: int, sample: int) -> tuple[list[Row], Row]:
    """The four ways in turn; rows of the table, and further figures."""
    usable = [
        i
        for i, c in enumerate(data.candidates)
        if f"qubit[{data.problems[c.problem].n_qubits}]" in c.qasm and "if" not in c.qasm
    ]
    picked = generator(0, "sample").permutation(len(usable))[:sample]
    chosen = [usable[i] for i in picked]
    published = Published(data)
    published.in_process(chosen[:1])  # imports, before the clock runs
    rates: dict[str, list[float]] = {"a": [], "b": [], "c": [], "d": []}
    first: dict[str, float] = {}
    reports: dict[str, list[Report]] = {}
    start = time.perf_counter()
    with (
        Sandbox(data.problems, settings(3), workers=workers) as three,
        Sandbox(data.problems, settings(4), workers=workers) as four,
    ):
        start_s = (time.perf_counter() - start) / 2
        for round_ in range(rounds + 1):
            for name, sandbox in (("a", three), ("b", four)):
                rate, reports[name] = ours(sandbox, data)
                if round_ == 0:
                    first[name] = rate  # problems and references are prepared in this one
                else:
                    rates[name].append(rate)
            if round_ > 0:
                part = chosen[round_ - 1 :: rounds]
                rates["c"].append(published.fresh(part))
                rates["d"].append(published.in_process(part))
        memory: dict[str, float | None] = {
            "a": three.statistics.peak_memory_mib,
            "b": four.statistics.peak_memory_mib,
            "c": max((s["peak_mib"] or 0.0 for s in published.said.values()), default=0.0) or None,
            "d": None,  # this process, which holds more than the work
        }
    median = {name: statistics.median(found) for name, found in rates.items()}
    what = {
        "a": f"ours, stages 1-3, {workers} workers",
        "b": f"ours, all four stages, {workers} workers",
        "c": "published way, a fresh process each",
        "d": "published way, one process",
    }
    rows: list[Row] = [
        {
            "way": f"({name}) {what[name]}",
            "candidates": len(data.candidates) if name in "ab" else len(chosen),
            "per second": median[name],
            "lowest": min(rates[name]),
            "highest": max(rates[name]),
            "first pass": first.get(name),
            "times (c)": median[name] / median["c"],
            "times (d)": median[name] / median["d"],
            "MiB a process": memory[name],
        }
        for name in "abcd"
    ]
    figures = {
        "rounds": rounds,
        "workers": workers,
        "sandbox_start_s": start_s,
        "infeasible": sum(not r.feasible for r in reports["a"]),
        "agreement": agreement(published.said, reports["b"]),
        "seconds": {
            "published": steps(list(published.said.values())),
            "ours": our_steps([reports["b"][i] for i in chosen]),
        },
    }
    return rows, figures


def agreement(said: dict[int, dict[str, Any]], reports: Sequence[Report]) -> Row:
    """How far ours and the published way are apart on the sample; relative, largest."""
    worst_energy = 0.0
    better = 0
    for i, other in said.items():
        report = reports[i]
        if report.energy is None or report.stages.utility is None:
            raise RuntimeError(f"candidate {i} is not usable here: {report.fault}")
        scale = max(1.0, abs(other["energy"]))
        worst_energy = max(worst_energy, abs(report.energy - other["energy"]) / scale)
        better += report.stages.utility.energy_optimised <= other["energy_optimised"] + 1e-6 * scale
    return {"compared": len(said), "energy": worst_energy, "optimised_as_low": better}


def steps(said: Sequence[dict[str, Any]]) -> Row:
    """Median seconds of each step of the published way."""
    names = said[0]["seconds"] if said else ()
    return {name: statistics.median(s["seconds"][name] for s in said) for name in names}


def step_table(seconds: Row) -> list[Row]:
    """Both ways' steps beside each other."""
    theirs, mine = seconds["published"], seconds["ours"]
    return [
        {
            "step": "parse and simulate (published: the reference too)",
            "published": theirs["parse"] + theirs["distribution"],
            "ours": mine["feasibility"],
        },
        {
            "step": "likeness and energy",
            "published": theirs["energy"],
            "ours": mine["behaviour"] + mine["objective"],
        },
        {"step": "optimise", "published": theirs["optimise"], "ours": mine["utility"]},
    ]


def our_steps(reports: Sequence[Report]) -> Row:
    """Median seconds of each stage of ours, on the same candidates."""
    names = ("feasibility", "behaviour", "objective", "utility")
    return {name: statistics.median(r.cost_s.get(name, 0.0) for r in reports) for name in names}


# --- growth --------------------------------------------------------------------------------------


def growth(sizes: Sequence[int], optimised_to: int, published_to: int) -> list[Row]:
    """Seconds for one QAOA circuit (p = 1, random 3-regular graph) by number of qubits."""
    rows = []
    for n in sizes:
        graph = nx.random_regular_graph(3, n, seed=n)
        problem = encode(MaxCut(graph))
        circuit = qaoa(problem.hamiltonian, 1).bind([0.4, 0.3])
        text = emit(circuit)
        started = time.perf_counter()
        verifier = Verifier(problem, None, settings(4 if n <= optimised_to else 3))
        verifier.prepare()
        prepare_s = time.perf_counter() - started
        repeats = 5 if n <= 16 else 1
        costs = [verifier.verify(text).cost_s for _ in range(repeats)]
        cost = {key: statistics.median(c[key] for c in costs) for key in costs[0]}
        other = None
        if n <= published_to:
            data = Data("", [problem], [Candidate(0, text)])
            other = published_way.measure(data.task(data.candidates[0]))["seconds"]
        rows.append(
            {
                "qubits": n,
                "gates": len(circuit.gates),
                "problem, once (s)": prepare_s,
                "parse and simulate (s)": cost["feasibility"],
                "energy (s)": cost["objective"],
                "80 evaluations (s)": cost.get("utility"),
                "published: parse and simulate (s)": other
                and other["parse"] + other["distribution"],
                "published: 80 evaluations (s)": other and other["optimise"],
            }
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(os.environ.get("QUASAR_AGENTQ", SHARED))
    parser.add_argument("--data", type=Path, default=default, help="folder of the generations")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=40, help="candidates for (c) and (d)")
    parser.add_argument("--limit", type=int, help="candidates for (a) and (b); default: all")
    parser.add_argument("--max-qubits", type=int, default=24, help="end of the growth table")
    parser.add_argument("--docs", action="store_true", help="rewrite the tables of the page")
    parser.add_argument("--name", default="verify", help="result file")
    options = parser.parse_args(arguments)
    data = read_data(options.data)
    if options.limit is not None:
        kept = generator(0, "limit").permutation(len(data.candidates))[: options.limit]
        data = Data(data.source, data.problems, [data.candidates[i] for i in sorted(kept)])
    print(f"{len(data.candidates)} candidates of the {data.source}")
    load = [os.getloadavg()[0]]
    ways, figures = compare_ways(data, options.workers, options.rounds, options.sample)
    print_table(ways, "Candidates a second")
    top = options.max_qubits
    grown = growth(range(4, top + 1, 2), optimised_to=min(top, 20), published_to=min(top, 16))
    print_table(grown, "One QAOA circuit by number of qubits")
    load.append(os.getloadavg()[0])
    extra = {"source": data.source, "load": load, **figures, "growth": grown}
    path = write_result(options.name, ways, extra)
    print(f"agreement {figures['agreement']}; written to {path}")
    if options.docs:
        tables = {
            "ways": markdown(rounded(ways)),
            "steps": markdown(rounded(step_table(figures["seconds"]))),
            "growth": markdown(rounded(grown)),
        }
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


def rounded(rows: Sequence[Row]) -> list[Row]:
    """Three digits: more would be noise."""
    return [
        {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    ]


if __name__ == "__main__":
    main()

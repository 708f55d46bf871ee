"""The packaged model, measured: its raw answers, unrepaired, on problems that it never saw.

1. Style `converged`, algorithm free or named, one greedy answer or one drawn: validity, ratio,
   P(opt), size, beside the reference circuits and the greedy decimation that orders the prompt's
   rows.
2. QAOA at p = 1..4: share within 5% of the energy range of the best angles that a wide search
   finds, beside fixed angles, the first angle set of the table that its training angles come from,
   and the best of that table (which needs the energy of each).
3. Style `agent-q` by the paper's protocol: one greedy answer, and ten (that one and nine drawn),
   energies in the paper's convention.
4. Two turns, for a model that was trained on them: answers that are not optimal yet are told the
   verifier's finding, and what comes back is measured beside them and beside another first answer.
5. Speed: tokens a second alone and batched, seconds for one circuit of ten qubits.

Problems: the benchmark's records where a checkout has them, and `benchmarks/held_out/`, drawn from
the test splits of the training data (converged recipe only). Run `python -m benchmarks.nano`;
`--model FOLDER` measures another checkpoint of the same style, `--parts` some of the parts, and
`--data` the test split of a data set too, which may have more problems.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._common import ROOT, print_table, write_result

from quasar.agent.propose import Proposal, Proposer
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.evaluation.baselines import fixed_angles
from quasar.evaluation.evaluate import evaluate
from quasar.models.protocol import Model, Sampling
from quasar.models.registry import load_model
from quasar.optimize.plan import greedy_index
from quasar.optimize.qaoa import sigma
from quasar.optimize.qaoa_search import search_qaoa
from quasar.optimize.qaoa_table import angle_sets, look_up
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.prompts.extract import extract
from quasar.prompts.styles import get_style
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.train.tokens import read_split
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report

Record = dict[str, Any]
HELD_OUT = ROOT / "benchmarks" / "held_out"
NEAR = 0.05  # of the energy range
DEPTHS = (1, 2, 3, 4)
RESAMPLES = 2000
MAX_TOKENS = 768
GREEDY = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
DRAWN = Sampling(temperature=1.0, top_p=1.0, max_tokens=MAX_TOKENS)


def read(path: Path) -> list[Record]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_out() -> list[Record]:
    """Converged records of the test splits, numbered anew."""
    files = sorted(HELD_OUT.glob("*.jsonl.gz"))
    records = [r for file in files for r in read(file) if r["recipe"] == "converged"]
    return [{**record, "sample_index": str(i)} for i, record in enumerate(records)]


def some(records: Sequence[Record], limit: int | None) -> list[Record]:
    """All records, or so many drawn at random, the same ones every time."""
    order = generator(0, "nano", "records").permutation(len(records))
    chosen = sorted(order[: len(records) if limit is None else limit].tolist())
    return [records[i] for i in chosen]


def agentq_folder() -> Path | None:
    """Folder with the benchmark's records and archived answers, if there is one."""
    for folder in (os.environ.get("QUASAR_AGENTQ"), ROOT.parent / "shared" / "agentq"):
        if folder and (Path(folder) / "records.jsonl.gz").exists():
            return Path(folder)
    return None


def problem_sets() -> dict[str, list[Record]]:
    """The held-out problems, and the benchmark's records where a checkout has them."""
    folder = agentq_folder()
    records = {} if folder is None else {"records": read(folder / "records.jsonl.gz")}
    return {"held-out": held_out(), **records}


def test_split(path: Path) -> list[Record]:
    """Converged records of a data set's split `test`."""
    records = [r for r in read_split(path, "test") if r["recipe"] == "converged"]
    return [{**record, "sample_index": str(i)} for i, record in enumerate(records)]


def finish(options: argparse.Namespace, found: Mapping[str, Sequence[Record]]) -> None:
    """Print every part's table and write them all."""
    for part, rows in found.items():
        print(f"\n{part}")
        print_table(rows)
    settings = {**vars(options), "model": Path(options.model).name}
    print(f"\nwritten: {write_result(options.name, [], {'settings': settings, **found})}")


def ask(
    model: Model,
    records: Sequence[Record],
    request: Callable[[Record], Request],
    run: str,
    sampling: Sampling,
) -> list[Record]:
    """Generations of a model, one line a candidate, raw."""
    style = get_style(model.prompt_style)
    problems = [load_problem(record) for record in records]
    chats = [style.render(p, request(r)) for p, r in zip(problems, records, strict=True)]
    answers = model.complete(chats, sampling)
    return [
        {"run": run, "sample_index": r["sample_index"], "candidate": k, "qasm": answer.text}
        for r, own in zip(records, answers, strict=True)
        for k, answer in enumerate(own)
    ]


def always(request: Request) -> Callable[[Record], Request]:
    """The same request for every record."""
    return lambda _: request


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95% bootstrap interval."""
    x = np.asarray(values, dtype=np.float64)
    draws = generator(0, "nano").integers(x.size, size=(RESAMPLES, x.size))
    low, high = np.quantile(x[draws].mean(axis=1), [0.025, 0.975])
    return float(x.mean()), float(low), float(high)


def measure(records: Sequence[Record], generations: Sequence[Record]) -> list[Record]:
    """One row a run: means over all records, 0 where the answer is no circuit."""
    problems = {str(r["sample_index"]): load_problem(r) for r in records}
    runs: dict[str, dict[str, list[float]]] = {}
    for line in generations:
        problem = problems[str(line["sample_index"])]
        own = runs.setdefault(
            line["run"],
            {k: [] for k in ("SCR", "usable", "ratio", "p_optimal", "top", "basis_state", "gates")},
        )
        found = extract(line["qasm"])
        report = Verifier(problem, None).verify(found.qasm) if found else None
        usable = report is not None and report.feasible and report.quality is not None
        own["SCR"].append(float(report is not None and report.parses))
        own["usable"].append(float(usable))
        own["ratio"].append(report.approximation_ratio or 0.0 if usable and report else 0.0)
        own["p_optimal"].append(report.p_optimal or 0.0 if usable and report else 0.0)
        own["top"].append(float(bool(usable and report and report.top_is_optimal)))
        if usable and report and report.quality:
            own["basis_state"].append(float(report.quality.basis_state))
            size = report.quality.statistics
            own["gates"].append(float(size.gates if size else 0))
    rows = []
    for run, own in runs.items():
        row: Record = {"run": run, "answers": len(own["SCR"])}
        for name in ("SCR", "ratio", "p_optimal", "top"):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = interval(own[name])
        row["basis_state"] = float(np.mean(own["basis_state"])) if own["basis_state"] else 0.0
        row["gates_median"] = statistics.median(own["gates"]) if own["gates"] else 0.0
        rows.append(row)
    return rows


def converged(model: Model, records: Sequence[Record], name: str) -> list[Record]:
    """Part 1 on one set."""
    lines: list[Record] = []
    for label, algorithm, sampling in (
        ("free", None, GREEDY),
        ("free, one draw", None, DRAWN),
        ("vqe", "vqe", GREEDY),
        ("adaptive_vqe", "adaptive_vqe", GREEDY),
        ("adaptive_vqe, one draw", "adaptive_vqe", DRAWN),
    ):
        request = Request(algorithm)  # type: ignore[arg-type]
        lines += ask(model, records, always(request), f"nano, {label}", sampling)
    references = [
        {"run": "references", "sample_index": r["sample_index"], "candidate": 0,
         "qasm": r["circuit_with_params"]}
        for r in records
    ]  # fmt: skip
    greedy = [
        {"run": "greedy", "sample_index": r["sample_index"], "candidate": 0,
         "qasm": greedy_circuit(load_problem(r).hamiltonian)}
        for r in records
    ]  # fmt: skip
    return [{"set": name, **row} for row in measure(records, lines + references + greedy)]


def greedy_circuit(hamiltonian: IsingHamiltonian) -> str:
    """X gates that write the state of greedy decisions."""
    index, n = greedy_index(hamiltonian), hamiltonian.n_qubits
    return emit(Circuit(n, tuple(Gate("x", (q,)) for q in range(n) if index >> q & 1), n))


def fixed(hamiltonian: IsingHamiltonian, depth: int) -> float:
    """Energy at the median angles of an earlier training set, scaled by σ(E)."""
    gammas, betas = fixed_angles(depth)
    theta = np.concatenate([gammas / sigma(hamiltonian), betas])
    return QaoaEnergy(qaoa(hamiltonian, depth), hamiltonian.diagonal).value(theta)


def first_set(hamiltonian: IsingHamiltonian, depth: int) -> float:
    """Energy at the angle set of the table that serves most instances."""
    theta = angle_sets(depth)[0].angles(hamiltonian)
    return QaoaEnergy(qaoa(hamiltonian, depth), hamiltonian.diagonal).value(theta)


def looked_up(hamiltonian: IsingHamiltonian, depth: int) -> float:
    """Energy at the angle set that training would state."""
    return look_up(hamiltonian, depth)[0].energy


WITHOUT_MODEL: dict[str, Callable[[IsingHamiltonian, int], float]] = {
    "fixed angles": fixed,
    "table, first": first_set,
    "table, best": looked_up,
}


def qaoa_part(model: Model, records: Sequence[Record], name: str) -> list[Record]:
    """Part 2 on one set."""
    problems = [load_problem(r) for r in records]
    best = [search_qaoa(p.hamiltonian, max(DEPTHS))[0] for p in problems]
    rows = []
    for depth in DEPTHS:
        lines = ask(model, records, always(Request("qaoa", depth)), "nano", GREEDY)
        for run in ("nano", *WITHOUT_MODEL):
            near, ratio, attainable = [], [], []
            for problem, line, depths in zip(problems, lines, best, strict=True):
                hamiltonian = problem.hamiltonian
                spectrum = hamiltonian.spectrum
                width = spectrum.e_max - spectrum.e_min
                top = (spectrum.e_max - depths[depth - 1].best.energy) / width
                if run == "nano":
                    report = Verifier(problem, None).verify(line["qasm"])
                    own = report.approximation_ratio if report.feasible else 0.0
                    own = own or 0.0
                else:
                    own = (spectrum.e_max - WITHOUT_MODEL[run](hamiltonian, depth)) / width
                ratio.append(own)
                attainable.append(top)
                near.append(float(own >= top - NEAR))
            mean, low, high = interval(near)
            rows.append(
                {"set": name, "run": run, "p": depth, "problems": len(problems), "near": mean,
                 "near_low": low, "near_high": high, "ratio": float(np.mean(ratio)),
                 "attainable": float(np.mean(attainable))}
            )  # fmt: skip
    return rows


def as_published(record: Record) -> Request:
    """Circuits like the record's: its layers, the algorithm free."""
    return Request(None, int(record["number_of_layers"]), "agent-q")


def answers_to_the_benchmark(
    model: Model, records: Sequence[Record], run: str, samples: int = 10, temperature: float = 1.0
) -> list[Record]:
    """The paper's protocol: one greedy answer, and it with several drawn."""
    drawn = Sampling(
        temperature=temperature, top_p=0.95, samples=samples - 1, max_tokens=MAX_TOKENS
    )
    once = ask(model, records, as_published, f"{run}@1", GREEDY)
    first = [{**line, "run": f"{run}@{samples}", "candidate": samples - 1} for line in once]
    return once + first + ask(model, records, as_published, f"{run}@{samples}", drawn)


def agent_q(model: Model, folder: Path, samples: int, temperature: float) -> list[Record]:
    """Part 3: the paper's metrics at Pass@1 and Pass@k."""
    records = read(folder / "records.jsonl.gz")
    lines = answers_to_the_benchmark(model, records, "nano", samples, temperature)
    table = evaluate(records, lines, energy_convention="agent-q", jobs=1)
    return [{"run": run, **values} for run, values in table_rows(table)]


def table_rows(table: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """The paper's metrics and the quality of the model's runs in an evaluation's table."""
    kept = (
        *("samples", "SCR", "SREV", "SREV_physical", "RE", "HQCR"),
        *("approximation_ratio", "p_optimal"),
    )
    return [(run, {k: own[k] for k in kept}) for run, own in table.items() if "@" in run]


def turns(model: Model, records: Sequence[Record], name: str) -> list[Record]:
    """Part 4 on one set: of those whose first answer was not optimal, and of all."""
    problems = [load_problem(r) for r in records]
    rows = []
    for way, sampling in (("greedy", GREEDY), ("drawn", DRAWN)):
        proposer = Proposer(model, sampling)
        questions = [proposer.question(problem) for problem in problems]
        pairs = proposer.propose(questions, 1 if way == "greedy" else 2)
        first = [own[0] for own in pairs]
        reports = [judged(p, one) for p, one in zip(problems, first, strict=True)]
        open_ = [i for i, report in enumerate(reports) if not value(report, "p_optimal") > 0.5]
        told = [(first[i], proposer.style.reply(problems[i], reports[i])) for i in open_]
        second = dict(zip(open_, proposer.again(told, 1), strict=True))
        revised = {i: judged(problems[i], answer) for i, answer in second.items()}
        runs = {
            "first, not optimal": [reports[i] for i in open_],
            "second turn of these": [revised[i] for i in open_],
            "first, all": reports,
            "first or second, all": [revised.get(i, report) for i, report in enumerate(reports)],
        }
        if way == "drawn":
            again = [judged(problems[i], pairs[i][1]) for i in open_]
            runs["another first answer to these"] = again
        for run, found in runs.items():
            row: Record = {"set": name, "run": f"{way}: {run}", "answers": len(found)}
            for key in ("approximation_ratio", "p_optimal"):
                bounds = interval([value(report, key) for report in found])
                row[key], row[f"{key}_low"], row[f"{key}_high"] = bounds
            rows.append(row)
        changes = [
            value(revised[i], "approximation_ratio") - value(reports[i], "approximation_ratio")
            for i in open_
        ]
        gain, low, high = interval(changes)
        rows.append(
            {"set": name, "run": f"{way}: gain of the second turn", "answers": len(open_),
             "approximation_ratio": gain, "approximation_ratio_low": low,
             "approximation_ratio_high": high}
        )  # fmt: skip
    return rows


def judged(problem: EncodedProblem, answer: Proposal) -> Report | None:
    """The verifier's report; None where there is no program."""
    return Verifier(problem, None).verify(answer.qasm) if answer.qasm else None


def value(report: Report | None, key: str) -> float:
    """A measurement, 0 where the circuit is unusable."""
    return float(getattr(report, key) or 0.0) if report is not None and report.feasible else 0.0


def speed(model: Model, records: Sequence[Record]) -> list[Record]:
    """Part 5."""
    style = get_style(model.prompt_style)
    ten = [load_problem(r) for r in records if int(r["number_of_qubits"]) == 10][:8]
    chats = [style.render(p, Request()) for p in ten]
    rows = []
    for batch in (1, len(chats)):
        seconds, tokens = [], 0
        for start in range(0, len(chats), batch):
            begun = time.perf_counter()
            answers = model.complete(chats[start : start + batch], GREEDY)
            seconds.append((time.perf_counter() - begun) / batch)
            tokens += sum(own[0].completion_tokens for own in answers)
        rows.append(
            {"batch": batch, "seconds_a_circuit": statistics.median(seconds),
             "tokens_a_second": tokens / (sum(seconds) * batch),
             "circuits_a_minute": 60 / statistics.median(seconds)}
        )  # fmt: skip
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--parts", default="converged,qaoa,agent-q,turns,speed")
    parser.add_argument("--data", type=Path, help="data set whose test split is measured too")
    parser.add_argument("--limit", type=int, default=None, help="records of each set")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--name", default="nano", help="name of the result file")
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    model = load_model(options.model, {"batch_size": 32})
    folder, sets = agentq_folder(), problem_sets()
    if options.data is not None:
        sets[options.data.name] = test_split(options.data)
        options.data = options.data.name
    found: dict[str, list[Record]] = {}
    for name, everything in sets.items():
        records = some(everything, options.limit)
        if "converged" in parts:
            found.setdefault("converged", []).extend(converged(model, records, name))
        if "turns" in parts:
            found.setdefault("turns", []).extend(turns(model, records, name))
        if "qaoa" in parts:
            small = [r for r in records if int(r["number_of_qubits"]) <= 12]
            found.setdefault("qaoa", []).extend(qaoa_part(model, small, name))
    if "agent-q" in parts and folder is not None:
        found["agent-q"] = agent_q(model, folder, options.samples, options.temperature)
    if "speed" in parts:
        found["speed"] = speed(model, sets["held-out"])
    finish(options, found)


if __name__ == "__main__":
    main()

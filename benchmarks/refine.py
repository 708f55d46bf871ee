"""`quasar generate --refine` with the packaged model, and what its angles are worth as a start.

1. `refine`: problems of the benchmark (where a checkout has them) and of `benchmarks/held_out/`,
   one by one, as a user would run them: quality of the best circuit, of the best raw answer among
   the eight, and seconds until the circuit is verified; problems of ten qubits on their own line.
2. `steps`: evaluations that L-BFGS takes from the model's angles and from random ones, on the same
   circuit (QAOA by name at p = 1..4, angles per layer; VQE by name, every angle free): until it
   stops, and until the energy is within 1% of the range of the lowest that either start reached
   (runs that never come so near count with all evaluations they took).

Run `python -m benchmarks.refine`; `--limit` problems of each set.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._common import print_table, write_result
from benchmarks.nano_parts.asking import GREEDY, always, ask
from benchmarks.nano_parts.intervals import interval
from benchmarks.nano_parts.sets import problem_sets, some
from rich.progress import track

from quasar.agent.generate import generate
from quasar.agent.polish import free_angles
from quasar.agent.refine import RefineSettings
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.models.protocol import Model
from quasar.models.registry import load_model
from quasar.optimize.decimation import largest_coefficient
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa import sigma
from quasar.optimize.trace import Trace
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import Energy, FloatVector

Record = dict[str, Any]
NEAR = 0.01  # of the energy range
RANDOM_STARTS = 3
DEPTHS = (1, 2, 3, 4)
LARGEST = 12  # qubits, of part 2
_COST = re.compile(r"^cost\(([^/)]+)(?:/([^)]+))?\)", re.MULTILINE)
_MIXER = re.compile(r"^rx\(([^)]+)\) q;", re.MULTILINE)
_NAMED = {"pi": np.pi, "-pi": -np.pi, "pi/2": np.pi / 2, "-pi/2": -np.pi / 2}


def refine(model: Model, records: Sequence[Record], name: str) -> list[Record]:
    """Part 1 on one set."""
    rows = []
    for record in track(records, f"refine, {name}"):
        problem = load_problem(record)
        begun = time.perf_counter()
        found = generate(problem, model, refine=RefineSettings())
        seconds = time.perf_counter() - begun
        written = [c.report for c in found.candidates if c.origin == "model"]
        rows.append(
            {
                "qubits": problem.n_qubits,
                "ratio": found.best.report.approximation_ratio or 0.0,
                "top": float(bool(found.best.report.top_is_optimal)),
                "p_optimal": found.best.report.p_optimal or 0.0,
                "raw_ratio": max((r.approximation_ratio or 0.0 for r in written), default=0.0),
                "raw_top": float(any(r.top_is_optimal for r in written)),
                "seconds": seconds,
            }
        )
    ten = [row for row in rows if row["qubits"] == 10]
    groups = {name: rows} | ({f"{name}, 10 qubits": ten} if ten else {})
    return [summary(label, group) for label, group in groups.items()]


def summary(label: str, rows: Sequence[Record]) -> Record:
    """Means and medians of one group of problems."""
    out: Record = {"set": label, "problems": len(rows)}
    for name in ("ratio", "top", "p_optimal"):
        out[name], out[f"{name}_low"], out[f"{name}_high"] = interval([r[name] for r in rows])
    out["raw_ratio"] = statistics.fmean(r["raw_ratio"] for r in rows)
    out["raw_top"] = statistics.fmean(r["raw_top"] for r in rows)
    out["seconds_median"] = statistics.median(r["seconds"] for r in rows)
    out["seconds_most"] = max(r["seconds"] for r in rows)
    return out


def written_angles(hamiltonian: IsingHamiltonian, text: str) -> FloatVector | None:
    """γ_1..γ_p, β_1..β_p of an answer in the compact form; None where it is of another form."""
    gammas, betas = [], []
    try:
        for angle, deviation in _COST.findall(text):
            value = _NAMED.get(angle) or float(angle)
            gammas.append(value / (float(deviation) if deviation else 1.0))
        betas = [_NAMED.get(angle) or float(angle) for angle in _MIXER.findall(text)]
    except ValueError:
        return None
    if not gammas or len(gammas) != len(betas):
        return None
    unit = largest_coefficient(hamiltonian)
    return np.array([*(g / 2 / unit for g in gammas), *(b / 2 for b in betas)])


def run_from(energy: Energy, start: FloatVector) -> Trace:
    """All energies that L-BFGS sees from one start."""
    trace = Trace()
    lbfgs(energy, start, trace=trace)
    return trace


def compare(
    energy: Energy, own: FloatVector, randoms: Sequence[FloatVector], width: float
) -> Record:
    """Evaluations and end of the run from the model's angles and of those from random ones."""
    traces = [run_from(energy, start) for start in (own, *randoms)]
    lowest = [np.minimum.accumulate(trace.energies) for trace in traces]
    bar = min(float(values[-1]) for values in lowest) + NEAR * width
    near = [
        int(np.argmax(values <= bar)) + 1 if values[-1] <= bar else len(values) for values in lowest
    ]
    return {
        "steps": len(lowest[0]),
        "random_steps": statistics.fmean(len(values) for values in lowest[1:]),
        "near": near[0],
        "random_near": statistics.fmean(near[1:]),
        "arrives": float(lowest[0][-1] <= bar),
        "random_arrives": statistics.fmean(float(values[-1] <= bar) for values in lowest[1:]),
    }


def steps(model: Model, records: Sequence[Record], name: str) -> list[Record]:
    """Part 2 on one set."""
    out = []
    problems = [load_problem(record) for record in records]
    for depth in (*DEPTHS, None):
        request = Request("vqe") if depth is None else Request("qaoa", depth)
        answers = ask(model, records, always(request), "nano", GREEDY)
        rows = []
        for i, (problem, answer) in enumerate(zip(problems, answers, strict=True)):
            hamiltonian = problem.hamiltonian
            spectrum = hamiltonian.spectrum
            width = spectrum.e_max - spectrum.e_min
            rng = generator(0, "refine", name, str(depth), i)
            if depth is None:
                try:
                    circuit = parse(answer["qasm"]).circuit
                except CircuitError:
                    continue
                if circuit is None or circuit.n_qubits != problem.n_qubits:
                    continue
                ansatz, own = free_angles(circuit)
                energy: Energy = energy_of(ansatz, hamiltonian)
                randoms = [rng.uniform(-np.pi, np.pi, own.size) for _ in range(RANDOM_STARTS)]
            else:
                found = written_angles(hamiltonian, answer["qasm"])
                if found is None:
                    continue
                own, layers = found, found.size // 2
                energy = energy_of(qaoa(hamiltonian, layers), hamiltonian)
                scale = np.repeat([1.0 / sigma(hamiltonian), 1.0], layers)
                randoms = [
                    rng.uniform(-np.pi, np.pi, own.size) * scale for _ in range(RANDOM_STARTS)
                ]
            rows.append(compare(energy, own, randoms, width))
        label = "vqe" if depth is None else f"qaoa p={depth}"
        means = {key: statistics.fmean(row[key] for row in rows) for key in rows[0]}
        out.append({"set": name, "circuit": label, "circuits": len(rows), **means})
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--parts", default="refine,steps")
    parser.add_argument("--limit", type=int, default=60, help="problems of each set")
    parser.add_argument("--name", default="refine", help="name of the result file")
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    model = load_model(options.model, {"batch_size": 32})
    found: dict[str, list[Record]] = {}
    for name, everything in problem_sets().items():
        records = some(everything, options.limit)
        if "refine" in parts:
            found.setdefault("refine", []).extend(refine(model, records, name))
        if "steps" in parts:
            small = [r for r in records if int(r["number_of_qubits"]) <= LARGEST]
            found.setdefault("steps", []).extend(steps(model, small, name))
    for part, rows in found.items():
        print_table(rows, part)
    settings = {**vars(options), "model": Path(options.model).name}
    print(f"written: {write_result(options.name, [], {'settings': settings, **found})}")


if __name__ == "__main__":
    main()

"""QAOA with mixers that keep constraints, beside the X mixer with penalties.

    python -m benchmarks.mixers                    # 70 instances of 14 kinds, 4 to 12 qubits
    python -m benchmarks.mixers --each 1           # a short one

For each instance, mixer and depth p = 1..4 the designer's angles, with the same number of
evaluations, judged by the verifier: the probability of a feasible answer and of an optimum, the
approximation ratio over the whole energy range, and the gates on two qubits, as written and after
Qiskit's level 2 on a device of cx, rz, sx, x where any two qubits may interact. `xy, one string`
starts in one basis state of the subspace and not in equal amplitudes. Means with 95% bootstrap
intervals over instances. What is measured is appended to `--out`, and the same command goes on.
With five instances of each kind the table of docs/mixers.md is written anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from benchmarks._common import ROOT, kept_rows, markdown, print_table, with_tables, write_result
from benchmarks.nano_parts.intervals import measured, median, shown
from rich.progress import track

from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.circuits.statistics import compile_circuit
from quasar.core.errors import QuasarError
from quasar.core.seeds import generator
from quasar.models.designer import DesignerSettings, design
from quasar.optimize.subspace_qaoa import optimise_subspace_qaoa
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.kept import KeptConstraints, kept_constraints
from quasar.problems.registry import PROBLEMS
from quasar.verifier.pipeline import Verifier

DEPTH = 4
EACH = 5
EVALUATIONS = 600
ONE_STRING = "xy, one string"
MIXERS = ("x", "xy", "xy-complete", "grover", ONE_STRING)
TYPES = (
    "community_detection",
    "exact_cover",
    "graph_coloring",
    "graph_isomorphism",
    "graph_partitioning",
    "hamiltonian_path",
    "kclique",
    "matching",
    "portfolio",
    "quadratic_assignment",
    "tsp",
    "vehicle_routing",
)
"""Those whose sampled instances fix sums."""
OWN = ("densest subgraph of k nodes", "one-hot blocks, linear and quadratic costs")
"""Kinds without a type, stated as integer programs."""
MOST_QUBITS, LEAST_QUBITS = 12, 4
ALL_KEPT = "all constraints kept"
PAGE = ROOT / "docs" / "mixers.md"
_DRAWN = 200  # samples that are looked at for instances


def instances(
    kind: str, each: int, seed: int = 0
) -> Iterator[tuple[EncodedProblem, KeptConstraints]]:
    """Different instances of a type, or of one of `OWN`, in which a mixer keeps something."""
    seen: set[str] = set()
    for number in range(_DRAWN):
        if len(seen) == each:
            return
        rng = generator(seed, "mixers", kind, number)
        if kind in PROBLEMS:
            problem = encode(PROBLEMS[kind].sample(rng, MOST_QUBITS))
        else:
            problem = encode(IntegerProgram.from_data(own_program(kind, rng)))
        text = problem.hamiltonian.to_text()
        if problem.n_qubits < LEAST_QUBITS or text in seen:
            continue
        try:
            kept = kept_constraints(problem)
        except QuasarError:
            continue
        optimality = problem.optimality
        if kept.subspace.size > optimality.n_optimal > 0:  # else nothing is left to find
            seen.add(text)
            yield problem, kept


def own_program(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """The file of an integer program of 6 to 12 variables."""
    if kind == OWN[0]:
        n = int(rng.integers(6, MOST_QUBITS + 1))
        graph = nx.gnp_random_graph(n, 0.5, seed=int(rng.integers(1 << 30)))
        objective: list[Any] = [[[f"x{u}", f"x{v}"], 1] for u, v in graph.edges]
        rows = [{"terms": [[[f"x{i}"], 1] for i in range(n)], "equal": n // 2}]
        return program_file(objective, rows, "max")
    blocks = [[f"b{i}{j}" for j in range(3)] for i in range(int(rng.integers(2, 5)))]
    objective = [[[name], int(rng.integers(-9, 10))] for block in blocks for name in block]
    for one, other in combinations(blocks, 2):
        objective += [
            [[a, b], int(rng.integers(-9, 10))] for a in one for b in other if rng.random() < 0.5
        ]
    rows = [{"terms": [[[name], 1] for name in block], "equal": 1} for block in blocks]
    return program_file(objective, rows, "min")


def program_file(objective: list[Any], rows: list[Any], sense: str) -> dict[str, Any]:
    """A problem file of type integer_program over binary variables."""
    attributes = {"objective": objective, "constraints": rows, "sense": sense}
    return {"problem_type": "integer_program", "problem_specific_attributes": attributes}


def circuits(
    problem: EncodedProblem, kept: KeptConstraints, mixer: str
) -> Iterator[tuple[int, str]]:
    """Depth and text of each circuit."""
    if mixer != ONE_STRING:
        settings = DesignerSettings(
            mixer=mixer, layers=DEPTH, every_depth=True, max_evaluations=EVALUATIONS * DEPTH
        )
        for made in design(problem.hamiltonian, settings, kept=kept):
            yield made.layers or 0, made.qasm
        return
    first = int(kept.subspace.states()[0])
    found = optimise_subspace_qaoa(
        problem.hamiltonian, kept, "xy", DEPTH,
        budget=Budget(EVALUATIONS * DEPTH), trace=Trace(), basis_state=first,
    )  # fmt: skip
    for energy, least in found:
        yield least.theta.size // 2, emit(energy.bind(least.theta), decimals=4)


def measure(
    kind: str, number: int, problem: EncodedProblem, kept: KeptConstraints
) -> list[dict[str, Any]]:
    """One row for each mixer and depth."""
    rows = []
    verifier = Verifier(problem)
    for mixer in MIXERS:
        for p, text in circuits(problem, kept, mixer):
            report = verifier.verify(text)
            circuit = parse(text).circuit
            assert circuit is not None
            assert report.solutions is not None
            assert report.quality is not None
            assert report.quality.statistics is not None
            small = compile_circuit(circuit, optimization_level=2).statistics
            rows.append(
                {
                    "kind": kind,
                    "number": number,
                    "qubits": problem.n_qubits,
                    "subspace": kept.subspace.size,
                    "keeps": kept.describe(),
                    "all_kept": not kept.penalised and not kept.others,
                    "mixer": mixer,
                    "p": p,
                    "p_feasible": report.solutions.p_feasible,
                    "p_optimal": report.p_optimal,
                    "ratio": report.approximation_ratio,
                    "shots": report.shots_to_optimum,
                    "written_2q": report.quality.statistics.two_qubit_gates,
                    "compiled_2q": small.two_qubit_gates,
                    "compiled_depth": small.depth,
                }
            )
    return rows


def summary(label: str, mixer: str, p: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over instances at one depth."""
    out: dict[str, Any] = {"set": label, "mixer": mixer, "p": p, "instances": len(rows)}
    for key in ("p_feasible", "p_optimal", "ratio"):
        out |= measured(key, [row[key] for row in rows])
    out["shots"] = median([row["shots"] for row in rows])
    for key in ("written_2q", "compiled_2q", "compiled_depth"):
        out[key] = float(np.mean([row[key] for row in rows]))
    return out


def summaries(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of all instances, of those whose constraints are all kept, and of each kind at p = 2."""
    out = []
    sets = {"all": rows, ALL_KEPT: [row for row in rows if row["all_kept"]]}
    for label, group in sets.items():
        for p in range(1, DEPTH + 1):
            for mixer in MIXERS:
                found = [r for r in group if r["mixer"] == mixer and r["p"] == p]
                out.append(summary(label, mixer, p, found))
    for kind in dict.fromkeys(row["kind"] for row in rows):
        for mixer in MIXERS:
            found = [r for r in rows if (r["kind"], r["mixer"], r["p"]) == (kind, mixer, 2)]
            out.append(summary(kind, mixer, 2, found))
    return out


def table(rows: list[dict[str, Any]]) -> str:
    """The means over all instances as the page shows them."""
    shown_rows = []
    for row in rows:
        if row["set"] not in ("all", ALL_KEPT) or row["mixer"] == ONE_STRING:
            continue
        each = f"all {row['instances']}" if row["set"] == "all" else f"{row['instances']} of these"
        shown_rows.append(
            {
                "instances": each,
                "p": row["p"],
                "mixer": f"`{row['mixer']}`",
                "P(feasible)": cell(row, "p_feasible"),
                "P(opt)": cell(row, "p_optimal"),
                "ratio": f"{row['ratio']:.3f}",
                "shots": row["shots"],
                "2q": round(row["compiled_2q"]),
                "depth": round(row["compiled_depth"]),
            }
        )
    return markdown([row for row in shown_rows if row["p"] != 3])


def cell(row: dict[str, Any], key: str) -> str:
    """A mean with its interval; 1 where all are 1 but for rounding."""
    mean, low, high = row[key], row[f"{key}_low"], row[f"{key}_high"]
    return "1" if low > 1 - 1e-9 else f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--each", type=int, default=EACH, help="instances of each kind")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "mixers.jsonl")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = kept_rows(options.out)
    done = {(row["kind"], row["number"]) for row in rows}
    with options.out.open("a", encoding="utf-8") as file:
        for kind in track((*TYPES, *OWN), "measuring"):
            for number, (problem, kept) in enumerate(instances(kind, options.each)):
                if (kind, number) in done:
                    continue
                made = measure(kind, number, problem, kept)
                file.write("".join(json.dumps(row) + "\n" for row in made))
                file.flush()
                rows += made
    found = summaries([row for row in rows if row["number"] < options.each])
    print_table([shown(row) for row in found], width=160)
    if options.each == EACH:
        page = with_tables(PAGE.read_text(encoding="utf-8"), {"mixers": table(found)})
        PAGE.write_text(page, encoding="utf-8")
    print(f"written: {write_result('mixers', found, {'each': options.each})}")


if __name__ == "__main__":
    main()

"""Error mitigation of energies: how much of the error of a noisy device do which steps take away?

QAOA circuits of 20 problems (5 types, 6 to 12 qubits; one layer, two for every second one) with
angles optimised without noise, compiled for snapshots of three machines and simulated with their
noise, 8,192 shots a circuit. The error of an energy is |E - E_ideal| / |E_ideal|, energies without
constant. A row has the median over the problems of a machine, or over all.

Each circuit is a line in runs/bench-noise/, so an interrupted run goes on by the same command.

Run `python -m benchmarks.noise` (`make bench-noise`); `--quick` takes 5 problems and one machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from benchmarks._common import ROOT, print_table, write_result

from quasar.circuits.circuit import Circuit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.compile.compile import compile_circuit
from quasar.core.seeds import generator
from quasar.devices.load import device
from quasar.mitigation.mitigate import mitigate
from quasar.optimize.qaoa import optimise_qaoa
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.simulate.engine import probabilities
from quasar.simulate.noisy.engine import NoisyEngine, measured_circuit
from quasar.simulate.state_engine import state_engine

MACHINES = ("fake_torino", "fake_sherbrooke", "fake_marrakesh")
SIZES = (6, 8, 10, 12)
SHOTS = 8192
WAYS = {
    "raw": "",
    "readout": "readout",
    "m3": "m3",
    "zne": "zne:local:exponential",
    "readout + zne": "readout,zne:local:exponential",
    "readout + linear zne": "readout,zne:local:linear",
    "readout + Richardson zne": "readout,zne:local:richardson",
}
AIM = 4.0  # by which readout and zne together divide the median error


def problems() -> Iterator[tuple[str, EncodedProblem]]:
    """Five types in four sizes, by fixed seeds."""
    for n in SIZES:
        sparse = nx.gnm_random_graph(n, 3 * n // 2, seed=n)
        regular = nx.random_regular_graph(3, n, seed=n)
        random = generator(n, "bench noise")
        spins = nx.circular_ladder_graph(n // 2)
        couplings = random.choice([-1.0, 1.0], size=spins.number_of_edges())
        terms = [
            f"{c:g} * (Z({a}) @ Z({b}))" for c, (a, b) in zip(couplings, spins.edges, strict=True)
        ]
        # All variables couple here: smaller, or nothing is left of the signal.
        weights = [int(w) for w in random.integers(1, 20, size=6 + (n - 6) // 2)]
        for name, content in {
            "maxcut": {"problem_type": "maxcut", "graph": _data(regular)},
            "independent set": {"problem_type": "max_independent_set", "graph": _data(sparse)},
            "vertex cover": {"problem_type": "vertex_cover", "graph": _data(regular)},
            "spin glass": {"hamiltonian": " + ".join(terms)},
            "partitioning": {
                "problem_type": "number_partitioning",
                "problem_specific_attributes": {"numbers": weights},
            },
        }.items():
            yield f"{name} {n}", load_problem(content)


def _data(graph: nx.Graph) -> dict[str, Any]:
    data: dict[str, Any] = nx.node_link_data(graph, edges="links")
    return data


def measured(name: str, problem: EncodedProblem, layers: int, machine: str) -> dict[str, Any]:
    """Energies of one circuit on one machine in every way, with their errors."""
    best, minimum = optimise_qaoa(problem.hamiltonian, layers)[-1]
    circuit: Circuit = best.bind(minimum.theta)
    diagonal = problem.hamiltonian.diagonal
    ideal = float(probabilities(state_engine().state(circuit)) @ diagonal)
    begun = time.process_time()
    found = device(machine)
    made = compile_circuit(
        measured_circuit(to_qiskit(circuit), tuple(range(circuit.n_qubits))), found
    )
    compiled_s = time.process_time() - begun
    engine = NoisyEngine(found)
    program = engine.distribution(made.circuit).program
    kept: dict[int, Any] = {}

    def run(folded: Any) -> dict[int, int]:
        """Counts; every way sees the same of a folded circuit."""
        key = folded.size()
        if key not in kept:
            drawn = engine.distribution(folded).sampled(SHOTS, seed=key)
            counts = (drawn * SHOTS / len(drawn)).sum(axis=0)
            kept[key] = {int(i): round(float(counts[i])) for i in np.flatnonzero(counts)}
        return dict(kept[key])

    energies = {}
    for way, steps in WAYS.items():
        estimate = mitigate(made.circuit, run, diagonal, steps, flips=program.flips).means[0]
        energies[way] = {"energy": estimate.value, "standard_error": estimate.error}
    return {
        "problem": name,
        "machine": machine,
        "qubits": problem.n_qubits,
        "layers": layers,
        "two_qubit_gates": made.two_qubit_gates,
        "esp": made.esp,
        "ideal": ideal,
        "energies": energies,
        "compile_s": compiled_s,
        "seconds": time.process_time() - begun,
    }


def error(row: dict[str, Any], way: str) -> float:
    """Relative error of an energy."""
    ideal = float(row["ideal"])
    return abs(float(row["energies"][way]["energy"]) - ideal) / abs(ideal)


def summary(rows: list[dict[str, Any]], machine: str) -> dict[str, Any]:
    """Median errors of one machine, or of all."""
    chosen = [row for row in rows if machine in (row["machine"], "all")]
    medians = {way: statistics.median(error(row, way) for row in chosen) for way in WAYS}
    better = [error(row, "readout + zne") < error(row, "raw") for row in chosen]
    return {
        "machine": machine,
        "circuits": len(chosen),
        **medians,
        "raw / both": medians["raw"] / medians["readout + zne"],
        "both better than raw": sum(better) / len(better),
        "seconds": statistics.median(row["seconds"] for row in chosen),
    }


def main() -> None:
    """Measure what is missing, print the table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 problems on one machine")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "bench-noise")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "circuits.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines if line.endswith("}")]
    known = {(row["problem"], row["machine"]) for row in rows}
    machines = MACHINES[:1] if options.quick else MACHINES
    chosen = list(problems())[: 5 if options.quick else None]
    for place, (name, problem) in enumerate(chosen):
        for machine in machines:
            if (name, machine) in known:
                continue
            row = measured(name, problem, 1 + place % 2, machine)
            rows.append(row)
            with path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
            print(f"{name} on {machine}: {row['seconds']:.1f} s", flush=True)
    table = [summary(rows, machine) for machine in (*machines, "all")]
    print_table(table)
    if not options.quick:
        extra = {"shots": SHOTS, "ways": WAYS, "aim": AIM, "summary": table}
        print(write_result("noise", rows, extra))


if __name__ == "__main__":
    main()

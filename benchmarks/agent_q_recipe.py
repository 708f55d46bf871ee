"""The `agent-q` recipe on the graphs of the benchmark's records, against their reference circuits.

Each record's own Hamiltonian, algorithm, depth and (recognised) template. Starts are random, so the
circuits of QAOA and VQE agree in distribution only; adaptive ones should agree gate by gate. Needs
the records: `python -m benchmarks.agent_q_recipe --records records.jsonl.gz`. Seconds are those of
the processor, on one core: run with OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import print_table, write_result

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import NUMBERS, sim
from quasar.circuits.statistics import statistics as measure
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.jsonl import read_jsonl
from quasar.core.seeds import generator
from quasar.recipes.agent_q.make import AgentQCircuit, AgentQSettings, make_agent_q
from quasar.recipes.agent_q.restarts import AdamWRestarts
from quasar.recipes.spec import ALGORITHMS, CircuitSpec
from quasar.simulate.engine import probabilities
from quasar.simulate.state_engine import state_engine

Row = dict[str, Any]

TABLES = (
    ("records", "ratio_reference", "ratio", "kept", "kept_ratio_reference", "kept_ratio"),
    ("gates_reference", "gates", "two_qubit_reference", "two_qubit", "same_circuit"),
    ("steps_reference", "steps", "mean_s", "median_s", "longest_s"),
)
"""Columns shown, table by table."""


def template_of(circuit: Circuit, layers: int) -> int:
    """The Sim circuit that has these gates."""
    wiring = [(gate.name, gate.qubits) for gate in circuit.gates]
    for number in NUMBERS:
        ansatz = sim(number, circuit.n_qubits, layers)
        if [(gate.name, gate.qubits) for gate in ansatz.gates] == wiring:
            return number
    raise InputError("a reference circuit is none of the templates.")


def same(one: Sequence[Gate], other: Sequence[Gate]) -> bool:
    """Equal gates, angles within a unit of the last digit."""
    return [g[:2] for g in one] == [g[:2] for g in other] and all(
        abs(a - b) < 1.5e-4
        for g, h in zip(one, other, strict=True)
        for a, b in zip(g.params, h.params, strict=True)
    )


def compare(record: dict[str, Any], settings: AgentQSettings, seed: int) -> Row:
    """One circuit made for a record, beside its reference."""
    n, layers = record["number_of_qubits"], record["number_of_layers"]
    hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n)
    reference = parse(record["circuit_with_params"]).circuit
    if reference is None:
        raise InputError("a reference circuit is dynamic.")
    algorithm = record["optimization_type"]
    choice = CircuitSpec(
        algorithm, layers, template_of(reference, layers) if algorithm == "vqe" else None
    )
    rng = generator(seed, "benchmark", "agent-q", record["sample_index"])
    spectrum = hamiltonian.spectrum
    started = time.process_time()
    made = make_agent_q(hamiltonian, choice, rng, settings=settings)
    seconds = time.process_time() - started

    def ratio(energy: float) -> float:
        return (spectrum.e_max - energy) / (spectrum.e_max - spectrum.e_min)

    p = probabilities(state_engine().state(reference))
    return {
        "sample_index": record["sample_index"],
        "problem_type": record["problem_type"],
        "algorithm": algorithm,
        "template": choice.template,
        "qubits": n,
        "layers": layers,
        "ratio_reference": ratio(float(p @ hamiltonian.diagonal)),
        "ratio": ratio(made.energy),
        "gates_reference": _gates(reference),
        "gates": _gates(made.circuit),
        "two_qubit_gates_reference": measure(reference).two_qubit_gates,
        "two_qubit_gates": measure(made.circuit).two_qubit_gates,
        "steps_reference": json.loads(record["solution"])["total_optimization_steps"],
        **_outcome(made),
        "same_circuit": same(made.circuit.gates, reference.gates),
        "seconds": seconds,
    }


def _gates(circuit: Circuit) -> int:
    # The references write rotations of terms that cancelled, `rz(0)`; the recipe leaves them out.
    return sum(1 for gate in circuit.gates if not (gate.name == "rz" and gate.params == (0.0,)))


def _outcome(made: AgentQCircuit) -> Row:
    return {"steps": made.steps, "starts": made.starts, "optimal": made.optimal}


def summary(name: str, rows: Sequence[Row]) -> Row:
    """Means over the records of an algorithm; `kept` are those a data set would keep."""
    kept = [row for row in rows if row["optimal"]]

    def mean(key: str, of: Sequence[Row] = rows) -> float:
        return round(statistics.fmean(row[key] for row in of), 4)

    return {
        "algorithm": name,
        "records": len(rows),
        "ratio_reference": mean("ratio_reference"),
        "ratio": mean("ratio"),
        "kept": len(kept),
        "kept_ratio_reference": mean("ratio_reference", kept),
        "kept_ratio": mean("ratio", kept),
        "gates_reference": mean("gates_reference"),
        "gates": mean("gates"),
        "two_qubit_reference": mean("two_qubit_gates_reference"),
        "two_qubit": mean("two_qubit_gates"),
        "steps_reference": mean("steps_reference"),
        "steps": mean("steps"),
        "same_circuit": sum(row["same_circuit"] for row in rows),
        "mean_s": mean("seconds"),
        "median_s": round(statistics.median(row["seconds"] for row in rows), 4),
        "longest_s": round(max(row["seconds"] for row in rows), 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patience", type=int, help="warm restarts, see AdamWRestarts")
    parser.add_argument("--max-qubits", type=int, default=16)
    parser.add_argument("--name", default="agent_q_recipe", help="result file")
    options = parser.parse_args(arguments)
    settings = AgentQSettings(descent=AdamWRestarts(patience=options.patience))
    rows = [
        compare(record, settings, options.seed)
        for _, record in read_jsonl(options.records, what="records file")
        if record["number_of_qubits"] <= options.max_qubits
    ]
    table = [
        summary(name, [row for row in rows if name in ("all", row["algorithm"])])
        for name in (*ALGORITHMS, "all")
    ]
    extra = {"settings": settings.model_dump(), "seed": options.seed, "summary": table}
    path = write_result(options.name, rows, extra)
    for columns in TABLES:
        print_table([{key: line[key] for key in ("algorithm", *columns)} for line in table])
    print(f"written to {path}")


if __name__ == "__main__":
    main()

"""A small evaluation without the benchmark's files: records, generations, and how to run one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS

PLAIN = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def hadamards(n: int) -> str:
    return PLAIN + f"qubit[{n}] q;\n" + "".join(f"h q[{i}];\n" for i in range(n))


def record(number: int, problem_type: str = "vertex_cover") -> dict[str, Any]:
    """A sampled problem with a QAOA circuit as its reference."""
    problem = PROBLEMS[problem_type].sample(generator(7, problem_type, number), 6)
    hamiltonian = encode(problem, "agent-q").hamiltonian
    data = problem.to_data()
    return {
        **data,
        "sample_index": number,
        "optimization_type": "qaoa",
        "number_of_layers": 1,
        "number_of_qubits": hamiltonian.n_qubits,
        "cost_hamiltonian": hamiltonian.to_text(),
        "circuit_with_params": emit(qaoa(hamiltonian, 1).bind([0.4, -0.3]), decimals=4),
    }


def records(count: int) -> list[dict[str, Any]]:
    kinds = ("vertex_cover", "min_cut", "kclique")
    return [record(number, kinds[number % len(kinds)]) for number in range(count)]


def generation(run: str, index: int, candidate: int, qasm: str) -> dict[str, Any]:
    return {"run": run, "sample_index": index, "candidate": candidate, "qasm": qasm}


def generations(rows: list[dict[str, Any]], run: str, candidates: int = 1) -> list[dict[str, Any]]:
    """Candidates that differ in one angle; every fifth is broken."""
    out = []
    for row in rows:
        n = row["number_of_qubits"]
        for candidate in range(1, candidates + 1):
            text = hadamards(n) + f"ry(0.{row['sample_index']}{candidate}) q[0];\n"
            if (row["sample_index"] + candidate) % 5 == 0:
                text += "broken"
            out.append(generation(run, row["sample_index"], candidate, text))
    return out


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path

"""Compiled two-qubit gates and estimated success: quasar, Qiskit level 3 with one seed, and pytket.

30 QAOA circuits: p = 1 to 3, 8 to 20 qubits, on three snapshots in turn. Every circuit is compiled
by each, scored by the same estimate (`quasar.compile.success`) and, from quasar, proved. Writes a
JSON file and prints a summary; seconds are processor seconds of one process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.compile.by_qiskit import by_qiskit
from quasar.compile.compile import compile_circuit
from quasar.compile.part import usable_part
from quasar.compile.success import Scorer
from quasar.core.errors import InputError
from quasar.devices.device import Device
from quasar.devices.load import device

DEVICES = ("fake_torino", "fake_sherbrooke", "fake_marrakesh")
GRAPHS = ("cubic", "random", "spin glass")


def instance(number: int) -> tuple[str, Circuit]:
    """One of the 30 circuits, with what it is."""
    rng = np.random.default_rng(number)
    n, layers = 8 + 2 * (number % 7), 1 + number % 3
    kind = GRAPHS[(number // 3) % 3]
    if kind == "random":
        graph = nx.gnp_random_graph(n, 4 / n, seed=number)
    else:
        graph = nx.random_regular_graph(3 if kind == "cubic" else 4, n, seed=number)
    weights = {
        edge: float(rng.choice([-1, 1])) if kind == "spin glass" else 1.0 for edge in graph.edges
    }
    gates = [Gate("h", (q,)) for q in range(n)]
    for _ in range(layers):
        gamma, beta = rng.uniform(0.2, 1.2, 2)
        for (a, b), weight in weights.items():
            turn = Gate("rz", (b,), (float(gamma) * weight,))
            gates += [Gate("cx", (a, b)), turn, Gate("cx", (a, b))]
        gates += [Gate("rx", (q,), (float(beta),)) for q in range(n)]
    return f"{kind}, {n} qubits, p = {layers}", Circuit(n, tuple(gates))


def measured(number: int, machine: Device, seeds: int) -> dict[str, Any]:
    """One circuit by every compiler."""
    name, circuit = instance(number)
    n = circuit.n_qubits
    part, scorer = usable_part(machine, n), Scorer(machine)
    row: dict[str, Any] = {"circuit": name, "device": machine.name}
    started = time.process_time()
    plain = next(iter(by_qiskit(to_qiskit(circuit), part, [0])))
    row["qiskit"] = {
        "two_qubit_gates": plain.two_qubit_gates,
        "esp": scorer.success(plain, range(n), part.qubits).esp,
        "seconds": time.process_time() - started,
    }
    for who, how in (("quasar", {"seeds": seeds}), ("pytket", PYTKET)):
        started = time.process_time()
        try:
            found = compile_circuit(emit(circuit), machine, **how)
        except InputError as error:
            row[who] = {"missing": str(error)}
            continue
        row[who] = {
            "two_qubit_gates": found.two_qubit_gates,
            "esp": found.esp,
            "seconds": time.process_time() - started,
            "compiler": found.compiler,
            "proof": found.proof.method,
        }
    return row


PYTKET = {"compilers": ("pytket",), "seeds": 1}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Quasar against each other compiler."""
    found: dict[str, Any] = {}
    for other in ("qiskit", "pytket"):
        both = [(row["quasar"], row[other]) for row in rows if "esp" in row[other]]
        if not both:
            continue
        gates = [a["two_qubit_gates"] / b["two_qubit_gates"] for a, b in both]
        found[other] = {
            "circuits": len(both),
            "median_ratio_of_two_qubit_gates": statistics.median(gates),
            "at_most_as_many_gates": sum(ratio <= 1 for ratio in gates),
            "esp_at_least_as_good": sum(a["esp"] >= b["esp"] for a, b in both),
            "both": sum(
                r <= 1 and a["esp"] >= b["esp"] for r, (a, b) in zip(gates, both, strict=True)
            ),
            "median_ratio_of_esp": statistics.median(a["esp"] / b["esp"] for a, b in both),
        }
    found["median_seconds"] = statistics.median(row["quasar"]["seconds"] for row in rows)
    return found


def main() -> None:
    """Run and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/compile.json"))
    parser.add_argument("--circuits", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    machines = [device(name) for name in DEVICES]
    rows = []
    for number in range(options.circuits):
        rows.append(measured(number, machines[number % 3], options.seeds))
        print(json.dumps(rows[-1]), flush=True)
    found = {"summary": summary(rows), "seeds": options.seeds, "rows": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found["summary"], indent=2))


if __name__ == "__main__":
    main()

"""Expensive measurements, computed on request for the best candidate of each record.

* Warm-start value: optimiser steps to reach r >= 0.99 of what the circuit's own ansatz can reach,
  from its own angles and from random ones.
* Compiled size: gates and depth after transpiling to a device's basis and connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import parse
from quasar.circuits.statistics import compile_circuit
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.evaluation.rows import Row
from quasar.optimize.minimize import lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector

ExpensiveKind = Literal["warm_start", "compiled"]

WARM_START_SHARE = 0.99
WARM_START_STEPS = 200
"""Steps allowed to one optimisation; a run that does not arrive counts as this many."""
RANDOM_STARTS = 3
COMPILED_BASIS, COMPILED_COUPLING = "ibm-heron", "heavy-hex"
COMPILED_MAX_GATES = 5000  # written; the transpiler takes about a second for as many


class ExpensiveTask(NamedTuple):
    """One circuit to look at more closely.

    Attributes:
        kind: what to measure.
        sample_index: its record.
        digest: fingerprint of its text.
        text: the text, which has been found usable before.
        hamiltonian: the record's.
        seed: root of the random starts.
    """

    kind: ExpensiveKind
    sample_index: int
    digest: str
    text: str
    hamiltonian: IsingHamiltonian
    seed: int


def measure(task: ExpensiveTask) -> Row:
    """A line of `extras.jsonl`; `value` is null where the measurement does not apply."""
    try:
        circuit = parse(task.text).circuit
    except CircuitError:
        circuit = None
    value: Row | None = None
    if circuit is not None:
        value = _warm_start(circuit, task) if task.kind == "warm_start" else _compiled(circuit)
    return {
        "kind": task.kind,
        "sample_index": task.sample_index,
        "digest": task.digest,
        "seed": task.seed,
        "value": value,
    }


def _warm_start(circuit: Circuit, task: ExpensiveTask) -> Row | None:
    ansatz, theta = tie_equal_angles(circuit)
    if ansatz.n_parameters == 0:
        return None
    hamiltonian = IsingHamiltonian(task.hamiltonian.n_qubits, task.hamiltonian.terms)
    diagonal = hamiltonian.diagonal
    energy = energy_of(ansatz, diagonal)
    rng = generator(task.seed, "warm-start", task.sample_index)
    starts: list[FloatVector] = [theta]
    starts += [rng.uniform(-np.pi, np.pi, theta.size) for _ in range(RANDOM_STARTS)]
    traces = []
    for start in starts:
        trace = Trace()
        lbfgs(energy, start, budget=Budget(WARM_START_STEPS), trace=trace)
        traces.append(trace)
    e_min, e_max = float(diagonal.min()), float(diagonal.max())
    best = min(trace.best_energy for trace in traces)
    target = e_max - WARM_START_SHARE * (e_max - best)
    steps = [steps_to(trace.energies, target) for trace in traces]
    width = e_max - e_min
    return {
        "steps": steps[0],
        "random_steps": float(np.median(steps[1:])),
        "reachable_ratio": 1.0 if width <= 0 else (e_max - best) / width,
    }


def steps_to(energies: Sequence[float], target: float) -> int:
    """Steps before the first energy at or under the target; 0 if the start is there already."""
    for step, value in enumerate(energies):
        if value <= target:
            return step
    return WARM_START_STEPS


def _compiled(circuit: Circuit) -> Row | None:
    if len(circuit.gates) > COMPILED_MAX_GATES:
        return None
    size = compile_circuit(circuit, COMPILED_BASIS, COMPILED_COUPLING).statistics
    return {
        "gates": size.gates,
        "two_qubit_gates": size.two_qubit_gates,
        "depth": size.depth,
    }


def summary(kind: ExpensiveKind, values: Sequence[Row | None]) -> Row:
    """The column of a run, over the records that have a value."""
    seen = [value for value in values if value is not None]
    if kind == "warm_start":
        return {
            "records": len(seen),
            "steps": _median(seen, "steps"),
            "random_steps": _median(seen, "random_steps"),
            "faster": sum(v["steps"] < v["random_steps"] for v in seen) / len(seen)
            if seen
            else None,
            "reachable_ratio": float(np.mean([v["reachable_ratio"] for v in seen]))
            if seen
            else None,
        }
    return {
        "records": len(seen),
        "basis": COMPILED_BASIS,
        "coupling": COMPILED_COUPLING,
        **{name: _median(seen, name) for name in ("gates", "two_qubit_gates", "depth")},
    }


def _median(values: Sequence[Row], name: str) -> float | None:
    return float(np.median([value[name] for value in values])) if values else None

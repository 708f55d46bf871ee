"""Expensive measurements, computed on request for the best candidate of each record.

* Warm-start value: optimiser steps to reach r >= 0.99 of what the circuit's own ansatz can reach,
  from its own angles and from random ones.
* Compiled size: gates and depth after transpiling to a device's basis and connections.
* On a device: ratio and probability of an optimum under its noise, with and without mitigation.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import Program, parse
from quasar.circuits.statistics import compile_circuit
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.evaluation.rows import Row
from quasar.optimize.minimize import lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import EncodedProblem
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector
from quasar.verifier.on_device import DeviceRun
from quasar.verifier.settings import DeviceSettings

ExpensiveKind = Literal["warm_start", "compiled", "device"]

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
        problem: the record's; only `device` looks at it.
        device: how to judge under noise; only for `device`.
    """

    kind: ExpensiveKind
    sample_index: int
    digest: str
    text: str
    hamiltonian: IsingHamiltonian
    seed: int
    problem: EncodedProblem | None = None
    device: DeviceSettings | None = None

    @property
    def name(self) -> str:
        """The kind, for a device with all that its numbers depend on."""
        return self.kind if self.device is None else device_kind(self.device)


def device_kind(settings: DeviceSettings) -> str:
    """What a measurement on a device is called in `extras.jsonl`."""
    return f"device {settings.model_dump_json()}"


def measure(task: ExpensiveTask) -> Row:
    """A line of `extras.jsonl`; `value` is null where the measurement does not apply."""
    try:
        circuit = parse(task.text).circuit
    except CircuitError:
        circuit = None
    value: Row | None = None
    if circuit is not None:
        value = _value(circuit, task)
    return {
        "kind": task.name,
        "sample_index": task.sample_index,
        "digest": task.digest,
        "seed": task.seed,
        "value": value,
    }


def _value(circuit: Circuit, task: ExpensiveTask) -> Row | None:
    if task.kind == "warm_start":
        return _warm_start(circuit, task)
    if task.kind == "compiled":
        return _compiled(circuit)
    return _on_device(circuit, task)


def _on_device(circuit: Circuit, task: ExpensiveTask) -> Row | None:
    if task.device is None or task.problem is None:
        raise ValueError("a circuit is judged on a device for a problem")
    try:
        program = Program(circuit.n_qubits, circuit, None, "fast")
        found = _device_run(task.device).report(program, task.problem)
    except CircuitError:
        return None
    mitigated, made = found.mitigated, found.compiled
    return {
        "ratio": found.noisy.approximation_ratio,
        "ideal_ratio": found.ideal.approximation_ratio,
        "mitigated_ratio": None if mitigated is None else mitigated.approximation_ratio,
        "p_optimal": found.noisy.p_optimal,
        "ideal_p_optimal": found.ideal.p_optimal,
        "two_qubit_gates": None if made is None else made.two_qubit_gates,
    }


@functools.lru_cache(maxsize=1)
def _device_run(settings: DeviceSettings) -> DeviceRun:
    return DeviceRun.of(settings)


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
    if kind == "device":
        means = ("ratio", "ideal_ratio", "mitigated_ratio", "p_optimal", "ideal_p_optimal")
        return {
            "records": len(seen),
            **{name: _mean(seen, name) for name in means},
            "two_qubit_gates": _median(seen, "two_qubit_gates"),
        }
    return {
        "records": len(seen),
        "basis": COMPILED_BASIS,
        "coupling": COMPILED_COUPLING,
        **{name: _median(seen, name) for name in ("gates", "two_qubit_gates", "depth")},
    }


def _median(values: Sequence[Row], name: str) -> float | None:
    known = [value[name] for value in values if value[name] is not None]
    return float(np.median(known)) if known else None


def _mean(values: Sequence[Row], name: str) -> float | None:
    known = [value[name] for value in values if value[name] is not None]
    return float(np.mean(known)) if known else None

"""Target tasks for training and for tests: drawn with varied parameters, and split.

Tasks that `held_out` picks never occur in training data, so that they can be asked for later; tasks
that have only a few instances (a GHZ state of n qubits) are all learnt.
"""

from __future__ import annotations

import json

import numpy as np

from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.data.identity import split_of
from quasar.tasks.registry import read_task, task_class
from quasar.tasks.task import Submission, TargetTask

FEW_INSTANCES = (
    *("ghz", "w", "dicke", "cluster", "qft", "adder", "comparator", "encoder", "syndrome"),
)
"""Tasks with no more than some dozens of instances of up to 8 qubits."""
_FEW_OF = {("multi_controlled", None), ("multi_controlled", "z")}  # X, the default, and Z
_SPLITS = {"train": 0.9, "held out": 0.1}
_SALT = "tasks"
_ERRORS = (0.01, 0.02, 0.05, 0.05, 0.05, 0.1)


def many_instances(task: TargetTask) -> bool:
    """Whether there are so many tasks of its kind that some can be left out of training."""
    kind = (task.name, task.to_json().get("gate"))
    return task.name not in FEW_INSTANCES and kind not in _FEW_OF


def held_out(task: TargetTask) -> bool:
    """Whether a task is never learnt from: a tenth of those of many instances."""
    if not many_instances(task):
        return False
    stated = json.dumps(task.to_json(), sort_keys=True)
    return split_of(stated, _SPLITS, _SALT) != "train"


def sample_varied(name: str, rng: np.random.Generator, qubits: int) -> TargetTask:
    """A random task, of more forms than the family's own sampler draws.

    Raises:
        InputError: unknown name.
    """
    if name == "evolution":
        return _evolution(rng, qubits)
    task = task_class(name).sample(rng, qubits)
    if name == "cat" and rng.random() < 0.2:
        return read_task("cat", string=task.to_json()["string"])
    return _rounded(task, rng) if rng.random() < 0.5 else task


def _rounded(task: TargetTask, rng: np.random.Generator) -> TargetTask:
    """The task with numbers of few decimals, as people write them."""
    data, decimals = task.to_json(), int(rng.integers(1, 4))
    for name in ("phase", "angle"):
        if name in data and task.family in ("state", "unitary"):
            data[name] = round(data[name], decimals)
    if "phases" in data:
        data["phases"] = [round(phase, decimals) for phase in data["phases"]]
    return read_task(data)


def solves(task: TargetTask, program: str) -> bool:
    """Whether a program can be judged and solves the task."""
    try:
        return task.grade(Submission(program, parse(program, header="language"))).solved
    except CircuitError:
        return False


def _evolution(rng: np.random.Generator, qubits: int) -> TargetTask:
    """Chains as the family samples them, and pairs and fields of any graph."""
    sampled = task_class("evolution").sample(rng, qubits)
    place = rng.random()
    if place < 0.4:
        return sampled
    data = sampled.to_json()
    if place > 0.7:
        data["observable"] = _observable(rng, sampled.n_qubits)
    data["time"] = round(float(rng.uniform(0.2, 1.0)), 3)
    data["error"] = float(rng.choice(_ERRORS))
    return read_task(data)


def _observable(rng: np.random.Generator, n: int) -> str:
    values = [round(float(c), 3) for c in rng.uniform(0.3, 1.2, int(rng.integers(1, 4)))]
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    count = int(rng.integers(1, min(len(pairs), n) + 1))
    chosen = [pairs[i] for i in sorted(rng.choice(len(pairs), count, replace=False))]
    axes = "XYZ"[: int(rng.integers(1, 4))]
    terms = [
        f"{values[int(rng.integers(len(values)))]}*{axis}{a}*{axis}{b}"
        for a, b in chosen
        for axis in axes
    ]
    for q in range(n):
        if rng.random() < 0.8:
            terms.append(f"{values[-1]}*{'XYZ'[int(rng.integers(3))]}{q}")
    return " + ".join(terms)

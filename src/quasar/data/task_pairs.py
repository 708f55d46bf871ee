"""Prompts and answers for target tasks, to train any language model on.

A line is one pair: the task in one of several wordings, and a circuit that solves it. Parameters
are drawn by `target_tasks.sample_varied`; circuits are the known constructions, and rewritings of
them in which some gates are replaced by equal ones. Every answer is judged by its task's own grader
before it is kept; tasks of the other split never occur.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.data.target_tasks import held_out, sample_varied, solves
from quasar.prompts.task_prompt import read_task_prompt, task_chat
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.registry import TASKS
from quasar.tasks.task import TargetTask

_HALF = math.pi / 2


class TaskPairSettings(Settings):
    """Which pairs are made."""

    count: int = Field(default=1000, ge=1)
    """Pairs."""
    seed: int = Field(default=0, ge=0)
    """Of all that is drawn."""
    split: Literal["train", "held out"] = "train"
    """Tasks to learn from, or the tenth that is left out for tests."""
    tasks: dict[str, float] = Field(default_factory=lambda: dict.fromkeys(TASKS, 1.0))
    """Weight of each task, by its name."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict.fromkeys(range(1, 7), 1.0))
    """Weight of each number of qubits that is asked for."""
    short_prompts: float = Field(default=0.5, ge=0, le=1)
    """Fraction of prompts in few words, where a task can be said so."""
    rewritten: float = Field(default=0.5, ge=0, le=1)
    """Fraction of answers that are rewritten."""


def task_pairs(settings: TaskPairSettings) -> Iterator[dict[str, Any]]:
    """The pairs: `messages` (a chat with its answer), and what they are made of.

    Raises:
        InputError: an unknown task.
    """
    rng = generator(settings.seed, "task pairs", settings.split)
    names, sizes = list(settings.tasks), list(settings.sizes)
    weights = np.array([float(w) for w in settings.tasks.values()])
    size_weights = np.array([float(w) for w in settings.sizes.values()])
    made = 0
    while made < settings.count:
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        size = sizes[int(rng.choice(len(sizes), p=size_weights / size_weights.sum()))]
        task = sample_varied(name, rng, size)
        if held_out(task) != (settings.split == "held out"):
            continue
        chosen = list(task.constructions())
        construction = chosen[int(rng.integers(len(chosen)))]
        answer, rewritten = construction.qasm, bool(rng.random() < settings.rewritten)
        if rewritten:
            answer = rewriting(task, answer, rng)
        if not solves(task, answer):
            continue
        chat = task_chat(task)
        wording = "full"
        if rng.random() < settings.short_prompts and (short := short_wording(task, rng)):
            chat = [chat[0], {"role": "user", "content": short}]
            wording = "short"
        made += 1
        yield {
            "messages": [*chat, {"role": "assistant", "content": f"```qasm\n{answer}```"}],
            "task": task.to_json(),
            "family": task.family,
            "construction": construction.name,
            "rewritten": rewritten,
            "wording": wording,
        }


def rewriting(task: TargetTask, qasm: str, rng: np.random.Generator) -> str:
    """The same circuit with half of its gates replaced by equal ones, where there are some.

    Of a program with an oracle nothing is changed: a rewritten call would be none.
    """
    program = parse(qasm, header="language")
    circuit = program.circuit
    if circuit is None or isinstance(task, OracleTask) or task.name == "syndrome":
        return qasm
    gates: list[Gate] = []
    for made in circuit.gates:
        equal = _EQUAL.get(made.name)
        gates += equal(made) if equal is not None and rng.random() < 0.5 else [made]
    return emit(Circuit(circuit.n_qubits, tuple(gates)))


def _of(name: str, *qubits: int, angle: float | None = None) -> Gate:
    return Gate(name, qubits, () if angle is None else (angle,))


def _swap(made: Gate) -> list[Gate]:
    a, b = made.qubits
    return [_of("cx", a, b), _of("cx", b, a), _of("cx", a, b)]


def _cz(made: Gate) -> list[Gate]:
    a, b = made.qubits
    return [_of("h", b), _of("cx", a, b), _of("h", b)]


def _cx(made: Gate) -> list[Gate]:
    a, b = made.qubits
    return [_of("h", b), _of("cz", a, b), _of("h", b)]


def _cp(made: Gate) -> list[Gate]:
    (a, b), half = made.qubits, made.params[0] / 2
    turn = [_of("p", a, angle=half), _of("cx", a, b), _of("p", b, angle=-half)]
    return [*turn, _of("cx", a, b), _of("p", b, angle=half)]


def _cry(made: Gate) -> list[Gate]:
    (a, b), half = made.qubits, made.params[0] / 2
    return [_of("ry", b, angle=half), _of("cx", a, b), _of("ry", b, angle=-half), _of("cx", a, b)]


def _h(made: Gate) -> list[Gate]:
    (q,) = made.qubits
    return [_of("ry", q, angle=_HALF), _of("x", q)]


def _x(made: Gate) -> list[Gate]:
    (q,) = made.qubits
    return [_of("h", q), _of("z", q), _of("h", q)]


_EQUAL: dict[str, Callable[[Gate], list[Gate]]] = {
    "swap": _swap,
    "cz": _cz,
    "cx": _cx,
    "cp": _cp,
    "cry": _cry,
    "h": _h,
    "x": _x,
}
"""Gates that are equal to others, exactly."""

_SHORT: dict[str, tuple[str, ...]] = {
    "ghz": ("Prepare a GHZ state on {n} qubits.", "Write a {n}-qubit GHZ circuit."),
    "w": ("Prepare a W state on {n} qubits.", "I need the W state of {n} qubits."),
    "dicke": (
        "Prepare the Dicke state on {n} qubits with exactly {k} ones.",
        "Dicke state, n = {n}, k = {k}.",
    ),
    "cluster": (
        "Prepare a cluster state of {rows} rows on {n} qubits.",
        "Cluster state on {n} qubits, {rows} rows.",
    ),
    "graph_state": ("Prepare the graph state on {n} qubits with edges {listed}.",),
    "cat": ("Prepare the cat state (|{string}> + e^(i {phase!r}) |{other}>)/sqrt(2).",),
    "uniform": ("Prepare an equal superposition of {kets} on {n} qubits.",),
    "qft": ("Write the {kind} Fourier transform on {n} qubits.", "{kind} QFT, {n} qubits."),
    "adder": ("Write an in-place adder on {n} qubits.",),
    "comparator": ("Write a comparator on {n} qubits.",),
    "encoder": ("Write an encoder of the {code} code.",),
    "syndrome": ("Measure the syndrome of the {code} code.",),
}
"""Prompts of few words; of oracles all is in the text, as the definition has to be."""


def short_wording(task: TargetTask, rng: np.random.Generator) -> str | None:
    """The task in few words, which `read_task_prompt` reads as the same task; None: none fit."""
    forms = _SHORT.get(task.name)
    if forms is None:
        return None
    given = task.model_dump()
    string = given.get("string", "")
    given |= {
        "n": task.n_qubits,
        "listed": ", ".join(f"{u}-{v}" for u, v in given.get("edges", ())),
        "other": string.translate({48: 49, 49: 48}),
        "kets": ", ".join(f"|{one}>" for one in given.get("strings", ())),
        "kind": "inverse quantum" if given.get("inverse") else "quantum",
        "code": str(given.get("code", "")).replace("_", "-"),
    }
    text = forms[int(rng.integers(len(forms)))].format_map(given)
    try:
        return text if read_task_prompt(text) == task else None
    except InputError:
        return None

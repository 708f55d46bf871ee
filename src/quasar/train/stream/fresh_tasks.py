"""Examples without end of target tasks, for nano's second set of weights.

A source of a stream, as `fresh` is: `tokens`, `FreshKind` and `fresh_examples`. Every answer is
judged by its task's own grader before it is kept. Tasks that `held_out` picks never occur, so that
they can be asked for later; tasks that have only a few instances (a GHZ state of n qubits) are all
learnt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.data.identity import split_of
from quasar.models.word_tokens import WordTokens
from quasar.prompts.task_answer import known_answer, task_program
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import task_tokens as tokens
from quasar.prompts.vocabulary import ASSISTANT, END, USER
from quasar.tasks.registry import TASKS, read_task, task_class
from quasar.tasks.task import Submission, TargetTask
from quasar.train.stream.fresh import FreshExample

__all__ = ["FEW_INSTANCES", "FreshKind", "fresh_examples", "held_out", "sample_varied", "tokens"]

FEW_INSTANCES = (
    *("ghz", "w", "dicke", "cluster", "qft", "adder", "comparator", "encoder", "syndrome"),
)
"""Tasks with no more than some dozens of instances of up to 8 qubits."""
_FEW_OF = {("multi_controlled", None), ("multi_controlled", "z")}  # X, the default, and Z
_SPLITS = {"train": 0.9, "held out": 0.1}
_SALT = "tasks"
_SIZES = {1: 1.0, 2: 3.0, 3: 4.0, 4: 5.0, 5: 5.0, 6: 5.0, 7: 1.0, 8: 1.0}
_ERRORS = (0.01, 0.02, 0.05, 0.05, 0.05, 0.1)


class TaskKind(Settings):
    """How one kind of example is made."""

    makes: Literal["tasks"] = "tasks"
    """See the module's header."""
    tasks: dict[str, float] = Field(default_factory=lambda: dict.fromkeys(TASKS, 1.0))
    """Weight of each task, by its name."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict(_SIZES))
    """Weight of each number of qubits that is asked for."""


FreshKind = TaskKind
"""By the name that a stream looks for."""


def held_out(task: TargetTask) -> bool:
    """Whether a task is never learnt from: a tenth of those of many instances."""
    stated = task.to_json()
    if task.name in FEW_INSTANCES or (task.name, stated.get("gate")) in _FEW_OF:
        return False
    return split_of(json.dumps(stated, sort_keys=True), _SPLITS, _SALT) != "train"


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
    return task


def fresh_examples(
    kind: str, settings: TaskKind, seed: int, excluded: frozenset[str]
) -> Iterator[FreshExample]:
    """Examples without end; see `stream.fresh.fresh_examples`. Nothing is excluded by id."""
    words = WordTokens(tokens())
    assistant = words.ids[ASSISTANT]
    rng = generator(seed, "fresh tasks", kind)
    names, sizes = list(settings.tasks), list(settings.sizes)
    weights = _probabilities(settings.tasks.values())
    size_weights = _probabilities(settings.sizes.values())
    judged: dict[tuple[str, str], bool] = {}
    while True:
        name = names[int(rng.choice(len(names), p=weights))]
        task = sample_varied(name, rng, sizes[int(rng.choice(len(sizes), p=size_weights))])
        if held_out(task):
            continue
        made = checked_answer(task, judged)
        if made is None:
            continue
        prompt, answer = made
        ids = words.encode(f"{USER}{prompt}{ASSISTANT}{answer}{END}")
        yield FreshExample(ids, ids.index(assistant) + 1, False)


def checked_answer(
    task: TargetTask, judged: dict[tuple[str, str], bool] | None = None
) -> tuple[str, str] | None:
    """Prompt and answer of a task; None where the style has none, or the grader refuses it.

    Args:
        judged: verdicts so far: a text that was judged for the same prompt is not judged again.
    """
    try:
        prompt = task_prompt(task)
    except InputError:
        return None
    answer = known_answer(task)
    if answer is None:
        return None
    known = {} if judged is None else judged
    if (prompt, answer) not in known:
        program, _ = task_program(task, answer)
        known[prompt, answer] = solves(task, program)
    return (prompt, answer) if known[prompt, answer] else None


def solves(task: TargetTask, program: str) -> bool:
    """Whether a program that keeps the rules solves the task."""
    return task.grade(Submission(program, parse(program, header="language"))).solved


def _probabilities(weights: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = np.array([float(weight) for weight in weights])
    return np.asarray(values / values.sum())


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

"""Examples without end of target tasks, for nano's second set of weights.

A source of a stream, as `fresh` is: `tokens`, `FreshKind` and `fresh_examples`. Every answer is
judged by its task's own grader before it is kept. Tasks that `target_tasks.held_out` picks never
occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.data.target_tasks import held_out, sample_varied, solves
from quasar.models.word_tokens import WordTokens
from quasar.prompts.task_answer import known_answer, task_program
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import TAUGHT
from quasar.prompts.task_vocabulary import task_tokens as tokens
from quasar.prompts.vocabulary import ASSISTANT, END, USER
from quasar.tasks.task import TargetTask
from quasar.train.stream.fresh import FreshExample

__all__ = ["FreshKind", "TaskKind", "checked_answer", "fresh_examples", "tokens"]

_SIZES = {1: 1.0, 2: 3.0, 3: 4.0, 4: 5.0, 5: 5.0, 6: 5.0, 7: 1.0, 8: 1.0}


class TaskKind(Settings):
    """How one kind of example is made."""

    makes: Literal["tasks"] = "tasks"
    """See the module's header."""
    tasks: dict[str, float] = Field(default_factory=lambda: dict.fromkeys(TAUGHT, 1.0))
    """Weight of each task, by its name."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict(_SIZES))
    """Weight of each number of qubits that is asked for."""


FreshKind = TaskKind
"""By the name that a stream looks for."""


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


def _probabilities(weights: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = np.array([float(weight) for weight in weights])
    return np.asarray(values / values.sum())

"""Quality of a model during a streaming training, on problems that never occur in it.

They are those of the excluded sets that are records of ours. Needs what the verifier needs; a
training without problems to measure (`watch.problems = 0`) loads none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quasar.core.seeds import generator
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.learner import Learner
from quasar.train.stream.result import as_transformers, profile_of, stream_of

if TYPE_CHECKING:
    from quasar.train.quality import Task

_NEEDED = {"recipe", "optimization_type", "cost_hamiltonian", "approximation_ratio"}


def held_out_tasks(settings: SftSettings) -> list[Task]:
    """Problems of the excluded sets, the same ones every time, sets in equal shares.

    Raises:
        InputError: an excluded set cannot be read.
    """
    if not settings.watch.problems:
        return []
    from quasar.data.source import Source
    from quasar.train.quality import tasks_of

    sets = []
    for path in stream_of(settings).exclude:
        records = [record for _, record in Source(path).records()]
        if records and records[0].keys() >= _NEEDED:
            sets.append(records)
    tasks: list[Task] = []
    for records in sets:
        order = generator(settings.schedule.seed, "validation").permutation(len(records))
        each = -(-settings.watch.problems // len(sets))
        tasks += tasks_of([records[int(i)] for i in order[:each]])
    return tasks[: settings.watch.problems]


def measure(learner: Learner, settings: SftSettings, tasks: Sequence[Task]) -> dict[str, float]:
    """Quality of greedy raw answers, by name."""
    from quasar.train.sft import evaluate_model

    learner.wait()
    model, tokenizer = as_transformers(learner)
    model = model.to(learner.device) if learner.device == "cuda" else model.float()
    longest = stream_of(settings).max_length
    return evaluate_model(model, tokenizer, profile_of(settings), list(tasks), longest)

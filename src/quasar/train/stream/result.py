"""What a streaming training makes of its weights: a model of transformers, and its quality.

Quality is measured on problems that never occur in the training: those of the excluded sets that
are records of ours. That needs what the verifier needs; a training without problems to measure
(`eval.problems = 0`) loads none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from quasar.core.seeds import generator
from quasar.models.profile import Profile
from quasar.prompts.compact import MAX_QUBITS
from quasar.prompts.task_style import LARGEST, TASK_STYLE
from quasar.train.new_model import ModelShape, qwen3_config
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.learner import Learner
from quasar.train.stream.light_qwen3 import named

if TYPE_CHECKING:
    from quasar.train.quality import ValidationTask

_NEEDED = {"recipe", "optimization_type", "cost_hamiltonian", "approximation_ratio"}
HEAD, _EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
"""One and the same tensor, which is saved once."""


def profile_of(settings: SftSettings) -> Profile:
    """The profile of the trained model."""
    if settings.stream.source.endswith(".fresh_tasks"):
        return Profile(
            name=settings.model.name, prompt_style=TASK_STYLE, max_qubits=LARGEST, multi_turn=False
        )
    return Profile(
        name=settings.model.name,
        prompt_style="compact",
        max_qubits=MAX_QUBITS,
        multi_turn=True if settings.stream.multi_turn else None,
    )


def as_transformers(learner: Learner, words: Sequence[str] | None = None) -> tuple[Any, Any]:
    """The weights as `Qwen3ForCausalLM` in bfloat16 on the CPU, and the tokenizer.

    Args:
        words: the tokens; default: those of the compact style.
    """
    from transformers import Qwen3ForCausalLM

    from quasar.models.nano_tokenizer import build_tokenizer

    shape: ModelShape = learner.model.shape
    tokenizer = build_tokenizer(shape.context, words)
    model = Qwen3ForCausalLM(qwen3_config(shape, tokenizer))
    state = named({name: w.to("cpu", torch.bfloat16) for name, w in learner.weights().items()})
    model.to(torch.bfloat16).load_state_dict({**state, HEAD: state[_EMBEDDING]})
    return model, tokenizer


def held_out_tasks(settings: SftSettings) -> list[ValidationTask]:
    """Problems of the excluded sets, the same ones every time, equally many of each set.

    Raises:
        InputError: an excluded set cannot be read.
    """
    if not settings.eval.problems:
        return []
    from quasar.data.source import Source
    from quasar.train.quality import tasks_of

    sets = []
    for path in settings.stream.exclude:
        records = [record for _, record in Source(path).records()]
        if records and records[0].keys() >= _NEEDED:
            sets.append(records)
    tasks: list[ValidationTask] = []
    for records in sets:
        order = generator(settings.schedule.seed, "validation").permutation(len(records))
        each = -(-settings.eval.problems // len(sets))
        tasks += tasks_of([records[int(i)] for i in order[:each]])
    return tasks[: settings.eval.problems]


def measure(
    learner: Learner, settings: SftSettings, tasks: Sequence[ValidationTask]
) -> dict[str, float]:
    """Quality of greedy raw answers, by name."""
    from quasar.train.quality import evaluate_model

    learner.wait()
    model, tokenizer = as_transformers(learner)
    model = model.to(learner.device) if learner.device == "cuda" else model.float()
    profile, longest = profile_of(settings), settings.stream.max_length
    return evaluate_model(model, tokenizer, profile, tasks, longest)

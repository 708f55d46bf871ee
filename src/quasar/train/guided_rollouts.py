"""Completions of reinforcement under the guide that `quasar generate` holds the model to.

nano and models of its form are run by their own runtime, with the training's weights as they are
at each step, rounded to the bfloat16 in which the result is stored. Any other model is run by
transformers. Both give the same answers up to rounding; which tokens of them were choices is found
out afterwards (`choices.traced`), so a back end need not know of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.chat_tokens import ChatTokens
from quasar.models.guide import GuideFactory, GuideIds
from quasar.models.kernel import covers, library
from quasar.models.nano_checkpoint import Checkpoint
from quasar.models.nano_model import NanoModel, NanoSettings
from quasar.models.profile import Profile
from quasar.models.protocol import Completion, Model, Sampling
from quasar.models.registry import checkpoint
from quasar.models.small_qwen import HeldWeights
from quasar.models.transformers_loading import stop_ids_of
from quasar.models.transformers_model import TokenizerTexts, TransformersModel
from quasar.prompts.styles import get_style
from quasar.train.choices import AllowedSets, Traced, traced
from quasar.train.rollout_tasks import RolloutTask


class Rollout(NamedTuple):
    """One completion.

    Attributes:
        prompt: token ids.
        answer: tokens, and what each was chosen from.
        text: the whole answer, with what the guide wrote after the plan.
    """

    prompt: list[int]
    answer: Traced
    text: str


class GuidedWriter:
    """Makes the completions of a training.

    Args:
        model: of transformers; its weights are read at each call.
        found: the checkpoint that it began as, where nano's runtime can run it; None: transformers
            does.

    Attributes:
        seconds: what refreshing weights, drawing, and finding the choices have taken so far.
    """

    def __init__(
        self, model: Any, tokenizer: Any, profile: Profile, found: Checkpoint | None, batch: int
    ) -> None:
        self.sets = AllowedSets(model.config.vocab_size)
        self.seconds = {"refresh": 0.0, "draw": 0.0, "trace": 0.0}
        self._model, self._tokenizer, self._profile = model, tokenizer, profile
        self._found, self._batch = found, batch
        self._chats = ChatTokens(tokenizer, str(profile.name), None)
        self._stop_ids = tuple(stop_ids_of(model, tokenizer))
        texts = TokenizerTexts(tokenizer) if found is None else found.tokens
        self._texts, self._ids = texts, GuideIds(texts, self._stop_ids)

    @property
    def engine(self) -> str:
        """What runs the model."""
        return "transformers" if self._found is None else "nano"

    def answers(self, tasks: Sequence[RolloutTask], sampling: Sampling) -> list[list[Completion]]:
        """Guided answers to each task; a prompt that leaves no room gives an error in them."""
        begun = time.perf_counter()
        model = self._running()
        refreshed = time.perf_counter()
        chats = [task.chat for task in tasks]
        guides = [guide_of(task, self._profile) for task in tasks]
        made = model.complete(chats, sampling, guides=guides)
        self.seconds["refresh"] += refreshed - begun
        self.seconds["draw"] += time.perf_counter() - refreshed
        return made

    def rollouts(self, tasks: Sequence[RolloutTask], sampling: Sampling) -> list[Rollout]:
        """`sampling.samples` completions of each task, task by task.

        Raises:
            InputError: a prompt leaves no room for an answer.
        """
        made = self.answers(tasks, sampling)
        out: list[Rollout] = []
        begun = time.perf_counter()
        for task, completions in zip(tasks, made, strict=True):
            prompt = [*self._chats.encode(task.chat)]
            guide = guide_of(task, self._profile)
            for one in completions:
                if one.error is not None:
                    raise (
                        InputError(one.error) if not one.outage else InfrastructureError(one.error)
                    )
                plan = one.text[: len(one.text) - len(one.expanded)]
                given = self._texts.encode(plan)
                ended = one.finish_reason == "stop"
                own = traced(guide(), given, ended, self._ids, self._stop_ids, self.sets)
                out.append(Rollout(prompt, own, one.text))
        self.seconds["trace"] += time.perf_counter() - begun
        return out

    def _running(self) -> Model:
        if self._found is None:
            return TransformersModel.of(
                self._model, self._tokenizer, self._profile, batch_size=self._batch
            )
        settings = NanoSettings(
            name=self._profile.name,
            prompt_style=self._profile.prompt_style,
            max_qubits=self._profile.max_qubits,
            batch_size=self._batch,
            threads=_threads(),
            # The policy as it is trained: not rounded further, as `quasar generate` may do.
            engine="kernel" if library() is not None and covers(self._found.shape) else "numpy",
        )
        return NanoModel.of(self._found, held_weights(self._model), settings)


def nano_form(base: str | None, engine: str) -> Checkpoint | None:
    """The base checkpoint, where nano's runtime is to draw; None: transformers is.

    Args:
        base: name or folder; None: a new model.
        engine: of `RolloutSettings`.

    Raises:
        InputError: nano's runtime is asked for, and the base is not of its form.
    """
    if engine == "transformers":
        return None
    found = None if base is None else Checkpoint.find(Path(checkpoint(base)))
    if found is None and engine == "nano":
        raise InputError(
            "rollouts.engine = 'nano' needs model.base to be the packaged model or one of its "
            "form: set rollouts.engine = 'transformers'."
        )
    return found


def guide_of(task: RolloutTask, profile: Profile) -> GuideFactory:
    """What makes guides of answers to a task.

    Raises:
        InputError: the profile's style has none.
    """
    guide = get_style(str(profile.prompt_style)).guide(task.problem, task.request)
    if guide is None:
        raise InputError(
            f"answers in style {profile.prompt_style!r} have no guide: set rollouts.guided = false."
        )
    return guide


def held_weights(model: Any) -> HeldWeights:
    """The weights of a model of transformers, rounded to bfloat16."""
    import torch

    tensors = {}
    for name, tensor in model.state_dict().items():
        bits = tensor.detach().to("cpu", torch.bfloat16).contiguous().view(torch.int16)
        tensors[name] = bits.numpy().view(np.uint16)
    return HeldWeights(tensors)


def _threads() -> int:
    import torch

    return int(torch.get_num_threads())

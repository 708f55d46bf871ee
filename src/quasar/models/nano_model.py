"""The packaged model, and any other checkpoint of its form, run with NumPy alone.

Covers folders with a small Qwen3 model, its word-level tokenizer and its chat form, on the CPU.
Does not cover adapters or GPUs: `transformers_model` runs the same checkpoints.

Every answer has a cache of its own, so that prompts need not be of one length; several answers to
one prompt share the work on it. The answers of a call are spread over threads that never wait for
each other: a busy machine makes the model slower, and no more than that. Tokens are drawn as
`row_sampler` says.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.processes import cores
from quasar.models.back_end import Ask, BackEnd
from quasar.models.guide import GuideIds
from quasar.models.kernel import KernelForward, covers, has_ten_bits, library
from quasar.models.nano_checkpoint import (
    Checkpoint,
    Fingerprint,
    find_checkpoint,
    fingerprint_of,
)
from quasar.models.nano_decoding import Decoder, Running
from quasar.models.profile import Profile, find_profile
from quasar.models.protocol import Completion, Sampling
from quasar.models.rows import Answers, Room, Row, by_chat
from quasar.models.small_qwen import Forward, HeldWeights, NumpyForward, Weights
from quasar.models.word_tokens import chat_text
from quasar.prompts.chat import Message

_KEPT_CACHES = 32
_ROWS_A_THREAD = 3
"""Answers for which another thread is worth while: up to here a thread takes hardly longer."""


class NanoSettings(Profile):
    """How the model is run; the profile's fields take precedence over `quasar.json`."""

    engine: Literal["auto", "ten-bits", "kernel", "numpy"] = "auto"
    """`ten-bits`: compiled when the package was built, weights rounded to ten bits; `kernel`: the
    same with the weights as they are; `numpy`: slower, the same as `kernel` to rounding; `auto`:
    the first that this machine has."""
    threads: int | None = Field(default=None, ge=1)
    """Threads at most; None: one a core."""
    batch_size: int = Field(default=8, ge=1)
    """Answers that a thread makes at a time."""


@lru_cache(maxsize=2)
def _running(folder: Path, fingerprint: Fingerprint, engine: str) -> Running:
    found = find_checkpoint(folder, fingerprint)
    if found is None:
        raise InputError(_another_form(folder))
    caches: deque[Any] = deque(maxlen=_KEPT_CACHES)
    ids = GuideIds(found.tokens, found.stop_ids)
    weights = Weights(found.folder / "model.safetensors")
    return Running(_forward(found, weights, engine), found.tokens, found.stop_ids, ids, caches)


class NanoModel(BackEnd):
    """A `quasar.models.protocol.Model`; the properties are documented there."""

    follows_guides = True

    def __init__(self, folder: str | Path, settings: NanoSettings | None = None) -> None:
        """Load tokenizer and weights.

        Raises:
            InputError: the folder holds no checkpoint of this form, or it cannot be read; or the
                kernel is asked for and not there.
            InfrastructureError: it does not fit into memory.
        """
        settings = settings or NanoSettings()
        found = Checkpoint.find(Path(folder))
        if found is None:
            raise InputError(_another_form(folder))
        profile = find_profile(str(folder), settings)
        try:
            running = _running(found.folder, fingerprint_of(found.folder), settings.engine)
        except MemoryError as error:
            raise InfrastructureError(f"'{folder}' does not fit into memory.") from error
        self._set(found, running, profile, settings)
        self._take_networks(profile, found.folder)

    @classmethod
    def of(cls, found: Checkpoint, weights: HeldWeights, settings: NanoSettings) -> Self:
        """A model in training, as its weights are now.

        Args:
            found: the checkpoint that the training began with, for all but the weights.
            weights: under the checkpoint's names.
            settings: with name and prompt style.

        Raises:
            InputError: a tensor is missing, or the kernel is asked for and not there.
        """
        own = cls.__new__(cls)
        ids = GuideIds(found.tokens, found.stop_ids)
        forward = _forward(found, weights, settings.engine)
        running = Running(forward, found.tokens, found.stop_ids, ids, deque(maxlen=_KEPT_CACHES))
        own._set(found, running, settings, settings)
        return own

    def _set(
        self, found: Checkpoint, running: Running, profile: Profile, settings: NanoSettings
    ) -> None:
        self._is(profile)
        self.batch_size = settings.batch_size
        self._checkpoint = found
        self._tokens = found.tokens
        self._threads = settings.threads or cores()
        self._running = running

    @property
    def resolved(self) -> dict[str, Any]:
        """What its settings came to, for manifests."""
        return {
            "device": "cpu",
            "dtype": "float32",
            "context": self._checkpoint.context,
            "engine": self._running.forward.engine,
            "angles": "network" if self._networks else "model",
        }

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`.

        An answer depends on the seed, its chat and its number among the samples; with the kernel on
        nothing else. A prompt that leaves no room in the context gives completions with an `error`.
        """
        room = Room(self.name, self._checkpoint.context, self._encode)
        rows, answers = room.rows(asks, sampling)
        self._spread(deque(rows), sampling, answers)
        return by_chat(answers, len(asks), sampling.samples)

    def _encode(self, chat: Sequence[Message]) -> list[int]:
        return self._tokens.encode(chat_text(chat))

    def _spread(self, rows: deque[Row], sampling: Sampling, answers: Answers) -> None:
        """Make the answers on some threads, this one among them."""
        threads = min(self._threads, -(-len(rows) // _ROWS_A_THREAD))
        width = min(self.batch_size, -(-len(rows) // max(1, threads)))
        failures: list[BaseException] = []

        def work() -> None:
            try:
                Decoder(self._running, sampling, rows, width, answers).run()
            except BaseException as error:
                rows.clear()  # nobody begins anything more
                failures.append(error)

        others = [threading.Thread(target=work, daemon=True) for _ in range(threads - 1)]
        for other in others:
            other.start()
        work()
        try:
            for other in others:
                other.join()
        finally:
            rows.clear()
        if failures:
            raise failures[0]


def _forward(found: Checkpoint, weights: Weights, engine: str) -> Forward:
    compiled = library() if engine != "numpy" and covers(found.shape) else None
    ten_bits = engine in ("auto", "ten-bits") and has_ten_bits()
    if compiled is not None and (ten_bits or engine != "ten-bits"):
        return KernelForward(found.shape, weights, compiled, ten_bits=ten_bits)
    if engine in ("kernel", "ten-bits"):
        raise InputError(
            "the compiled kernel is not there: install the package where there is a C compiler, "
            "and for ten-bits an x86 processor with AVX2; or use engine=numpy."
        )
    return NumpyForward(found.shape, weights)


def _another_form(folder: str | Path) -> str:
    return (
        f"'{folder}' holds no model of the packaged one's form: load it with back_end=transformers."
    )

"""Any causal language model of Hugging Face transformers, on this machine.

Covers local folders and hub ids, PEFT adapters, 4-bit loading, batched sampling with one random
stream an answer (`row_sampler`), and answers held to the circuit grammar (`constraint`). Does not
cover multi-GPU serving: `vllm_model` and `openai_model` do.

Of the checkpoint's own generation settings only the tokens that end an answer are used; how tokens
are drawn is what `Sampling` says, for every model alike.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.seeds import generator
from quasar.models.back_end import Ask, BackEnd
from quasar.models.chat_tokens import ChatTokens
from quasar.models.constraint import QasmConstraint, QasmGuide
from quasar.models.growing_cache import fits, growing_cache
from quasar.models.guide import GuidedRow, GuideIds
from quasar.models.profile import Profile, find_profile
from quasar.models.protocol import Completion, FinishReason, Sampling, failed
from quasar.models.row_sampler import RowSampler
from quasar.models.rows import Answers, Room, Row, by_chat
from quasar.models.transformers_loading import (
    TransformersSettings,
    context_of,
    is_out_of_memory,
    load_tokenizer,
    load_weights,
    need_libraries,
    stop_ids_of,
)


class TransformersModel(BackEnd):
    """A `quasar.models.protocol.Model`; the properties are documented there."""

    follows_guides = True

    def __init__(self, model: str, settings: TransformersSettings | None = None) -> None:
        """Load tokenizer and weights.

        Args:
            model: local folder or hub id.

        Raises:
            InputError: it cannot be found or read, a library is missing, or it has no chat
                template; the message says what to do.
            InfrastructureError: it does not fit into memory.
        """
        settings = settings or TransformersSettings()
        need_libraries(settings)
        # Threads that spin as they wait take the cores from whoever works; read when torch loads.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        profile = find_profile(model, settings)
        tokenizer = load_tokenizer(model, settings)
        chat_tokens = ChatTokens(tokenizer, model, settings.chat_template)
        weights = load_weights(model, settings)
        self._set(weights, tokenizer, chat_tokens, profile, settings.batch_size)
        folder = Path(model)
        if folder.is_dir():
            self._take_networks(profile, folder)

    @classmethod
    def of(cls, model: Any, tokenizer: Any, profile: Profile, *, batch_size: int = 8) -> Self:
        """A model in training or already loaded, unchanged.

        Args:
            model: a `transformers` causal LM.
            tokenizer: with a chat template.
            profile: with name and prompt style.

        Raises:
            InputError: the tokenizer has no chat template.
        """
        own = cls.__new__(cls)
        chat_tokens = ChatTokens(tokenizer, str(profile.name), None)
        own._set(model, tokenizer, chat_tokens, profile, batch_size)
        return own

    def _set(
        self,
        model: Any,
        tokenizer: Any,
        chat_tokens: ChatTokens,
        profile: Profile,
        batch_size: int,
    ) -> None:
        self._is(profile)
        self.batch_size = batch_size
        self._tokenizer = tokenizer
        self._chat_tokens = chat_tokens
        self._model = model
        self._stop_ids = stop_ids_of(model, tokenizer)
        self._context = context_of(model, tokenizer)
        self._grammar: QasmGuide | None = None
        self._guide_ids = GuideIds(TokenizerTexts(tokenizer), self._stop_ids)

    @property
    def resolved(self) -> dict[str, Any]:
        """What its settings came to, for manifests."""
        dtype = str(self._model.dtype).removeprefix("torch.")
        angles = "network" if self._networks else "model"
        known = {"device": str(self._model.device), "dtype": dtype, "context": self._context}
        return {**known, "angles": angles}

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`.

        An answer depends on the seed, its chat and its number among the samples, and not on the
        batch (up to rounding, see `row_sampler`). A prompt that leaves no room in the context
        gives completions with an `error`.
        """
        room = Room(self.name, self._context, self._chat_tokens.encode)
        rows, answers = room.rows(asks, sampling)
        if self._grammar is None and any(row.n_qubits is not None for row in rows):
            self._grammar = QasmGuide.of(self._tokenizer, self._stop_ids)
        answers |= self._in_batches(rows, sampling)
        return by_chat(answers, len(asks), sampling.samples)

    def _in_batches(self, rows: Sequence[Row], sampling: Sampling) -> Answers:
        """The answer of each row, by chat and sample."""
        out: Answers = {}
        # Rows of like length go together: less padding.
        rows = sorted(rows, key=lambda row: len(row.prompt))
        done = starved = 0
        while done < len(rows):
            batch = rows[done : done + self.batch_size]
            answers = self._answer_if_it_fits(batch, sampling)
            if answers is None:
                # Here no frame of the failure is alive, and its tensors can go.
                _free_memory()
                if len(batch) > 1:
                    self.batch_size = len(batch) // 2
                    continue
                answers = [failed(_memory_reason(batch[0]), len(batch[0].prompt), outage=True)]
                starved += 1
            out |= {(r.chat, r.sample): a for r, a in zip(batch, answers, strict=True)}
            done += len(batch)
        if rows and starved == len(rows):
            raise InfrastructureError(_memory_reason(rows[0]))
        return out

    def _answer_if_it_fits(
        self, rows: Sequence[Row], sampling: Sampling
    ) -> list[Completion] | None:
        try:
            return self._answer(rows, sampling)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _answer(self, rows: Sequence[Row], sampling: Sampling) -> list[Completion]:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        pad = self._stop_ids[0] if self._stop_ids else 0
        width = max(len(row.prompt) for row in rows)
        padded = [[pad] * (width - len(row.prompt)) + [*row.prompt] for row in rows]
        mask = [[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in rows]
        streams = [generator(sampling.seed, "completion", r.stream, r.sample) for r in rows]
        limits = torch.tensor([row.max_tokens for row in rows])
        processors: list[Any] = [RowSampler(streams, sampling.temperature, sampling.top_p)]
        constraint = None
        if self._grammar is not None and any(row.n_qubits is not None for row in rows):
            constraint = QasmConstraint(self._grammar, [row.n_qubits for row in rows])
            processors.insert(0, constraint)
        guided = _Guidance([self._guided(row) for row in rows], self._stop_ids, self._tokenizer)
        if guided.rows:
            processors.insert(0, guided)
        own_cache = {"past_key_values": growing_cache()} if fits(self._model) else {}
        with torch.inference_mode():
            tokens = self._model.generate(
                input_ids=torch.tensor(padded, device=self._model.device),
                attention_mask=torch.tensor(mask, device=self._model.device),
                generation_config=GenerationConfig(
                    do_sample=False,
                    max_new_tokens=int(limits.max()),
                    pad_token_id=pad,
                    eos_token_id=list(self._stop_ids) or None,
                ),
                logits_processor=LogitsProcessorList(processors),
                stopping_criteria=StoppingCriteriaList([_RowLimits(width, limits)]),
                **own_cache,
            )
        stuck = constraint.stuck if constraint else set()
        return [
            self._completion(row, made, position in stuck, guided.rest(position))
            for position, (row, made) in enumerate(
                zip(rows, tokens[:, width:].tolist(), strict=True)
            )
        ]

    def _guided(self, row: Row) -> GuidedRow | None:
        guide = row.new_guide()
        if guide is None:
            return None
        if not self._stop_ids:
            raise InputError(
                "the model has no token that ends an answer; generate without a guide."
            )
        return GuidedRow(guide, self._guide_ids, self._stop_ids)

    def _completion(self, row: Row, tokens: list[int], stuck: bool, rest: str) -> Completion:
        tokens = tokens[: row.max_tokens]
        end = next((i for i, token in enumerate(tokens) if token in self._stop_ids), None)
        text = self._tokenizer.decode(
            tokens[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        if stuck:
            reason = "the tokenizer cannot spell how the program goes on; generate freely instead."
            return failed(reason, len(row.prompt))
        finish: FinishReason = "length" if end is None else "stop"
        rest = "" if end is None else rest
        return Completion(text + rest, finish, len(row.prompt), len(tokens[:end]), expanded=rest)


class TokenizerTexts:
    """A Hugging Face tokenizer as `guide.TokenTexts`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        return [int(i) for i in self._tokenizer(text, add_special_tokens=False)["input_ids"]]

    def decode(self, ids: Sequence[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )


class _Guidance:
    """A logits processor that leaves guided rows the tokens that their guides allow.

    Attributes:
        rows: the guides of the rows that have one, by position in the batch.
    """

    def __init__(
        self, rows: Sequence[GuidedRow | None], stop_ids: Sequence[int], tokenizer: Any
    ) -> None:
        self.rows = {i: row for i, row in enumerate(rows) if row is not None}
        self._stop_ids = stop_ids
        self._spelling = TokenizerTexts(tokenizer)
        self._forced: dict[int, list[int]] = {i: [] for i in self.rows}
        self._open: set[int] = set()
        self._ended: set[int] = set()

    def rest(self, position: int) -> str:
        """What the guide of a row adds to its text."""
        row = self.rows.get(position)
        return "" if row is None else row.rest or ""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores [B, V] with -inf wherever a guide allows no token."""
        scores = scores.clone()
        for i, row in self.rows.items():
            if i in self._open:
                token = int(input_ids[i, -1])
                row.take(token, self._spelling.decode([token]))
                self._open.discard(i)
                if token in self._stop_ids:
                    self._ended.add(i)
            if i in self._ended:
                continue
            if not self._forced[i]:
                self._forced[i] = row.forced(scores.shape[1])
            if self._forced[i]:
                allowed: Any = [self._forced[i].pop(0)]
            elif row.rest is not None:
                allowed = [self._stop_ids[0]]
            else:
                allowed = row.choice()
                self._open.add(i)
            if allowed is None:
                continue
            kept = scores[i, allowed].clone()
            scores[i] = float("-inf")
            scores[i, allowed] = kept
        return scores


class _RowLimits:
    """A stopping criterion: each row has a limit of its own."""

    def __init__(self, prompt_width: int, limits: Any) -> None:
        self._prompt_width = prompt_width
        self._limits = limits

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        made = input_ids.shape[1] - self._prompt_width
        return (self._limits <= made).to(input_ids.device)


def _free_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _memory_reason(row: Row) -> str:
    return (
        f"out of memory on a prompt of {len(row.prompt)} tokens by itself: lower max_tokens, or "
        "load the model with load_in_4bit=true."
    )

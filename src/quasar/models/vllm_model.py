"""A checkpoint run by vLLM in this process: many prompts at once on GPUs.

vLLM is optional (Linux with a GPU), and what is here was written against the documentation of its
`LLM` class and tested with a stand-in for it, never against vLLM itself. To share one server among
programs, start `vllm serve MODEL` and use `openai_model` with its address instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.seeds import generator
from quasar.models.back_end import Ask, BackEnd
from quasar.models.chat_tokens import ChatTokens
from quasar.models.grammar import qasm_grammar
from quasar.models.profile import Profile, find_profile
from quasar.models.protocol import Completion, FinishReason, Sampling
from quasar.models.rows import Room, Row, by_chat


class VllmSettings(Profile):
    """How vLLM loads a checkpoint; the profile's fields take precedence over `quasar.json`."""

    dtype: str = "auto"
    """Type of the weights, as vLLM names it."""
    tensor_parallel_size: int = Field(default=1, ge=1)
    """GPUs that share the weights."""
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
    """Part of each GPU's memory that vLLM takes."""
    context: int | None = Field(default=None, ge=1)
    """Tokens of prompt and answer together; None: what the checkpoint says."""
    chat_template: str | None = None
    """Jinja file to use for the checkpoint's own chat template; `raw`: the bare text."""
    revision: str | None = None
    """Branch, tag or commit of a hub id; None: its newest."""


class VllmModel(BackEnd):
    """A `quasar.models.protocol.Model`; the properties are documented there."""

    def __init__(self, model: str, settings: VllmSettings | None = None) -> None:
        """Start the engine.

        Args:
            model: local folder or hub id.

        Raises:
            InputError: vLLM is not installed, or the checkpoint cannot be loaded.
            InfrastructureError: the GPUs' memory does not suffice.
        """
        settings = settings or VllmSettings()
        profile = find_profile(model, settings)
        self._is(profile)
        self._engine = _engine(model, settings)
        self._chat_tokens = ChatTokens(self._engine.get_tokenizer(), model, settings.chat_template)
        self._context = int(self._engine.llm_engine.model_config.max_model_len)

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`."""
        room = Room(self.name, self._context, self._chat_tokens.encode)
        rows, settled = room.rows(asks, sampling)
        # One request a chat: vLLM draws the samples itself.
        first = [row for row in rows if row.sample == 0]
        prompts = [{"prompt_token_ids": list(row.prompt)} for row in first]
        parameters = [_parameters(sampling, row) for row in first]
        if prompts:
            results = self._engine.generate(prompts, parameters, use_tqdm=False)
            for row, result in zip(first, results, strict=True):
                for sample, made in enumerate(result.outputs):
                    settled[row.chat, sample] = _completion(result, made)
        return by_chat(settled, len(asks), sampling.samples)


def _engine(model: str, settings: VllmSettings) -> Any:
    try:
        from vllm import LLM
    except ImportError as error:
        raise InputError(
            "vllm: models need vLLM (Linux with a GPU): pip install vllm; or serve the model "
            "elsewhere and use openai:NAME with its address."
        ) from error
    try:
        return LLM(
            model=model,
            revision=settings.revision,
            dtype=settings.dtype,
            tensor_parallel_size=settings.tensor_parallel_size,
            gpu_memory_utilization=settings.gpu_memory_utilization,
            max_model_len=settings.context,
            structured_outputs_config={"backend": "guidance"},
        )
    except (OSError, ValueError) as error:
        raise InputError(f"vLLM cannot load '{model}': {error}") from error
    except RuntimeError as error:
        raise InfrastructureError(f"vLLM cannot start '{model}': {error}") from error


def _parameters(sampling: Sampling, row: Row) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    held = row.n_qubits and StructuredOutputsParams(grammar=qasm_grammar(row.n_qubits))
    return SamplingParams(
        n=sampling.samples,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=row.max_tokens,
        seed=int(generator(sampling.seed, "completion", row.stream).integers(2**31)),
        structured_outputs=held,
    )


def _completion(result: Any, made: Any) -> Completion:
    reason: FinishReason = "length" if made.finish_reason == "length" else "stop"
    return Completion(
        made.text,
        reason,
        prompt_tokens=len(result.prompt_token_ids),
        completion_tokens=len(made.token_ids),
    )

"""A checkpoint for transformers: how it is loaded, and what it says of itself.

Covers local folders, hub ids, adapters, 4-bit weights and devices; every failure is an `InputError`
or an `InfrastructureError` that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.profile import Profile

_NO_CONTEXT = 4096
"""Tokens of prompt and answer where neither the model nor the tokenizer names a limit."""
_QUICK_BYTES = 256 << 20  # of weights, that are loaded within a second or so
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class TransformersSettings(Profile):
    """How a checkpoint is loaded and run; its profile overrides `quasar.json`."""

    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Type of the weights; `auto`: as the checkpoint is stored."""
    device: str = "auto"
    """Device, such as `cpu` or `cuda:1`; `auto`: the first GPU, else the CPU."""
    load_in_4bit: bool = False
    """Weights in 4 bits (NF4), with bitsandbytes; a quarter of the memory."""
    adapter: str | None = None
    """PEFT adapter (LoRA) to put onto the model: folder or hub id."""
    chat_template: str | None = None
    """Jinja file to use for the checkpoint's own chat template; `raw`: the bare text."""
    revision: str | None = None
    """Branch, tag or commit of a hub id; None: its newest."""
    batch_size: int = Field(default=8, ge=1)
    """Answers made at a time; halved for the rest of the session when memory runs out."""


def need_libraries(settings: TransformersSettings) -> None:
    """Make sure that what the settings need is installed.

    Raises:
        InputError: a library is missing.
    """
    needed = ["torch", "transformers"]
    if settings.adapter is not None:
        needed.append("peft")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(
            f"language models need {' and '.join(missing)}: pip install -e '.[models]' "
            "in your clone of quasar."
        )
    if settings.load_in_4bit and find_spec("bitsandbytes") is None:
        raise InputError("loading in 4 bits needs bitsandbytes: pip install bitsandbytes.")


def load_tokenizer(model: str, settings: TransformersSettings) -> Any:
    """The checkpoint's tokenizer; raises as `_load` does."""
    from transformers import AutoTokenizer

    return _load(model, lambda: AutoTokenizer.from_pretrained(model, revision=settings.revision))


def load_weights(model: str, settings: TransformersSettings) -> Any:
    """The model on its device, ready to answer; raises as `_load` does."""
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    options: dict[str, Any] = {"dtype": settings.dtype, "revision": settings.revision}
    if settings.load_in_4bit:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
        options["device_map"] = {"": device}
    with _bar_where_it_takes_time(model):
        loaded = _load(model, lambda: AutoModelForCausalLM.from_pretrained(model, **options))
    if settings.adapter is not None:
        adapter = settings.adapter
        from peft import PeftModel

        loaded = _load(adapter, lambda: PeftModel.from_pretrained(loaded, adapter))
        if not settings.load_in_4bit:
            loaded = loaded.merge_and_unload()
    if not settings.load_in_4bit:
        loaded = _place(loaded, device)
    loaded.eval()
    # Only the ends of an answer count; the rest would leak into `generate` as defaults.
    stop = loaded.generation_config.eos_token_id if loaded.generation_config else None
    loaded.generation_config = GenerationConfig(eos_token_id=stop)
    return loaded


@contextmanager
def _bar_where_it_takes_time(model: str) -> Iterator[None]:
    """Keep transformers from showing how it loads a checkpoint that is there in a moment."""
    from transformers.utils import logging

    files = Path(model).glob("*.safetensors")
    small = Path(model).is_dir() and sum(f.stat().st_size for f in files) < _QUICK_BYTES
    if not small or not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.enable_progress_bar()


def _load(model: str, load: Any) -> Any:
    """The result of `load`, its many kinds of failure made one.

    Raises:
        InputError: not there, not reachable, or not a causal language model.
        InfrastructureError: no memory for it.
    """
    from safetensors import SafetensorError

    try:
        return load()
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
        where = "folder" if Path(model).is_dir() else "hub id"
        remedy = (
            "it must hold a checkpoint as `save_pretrained` of transformers writes it"
            if where == "folder"
            else "check the spelling (owner/name) and the network, log in with `hf auth login` "
            "where it is gated, or name a local folder"
        )
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(f"cannot load the {where} '{model}': {remedy}. ({first})") from error
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise InfrastructureError(
            f"'{model}' does not fit into memory: try load_in_4bit=true or dtype=bfloat16, or a "
            "served model (openai:NAME)."
        ) from error


def _place(model: Any, device: str) -> Any:
    try:
        return model.to(device)
    except (RuntimeError, AssertionError, MemoryError) as error:
        if is_out_of_memory(error):
            raise InfrastructureError(
                f"the model does not fit onto {device}: try load_in_4bit=true or dtype=bfloat16."
            ) from error
        raise InputError(f"device '{device}' is not available: {error}.") from error


def stop_ids_of(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Tokens that end an answer, the model's own first."""
    named = model.generation_config.eos_token_id
    ids = [named] if isinstance(named, int) else list(named or ())
    if tokenizer.eos_token_id is not None:
        ids.append(tokenizer.eos_token_id)
    return tuple(dict.fromkeys(int(i) for i in ids))


def context_of(model: Any, tokenizer: Any) -> int:
    """Tokens of prompt and answer together."""
    named = [
        getattr(model.config.get_text_config(), "max_position_embeddings", None),
        tokenizer.model_max_length,
    ]
    # Tokenizers without a limit of their own say 10**30.
    return min((int(n) for n in named if n and n < 10**8), default=_NO_CONTEXT)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of PyTorch says that memory ran out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in _OUT_OF_MEMORY)

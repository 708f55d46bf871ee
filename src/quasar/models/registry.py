"""From `--model NAME` to a model.

| name | model |
|---|---|
| `nano` | the one packaged with the project |
| a folder, `owner/name` on the hub, or a short name | run here by transformers |
| `vllm:` and a folder or hub id | run here by vLLM |
| `openai:` and a name | behind an OpenAI-compatible endpoint |

Folders of the packaged model's form are run by `nano_model`, which needs no transformers.

The classical designer is not a language model, and is not found here. A new back end is its
file and one line in `_BACK_ENDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.models.profile import SHORT_NAMES, Profile, find_profile
from quasar.models.protocol import Model

PACKAGED = "nano"
PACKAGED_TASKS = "nano-tasks"
"""The packaged model's weights for target tasks."""
_FOLDERS = {PACKAGED: "nano", PACKAGED_TASKS: "nano_tasks"}
_LOCAL = ("runtime", "transformers")


def load_model(spec: str, options: Mapping[str, Any] | None = None) -> Model:
    """The model that a name stands for.

    Args:
        spec: see the table above.
        options: settings of the back end, by name; unknown ones are errors. Texts will do
            (`{"batch_size": "4"}`), so that a command line can pass its own on. Every back end
            takes `name`, `prompt_style` and `max_qubits`. A local checkpoint also takes `back_end`:
            `transformers`, or `runtime` (NumPy alone), the default for the packaged model's form.

    Raises:
        InputError: unknown name or option, library not installed, model not to be found.
        InfrastructureError: no memory for the model.
    """
    kind, separator, rest = spec.partition(":")
    if separator and kind in _BACK_ENDS and not Path(spec).exists():
        if not rest:
            raise InputError(f"'{spec}' lacks the model's name: {kind}:NAME.")
        return _BACK_ENDS[kind](rest, dict(options or {}))
    return _local(checkpoint(spec), dict(options or {}))


def known_limit(spec: str, options: Mapping[str, Any] | None = None) -> int | None:
    """Qubits of the largest problem a model knows, without loading it; None: not known.

    What is wrong with the name is for `load_model` to say.

    Raises:
        InputError: its `quasar.json`, or the option `max_qubits`, cannot be read.
    """
    given = {k: v for k, v in (options or {}).items() if k == "max_qubits"}
    kind, separator, rest = spec.partition(":")
    if separator and kind in _BACK_ENDS and not Path(spec).exists():
        if kind == "openai" or not rest:
            return Profile.parse(given).max_qubits
        spec = rest
    try:
        found = checkpoint(spec)
    except InputError:
        return None
    return find_profile(found, Profile.parse(given)).max_qubits


def packaged_folder(name: str = PACKAGED) -> Path:
    """Where a packaged model lies, if this installation has it."""
    return Path(__file__).with_name(_FOLDERS[name])


def task_checkpoint(spec: str) -> str:
    """What answers target tasks under a name: for the packaged model its weights for tasks."""
    return PACKAGED_TASKS if spec == PACKAGED else spec


def checkpoint(spec: str) -> str:
    """What transformers loads: the packaged model's folder for its name, else the name itself.

    Raises:
        InputError: this installation has no packaged model.
    """
    if spec in _FOLDERS:
        folder = packaged_folder(spec)
        if not (folder / "config.json").is_file():
            raise InputError(
                f"this installation has no packaged model '{spec}'; name a folder, a hub id "
                "(owner/name) or openai:NAME instead."
            )
        return str(folder)
    if spec in SHORT_NAMES:
        return SHORT_NAMES[spec]
    if spec and (Path(spec).is_dir() or _is_hub_id(spec)):
        return spec
    known = ", ".join([PACKAGED, *SHORT_NAMES])
    raise InputError(
        f"no model '{spec}': name a folder that exists, a hub id (owner/name), openai:NAME, "
        f"vllm:NAME, or one of {known}."
    )


def _is_hub_id(spec: str) -> bool:
    owner, _, name = spec.partition("/")
    return bool(owner and name) and "/" not in name and owner not in {".", "..", "~"}


def _local(model: str, options: dict[str, Any]) -> Model:
    """By the runtime for the packaged model's form where that will do, else by transformers."""
    from quasar.models.nano_checkpoint import Checkpoint
    from quasar.models.nano_model import NanoModel, NanoSettings

    wanted = options.pop("back_end", None)
    if wanted not in (None, *_LOCAL):
        raise InputError(f"back_end must be {' or '.join(_LOCAL)}, not {wanted!r}.")
    # Options that only transformers has (dtype, device, adapter, ...) ask for it.
    fits = not options.keys() - NanoSettings.model_fields.keys()
    if wanted == "runtime" or (
        wanted is None and fits and Checkpoint.find(Path(model)) is not None
    ):
        return NanoModel(model, NanoSettings.parse(options))
    return _transformers(model, options)


def _transformers(model: str, options: dict[str, Any]) -> Model:
    from quasar.models.transformers_loading import TransformersSettings
    from quasar.models.transformers_model import TransformersModel

    return TransformersModel(model, TransformersSettings.parse(options))


def _vllm(model: str, options: dict[str, Any]) -> Model:
    from quasar.models.vllm_model import VllmModel, VllmSettings

    return VllmModel(checkpoint(model), VllmSettings.parse(options))


def _openai(model: str, options: dict[str, Any]) -> Model:
    from quasar.models.openai_model import OpenAIModel, OpenAISettings

    return OpenAIModel(model, OpenAISettings.parse(options))


_BACK_ENDS: dict[str, Callable[[str, dict[str, Any]], Model]] = {
    "vllm": _vllm,
    "openai": _openai,
}

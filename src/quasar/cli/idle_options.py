"""Options of `quasar generate` that would do nothing, refused with what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from quasar.core.errors import InputError

_OPTIONS = {
    "temperature": "--temperature",
    "top_p": "--top-p",
    "max_tokens": "--max-tokens",
    "constrained": "--constrained",
    "guided": "--guided/--free-running",
    "with_qaoa": "--with-qaoa",
    "start": "--start",
    "warm_start": "--warm-start",
    "cvar": "--cvar",
    "mixer": "--mixer",
    "max_evaluations": "--max-evaluations",
    "max_seconds": "--max-seconds",
    "refine_evaluations": "--refine-evaluations",
    "basis": "--basis",
    "coupling": "--coupling",
    "device": "--device",
    "trace": "--trace",
    "force": "--force",
}
"""By their parameters' names."""
_OF_QAOA = ("start", "warm_start", "cvar", "mixer")
_OF_MODELS = ("temperature", "top_p", "max_tokens", "constrained", "guided")


class Given(NamedTuple):
    """What else the command line says.

    Attributes:
        designer: the designer writes, and no language model.
        records: many problems, each written to a line of a file.
        refine: the best circuits are polished.
        out: a place to write to.
    """

    designer: bool
    records: bool
    refine: bool
    out: bool


def refuse_idle(given: Given, options: Mapping[str, object]) -> None:
    """Refuse the first option that has no effect beside the others.

    Args:
        options: values by their parameters' names.

    Raises:
        InputError: there is one.
    """
    for name, shown in _OPTIONS.items():
        value = options.get(name)
        if value is None or (value is False and name != "guided"):
            continue
        advice = _advice(name, given)
        if advice is not None:
            raise InputError(f"{shown} has no effect here: {advice}")


def _advice(name: str, given: Given) -> str | None:
    if given.designer and name in _OF_MODELS:
        return (
            "it is for language models, and the designer is none. Leave it out, or name another "
            "--model; the designer takes --algorithm, --layers and --max-evaluations."
        )
    if given.designer and name == "with_qaoa":
        return "the designer tries QAOA itself. Leave it out, or take --algorithm qaoa."
    if not given.designer and name in _OF_QAOA:
        return "it is for the designer's QAOA. Leave it out, or leave --model out."
    if not given.designer and name == "max_evaluations":
        return "it is for --model designer; --refine takes --refine-evaluations."
    if not given.designer and not given.refine and name == "max_seconds":
        return "it limits --model designer and --refine. Leave it out, or add one of them."
    if not given.refine and name == "refine_evaluations":
        return "it is for --refine. Leave it out, or add --refine."
    if given.records and name in ("basis", "coupling", "trace", "with_qaoa"):
        return "it is for one problem, not for --records. Leave it out."
    if not given.out and name == "force":
        return "it replaces the folder of --out. Leave it out, or add --out FOLDER."
    return None

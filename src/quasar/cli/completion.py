"""Values that the shell completes: problem types, names of models, circuit and problem files.

A shell asks for these at every press of a key, so nothing heavy is loaded here.
"""

from __future__ import annotations

import typer

from quasar.core.errors import QuasarError


def problem_types(incomplete: str) -> list[tuple[str, str]]:
    """Problem types that begin so, each with what it finds."""
    from quasar.problems.registry import all_types

    return [(name, cls.title) for name, cls in all_types().items() if name.startswith(incomplete)]


def tasks(incomplete: str) -> list[tuple[str, str]]:
    """Target tasks that begin so, each with what it is; files have to be typed."""
    from quasar.tasks.registry import TASKS

    return [(name, cls.title) for name, cls in TASKS.items() if name.startswith(incomplete)]


def models(incomplete: str) -> list[tuple[str, str]]:
    """Names of models that begin so; folders and hub ids have to be typed."""
    known = {
        "nano": "the packaged language model",
        "designer": "the classical optimiser",
        "openai:": "an endpoint that speaks OpenAI's protocol, by the model's name",
        "vllm:": "a model that vLLM loads, by its name or folder",
    }
    return [(name, what) for name, what in known.items() if name.startswith(incomplete)]


def attributes(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Attributes of the type that the command line names, as `NAME=`."""
    from quasar.problems.description import describe

    chosen = ctx.params.get("problem_type")
    if not chosen or "=" in incomplete:
        return []
    try:
        known = describe(chosen).attributes
    except QuasarError:
        return []
    return [(f"{name}=", meaning) for name, meaning in known.items() if name.startswith(incomplete)]

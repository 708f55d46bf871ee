"""`quasar generate --task`: circuits for a target task, verified, and the best one kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from quasar.cli import options as shared
from quasar.cli.generate_options import model_options
from quasar.core.errors import EXIT_INFEASIBLE, InputError
from quasar.core.files import new_folder

if TYPE_CHECKING:
    from quasar.tasks.task import TargetTask

KEPT = {
    *("task", "qubits", "attribute", "prompt", "out", "model", "samples", "seed", "temperature"),
    *("top_p", "max_tokens", "model_option", "force", "as_json"),
}
"""Parameters of `quasar generate` that have a meaning for target tasks."""
_OF_MODELS = ("samples", "temperature", "top_p", "max_tokens")


def asked_task(context: typer.Context) -> TargetTask | None:
    """The task that the command line asks for, by --task or in the words of --prompt.

    Raises:
        InputError: it states no task, or there are options that have no meaning for one.
    """
    given: Mapping[str, Any] = context.params
    named, prompt = given["task"], given["prompt"]
    if named is None and prompt is None:
        if given["qubits"] is not None:
            raise InputError("--qubits is of --task: add it, or leave --qubits out.")
        return None
    if named is not None:
        if prompt is not None:
            raise InputError("give one of --task and --prompt.")
        task = shared.target_task(named, given["qubits"], given["attribute"])
    else:
        from quasar.prompts.task_prompt import names_task, read_task_prompt

        if not names_task(prompt):
            return None
        if given["qubits"] is not None or given["attribute"]:
            raise InputError("--qubits and --attribute are of --task: say it all in --prompt.")
        task = read_task_prompt(prompt)
    shared.refuse_for_task(context, KEPT)
    return task


def generate_for(task: TargetTask, given: Mapping[str, Any]) -> None:
    """Generate, and print or write the result; `given` are the parameters of the command."""
    from quasar.agent.names import DESIGNER
    from quasar.agent.task_generation import generate_task
    from quasar.cli.waiting import waiting
    from quasar.report.plain_text import labelled
    from quasar.report.task_text import task_generation_data, task_generation_text

    writer = given["model"] or DESIGNER
    idle = [name for name in _OF_MODELS if given[name] is not None] if writer == DESIGNER else []
    if idle:
        raise InputError(f"--{idle[0].replace('_', '-')} is of language models: name a --model.")
    drawing = {name: given[name] for name in _OF_MODELS[1:] if given[name] is not None}
    out: Path | None = given["out"]
    with waiting("designing"):
        found = generate_task(
            task,
            writer,
            samples=given["samples"] or 1,
            sampling={"seed": given["seed"], **drawing},
            model_options=model_options(given["model_option"] or []),
        )
    files: list[str] = []
    if out is not None:
        from quasar.core.manifest import manifest
        from quasar.report.task_text import write_task_generation

        with new_folder(out, force=given["force"]) as folder:
            stated = {"model": writer, "task": task.to_json(), **drawing}
            files = write_task_generation(found, folder, manifest(stated, given["seed"]))
    if given["as_json"]:
        place = {"qasm": found.best.qasm, "out": None if out is None else str(out), "files": files}
        shared.print_json({**task_generation_data(found), **place})
    else:
        typer.echo(task_generation_text(found))
        if out is not None:
            typer.echo(labelled("written", f"{out}/ ({', '.join(files)})", indent=2))
        elif found.best.qasm:
            typer.echo(f"\n{found.best.qasm}", nl=False)
    if not found.report.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)

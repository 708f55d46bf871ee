"""`quasar tasks`: the target tasks, what one of them takes, and a sampled one to start from."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.completion import tasks
from quasar.cli.options import AsJson, Attributes, TaskQubits, print_json, target_task

if TYPE_CHECKING:
    from quasar.tasks.task import TargetTask

_ALGORITHM = re.compile(r"Random_Circuits/\w+|qcircuitbench/\w+/\w+/\w+|\w+/\w+/\w+")


def command(
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="[TASK]",
            help="Show what this task or family takes, in words and as JSON. The folder of a copy "
            "of QCircuitBench lists its tasks.",
            show_default=False,
            autocompletion=tasks,
        ),
    ] = None,
    qubits: TaskQubits = None,
    attribute: Attributes = None,
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Print only the known circuit of the task, OpenQASM 3."),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Draw the example with this seed, parameters that have a default too.",
            min=0,
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the target tasks; or show one: parameters, words, rules, and its JSON form.

    Parameters that the task needs and that are not given are drawn.
    """
    from quasar.tasks.registry import FAMILIES, TASKS, sample_task, task_class

    if task is None or (task in FAMILIES and task not in TASKS):
        known = {n: c for n, c in TASKS.items() if task in (None, c.family)}
        if as_json:
            print_json({name: _about(cls) for name, cls in known.items()})
            return
        width = max(map(len, known))
        for family in dict.fromkeys(cls.family for cls in known.values()):
            typer.echo(f"{family}:")
            for name, cls in known.items():
                if cls.family == family:
                    typer.echo(f"  {name:{width}}  {cls.title}")
        typer.echo("\n`quasar tasks TASK` shows what a task takes, and an example.")
        return
    if Path(task, "Algorithm_Design").is_dir():
        _list_copy(Path(task), as_json)
        return
    if attribute or task.endswith(".json") or os.sep in task:
        chosen = target_task(task, qubits, attribute)
    else:
        stated = None if seed is not None else _of_size(task_class(task), qubits)
        chosen = stated or sample_task(task_class(task).name, seed or 0, qubits)
    if reference:
        typer.echo(chosen.reference(), nl=False)
    elif as_json:
        about = _about(type(chosen))
        print_json({**about, "text": chosen.text(), "example": chosen.to_json()})
    else:
        typer.echo(_text(chosen))


def _of_size(cls: type[TargetTask], qubits: int | None) -> TargetTask | None:
    """The task that `--task NAME --qubits N` means; None for one that takes more than a size."""
    needed = {name for name, field in cls.model_fields.items() if field.is_required()}
    return cls.parse({"qubits": qubits}) if qubits is not None and needed == {"qubits"} else None


def _list_copy(folder: Path, as_json: bool) -> None:
    """The tasks of a copy of QCircuitBench as JSON, one a line, or by algorithm."""
    from quasar.report.plain_text import labelled, table
    from quasar.tasks.qcircuitbench.task import tasks_of

    tasks, refused = Counter[str](), dict[str, str]()
    for found in tasks_of(folder):
        named = _ALGORITHM.match(found.path)
        algorithm = found.path if named is None else named[0]
        if found.refused is not None:
            refused.setdefault(algorithm, found.refused.partition("grader here: ")[2])
        else:
            tasks[algorithm] += 1
            if as_json:
                typer.echo(json.dumps({"task": "qcircuitbench", "file": str(folder / found.path)}))
    if as_json:
        return
    rows = [[name, str(count)] for name, count in tasks.items()]
    typer.echo(table(["algorithm", "tasks"], rows))
    for name, reason in refused.items():
        if name not in tasks and reason:
            typer.echo(labelled("no grader", f"{name}: {reason}"))
    typer.echo("\n`quasar tasks FOLDER --json` lists each task, as --task takes it.")


def _about(cls: type[TargetTask]) -> dict[str, Any]:
    return {
        "family": cls.family,
        "title": cls.title,
        "parameters": dict(cls.parameters()),
        "rules": list(cls.rules),
    }


def _text(task: TargetTask) -> str:
    from quasar.report.plain_text import WIDTH, labelled, wrapped

    lines = [f"{task.name} ({task.family}): {task.title}"]
    lines += [labelled("takes", f"{name}: {said}") for name, said in task.parameters().items()]
    lines += [labelled("rule", rule) for rule in task.rules]
    words = [part for line in task.text().split("\n") for part in wrapped(line, WIDTH)]
    return "\n".join([*lines, "", "An example in words:", *words, "", json.dumps(task.to_json())])

"""The target tasks by name. A family is one module and one line in `_FAMILIES`."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, Union

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.tasks.codes import CODE_TASKS
from quasar.tasks.estimation import ESTIMATES
from quasar.tasks.evolution import EVOLUTIONS
from quasar.tasks.oracles import ORACLES
from quasar.tasks.qcircuitbench.task import QCircuitBenchTask
from quasar.tasks.states import STATES
from quasar.tasks.task import TargetTask
from quasar.tasks.unitaries import UNITARIES

_FAMILIES: tuple[tuple[type[TargetTask], ...], ...] = (
    STATES,
    UNITARIES,
    ORACLES,
    ESTIMATES,
    EVOLUTIONS,
    CODE_TASKS,
)

TASKS: dict[str, type[TargetTask]] = {cls.name: cls for family in _FAMILIES for cls in family}
"""Every task that can be drawn, by its name, family by family."""
PUBLIC: dict[str, type[TargetTask]] = {QCircuitBenchTask.name: QCircuitBenchTask}
"""Tasks of public sets, read from a user's copy, by name."""
FAMILIES = tuple(dict.fromkeys(cls.family for cls in TASKS.values()))
"""The families."""

TaskSource: TypeAlias = Union[str, "os.PathLike[str]", Mapping[str, Any], TargetTask]
"""A task, its JSON form, its name where it needs no more, or the path of a JSON file."""


def task_class(name: str) -> type[TargetTask]:
    """The class of a task, also by another spelling (`GHZ`, `graph-state`).

    Raises:
        InputError: unknown name; the message lists the known ones.
    """
    known = TASKS | PUBLIC
    if name in known:
        return known[name]
    plain = {key.replace("_", ""): key for key in known}
    asked = re.sub(r"[\W_]", "", name).lower()
    if asked in plain:
        return known[plain[asked]]
    near = difflib.get_close_matches(asked, plain, 1, 0.6)
    meant = f"did you mean {plain[near[0]]!r}? Known" if near else "known"
    raise InputError(f"unknown task {name!r}; {meant}: {', '.join(known)}.")


def read_task(source: TaskSource, **given: Any) -> TargetTask:
    """A task from its JSON form, its name with parameters, or a JSON file.

    Args:
        source: see `TaskSource`.
        given: parameters that are added, or replace those of the source.

    Raises:
        InputError: no such task or file, or parameters that state no task.
    """
    if isinstance(source, TargetTask):
        return source if not given else read_task(source.to_json(), **given)
    if isinstance(source, Mapping):
        data = {str(key): value for key, value in source.items()} | given
        name = data.pop("task", None)
        if not isinstance(name, str):
            raise InputError('a task is written {"task": NAME, ...}; `quasar tasks` lists them.')
        return task_class(name).parse(data)
    if not isinstance(source, str | os.PathLike):
        kind = type(source).__name__
        raise InputError(f"a task is a name, a file, or a mapping with 'task', not {kind}.")
    text = os.fspath(source)
    if isinstance(source, str):
        if text.lstrip().startswith("{"):
            return read_task(_json(text, "the task"), **given)
        if not _is_file_name(text):
            return task_class(text).parse(given)
    if not text.endswith(".json") and Path(text).expanduser().exists():
        return QCircuitBenchTask.parse({"file": text, **given})
    try:
        content = Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"the task file {text!r} cannot be read: {reason}.") from error
    return read_task(_json(content, f"the task file {text!r}"), **given)


def _is_file_name(text: str) -> bool:
    return text.endswith(".json") or os.sep in text


def _json(text: str, what: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"{what} is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise InputError(f'{what} must hold an object: {{"task": NAME, ...}}.')
    return data


def sample_task(name: str, seed: int, qubits: int | None = None) -> TargetTask:
    """A random task of a name; the same seed gives the same task.

    Raises:
        InputError: unknown name.
    """
    return task_class(name).sample(generator(seed, "task", name), qubits)

"""Target tasks in the service: requests, answers, the list, and which tasks are taken.

Tasks whose parameters name files are refused: the files would be the service's own.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from quasar.core.errors import InputError
from quasar.service.models import (
    ApiAnswer,
    ProgramRequest,
    with_example,
)
from quasar.tasks.registry import TASKS, read_task, task_class
from quasar.tasks.task import TargetTask
from quasar.verifier.task_report import TaskReport

_EXAMPLE = {
    "task": {"task": "ghz", "qubits": 2},
    "qasm": 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n',
}
TaskForm = Annotated[
    dict[str, Any],
    Field(
        description='A target task: `{"task": NAME, ...}` with its parameters. See `GET /v1/tasks` '
        "for the names."
    ),
]


class VerifyTaskRequest(ProgramRequest):
    """One circuit for one target task."""

    model_config = with_example(_EXAMPLE, "forbid")

    task: TaskForm
    """The task."""


class VerifyTaskAnswer(ApiAnswer):
    """The verifier's report."""

    report: TaskReport
    """What was measured; a circuit that cannot be judged is a report too."""


class TaskType(BaseModel):
    """A target task that circuits can be judged for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    task: str
    """Its name."""
    family: str
    """`state`, `unitary`, `oracle`, `estimate`, `evolution` or `code`."""
    title: str
    """One line."""
    parameters: dict[str, str]
    """What it takes, with the meaning of each."""
    rules: list[str]
    """What an answer must not do."""


class TasksAnswer(ApiAnswer):
    """The target tasks."""

    tasks: list[TaskType]
    """Family by family, or the one asked for."""


def tasks_answer(task: str | None = None) -> TasksAnswer:
    """All target tasks, or one.

    Raises:
        InputError: unknown name.
    """
    known = TASKS.values() if task is None else (task_class(task),)
    return TasksAnswer(
        tasks=[
            TaskType(
                task=cls.name,
                family=cls.family,
                title=cls.title,
                parameters=dict(cls.parameters()),
                rules=list(cls.rules),
            )
            for cls in known
            if not cls.reads_files
        ]
    )


def stated_task(form: dict[str, Any]) -> TargetTask:
    """The task that a request states.

    Raises:
        InputError: it states none, or one that would read files here.
    """
    name = form.get("task")
    if isinstance(name, str) and task_class(name).reads_files:
        raise InputError(
            f"the task {name!r} reads files, which a service does not do: judge it with "
            "`quasar verify --task`."
        )
    return read_task(form)

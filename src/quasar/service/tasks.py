"""Target tasks in the service: requests, answers, the list, and what a worker does.

Tasks whose parameters name files are refused: the files would be the service's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from quasar.core.errors import InputError
from quasar.service.models import (
    ApiAnswer,
    ProgramRequest,
    with_example,
)
from quasar.tasks.registry import TASKS, read_task, task_class
from quasar.tasks.task import TargetTask
from quasar.verifier.sandbox.limits import too_nested
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.feasibility import Feasibility
from quasar.verifier.task_report import TaskReport
from quasar.verifier.task_verifier import TaskVerifier

if TYPE_CHECKING:
    from quasar.service.operations import WorkerContext

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


def verify_task(context: WorkerContext, body: dict[str, Any]) -> str:
    """`VerifyTaskRequest` to the JSON of a report."""
    task = stated_task(body["task"])
    verifier = TaskVerifier(task, VerifierSettings(header="language"))
    context.on_judging(context.allowed.limits.seconds_for(task.n_qubits))
    if context.refusal is not None:
        fault, n_qubits, _ = context.refusal
        known = Feasibility(
            parses=n_qubits is not None, simulable=False, n_qubits=n_qubits, fault=fault
        )
        return verifier.refuse(fault, known).model_dump_json()
    text = ProgramRequest.model_construct(**body).text
    if isinstance(text, str) and len(text) <= verifier.settings.limits.max_characters:
        nested = too_nested(text, context.max_nesting)
        if nested is not None:
            return verifier.refuse(nested).model_dump_json()
    return verifier.verify(text, parameters=body.get("parameters")).model_dump_json()

"""What the clients can ask: each function makes the request and knows how to read its answer.

Sans I/O: nothing is sent here, so that `Client` and `AsyncClient` share all of it. Batches are in
`client_batch.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import ValidationError

from quasar.circuits.parameters import Values
from quasar.circuits.source import CircuitSource, circuit_text
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.retries import TransientError, retry_after_s
from quasar.core.settings import describe_validation
from quasar.problems.load import problem_content
from quasar.problems.source import ProblemSource
from quasar.service import models
from quasar.service.catalogue import ProblemsAnswer
from quasar.service.client_batch import reference_text
from quasar.service.tasks import TasksAnswer, VerifyTaskAnswer, VerifyTaskRequest
from quasar.tasks.registry import TaskSource, read_task
from quasar.verifier.report import Report
from quasar.verifier.task_report import TaskReport

_TRANSIENT = frozenset({429, 502, 503, 504})
_CALLERS_FAULT = frozenset({400, 401, 403, 404, 405, 413, 422})
A = TypeVar("A", bound=models.ApiAnswer)
T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and the reading of its answer.

    Attributes:
        body: JSON; None for a request without a body.
    """

    method: str
    path: str
    body: dict[str, Any] | None
    parse: Callable[[bytes], T]

    def read(self, response: httpx.Response) -> T:
        """The answer.

        Raises:
            TransientError, InputError, InfrastructureError: as `raise_for_status`.
        """
        raise_for_status(response)
        return self.parse(response.content)


def raise_for_status(response: httpx.Response) -> None:
    """Raise for an answer that is not a success; its body must have been read.

    Raises:
        TransientError: worth another attempt.
        InputError: the request cannot be used.
        InfrastructureError: the service failed.
    """
    if response.is_success:
        return
    try:
        message = models.ErrorAnswer.model_validate_json(response.content).error.message
    except ValueError:
        message = f"HTTP status {response.status_code}"
    if response.status_code in _TRANSIENT:
        raise TransientError(message, retry_after_s(response.headers.get("retry-after")))
    if response.status_code in _CALLERS_FAULT:
        raise InputError(message)
    raise InfrastructureError(message)


def verify(
    qasm: CircuitSource,
    problem: ProblemSource,
    reference: CircuitSource | None = None,
    options: models.VerifyOptions | Mapping[str, Any] | None = None,
    *,
    parameters: Values | None = None,
) -> Call[Report]:
    """Verify one circuit.

    Args:
        qasm: as for `quasar.verify`; files are read by the client, not by the service.
        problem: as for `quasar.verify`.
        reference: a reference circuit; default: the problem file's own.
        options: what to measure.
        parameters: values of the circuit's `input` parameters.

    Raises:
        InputError: the circuit is of no accepted type, the problem cannot be used, or the key is
            wrong.
        InfrastructureError: the service cannot be reached or failed.
    """
    call = _post(
        "/v1/verify",
        models.VerifyRequest,
        models.VerifyAnswer,
        problem=problem_content(problem),
        reference=None if reference is None else reference_text(reference),
        options=models.VerifyOptions() if options is None else options,
        parameters=dict(parameters or {}),
        **_program(qasm),
    )
    return Call(call.method, call.path, call.body, lambda content: call.parse(content).report)


def verify_task(
    qasm: CircuitSource, task: TaskSource, *, parameters: Values | None = None
) -> Call[TaskReport]:
    """Verify one circuit for a target task.

    Args:
        qasm: as for `quasar.verify`; files are read by the client, not by the service.
        task: as for `quasar.verify`, but not one whose parameters name files.
        parameters: values of the circuit's `input` parameters.

    Raises:
        InputError: the circuit is of no accepted type, the task cannot be used, or the key is
            wrong.
        InfrastructureError: the service cannot be reached or failed.
    """
    call = _post(
        "/v1/verify/task",
        VerifyTaskRequest,
        VerifyTaskAnswer,
        task=read_task(task).to_json(),
        parameters=dict(parameters or {}),
        **_program(qasm),
    )
    return Call(call.method, call.path, call.body, lambda content: call.parse(content).report)


def tasks(task: str | None = None) -> Call[TasksAnswer]:
    """The target tasks, or one of them."""
    asked = "" if task is None else f"?{urlencode({'task': task})}"
    return Call("GET", f"/v1/tasks{asked}", None, TasksAnswer.model_validate_json)


def generate(problem: ProblemSource, **fields: Any) -> Call[models.GenerateAnswer]:
    """Generate circuits; `fields` are those of `models.GenerateRequest`."""
    problem = problem_content(problem)
    return _post(
        "/v1/generate", models.GenerateRequest, models.GenerateAnswer, problem=problem, **fields
    )


def optimise(
    qasm: CircuitSource, problem: ProblemSource, **fields: Any
) -> Call[models.OptimiseAnswer]:
    """Improve a circuit's angles; `fields` are those of `models.OptimiseRequest`."""
    fields = {"problem": problem_content(problem), **_program(qasm), **fields}
    return _post("/v1/optimise", models.OptimiseRequest, models.OptimiseAnswer, **fields)


def encode(problem: ProblemSource, **fields: Any) -> Call[models.EncodeAnswer]:
    """Turn a problem into a Hamiltonian; `fields` are those of `models.EncodeRequest`."""
    problem = problem_content(problem)
    return _post("/v1/encode", models.EncodeRequest, models.EncodeAnswer, problem=problem, **fields)


def draw(qasm: CircuitSource, **fields: Any) -> Call[models.DrawAnswer]:
    """Draw a circuit; `fields` are those of `models.DrawRequest`."""
    return _post("/v1/draw", models.DrawRequest, models.DrawAnswer, **_program(qasm), **fields)


def problems(problem_type: str | None = None) -> Call[ProblemsAnswer]:
    """The problem types and what each reads; of one type also a template of its file."""
    query = "" if problem_type is None else f"?{urlencode({'problem_type': problem_type})}"
    return Call("GET", f"/v1/problems{query}", None, ProblemsAnswer.model_validate_json)


def health() -> Call[models.HealthAnswer]:
    """Whether the service is up."""
    return Call("GET", "/healthz", None, models.HealthAnswer.model_validate_json)


def _post(path: str, shape: type[models.ApiRequest], answer: type[A], **fields: Any) -> Call[A]:
    """A request, checked before it is sent.

    Raises:
        InputError: a field is unknown or out of range.
    """
    try:
        body = shape.model_validate(fields).model_dump(mode="json")
    except ValidationError as error:
        raise InputError(describe_validation(error, shape)) from error
    return Call("POST", path, body, answer.model_validate_json)


def _program(qasm: CircuitSource) -> dict[str, str]:
    return models.program(circuit_text(qasm))

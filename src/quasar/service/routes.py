"""The routes: requests of `models.py` in, answers out; the work is done by the workers."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.json_text import RepeatedKeyError, loads
from quasar.core.version import __version__
from quasar.service import metrics, models
from quasar.service.allowance import require_device_size
from quasar.service.catalogue import DOCS_PATH, IndexAnswer, ProblemsAnswer, page, problems_answer
from quasar.service.generators import DESIGNER
from quasar.service.observation import ObservationAnswer, ObservationRequest, observe
from quasar.service.state import ServiceState
from quasar.service.tasks import (
    TasksAnswer,
    VerifyTaskAnswer,
    VerifyTaskRequest,
    tasks_answer,
)

_DESCRIPTIONS = {
    400: "The request is not valid HTTP or JSON.",
    401: "An API key is needed; none or a wrong one was sent.",
    408: "The body took too long to arrive.",
    413: "The body or the batch is too large.",
    422: "The request, its problem or its circuit cannot be used; `error.code` says which.",
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "Internal error; the request was not at fault.",
    503: "The service is shutting down or has too many connections.",
}
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": models.ErrorAnswer, "description": text}
    for status, text in _DESCRIPTIONS.items()
}
_LINES: dict[str, Any] = {
    "description": "One `BatchLine` a line, in order of completion.",
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}
_ONE_TYPE = "Only this type, also by another spelling, with a template of its file."
_ONE_TASK = "Only this task, also in another spelling."
_PLAIN = {"content": {"text/plain": {"schema": {"type": "string"}}}}


class _StrictRequest(Request):
    async def json(self) -> Any:
        """The body.

        Raises:
            HTTPException: an object in it gives a key twice, of which one would be lost.
        """
        if not hasattr(self, "_json"):
            try:
                self._json = loads(await self.body())
            except RepeatedKeyError as error:
                raise HTTPException(422, error.sentence("the request")) from None
        return self._json


class _StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _BatchStream(StreamingResponse):
    """A stream that closes its source and calls `on_end` when it is over, however it ends."""

    def __init__(self, source: AsyncIterator[bytes], on_end: Callable[[], None]) -> None:
        super().__init__(source, media_type="application/x-ndjson")
        self._source = source
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()


async def _state(request: Request) -> ServiceState:
    found: ServiceState = request.app.state.service
    return found


async def _owner(request: Request) -> str:
    owner: str = request.state.owner
    return owner


State = Annotated[ServiceState, Depends(_state)]
Owner = Annotated[str, Depends(_owner)]
router = APIRouter(route_class=_StrictRoute)


def _answers(model: type[Any]) -> dict[str, Any]:
    """How a route that answers with ready JSON is described."""
    return {
        "response_model": None,
        "responses": {**_FAILURES, 200: {"model": model, "description": "Done."}},
    }


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@router.get("/healthz", responses={503: _FAILURES[503]})
async def healthz(state: State) -> models.HealthAnswer:
    """Whether the service is up."""
    pool = state.pool
    return models.HealthAnswer(version=__version__, workers=pool.size, waiting=pool.waiting)


@router.get("/metrics", response_class=Response, responses={200: _PLAIN})
async def read_metrics(state: State) -> Response:
    """Figures for Prometheus."""
    return Response(state.metrics.page(), media_type=metrics.CONTENT_TYPE)


@router.get("/", responses={401: _FAILURES[401]})
async def index() -> IndexAnswer:
    """Where to go from here."""
    return IndexAnswer(
        version=__version__,
        docs=DOCS_PATH,
        openapi="/openapi.json",
        health="/healthz",
        v1=[route.path for route in _documented() if route.path.startswith("/v1/")],
    )


@router.get(DOCS_PATH, include_in_schema=False)
async def documentation() -> HTMLResponse:
    """The routes as a page without scripts."""
    found = _documented()
    return HTMLResponse(page((*sorted(r.methods or ()), r.path, r.description) for r in found))


@router.get("/v1/problems", responses={401: _FAILURES[401], 422: _FAILURES[422]})
async def problems(
    problem_type: Annotated[str | None, Query(description=_ONE_TYPE, max_length=200)] = None,
) -> ProblemsAnswer:
    """The problem types: what each reads and answers; of one type also a template."""
    return problems_answer(problem_type)


@router.post("/v1/verify", **_answers(models.VerifyAnswer))
async def verify(request: models.VerifyRequest, state: State) -> Response:
    """Verify one circuit. An infeasible circuit is an answer (200), not an error."""
    report = await state.run("verify", request)
    return _json(b'{"api_version":%d,"report":%s}' % (models.API_VERSION, report))


@router.get("/v1/tasks", responses={401: _FAILURES[401], 422: _FAILURES[422]})
async def tasks(
    task: Annotated[str | None, Query(description=_ONE_TASK, max_length=200)] = None,
) -> TasksAnswer:
    """The target tasks that circuits can be judged for: what each takes, and its rules."""
    return tasks_answer(task)


@router.post("/v1/verify/task", **_answers(VerifyTaskAnswer))
async def verify_task(request: VerifyTaskRequest, state: State) -> Response:
    """Verify one circuit for a target task. One that cannot be judged is an answer (200)."""
    report = await state.run("verify_task", request)
    return _json(b'{"api_version":%d,"report":%s}' % (models.API_VERSION, report))


@router.post("/v1/verify/batch", response_class=Response, responses={**_FAILURES, 200: _LINES})
async def verify_batch(request: models.BatchRequest, state: State, owner: Owner) -> Response:
    """Verify many circuits; each line of the answer comes as soon as its circuit is verified."""
    state.require_batch_size(len(request.items))
    state.batches.enter()
    return _BatchStream(state.batches.stream(request, owner), state.batches.leave)


@router.post("/v1/generate", **_answers(models.GenerateAnswer))
async def generate(request: models.GenerateRequest, state: State) -> Response:
    """Generate circuits for a problem, verified and ranked."""
    state.generators.require(request.model)
    if request.model == DESIGNER:
        return _json(await state.run("generate", request))
    # A worker reads the problem first, under its limits; see `generators.py`.
    options = models.VerifyOptions(max_stage=1)
    read = models.VerifyRequest(problem=request.problem, qasm="", options=options)
    n_qubits = json.loads(await state.run("verify", read))["problem"]["n_qubits"]
    if request.device is not None:
        require_device_size(n_qubits)
    if n_qubits > MAX_EXACT_QUBITS:
        state.generators.require_designer_beyond(request.model)
        return _json(await state.run("generate", request))
    return _json(await to_thread(state.generators.generate, request))


@router.post("/v1/encode", **_answers(models.EncodeAnswer))
async def encode(request: models.EncodeRequest, state: State) -> Response:
    """Turn a problem into a Hamiltonian."""
    return _json(await state.run("encode", request))


@router.post("/v1/optimise", **_answers(models.OptimiseAnswer))
async def optimise(request: models.OptimiseRequest, state: State) -> Response:
    """Lower a circuit's energy by changing its angles only."""
    return _json(await state.run("optimise", request))


@router.post("/v1/draw", **_answers(models.DrawAnswer))
async def draw(request: models.DrawRequest, state: State) -> Response:
    """Draw a circuit as text."""
    return _json(await state.run("draw", request))


@router.post("/get_observation", **_answers(ObservationAnswer))
async def get_observation(request: ObservationRequest, state: State) -> ObservationAnswer:
    """Verify trajectories in the published trainer's own format."""
    count = len(request.trajectory_ids)
    if count == 1:
        return await observe(request, state.pool, bounded=True)
    state.require_batch_size(count)
    state.batches.enter()
    try:
        return await observe(request, state.pool)
    finally:
        state.batches.leave()


def _documented() -> list[APIRoute]:
    return [r for r in router.routes if isinstance(r, APIRoute) and r.include_in_schema]

"""The routes: requests of `models.py` in, answers out; the work is the crew's."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from quasar.core.errors import CircuitError, InfrastructureError, InputError, QuasarError
from quasar.core.json_text import RepeatedKeyError, loads
from quasar.core.version import __version__
from quasar.service import metrics, middleware, models
from quasar.service.batch import Batches
from quasar.service.crew import Crew
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.generators import DESIGNER, Writers
from quasar.service.idempotency import Ledger
from quasar.service.observation import observe
from quasar.service.settings import ServiceSettings

_log = logging.getLogger(__name__)
_MIB = 1 << 20
_LONGEST_LIST = 20  # faults of a request named in one answer
_TITLE = "quasar"
_ABOUT = (
    "Verified quantum program synthesis: graph problems in, measured OpenQASM 3 circuits out. A "
    "qubit measured as 0 means selected (x = 1); qubit 0 is the least significant bit."
)
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "bad_request",
    408: "timeout",
    413: "too_large",
    429: "busy",
    503: "unavailable",
}
_WORDS = {
    400: "The request is no HTTP or no JSON that can be read.",
    401: "A key is needed and none or a wrong one came.",
    408: "The body took too long to arrive.",
    413: "The body or the batch is too large.",
    422: "The request, its problem or its circuit cannot be used; `error.code` says which.",
    429: "Too much to do; `Retry-After` says when to ask again.",
    500: "The machinery failed; this says nothing about the request.",
    503: "The service is shutting down or has too many connections.",
}
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": models.ErrorAnswer, "description": words} for status, words in _WORDS.items()
}
_LINES: dict[str, Any] = {
    "description": "One `BatchLine` a line, in order of completion.",
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}


class Service:
    """What the routes share.

    Args:
        crew: its workers; default: a crew of its own.
    """

    def __init__(self, settings: ServiceSettings, crew: Crew | None = None) -> None:
        self.settings = settings
        self.crew = crew or Crew(settings, metrics.Metrics())
        self.metrics = self.crew.metrics
        self.writers = Writers(settings.models, settings.limits)
        ledger = Ledger(
            int(settings.kept_answers_mib * _MIB), settings.kept_answers_seconds, self.metrics
        )
        self.batches = Batches(self.crew, ledger, settings.max_batches, self.metrics)

    async def order(self, operation: str, request: models.Request) -> bytes:
        """The answer's JSON; raises what `Crew.submit` and its result raise."""
        future = self.crew.submit(operation, request.model_dump(mode="json"))
        return await asyncio.wrap_future(future)


class _BatchStream(StreamingResponse):
    """A stream that closes its source and tells when it is over, however it ends."""

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


def create_app(settings: ServiceSettings, crew: Crew | None = None) -> FastAPI:
    """The application behind its guards.

    Args:
        crew: started and closed with the application; default: one of its own.

    Raises:
        InputError: a model that is to be offered cannot be found.
    """
    service = Service(settings, crew)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.crew.start)
        gc.collect()
        gc.freeze()  # a full collection over all libraries would hold every request up
        try:
            yield
        finally:
            await asyncio.to_thread(service.crew.close)

    app = FastAPI(
        title=_TITLE,
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(HTTPBearer(auto_error=False, description="An API key."))],
    )
    app.router.route_class = _StrictRoute
    app.state.service = service
    _add_handlers(app)
    _add_routes(app, service)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-api-key"],
        )
    routes = frozenset(getattr(route, "path", "") for route in app.routes)
    app.add_middleware(middleware.Guards, settings=settings, metrics=service.metrics, routes=routes)
    return app


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


def _add_routes(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", responses={503: _FAILURES[503]})
    async def healthz() -> models.HealthAnswer:
        """Whether the service is up."""
        crew = service.crew
        return models.HealthAnswer(version=__version__, workers=crew.size, waiting=crew.waiting)

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def read_metrics() -> Response:
        """Figures for Prometheus."""
        return Response(service.metrics.page(), media_type=metrics.CONTENT_TYPE)

    @app.get("/v1/problems", responses={401: _FAILURES[401]})
    async def problems() -> models.ProblemsAnswer:
        """The types of problems."""
        return list_problems()

    @app.post("/v1/verify", **_answers(models.VerifyAnswer))
    async def verify(request: models.VerifyRequest) -> Response:
        """Judge one circuit. An infeasible circuit is an answer (200), not an error."""
        report = await service.order("verify", request)
        return _json(b'{"api_version":%d,"report":%s}' % (models.API_VERSION, report))

    @app.post(
        "/v1/verify/batch",
        response_class=Response,
        responses={**_FAILURES, 200: _LINES},
    )
    async def verify_batch(
        request: models.BatchRequest, owner: Annotated[str, Depends(_owner)]
    ) -> Response:
        """Judge many circuits; each line of the answer comes as soon as its circuit is judged."""
        _bound(len(request.items), service.settings)
        service.batches.enter()
        return _BatchStream(service.batches.stream(request, owner), service.batches.leave)

    @app.post("/v1/generate", **_answers(models.GenerateAnswer))
    async def generate(request: models.GenerateRequest) -> Response:
        """Have circuits for a problem designed, verified and ranked."""
        service.writers.check(request.model)
        if request.model == DESIGNER:
            return _json(await service.order("generate", request))
        # A worker reads the problem first, under its limits; see `generators.py`.
        await service.order("verify", models.VerifyRequest(problem=request.problem, qasm=""))
        return _json(await asyncio.to_thread(service.writers.write, request))

    @app.post("/v1/encode", **_answers(models.EncodeAnswer))
    async def encode(request: models.EncodeRequest) -> Response:
        """Turn a problem into a Hamiltonian."""
        return _json(await service.order("encode", request))

    @app.post("/v1/optimise", **_answers(models.OptimiseAnswer))
    async def optimise(request: models.OptimiseRequest) -> Response:
        """Lower a circuit's energy by its angles alone."""
        return _json(await service.order("optimise", request))

    @app.post("/v1/draw", **_answers(models.DrawAnswer))
    async def draw(request: models.DrawRequest) -> Response:
        """Draw a circuit in characters."""
        return _json(await service.order("draw", request))

    @app.post("/get_observation", **_answers(models.ObservationAnswer))
    async def get_observation(request: models.ObservationRequest) -> models.ObservationAnswer:
        """Judge trajectories in the published trainer's own format."""
        count = len(request.trajectory_ids)
        if count == 1:
            return await observe(request, service.crew, bounded=True)
        _bound(count, service.settings)
        service.batches.enter()
        try:
            return await observe(request, service.crew)
        finally:
            service.batches.leave()


def list_problems() -> models.ProblemsAnswer:
    """The types of problems, in alphabetical order."""
    from quasar.problems.registry import PROBLEMS

    return models.ProblemsAnswer(
        problems=[
            models.ProblemType(
                problem_type=name, title=cls.title, sense=cls.sense, encodings=list(cls.encodings)
            )
            for name, cls in sorted(PROBLEMS.items())
        ]
    )


def _owner(request: Request) -> str:
    owner: str = request.state.owner
    return owner


def _bound(count: int, settings: ServiceSettings) -> None:
    if count > settings.max_batch_items:
        raise HTTPException(413, f"{count} items; {settings.max_batch_items} is the most at once.")


def _answers(model: type[Any]) -> dict[str, Any]:
    """How a route that answers with ready JSON is described."""
    return {
        "response_model": None,
        "responses": {**_FAILURES, 200: {"model": model, "description": "Done."}},
    }


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


# --- failures -------------------------------------------------------------------------------------


def _failure(status: int, code: str, message: str, **headers: str) -> Response:
    body = middleware.error_body(code, message)
    return Response(body, status, headers, media_type="application/json")


def failure_of(error: QuasarError) -> tuple[int, str, str]:
    """Status, code and message for an error; nothing of the inside is in them."""
    if isinstance(error, BusyError):
        return 429, "busy", str(error)
    if isinstance(error, ClosedError):
        return 503, "unavailable", str(error)
    if isinstance(error, LimitError):
        return 422, "limit", str(error)
    if isinstance(error, InputError):
        return 422, "bad_problem", str(error)
    if isinstance(error, CircuitError):
        return 422, "bad_circuit", str(error)
    return 500, "internal", "the machinery failed; this says nothing about the request."


def describe(errors: list[Any]) -> str:
    """What pydantic found wrong, without quoting what was sent."""
    parts = []
    for item in errors[:_LONGEST_LIST]:
        where = ".".join(str(piece) for piece in item["loc"] if piece != "body") or "body"
        words = item["msg"].removeprefix("Value error, ")
        parts.append(f"{where[:200]}: {words[:300]}")
    if len(errors) > _LONGEST_LIST:
        parts.append(f"and {len(errors) - _LONGEST_LIST} more")
    return "; ".join(parts) + "."


def _add_handlers(app: FastAPI) -> None:
    @app.exception_handler(QuasarError)
    async def known(_: Request, error: QuasarError) -> Response:
        status, code, message = failure_of(error)
        headers = {}
        if isinstance(error, BusyError):
            headers["retry-after"] = str(max(1, round(error.retry_after_s)))
        if isinstance(error, InfrastructureError):
            _log.error("a request failed: %s", error)
        return _failure(status, code, message, **headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return _failure(422, "bad_request", describe(list(error.errors())))

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "bad_request")
        return _failure(error.status_code, code, str(error.detail), **dict(error.headers or {}))

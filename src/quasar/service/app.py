"""The application: routes, middleware, the answers to errors, and the life of the workers."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from quasar.core.errors import InfrastructureError, QuasarError
from quasar.core.version import __version__
from quasar.service.errors import BusyError
from quasar.service.failures import describe, error_response, failure_of
from quasar.service.middleware import protect
from quasar.service.routes import router
from quasar.service.settings import ServiceSettings
from quasar.service.state import ServiceState
from quasar.service.workers import WorkerPool

_log = logging.getLogger(__name__)
_ABOUT = (
    "Verified quantum program synthesis: graph problems in, measured OpenQASM 3 circuits out. A "
    "qubit measured as 0 means selected (x = 1); qubit 0 is the least significant bit."
)
_CODES = {404: "not_found", 413: "too_large"}
"""Of `HTTPException`, by status; all others are `bad_request`."""


def create_app(
    settings: ServiceSettings,
    pool: WorkerPool | None = None,
    routers: Sequence[APIRouter] = (),
    open_paths: frozenset[str] = frozenset(),
) -> FastAPI:
    """The application behind its middleware.

    Args:
        pool: started and closed with the application; default: new workers.
        routers: further routes, which come before the service's own.
        open_paths: those of them that are answered without an API key.

    Raises:
        InputError: a model that is to be offered cannot be found.
    """
    state = ServiceState(settings, pool)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(state.pool.start)
        gc.collect()
        gc.freeze()  # a full collection over all libraries would hold every request up
        try:
            yield
        finally:
            await asyncio.to_thread(state.pool.close)

    app = FastAPI(
        title="quasar",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(HTTPBearer(auto_error=False, description="An API key."))],
        exception_handlers={
            QuasarError: _known,
            RequestValidationError: _invalid,
            HTTPException: _http,
        },
    )
    app.state.service = state
    for offered in (*routers, router):
        app.include_router(offered)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-api-key"],
        )
    known = [*app.routes, *(route for offered in (*routers, router) for route in offered.routes)]
    paths = {getattr(route, "path", "") for route in known}
    app.add_middleware(
        protect,
        settings=settings,
        metrics=state.metrics,
        routes=frozenset(paths),
        open_paths=open_paths,
    )
    return app


async def _known(_: Request, error: Exception) -> Response:
    headers = {}
    if isinstance(error, BusyError):
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    if isinstance(error, InfrastructureError):
        _log.error("a request failed: %s", error)
    return error_response(*failure_of(error), headers)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    return error_response(422, "bad_request", describe(list(error.errors())))


async def _http(_: Request, error: HTTPException) -> Response:
    code = _CODES.get(error.status_code, "bad_request")
    return error_response(error.status_code, code, str(error.detail), error.headers)

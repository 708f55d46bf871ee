"""The application: the HTTP service with the page in front of it."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from quasar.service.app import create_app
from quasar.service.metrics import Metrics
from quasar.service.settings import ServiceSettings
from quasar.service.workers import WorkerPool
from quasar.studio.operations import OPERATIONS
from quasar.studio.routes import open_paths, router
from quasar.studio.runs import Runs

MODELS = ("nano", "designer")
"""Generators that the page offers where nothing else is said."""


def create_studio(settings: ServiceSettings, *, endpoints: bool = False) -> FastAPI:
    """The service's application, with the page at `/`.

    Runs are forked from a process that starts in the background, so that the page is there first.

    Args:
        endpoints: the page's user may name models behind addresses, which this process then asks.

    Raises:
        InputError: a model that is to be offered cannot be found.
    """
    pool = WorkerPool(settings, Metrics(), OPERATIONS)
    app = create_app(settings, pool, [router], open_paths())
    runs = Runs(settings, endpoints=endpoints)
    app.state.runs = runs
    service = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        async with service(served):
            starting = asyncio.create_task(asyncio.to_thread(runs.start))
            try:
                yield
            finally:
                await asyncio.gather(starting, return_exceptions=True)
                await asyncio.to_thread(runs.close)

    app.router.lifespan_context = lifespan
    return app


def open_when_ready(server: uvicorn.Server) -> uvicorn.Server:
    """Make the server open the page in the user's browser once it listens."""
    startup = server.startup

    async def then_open(sockets: object = None) -> None:
        await startup(sockets)  # type: ignore[arg-type]
        for listener in server.servers:
            for bound in listener.sockets:
                port = bound.getsockname()[1]
                await asyncio.to_thread(webbrowser.open, f"http://127.0.0.1:{port}/")
                return

    server.startup = then_open  # type: ignore[method-assign]
    return server

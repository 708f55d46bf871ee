"""`quasar serve`: runs the application until it is stopped."""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI

from quasar.core.errors import InfrastructureError
from quasar.service.app import create_app
from quasar.service.settings import ServiceSettings


def server(settings: ServiceSettings, app: FastAPI | None = None) -> uvicorn.Server:
    """A server that is not running yet.

    Args:
        app: what it serves; default: the service.

    On SIGTERM or SIGINT it takes no new connections, answers the requests it has accepted, and
    ends; a second SIGINT ends it at once.

    Raises:
        InputError: the interface needs an API key and there is none, or a model cannot be found.
    """
    settings.require_safe()
    return uvicorn.Server(config(app or create_app(settings), settings))


def config(app: object, settings: ServiceSettings) -> uvicorn.Config:
    """How uvicorn runs an application."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # a client's own headers do not say who it is
        ws="none",
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=round(settings.shutdown_seconds),
    )


def announce(app_server: uvicorn.Server) -> uvicorn.Server:
    """Make the server print on standard error where it listens, once it does."""
    startup = app_server.startup

    async def then_say(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        for listener in app_server.servers:
            for bound in listener.sockets:
                host, port = bound.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"listening on http://{shown}:{port}", file=sys.stderr, flush=True)

    app_server.startup = then_say  # type: ignore[method-assign]
    return app_server


def run(app_server: uvicorn.Server) -> None:
    """Serve until stopped.

    Raises:
        InfrastructureError: the port is taken, or no worker can be started.
    """
    config = app_server.config
    try:
        app_server.run()
        failed = not app_server.started
    except SystemExit:  # how uvicorn says that it cannot listen
        failed = True
    if failed:
        raise InfrastructureError(
            f"the service cannot start on {config.host}:{config.port}; the lines above say why. If "
            "the port is in use, choose another with --port."
        )

"""`quasar mcp`: the verifier as tools for language models, over the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from quasar.cli.service_options import ServiceOptions, require_extra, with_service_options


@with_service_options
def command(
    service: ServiceOptions,
    transport: Annotated[
        Literal["stdio", "streamable-http"],
        typer.Option(
            help="stdio: for a client that starts this command; streamable-http: a server."
        ),
    ] = "stdio",
) -> None:
    """Serve the verifier as MCP tools: encode, verify, optimise, generate, draw, list problems."""
    require_extra()
    from quasar.service.mcp_server import run_http, run_stdio

    settings = service.settings()
    if transport == "stdio":
        run_stdio(settings)
    else:
        run_http(settings)

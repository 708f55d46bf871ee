"""`quasar mcp`: the verifier as tools for language models, over the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from quasar.cli import serve


def command(
    transport: Annotated[
        Literal["stdio", "streamable-http"],
        typer.Option(
            help="stdio: for a client that starts this command; streamable-http: a server."
        ),
    ] = "stdio",
    host: serve.Host = None,
    port: serve.Port = None,
    workers: serve.Workers = None,
    max_seconds: serve.MaxSeconds = None,
    max_memory_mib: serve.MaxMemory = None,
    key_file: serve.KeyFile = None,
    config: serve.ConfigFile = None,
) -> None:
    """Serve the verifier as MCP tools: encode, verify, optimise, draw, list problems."""
    serve.require_extra()
    from quasar.service.mcp_server import run_http, run_stdio
    from quasar.service.settings import read_settings

    settings = read_settings(
        config,
        key_file,
        host=host,
        port=port,
        workers=workers,
        max_seconds=max_seconds,
        max_memory_mib=max_memory_mib,
    )
    if transport == "stdio":
        run_stdio(settings)
    else:
        run_http(settings)

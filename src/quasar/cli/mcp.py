"""`quasar mcp`: the verifier as tools for language models, over the Model Context Protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from quasar.cli.serve import (
    ConfigFile,
    Host,
    KeyFile,
    MaxMemory,
    MaxSeconds,
    Port,
    Workers,
    require_extra,
)


class TransportName(StrEnum):
    """Choices of --transport."""

    stdio = "stdio"
    streamable_http = "streamable-http"


def command(
    transport: Annotated[
        TransportName,
        typer.Option(
            help="stdio: for a client that starts this command; streamable-http: a server."
        ),
    ] = TransportName.stdio,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    max_seconds: MaxSeconds = None,
    max_memory_mib: MaxMemory = None,
    key_file: KeyFile = None,
    config: ConfigFile = None,
) -> None:
    """Serve the verifier as MCP tools: encode, verify, optimise, draw, list problems."""
    require_extra()
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
    if transport is TransportName.stdio:
        run_stdio(settings)
    else:
        run_http(settings)

"""`quasar serve`: the verifier over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from quasar.cli.options import RayAddress
from quasar.core.errors import InputError

ConfigFile = Annotated[
    Path | None,
    typer.Option(help="TOML file with settings of the service."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        help="File of API keys, one a line; QUASAR_API_KEYS adds more, separated by commas."
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        help="Interface to listen on; any but loopback needs an API key.", show_default="127.0.0.1"
    ),
]
Port = Annotated[
    int | None, typer.Option(help="TCP port; 0 takes a free one.", show_default="8000")
]
Workers = Annotated[int | None, typer.Option(help="Worker processes.", show_default="one a core")]
MaxSeconds = Annotated[
    float | None,
    typer.Option(help="CPU seconds for one circuit.", show_default="10"),
]
MaxMemory = Annotated[
    int | None,
    typer.Option(
        "--max-memory-mib", help="Memory limit of one request, in MiB.", show_default="2048"
    ),
]


def command(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    max_seconds: MaxSeconds = None,
    max_memory_mib: MaxMemory = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Also offer this generator (repeatable): nano, a folder, openai:NAME, ...",
            show_default="designer",
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Allow this name in the Host header (repeatable).",
            show_default="loopback's own",
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Let scripts of this origin read answers (CORS; repeatable).",
            show_default="none",
        ),
    ] = None,
    key_file: KeyFile = None,
    config: ConfigFile = None,
    executor: Annotated[
        Literal["local", "ray"],
        typer.Option(
            "--executor",
            "--engine",
            help="local: this machine; ray: a Ray Serve deployment. (--engine: its old name.)",
        ),
    ] = "local",
    ray_address: RayAddress = None,
    replicas: Annotated[
        int | None, typer.Option(help="Copies on the Ray cluster.", show_default="1")
    ] = None,
    max_replicas: Annotated[
        int | None,
        typer.Option(help="Largest number of copies under load.", show_default="as --replicas"),
    ] = None,
) -> None:
    """Serve the verifier over HTTP until stopped; OpenAPI is at /openapi.json."""
    require_extra()
    from quasar.service.serve import announce, run, server
    from quasar.service.settings import read_settings

    settings = read_settings(
        config,
        key_file,
        host=host,
        port=port,
        workers=workers,
        replicas=replicas,
        max_replicas=max_replicas,
        max_seconds=max_seconds,
        max_memory_mib=max_memory_mib,
        models=None if model is None else ("designer", *model),
        allowed_hosts=allowed_host,
        cors_origins=cors_origin,
    )
    settings.require_safe()
    if executor == "ray":
        from quasar.service.ray_engine import run_on_ray

        run_on_ray(settings, ray_address)
        return
    run(announce(server(settings)))


def require_extra() -> None:
    """Check that the libraries of the service are installed.

    Raises:
        InputError: they are not.
    """
    from importlib.util import find_spec

    missing = [
        name for name in ("fastapi", "uvicorn", "prometheus_client", "mcp") if not find_spec(name)
    ]
    if missing:
        raise InputError(
            f"{', '.join(missing)} not installed: pip install -e '.[serve]' "
            "in your clone of quasar."
        )

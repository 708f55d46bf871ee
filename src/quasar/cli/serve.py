"""`quasar serve`: the verifier over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from quasar.cli.options import RayAddress
from quasar.cli.service_options import ServiceOptions, require_extra, with_service_options
from quasar.core.errors import InputError


@with_service_options
def command(
    service: ServiceOptions,
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
    studio: Annotated[
        bool,
        typer.Option(
            "--studio",
            help="Show browsers the studio at /; offers nano too, unless --model says otherwise.",
        ),
    ] = False,
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

    if studio and executor == "ray":
        raise InputError("--studio is for this machine: leave --executor ray out.")
    if studio and model is None:
        model = ["nano"]
    settings = service.settings(
        replicas=replicas,
        max_replicas=max_replicas,
        models=None if model is None else ("designer", *model),
        allowed_hosts=allowed_host,
        cors_origins=cors_origin,
    )
    settings.require_safe()
    if executor == "ray":
        from quasar.service.ray_engine import run_on_ray

        run_on_ray(settings, ray_address)
        return
    app = None
    if studio:
        from quasar.studio.app import create_studio

        app = create_studio(settings)
    run(announce(server(settings, app)))

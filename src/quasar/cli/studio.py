"""`quasar studio`: the page in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from quasar.cli.service_options import ServiceOptions, require_extra, with_service_options


@with_service_options
def command(
    service: ServiceOptions,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Offer this generator (repeatable): nano, designer.",
            show_default="nano and designer",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print where the page is.")
    ] = False,
) -> None:
    """Open the studio: draw a problem, have circuits written, look at the verdict.

    Everything runs on this machine, until Ctrl-C. The HTTP service's own routes are there too.
    """
    require_extra()
    from quasar.service.serve import announce, run, server
    from quasar.studio.app import MODELS, create_studio, open_when_ready

    settings = service.settings(models=tuple(model or MODELS))
    settings.require_safe()
    made = announce(server(settings, create_studio(settings)))
    run(made if no_browser else open_when_ready(made))

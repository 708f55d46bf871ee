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
            help="Offer this generator (repeatable): nano, designer, or a language model as "
            "`quasar generate --model` takes it.",
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
    from quasar.service.settings import is_loopback
    from quasar.studio.app import MODELS, create_studio, open_when_ready

    settings = service.settings(models=tuple(model or MODELS))
    settings.require_safe()
    own = is_loopback(settings.host)
    made = announce(server(settings, create_studio(settings, endpoints=own)))
    run(made if no_browser else open_when_ready(made))

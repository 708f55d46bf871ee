"""Options that `quasar serve` and `quasar mcp` share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.service.settings import ServiceSettings


@dataclass(frozen=True)
class ServiceOptions:
    """What is given of them; None means not given."""

    host: Annotated[
        str | None,
        typer.Option(
            help="Interface to listen on; any but loopback needs an API key.",
            show_default="127.0.0.1",
        ),
    ] = None
    port: Annotated[
        int | None, typer.Option(help="TCP port; 0 takes a free one.", show_default="8000")
    ] = None
    workers: Annotated[
        int | None, typer.Option(help="Worker processes.", show_default="one a core")
    ] = None
    max_seconds: Annotated[
        float | None, typer.Option(help="CPU seconds for one circuit.", show_default="10")
    ] = None
    max_memory_mib: Annotated[
        int | None,
        typer.Option(
            "--max-memory-mib", help="Memory limit of one request, in MiB.", show_default="2048"
        ),
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File of API keys, one a line; QUASAR_API_KEYS adds more, separated by commas."
        ),
    ] = None
    config: Annotated[Path | None, typer.Option(help="TOML file with settings of the service.")] = (
        None
    )

    def settings(self, **others: Any) -> ServiceSettings:
        """The service's settings by these options and others; see `read_settings`."""
        from quasar.service.settings import read_settings

        return read_settings(**vars(self), **others)


def with_service_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with these options, which it takes together as its first argument."""
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    hints = get_type_hints(ServiceOptions, include_extras=True)
    named = inspect.Parameter.KEYWORD_ONLY
    shared = [inspect.Parameter(n, named, default=None, annotation=a) for n, a in hints.items()]

    @wraps(command)
    def called(**given: Any) -> None:
        service = ServiceOptions(**{name: given.pop(name) for name in hints})
        command(service, **given)

    parameters = [*shared, *(parameter.replace(kind=named) for parameter in own)]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


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

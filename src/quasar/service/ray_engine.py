"""`quasar serve --engine ray`: the same application as a Ray Serve deployment, on many machines.

Every replica has a crew and a memory of batches of its own. So the bounds of the settings hold for
each replica, and a batch that is sent again is answered from memory only where it reaches the same
replica; elsewhere its unanswered items are scored anew.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from quasar.core.errors import InputError
from quasar.service.app import create_app
from quasar.service.settings import ServiceSettings, read_settings
from quasar.verifier.sandbox.pool import cores


def application(settings: ServiceSettings) -> Any:
    """The deployment, bound and ready for `ray.serve.run`.

    Raises:
        InputError: Ray Serve is not installed, or strangers could reach it without a key.
    """
    settings.require_safe()
    serve = _ray_serve()

    def build() -> FastAPI:  # on the replica: a crew cannot be sent there
        return create_app(settings)

    workers = settings.workers or cores()
    deployment = serve.deployment(
        serve.ingress(build)(),
        name="quasar",
        num_replicas=settings.replicas,
        max_ongoing_requests=settings.max_queue + workers,
        graceful_shutdown_timeout_s=settings.shutdown_seconds,
        ray_actor_options={"num_cpus": workers},
    )
    return deployment.bind()


def build(arguments: dict[str, Any]) -> Any:
    """The deployment for `serve run quasar.service.ray_engine:build` and for a RayService.

    Args:
        arguments: fields of `ServiceSettings`; keys come from the environment's `QUASAR_API_KEYS`.
    """
    return application(read_settings(None, None, **arguments))


def run_on_ray(settings: ServiceSettings) -> None:
    """Serve on the Ray cluster that this process belongs to, or one of its own, until stopped.

    Raises:
        InputError: Ray Serve is not installed, or strangers could reach it without a key.
    """
    bound = application(settings)
    serve = _ray_serve()
    serve.start(http_options={"host": settings.host, "port": settings.port})
    serve.run(bound, name="quasar", route_prefix="/", blocking=True)


def _ray_serve() -> Any:
    try:
        from ray import serve
    except ImportError as error:
        raise InputError(
            f"Ray Serve is not installed ({error.name or error}): pip install 'ray[serve]', or "
            "leave --engine ray away."
        ) from error
    return serve

"""`quasar serve --executor ray`: the same application as a Ray Serve deployment, on many machines.

Every replica has a pool and a memory of batches of its own. So the bounds of the settings hold for
each replica, and a batch that is sent again is answered from memory only where it reaches the same
replica; elsewhere its unanswered items are scored again.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Any

from fastapi import FastAPI

from quasar.core.cluster import Cluster, connect
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.processes import cores
from quasar.service.app import create_app
from quasar.service.settings import ServiceSettings, read_settings

_NAME = "quasar"


def application(settings: ServiceSettings) -> Any:
    """The deployment, bound and ready for `ray.serve.run`.

    Raises:
        InputError: Ray Serve is not installed, or strangers could reach it without a key.
    """
    settings.require_safe()
    serve = _ray_serve()

    def build() -> FastAPI:  # on the replica: a pool cannot be sent there
        return create_app(settings)

    workers = settings.workers or cores()
    deployment = serve.deployment(
        serve.ingress(build)(),
        name=_NAME,
        max_ongoing_requests=settings.max_queue + workers,
        graceful_shutdown_timeout_s=settings.shutdown_seconds,
        ray_actor_options={"num_cpus": workers},
        **scaling(settings, workers),
    )
    return deployment.bind()


def scaling(settings: ServiceSettings, workers: int) -> dict[str, Any]:
    """How many replicas, as `ray.serve.deployment` takes it."""
    if settings.max_replicas is None:
        return {"num_replicas": settings.replicas}
    return {
        "autoscaling_config": {
            "min_replicas": settings.replicas,
            "max_replicas": settings.max_replicas,
            "target_ongoing_requests": settings.target_requests or 2.0 * workers,
        }
    }


def build(arguments: dict[str, Any]) -> Any:
    """The deployment for `serve run quasar.service.ray_engine:build` and for a RayService.

    Args:
        arguments: fields of `ServiceSettings`; keys come from the environment's `QUASAR_API_KEYS`.
    """
    return application(read_settings(None, None, **arguments))


def run_on_ray(settings: ServiceSettings, address: str | None = None) -> None:
    """Serve on a Ray cluster until told to stop (SIGTERM, SIGINT).

    Args:
        address: of a running cluster; None: as in RAY_ADDRESS, else one is started here.

    Raises:
        InputError: Ray Serve is not installed, or strangers could reach it without a key.
        InfrastructureError: there is no such cluster, or the deployment cannot start.
    """
    bound = application(settings)
    serve = _ray_serve()
    import ray

    port = settings.port or _free_port(settings.host)
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    workers = settings.workers or cores()
    joined = bool(address or os.environ.get("RAY_ADDRESS"))
    most = settings.max_replicas or settings.replicas
    connect(ray, Cluster(address, most * workers), namespace="serve")
    try:
        serve.start(http_options={"host": settings.host, "port": port})
        serve.run(bound, name=_NAME, route_prefix="/")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)  # only now: Ray sets handlers of its own
        print(f"listening on http://{settings.host}:{port}", file=sys.stderr, flush=True)
        stopped.wait()
    except (RuntimeError, ray.exceptions.RayError) as error:
        raise InfrastructureError(f"the service cannot start on Ray: {error}") from error
    finally:
        if joined:
            serve.delete(_NAME)  # others may serve on that cluster
        else:
            serve.shutdown()
        ray.shutdown()


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _ray_serve() -> Any:
    try:
        from ray import serve
    except ImportError as error:
        raise InputError(
            f"Ray Serve is not installed ({error.name or error}): pip install -e "
            "'.[ray]' in your clone of quasar, or leave --executor ray away."
        ) from error
    return serve

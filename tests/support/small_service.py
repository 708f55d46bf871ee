"""A service in this process, with small limits, for tests that talk to it over a connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from quasar.service.app import create_app
from quasar.service.serve import config
from quasar.service.settings import ServiceSettings
from quasar.verifier.sandbox import SandboxLimits

LIMITS = SandboxLimits(max_seconds=1.5, max_memory_mib=400, max_problem_seconds=4)


def small(**settings: Any) -> ServiceSettings:
    return ServiceSettings(**{"port": 0, "workers": 2, "limits": LIMITS, **settings})


class Running:
    """A service in a thread of this process."""

    def __init__(self, server: uvicorn.Server, service: Any, thread: threading.Thread) -> None:
        self.server = server
        self.service = service
        self.thread = thread
        self.port: int = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def metric(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0


@contextmanager
def serving(settings: ServiceSettings) -> Iterator[Running]:
    app = create_app(settings)
    server = uvicorn.Server(config(app, settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.02)
        yield Running(server, app.state.service, thread)
    finally:
        server.should_exit = True
        thread.join(timeout=60)

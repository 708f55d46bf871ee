"""The Ray deployment as far as it can be told without a cluster."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from quasar.core.errors import InputError
from quasar.service import ray_engine
from small_service import small


class FakeServe:
    """Takes what Ray Serve's own functions take."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.builder: Any = None

    def ingress(self, builder: Any) -> Any:
        self.builder = builder
        return lambda: "class"

    def deployment(self, target: Any, **options: Any) -> Any:
        assert target == "class"
        self.options = options
        return SimpleNamespace(bind=lambda: "bound")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> FakeServe:
    fake = FakeServe()
    monkeypatch.setattr(ray_engine, "_ray_serve", lambda: fake)
    monkeypatch.delenv("QUASAR_API_KEYS", raising=False)
    return fake


def test_every_replica_gets_the_cores_its_workers_need(serve: FakeServe) -> None:
    assert ray_engine.build({"workers": 3, "replicas": 2}) == "bound"
    assert serve.options["num_replicas"] == 2
    assert serve.options["ray_actor_options"] == {"num_cpus": 3}


def test_the_application_is_built_on_the_replica(serve: FakeServe) -> None:
    cloudpickle = pytest.importorskip("ray.cloudpickle")

    ray_engine.application(small(workers=1))
    app = cloudpickle.loads(cloudpickle.dumps(serve.builder))()
    assert isinstance(app, FastAPI)
    assert app.state.service.settings.workers == 1


def test_strangers_need_a_key_here_too(serve: FakeServe) -> None:
    with pytest.raises(InputError, match="no API key"):
        ray_engine.build({"host": "0.0.0.0"})

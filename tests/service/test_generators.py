"""Language models behind `generate`: only those offered, one request at a time, judged like all."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from quasar.core.errors import InputError
from quasar.models.scripted import ScriptedModel
from quasar.service import models
from quasar.service.errors import BusyError
from quasar.service.generators import GeneratorRegistry
from quasar.verifier.sandbox import SandboxLimits
from support.small_service import serving, small

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    model = ScriptedModel(lambda chat, sample: f"```qasm\n{GOOD}```", name="toy")
    monkeypatch.setattr("quasar.models.registry.load_model", lambda name: model)
    return model


def test_a_models_answers_are_verified(scripted: ScriptedModel) -> None:
    with serving(small(workers=1, models=("designer", "toy"))) as running:
        body: dict[str, Any] = {"problem": PROBLEM, "model": "toy", "samples": 2}
        response = httpx.post(f"{running.url}/v1/generate", json=body, timeout=60)
        told = models.GenerateAnswer.model_validate_json(response.content)
        assert told.model == "toy"
        assert [candidate.origin for candidate in told.candidates] == ["model", "model"]
        assert told.candidates[0].report.feasible
        # The problem went through a worker before it was read anywhere else.
        body["problem"] = {"hamiltonian": "1.0 * Z(9999)"}
        refused = httpx.post(f"{running.url}/v1/generate", json=body, timeout=60)
        assert refused.json()["error"]["code"] == "bad_problem"
        assert len(scripted.chats) == 1


def test_a_name_that_is_not_offered_is_never_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quasar.models.registry.load_model", lambda name: pytest.fail(name))
    generators = GeneratorRegistry(("designer",), SandboxLimits())
    with pytest.raises(InputError, match="available: designer"):
        generators.require("toy")


def test_few_may_wait_for_a_model(scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    generators = GeneratorRegistry(("toy",), SandboxLimits())
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def slow(*args: Any, **more: Any) -> Any:
        begun.release()
        go_on.wait(10)
        raise InputError("enough")

    monkeypatch.setattr("quasar.agent.generate.generate", slow)
    request = models.GenerateRequest(problem=PROBLEM, model="toy")
    outcomes: list[str] = []

    def ask() -> None:
        try:
            generators.generate(request)
        except (InputError, BusyError) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    begun.acquire()
    while len(outcomes) < 2:
        time.sleep(0.01)
    go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["BusyError"] * 2 + ["InputError"] * 4

"""The service's worker: which requests are quick, and that they are answered like all others."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from quasar.problems.load import load_problem
from quasar.service import models
from quasar.service.allowance import Allowance
from quasar.service.protocol import WorkerRequest
from quasar.service.settings import ServiceSettings
from quasar.service.worker import ServiceWorker
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox.progress import Phase, ProgressPage
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.rlimits import lift_limits
from quasar.verifier.sandbox.wire import Frame, Kind
from quasar.verifier.stages.feasibility import Fault

GOOD = models.EXAMPLE_QASM
KEY = "ab" * 32


@pytest.fixture
def worker() -> Iterator[ServiceWorker]:
    """One that nobody talks to."""
    allowed = Allowance.of(ServiceSettings())
    with tempfile.TemporaryFile() as file, socket.socket() as connection:
        file.truncate(ProgressPage.size(1))
        yield ServiceWorker(allowed, 100.0, connection, ProgressPage(file.fileno()), 0)
        lift_limits()


def item(serial: int, refusal: Refusal | None = None, max_stage: int = 3, **own: Any) -> Frame:
    """An item of a batch."""
    options = models.VerifyOptions(max_stage=max_stage)
    stated = models.VerifyRequest(problem=models.EXAMPLE_PROBLEM, qasm="x", options=options)
    shared = json.dumps(stated.model_dump(mode="json", exclude={"qasm"})).encode()
    body = json.dumps({"prepared": KEY, "qasm": GOOD, **own}).encode()
    request = WorkerRequest("verify", body, refusal, shared)
    return Frame(serial, Kind.REQUEST, request.encode())


def test_a_short_item_is_quick_once_its_problem_is_ready(worker: ServiceWorker) -> None:
    assert not worker.is_quick(item(1))
    worker.answer(item(2))
    assert worker.is_quick(item(3))
    refused = Refusal(Fault.over("time", "too late.", "Write less."))
    for serial, other in enumerate(
        [
            item(0, refused),
            item(0, qasm=None, qasm_base64="eA=="),
            item(0, qasm=GOOD + "if (true) { x q[0]; }"),
            item(0, qasm=GOOD + " " * 20_000),
            item(0, parameters={"a": 1.0}),
            item(0, prepared="cd" * 32),
        ],
        start=4,
    ):
        assert not worker.is_quick(other._replace(serial=serial))


def test_items_for_all_stages_are_not_quick(worker: ServiceWorker) -> None:
    worker.answer(item(1, max_stage=4))
    assert not worker.is_quick(item(2, max_stage=4))


def test_quick_items_are_answered_like_all_others(worker: ServiceWorker) -> None:
    settings = models.VerifyOptions(max_stage=3).settings()
    direct = Verifier(load_problem(models.EXAMPLE_PROBLEM), None, settings)
    for serial, text in enumerate([GOOD, GOOD, "no program", GOOD[:40], GOOD], start=1):
        frame = item(serial, qasm=text)
        worker.begin(frame)
        kind, answer = worker.answer(frame)
        assert kind is Kind.ANSWER
        assert (worker.noted.serial, worker.noted.phase) == (serial, Phase.JUDGING)
        told, expected = json.loads(answer), json.loads(direct.verify(text).model_dump_json())
        assert told.pop("cost_s").keys() == expected.pop("cost_s").keys()
        assert json.dumps(told) == json.dumps(expected)


def test_limits_that_quick_items_share_are_lifted_before_it_waits(worker: ServiceWorker) -> None:
    for serial in (1, 2):
        frame = item(serial)
        worker.begin(frame)
        worker.answer(frame)
        assert bool(worker.limited_until_s) is (serial == 2)  # the first had to be prepared
    worker.rest(2)
    assert not worker.limited_until_s
    assert worker.page.read(0).phase == Phase.IDLE

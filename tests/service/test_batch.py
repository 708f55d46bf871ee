"""Batches over a real connection: a stream, in order of completion, that can be resumed."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest

from quasar.service import models
from quasar.verifier.sandbox import SandboxLimits
from support.hostile import FOREVER
from support.small_service import Running, serving, small

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
SLOW = FOREVER  # until the limit on time


def batch(*qasm: str, **more: Any) -> dict[str, Any]:
    items = [{"id": str(i), "problem": "p", "qasm": text} for i, text in enumerate(qasm)]
    return {"problems": {"p": PROBLEM}, "items": items, **more}


def lines(url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    response = httpx.post(f"{url}/v1/verify/batch", json=body, timeout=60)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_results_come_as_they_are_finished(running: Running) -> None:
    arrived: list[tuple[str, float]] = []
    body = batch(SLOW, GOOD, GOOD, GOOD)
    with httpx.stream("POST", f"{running.url}/v1/verify/batch", json=body, timeout=60) as response:
        for line in response.iter_lines():
            arrived.append((json.loads(line)["id"], time.monotonic()))
    names = [name for name, _ in arrived]
    assert sorted(names[:3]) == ["1", "2", "3"]
    assert names[3] == "0"
    assert arrived[3][1] - arrived[2][1] > 0.5  # the quick ones did not wait for the slow one


def test_a_batch_under_the_same_id_is_answered_from_memory(running: Running) -> None:
    body = batch(*[GOOD] * 12, batch_id="batch-of-this-test")
    first = lines(running.url, body)
    before = running.metric("quasar_orders_total", operation="verify", outcome="answered")
    second = lines(running.url, body)
    after = running.metric("quasar_orders_total", operation="verify", outcome="answered")
    assert after == before
    assert {line["id"]: line for line in first} == {line["id"]: line for line in second}


def test_an_id_that_means_something_else_now_is_refused(running: Running) -> None:
    lines(running.url, batch(GOOD, batch_id="another-batch"))
    (line,) = lines(running.url, batch(SLOW, batch_id="another-batch"))
    assert line["error"]["code"] == "bad_request"


def test_one_owners_answers_are_not_anothers() -> None:
    keys = ("0123456789abcdef-a", "0123456789abcdef-b")
    with serving(small(workers=1, api_keys=keys)) as running:
        for key in keys:
            httpx.post(
                f"{running.url}/v1/verify/batch",
                json=batch(GOOD, batch_id="shared-name"),
                headers={"x-api-key": key},
                timeout=60,
            ).raise_for_status()
        assert running.metric("quasar_orders_total", operation="verify", outcome="answered") == 2


@pytest.mark.parametrize(
    "body",
    [
        {"items": []},
        batch(GOOD) | {"problems": {}},
        {"items": [{"id": "a", "problem": PROBLEM, "qasm": GOOD}] * 2},
        batch(GOOD, batch_id="short"),
        batch(GOOD, options={"max_stage": 5}),
    ],
)
def test_malformed_batches(running: Running, body: dict[str, Any]) -> None:
    response = httpx.post(f"{running.url}/v1/verify/batch", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_request")


def test_batches_are_bounded_in_number_and_length() -> None:
    with serving(small(workers=1, max_batches=1, max_batch_items=3)) as running:
        url = f"{running.url}/v1/verify/batch"
        assert httpx.post(url, json=batch(*[GOOD] * 4)).status_code == 413
        assert len(lines(running.url, batch(*[GOOD] * 3))) == 3
        with httpx.stream("POST", url, json=batch(SLOW, GOOD), timeout=60) as response:
            assert response.status_code == 200
            busy = httpx.post(url, json=batch(GOOD))
            assert busy.status_code == 429
            assert int(busy.headers["retry-after"]) >= 1
            response.read()
        assert len(lines(running.url, batch(GOOD))) == 1  # the place was given back


def test_a_client_that_goes_away_leaves_its_place() -> None:
    with serving(small(workers=1, max_batches=1)) as running:
        url = f"{running.url}/v1/verify/batch"
        with httpx.stream("POST", url, json=batch(*[GOOD] * 500), timeout=60) as response:
            next(response.iter_lines())
        deadline = time.monotonic() + 10
        while running.service.batches.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.service.batches.running == 0
        assert len(lines(running.url, batch(GOOD))) == 1
        assert running.metric("quasar_orders_total", operation="verify", outcome="answered") < 100


def test_a_single_request_passes_between_the_items_of_a_batch() -> None:
    begun = threading.Event()
    gates = "rx(0.1) q[0]; cx q[0], q[1];" * 100
    body = batch(*[f"{HEAD}qubit[3] q; {gates} rx({n}.0) q[0];" for n in range(500)])

    def read(url: str) -> None:
        with httpx.stream("POST", f"{url}/v1/verify/batch", json=body, timeout=60) as response:
            for _ in response.iter_lines():
                begun.set()

    with serving(small(workers=1)) as running:
        thread = threading.Thread(target=read, args=(running.url,))
        thread.start()
        assert begun.wait(60)
        single = {"problem": PROBLEM, "qasm": GOOD}
        httpx.post(f"{running.url}/v1/verify", json=single, timeout=60).raise_for_status()
        assert thread.is_alive()
        thread.join()


def test_a_poisoned_batch_is_answered_in_full() -> None:
    limits = SandboxLimits(max_seconds=0.5, max_memory_mib=300, max_problem_seconds=2)
    poison = [
        SLOW,
        HEAD + "qubit[24] q; h q;",
        HEAD + "(" * 9000,
        "// " + "x" * 10_000_000,
        HEAD + "qubit[1] q; bit c; while (c == false) { h q[0]; }",
    ]
    with serving(small(limits=limits)) as running:
        texts = [poison[n // 5 % 5] if n % 5 == 0 else GOOD for n in range(25)]
        found = lines(running.url, batch(*texts))
        assert len(found) == 25
        for line in found:
            assert line["report"]["feasible"] is (int(line["id"]) % 5 != 0)

"""What the clients send and how they read answers, without a service."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.retries import TransientError
from quasar.service import AsyncClient, Client, calls, models

PROBLEM, GOOD = models.EXAMPLE_PROBLEM, models.EXAMPLE_QASM


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, TransientError) for status in (429, 502, 503, 504)],
        *[(status, InputError) for status in (400, 401, 403, 404, 405, 413, 422)],
        *[(status, InfrastructureError) for status in (301, 408, 409, 500, 501, 505)],
    ],
)
def test_a_status_says_whose_fault_it_is(status: int, kind: type[Exception]) -> None:
    body = models.ErrorAnswer(error=models.Failure(code="limit", message="the words"))
    with pytest.raises(kind, match="the words"):
        calls.raise_for_status(httpx.Response(status, text=body.model_dump_json()))
    with pytest.raises(kind, match=f"HTTP status {status}"):
        calls.raise_for_status(httpx.Response(status, text="<html>"))


@pytest.mark.parametrize(("header", "seconds"), [({"retry-after": "7"}, 7.0), ({}, None)])
def test_a_busy_service_may_say_when(header: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(TransientError) as caught:
        calls.raise_for_status(httpx.Response(429, headers=header))
    assert caught.value.retry_after_s == seconds


def test_a_success_raises_nothing() -> None:
    for status in (200, 204):
        calls.raise_for_status(httpx.Response(status))


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (calls.verify(GOOD, PROBLEM), "/v1/verify"),
        (calls.generate(PROBLEM), "/v1/generate"),
        (calls.optimise(GOOD, PROBLEM), "/v1/optimise"),
        (calls.encode(PROBLEM), "/v1/encode"),
        (calls.draw(GOOD), "/v1/draw"),
    ],
)
def test_calls_post_what_they_are_given(call: calls.Call[Any], path: str) -> None:
    assert (call.method, call.path) == ("POST", path)
    assert call.body is not None
    assert call.body.get("problem", PROBLEM) == PROBLEM
    assert call.body.get("qasm", GOOD) == GOOD


def test_fields_are_checked_before_anything_is_sent() -> None:
    body = calls.verify(GOOD, PROBLEM, GOOD, {"max_stage": 2}, parameters={"a": 0.5}).body
    assert body is not None
    assert (body["reference"], body["options"]["max_stage"]) == (GOOD, 2)
    assert body["parameters"] == {"a": 0.5}
    for wrong in ({"max_stage": 9}, {"colour": "red"}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            calls.verify(GOOD, PROBLEM, options=wrong)


def test_bytes_that_are_not_text_are_sent_as_they_are() -> None:
    body = calls.draw(b"\xff\xfe").body
    assert body is not None
    assert (
        models.ProgramRequest.model_validate({"qasm_base64": body["qasm_base64"]}).text
        == b"\xff\xfe"
    )


METHODS = {
    name for name, _ in inspect.getmembers(Client, callable) if not name.startswith("_")
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(METHODS))
def test_both_clients_have_the_same_methods(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(kind, name)) for kind in (Client, AsyncClient))
    assert list(ours.parameters.values()) == list(theirs.parameters.values())
    assert next(iter(ours.parameters)) == "self"
    assert getattr(Client, name).__doc__
    assert "Call" not in str(ours.return_annotation)
    if name in {"verify", "encode", "health"}:
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name))


def test_the_methods_are_all_there() -> None:
    asked = {name for name, value in vars(calls).items() if inspect.isfunction(value)}
    asked = {name for name in asked if vars(calls)[name].__module__ == calls.__name__}
    assert {name for name in asked if name[0] != "_"} - {"raise_for_status"} < METHODS
    assert {"close", "verify_many"} < METHODS

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import ValidationError

from quasar.core.errors import (
    CircuitError,
    InfrastructureError,
    InputError,
    ProblemError,
    QuasarError,
)
from quasar.service import models
from quasar.service.app import _known
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.failures import INTERNAL, describe, error_response, failure_json, failure_of
from quasar.service.tasks import VerifyTaskRequest


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (BusyError("why", 2.0), 429, "busy"),
        (ClosedError("why"), 503, "unavailable"),
        (LimitError("why"), 422, "limit"),
        (InputError("why"), 422, "bad_problem"),
        (ProblemError("why"), 422, "bad_problem"),
        (CircuitError("why"), 422, "bad_circuit"),
    ],
)
def test_a_known_error_has_its_status_and_its_words(
    error: QuasarError, status: int, code: str
) -> None:
    assert failure_of(error) == (status, code, str(error))
    assert "why" in str(error)


@pytest.mark.parametrize("error", [InfrastructureError("/secret/path"), RuntimeError("secret")])
def test_any_other_error_is_internal_and_says_nothing(error: Exception) -> None:
    assert failure_of(error) == (500, "internal", INTERNAL)
    assert "secret" not in INTERNAL


@pytest.mark.parametrize("text", ["plain", "\u2028 and \x85", "half \ud800 of a pair", 'a "quote"'])
def test_messages_of_any_characters_fit_into_one_ascii_line(text: str) -> None:
    raw = failure_json("limit", text)
    assert raw.isascii()
    assert len(raw.splitlines()) == 1
    failure = models.Failure.model_validate_json(raw)
    assert failure.message == text.replace("\ud800", "?")
    answer = models.ErrorAnswer.model_validate_json(bytes(error_response(400, "limit", text).body))
    assert answer.error == failure


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (2.6, "3"), (60.0, "60")])
def test_the_busy_say_when_to_ask_again(seconds: float, header: str) -> None:
    response = asyncio.run(_known(None, BusyError("full", seconds)))  # type: ignore[arg-type]
    assert response.headers["retry-after"] == header
    closed = asyncio.run(_known(None, ClosedError("closing")))  # type: ignore[arg-type]
    assert "retry-after" not in closed.headers


def fault(*where: str, words: str = "Field required") -> dict[str, Any]:
    kind = "missing" if words == "Field required" else "value_error"
    return {"type": kind, "loc": where, "msg": words, "input": "what was sent"}


def test_faults_are_named_without_what_was_sent() -> None:
    told = describe([fault("body", "problem"), fault("body", words="Value error, give either")])
    assert told == "problem is missing; body: give either."


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"task": "ghz", "extra": 1}, "task must be a JSON object; extra is no field of this"),
        ({"qasm": 5}, "qasm must be a string; task is missing"),
        ([1], "body must be a JSON object"),
    ],
)
def test_faults_are_told_in_plain_words(body: Any, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        VerifyTaskRequest.model_validate(body)
    assert told in describe(list(caught.value.errors()))


@pytest.mark.parametrize(("count", "more"), [(20, None), (21, "and 1 more"), (5000, "4980 more")])
def test_an_answer_names_only_some_faults(count: int, more: str | None) -> None:
    told = describe([fault("body", f"field-{n}") for n in range(count)])
    assert told.count("field-") == 20
    assert ("more" in told) is (more is not None)
    assert more is None or told.endswith(f"{more}.")


def test_names_and_words_are_cut() -> None:
    told = describe([fault("x" * 10_000, words="y" * 10_000)])
    assert told == f"{'x' * 200}: {'y' * 300}."
    json.dumps(told).encode("ascii")

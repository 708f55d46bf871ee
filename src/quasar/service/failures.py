"""Errors as a client sees them: HTTP status, code and message, without anything internal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from quasar.core.errors import CircuitError, InputError
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.models import API_VERSION

INTERNAL = "internal error; the request was not at fault."
_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (BusyError, 429, "busy"),
    (ClosedError, 503, "unavailable"),
    (LimitError, 422, "limit"),
    (InputError, 422, "bad_problem"),
    (CircuitError, 422, "bad_circuit"),
)
"""The first that fits counts; an error that is none of these is internal."""
_MOST_FAULTS = 20  # named in one answer


def failure_of(error: BaseException) -> tuple[int, str, str]:
    """Status, code and message for an error."""
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            return status, code, str(error)
    return 500, "internal", INTERNAL


def failure_json(code: str, message: str) -> bytes:
    """The JSON of a `models.Failure`, in ASCII: messages may quote what UTF-8 cannot encode."""
    clean = message.encode("utf-8", "replace").decode("utf-8")
    return json.dumps({"code": code, "message": clean}).encode("ascii")


def error_response(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A `models.ErrorAnswer`."""
    body = b'{"api_version":%d,"error":%s}' % (API_VERSION, failure_json(code, message))
    return Response(body, status, headers, media_type="application/json")


_PLAIN = {
    "missing": " is missing",
    "extra_forbidden": " is no field of this request: leave it out",
    "dict_type": " must be a JSON object",
    "model_type": " must be a JSON object",
    "model_attributes_type": " must be a JSON object",
}
"""What is said of a field, by pydantic's type of error."""


def _objection(item: Any) -> str:
    words: str = item["msg"].removeprefix("Value error, ")
    plain = _PLAIN.get(item.get("type"))
    if plain is None and words.startswith("Input should be "):
        kind = re.sub(r"^a valid (?=[aeiou])", "an ", words.removeprefix("Input should be "))
        plain = f" must be {kind.replace('a valid ', 'a ', 1)}"
    return f": {words}" if plain is None else plain


def describe(errors: list[Any]) -> str:
    """What pydantic found wrong with a request, without quoting what was sent."""
    parts = []
    for item in errors[:_MOST_FAULTS]:
        where = ".".join(str(piece) for piece in item["loc"] if piece != "body") or "body"
        if item.get("type") == "json_invalid":
            parts.append(f"the body is not JSON (character {where[:20]})")
            continue
        parts.append(f"{where[:200]}{_objection(item)[:302]}")
    if len(errors) > _MOST_FAULTS:
        parts.append(f"and {len(errors) - _MOST_FAULTS} more")
    return "; ".join(parts) + "."

"""The OpenAPI document, turned into requests by schemathesis: no answer may be a server's failure.

Problems are random JSON, so most are refused; what matters is that each refusal is one, in the
shape that the document promises.
"""

from __future__ import annotations

from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quasar.service.app import create_app  # noqa: E402
from support.cases import cases  # noqa: E402
from support.small_service import Running, small  # noqa: E402

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(create_app(small()).openapi())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
EXAMPLES = cases(30)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_request_makes_the_service_fail(running: Running, operation: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if isinstance(case.body, dict) and "max_seconds" in case.body:
            case.body["max_seconds"] = 1  # what can be done is done, and takes its time
        case.call_and_validate(base_url=running.url, checks=CHECKS, timeout=60)

    ask()


def test_every_route_is_in_the_document() -> None:
    assert len(OPERATIONS) == 13

"""What the pages on the service promise: named tests exist, routes are there, settings are read."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from quasar import service
from quasar.service import models
from quasar.service.app import _CODES, create_app
from quasar.service.catalogue import DOCS_PATH
from quasar.service.settings import read_settings
from support.small_service import Running, small

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "service.md").read_text(encoding="utf-8")
SECURITY = (DOCS / "service-security.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+\.py::\w+)`", SECURITY))))
def test_every_test_that_is_named_exists(name: str) -> None:
    file, _, function = name.partition("::")
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    assert f"def {function}(" in text


def test_the_tables_routes_are_the_services() -> None:
    told = set(re.findall(r"^\| `(?:GET|POST) (\S+)` \|", PAGE, re.MULTILINE))
    app = create_app(small())
    assert told == {*app.openapi()["paths"], app.openapi_url, DOCS_PATH}


def test_the_tables_statuses_are_the_services() -> None:
    rows = re.findall(r"^\| (\d{3}(?:, \d{3})*) \| (`.*?`) \|", PAGE, re.MULTILINE)
    told = {
        pair
        for statuses, codes in rows
        for pair in product(map(int, statuses.split(", ")), re.findall(r"`(\w+)`", codes))
    }
    told -= {(404, "bad_request"), (405, "not_found")}  # one row, each with its own code
    source = "".join(
        (Path(service.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        for name in ("app", "failures", "middleware", "routes")
    )
    pairs = re.findall(r'(?:_response\(|_Refusal\(|, )(\d{3}), "(\w+)"', source)
    written = {(int(status), code) for status, code in pairs}
    assert told == {*written, *_CODES.items(), (405, "bad_request")}


def test_the_tables_statuses_are_in_the_document() -> None:
    told = {
        int(s)
        for row in re.findall(r"^\| ([\d, ]+) \| `", PAGE, re.MULTILINE)
        for s in row.split(", ")
    }
    documented = {
        int(status)
        for path in create_app(small()).openapi()["paths"].values()
        for operation in path.values()
        for status in operation["responses"]
    }
    assert documented - {200} == told - {404, 405}


def test_every_status_that_takes_no_load_is_given(running: Running) -> None:
    def asked(method: str, path: str, **how: Any) -> tuple[int, str]:
        answer = httpx.request(method, running.url + path, **how)
        return answer.status_code, answer.json()["error"]["code"]

    verify = {"problem": models.EXAMPLE_PROBLEM, "qasm": models.EXAMPLE_QASM}
    assert asked("GET", "/healthz", headers={"host": "evil.org"}) == (400, "bad_request")
    assert asked("GET", "/v2") == (404, "not_found")
    assert asked("GET", "/v1/verify") == (405, "bad_request")
    assert asked("POST", "/v1/verify", json={**verify, "colour": 1}) == (422, "bad_request")
    assert asked("POST", "/v1/verify", json={**verify, "problem": {}}) == (422, "bad_problem")
    wrong = {"problem": models.EXAMPLE_PROBLEM, "qasm": "nothing"}
    assert asked("POST", "/v1/optimise", json=wrong) == (422, "bad_circuit")
    assert httpx.post(f"{running.url}/v1/verify", json=wrong).status_code == 200


def test_the_example_of_settings_is_read(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    read = []
    for number, text in enumerate(examples):
        path = tmp_path / f"service{number}.toml"
        path.write_text(text)
        read.append(read_settings(path, None))
    assert next(settings.max_qubits for settings in read) == 500
    assert read[-1].max_queue == 1024

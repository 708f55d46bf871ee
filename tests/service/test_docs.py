"""What the pages on the service promise: named tests exist, code runs, routes are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from quasar.service import models
from quasar.service.app import create_app
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
    assert told == {*app.openapi()["paths"], app.openapi_url}


def test_the_example_in_python_runs(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {
        "qasm": models.EXAMPLE_QASM,
        "problem": models.EXAMPLE_PROBLEM,
        "candidates": [models.EXAMPLE_QASM] * 3,
    }
    exec(code.replace("http://127.0.0.1:8000", running.url), names)
    assert names["report"].feasible
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_the_example_of_settings_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "service.toml"
    path.write_text(text)
    assert read_settings(path, None).max_queue == 1024

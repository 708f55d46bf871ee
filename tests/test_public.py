"""What `help(quasar)` says: every public name explains itself."""

from __future__ import annotations

import inspect

import pytest
from pydantic import BaseModel

import quasar

NAMES = sorted(set(quasar.__all__) - {"__version__"})


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_explains_its_arguments(name: str) -> None:
    found = getattr(quasar, name)
    said = inspect.getdoc(found) or ""
    parameters = set(inspect.signature(found).parameters)
    if isinstance(found, type) and issubclass(found, BaseModel):
        parameters = set(found.model_fields)
    unexplained = {parameter for parameter in parameters if f"    {parameter}: " not in said}
    assert not unexplained


@pytest.mark.parametrize(
    "name", [name for name in NAMES if inspect.isfunction(getattr(quasar, name))]
)
def test_every_public_function_says_what_it_raises(name: str) -> None:
    assert "\nRaises:\n    " in (inspect.getdoc(getattr(quasar, name)) or "")


def test_public_methods_have_docstrings() -> None:
    bare = [
        f"{name}.{method}"
        for name in NAMES
        for method, body in vars(getattr(quasar, name)).items()
        if not method.startswith("_") and inspect.isfunction(body) and not inspect.getdoc(body)
    ]
    assert not bare

"""Models of values that are not checked again are those of the constructor."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import ConfigDict, Field, PrivateAttr

from quasar.core.documented import Documented, descriptions


class Plain(Documented):
    """Of every kind of field."""

    _kept: list[int] = PrivateAttr(default_factory=list)

    first: float
    """Required."""
    second: int | None = None
    """With a default."""
    third: dict[str, str] = Field(default_factory=dict)
    """Made anew."""
    fourth: list[int] = [1]  # noqa: RUF012
    """A default that could be changed."""


class Extended(Plain):
    """With fields of its own, and room for others."""

    model_config = ConfigDict(extra="allow")

    fifth: str = Field(default="x", serialization_alias="v")
    """By another name in JSON."""


def test_it_equals_what_the_constructor_gives() -> None:
    given: list[dict[str, Any]] = [{"first": 0.5}, {"third": {"a": "b"}, "first": 1.0, "second": 3}]
    for cls in (Plain, Extended):
        for values in given:
            made, checked = cls.made(**values), cls(**values)
            assert made == checked
            assert made.model_dump_json(by_alias=True) == checked.model_dump_json(by_alias=True)
            assert list(made.model_dump()) == list(checked.model_dump())
            assert made.model_fields_set == checked.model_fields_set
            assert made.model_copy(update={"second": 7}).second == 7


def test_nothing_is_shared() -> None:
    one, other = Extended.made(first=1.0), Extended.made(first=1.0)
    one.third["a"] = "b"
    one.fourth.append(2)
    one._kept.append(5)
    assert (other.third, other.fourth, other._kept) == ({}, [1], [])
    other.more = 3  # type: ignore[attr-defined]
    assert other.model_dump()["more"] == 3


def test_one_of_all_fields_is_the_same() -> None:
    values: dict[str, Any] = {"first": 0.5, "second": 2, "third": {"a": "b"}, "fourth": [3]}
    made, checked = Plain.whole(dict(values)), Plain(**values)
    assert made == checked
    assert made.model_fields_set == checked.model_fields_set
    assert made._kept == []
    assert made.model_dump_json() == checked.model_dump_json()


def test_docstrings_and_schemas_say_what_each_field_is() -> None:
    doc = inspect.getdoc(Extended)
    assert doc is not None
    assert doc.startswith("With fields of its own, and room for others.\n\nFields:\n    first: Req")
    assert "\n    fifth: By another name in JSON.\n" in f"{doc}\n"
    for mode, name in (("validation", "fifth"), ("serialization", "v")):
        schema = Extended.model_json_schema(mode=mode)  # type: ignore[arg-type]
        assert schema["description"] == "With fields of its own, and room for others."
        assert schema["properties"]["second"]["description"] == "With a default."
        assert schema["properties"][name]["description"] == "By another name in JSON."


def test_making_a_class_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect.getsource", lambda _: pytest.fail("the source was read"))

    class Later(Documented):
        """Made now."""

        number: int = Field(default=1, description="Said by itself.")

    monkeypatch.undo()
    assert descriptions(Later) == {"number": "Said by itself."}
    assert (Later.__doc__ or "").endswith("number: Said by itself.\n")

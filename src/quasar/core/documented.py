"""Models whose fields' descriptions reach `help()`, editors and JSON schemas.

A field's description is the string below it in the source. `Documented` is the base of
measured data, which is written out and read back; what users set is `settings.Settings`.
"""

from __future__ import annotations

import copy
import inspect
import textwrap
from functools import partial
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_HEADING = "\n\nFields:\n"


class ListsFields:
    """Mixin of models whose docstrings list their fields."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        own = inspect.cleandoc(cls.__doc__ or "").partition(_HEADING)[0].rstrip()
        entries = "".join(_entries(cls))
        cls.__doc__ = own + _HEADING + entries if entries else own

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        found = handler.resolve_ref_schema(schema)
        if "description" in found:  # the fields have descriptions of their own there
            found["description"] = found["description"].partition(_HEADING)[0]
        return schema


def _entries(model: Any) -> list[str]:
    """A paragraph for each field."""
    out = []
    for name, field in model.model_fields.items():
        text = " ".join(f"{name}: {field.description or ''}".split())
        out.append(textwrap.fill(text, 88, initial_indent="    ", subsequent_indent="        "))
        out.append("\n")
    return out


class Documented(ListsFields, BaseModel):
    """A model whose docstring lists its fields."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    _plan: ClassVar[tuple[dict[str, Any], dict[str, Any]] | None] = None

    @classmethod
    def made(cls, **values: Any) -> Self:
        """An instance of values that this project computed, which are not checked again.

        Fields that are not given have their defaults; the result is that of the constructor where
        each value has its field's type already.
        """
        plan = cls.__dict__.get("_plan")
        if plan is None:
            plan = cls._plan = _plan_of(cls)
        fixed, made = plan
        new = cls.__new__(cls)
        held = fixed | values
        for name, factory in made.items():
            if name not in values:
                held[name] = factory()
        object.__setattr__(new, "__dict__", held)
        object.__setattr__(new, "__pydantic_fields_set__", set(values))
        extra: dict[str, Any] | None = {} if cls.model_config.get("extra") == "allow" else None
        object.__setattr__(new, "__pydantic_extra__", extra)
        object.__setattr__(new, "__pydantic_private__", None)
        if cls.__private_attributes__:
            new.model_post_init(None)
        return new


def _plan_of(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All fields in order, with the defaults that may be shared, and what makes the others."""
    fixed, made = {}, {}
    for name, field in model.model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=False)
        fixed[name] = default
        if field.default_factory is not None:
            made[name] = field.default_factory
        elif isinstance(default, list | dict | set):
            made[name] = partial(copy.copy, default)
    return fixed, made

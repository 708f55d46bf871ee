"""Models whose fields' descriptions reach `help()`, editors and JSON schemas.

A field's description is the string below it in the source. `Documented` is the base of
measured data, which is written out and read back; what users set is `settings.Settings`.
"""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

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

"""Base of measured data: its fields' descriptions reach `help()`, editors and JSON schemas.

A field's description is the string below it in the source. Covers data that is written out and read
back; what users set is `settings.Settings`.
"""

from __future__ import annotations

import textwrap
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_HEADING = "\n\nFields:\n"


class Documented(BaseModel):
    """A model whose docstring lists its fields."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        own = (cls.__doc__ or "").partition(_HEADING)[0].rstrip()
        cls.__doc__ = own + _HEADING + "".join(_entries(cls))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        found = handler.resolve_ref_schema(schema)
        if "description" in found:  # the fields have descriptions of their own there
            found["description"] = found["description"].partition(_HEADING)[0]
        return schema


def _entries(model: type[BaseModel]) -> list[str]:
    """A paragraph for each field."""
    out = []
    for name, field in model.model_fields.items():
        text = " ".join(f"{name}: {field.description or ''}".split())
        out.append(textwrap.fill(text, 88, initial_indent="    ", subsequent_indent="        "))
        out.append("\n")
    return out

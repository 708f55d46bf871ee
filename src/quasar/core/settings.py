"""Base of all settings objects: documented fields, unknown keys are errors, immutable."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from quasar.core.errors import InputError


class Settings(BaseModel):
    """Settings sit beside the code they steer; every field carries a sentence of description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Self:
        """Build from a plain dict.

        Raises:
            InputError: unknown key or value out of range; the message names key and reason.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InputError(describe_validation(error)) from error


def describe_validation(error: ValidationError) -> str:
    """One sentence for each thing pydantic found wrong."""
    parts = []
    for item in error.errors():
        where = ".".join(str(piece) for piece in item["loc"]) or "value"
        parts.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts) + "."

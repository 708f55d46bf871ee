"""Models whose fields' descriptions reach `help()`, editors and JSON schemas.

A field's description is the string below it in the source. `Documented` is the base of
measured data, which is written out and read back; what users set is `settings.Settings`.
"""

from __future__ import annotations

import copy
import inspect
import textwrap
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_HEADING = "\n\nFields:\n"
_SLOTS = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
_set_values, _set_given, _set_extra, _set_private = (
    BaseModel.__dict__[name].__set__ for name in _SLOTS
)


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
    _plan: ClassVar[_Plan | None] = None

    @classmethod
    def made(cls, **values: Any) -> Self:
        """An instance of values that this project computed, which are not checked again.

        Fields that are not given have their defaults; the result is that of the constructor where
        each value has its field's type already.
        """
        plan = cls.__dict__.get("_plan") or cls._planned()
        held = plan.defaults | values
        for name, factory in plan.factories:
            if name not in values:
                held[name] = factory()
        return cls._holding(plan, held, set(values))

    @classmethod
    def whole(cls, values: dict[str, Any]) -> Self:
        """As `made`, of all fields in their order; the instance keeps the dict itself."""
        plan = cls.__dict__.get("_plan") or cls._planned()
        return cls._holding(plan, values, plan.names)  # there is no further name to be added

    def share_names(self) -> Self:
        """Have this instance, and those in it, note that all fields are given in one place for all:
        for instances that somebody wrote out whole, and that are kept by the thousand.
        """
        plan = self.__class__.__dict__.get("_plan") or self._planned()
        if self.__pydantic_fields_set__ == plan.names:
            _set_given(self, plan.names)
        for value in self.__dict__.values():
            if isinstance(value, Documented):
                value.share_names()
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, Documented):
                        item.share_names()
        return self

    @classmethod
    def _planned(cls) -> _Plan:
        cls._plan = _plan_of(cls)
        return cls._plan

    @classmethod
    def _holding(cls, plan: _Plan, values: dict[str, Any], given: set[str]) -> Self:
        new = object.__new__(cls)
        _set_values(new, values)
        _set_given(new, given)
        _set_extra(new, {} if plan.extra else None)
        if plan.private:
            _set_private(new, {name: factory() for name, factory in plan.private})
        else:
            _set_private(new, None)
        return new


class _Plan(NamedTuple):
    """How instances of a model are made.

    Attributes:
        names: of the fields.
        defaults: of all fields in order, those that may be shared.
        factories: what makes the others.
        extra: whether there may be other values.
        private: what makes the private attributes.
    """

    names: set[str]
    defaults: dict[str, Any]
    factories: list[tuple[str, Callable[[], Any]]]
    extra: bool
    private: list[tuple[str, Callable[[], Any]]]


def _plan_of(model: type[BaseModel]) -> _Plan:
    defaults, factories = {}, []
    for name, field in model.model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=False)
        defaults[name] = default
        if field.default_factory is not None:
            factories.append((name, cast("Callable[[], Any]", field.default_factory)))
        elif isinstance(default, list | dict | set):
            factories.append((name, partial(copy.copy, default)))
    return _Plan(
        names=set(defaults),
        defaults=defaults,
        factories=factories,
        extra=model.model_config.get("extra") == "allow",
        private=[
            (name, cast("Callable[[], Any]", kept.default_factory or partial(kept.get_default)))
            for name, kept in model.__private_attributes__.items()
        ],
    )

"""Models whose fields' descriptions reach `help()`, editors and JSON schemas.

A field's description is the string below it in the source. `Documented` is the base of
measured data, which is written out and read back; what users set is `settings.Settings`. The source
is read when somebody asks: reading it with each class took a fifth of a command's start.
"""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import textwrap
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar, cast

from pydantic import AliasChoices, BaseModel, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

M = TypeVar("M", bound=type)

_HEADING = "\n\nFields:\n"
_SLOTS = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
_set_values, _set_given, _set_extra, _set_private = (
    BaseModel.__dict__[name].__set__ for name in _SLOTS
)


def reads_fields_later(metaclass: M) -> M:
    """Have the docstrings of a metaclass's models list their fields, once somebody reads them."""
    # A subclass would have its own `__doc__`, so each metaclass is given the property.
    metaclass.__doc__ = property(_doc)  # type: ignore[assignment]
    return metaclass


def _doc(model: type[BaseModel]) -> str:
    own = inspect.cleandoc(model.__dict__.get("__doc__") or "")
    entries = "".join(_entries(model))
    return own + _HEADING + entries if entries else own


@reads_fields_later
class _OfDocumented(ModelMetaclass):
    pass


class ListsFields:
    """Mixin of such models: their JSON schemas have the descriptions too."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        found = handler.resolve_ref_schema(schema)
        if "description" in found:  # the fields have descriptions of their own there
            found["description"] = found["description"].partition(_HEADING)[0]
        properties = found.get("properties", {})
        fields = cast(type[BaseModel], cls).model_fields
        for name, text in descriptions(cast(type[BaseModel], cls)).items():
            for key in {name, fields[name].alias, *_spellings(fields[name])} & properties.keys():
                properties[key].setdefault("description", text)
        return schema


def _spellings(field: FieldInfo) -> list[str | None]:
    """Names that a field has in schemas of what is read and of what is written."""
    read = field.validation_alias
    choices = read.choices if isinstance(read, AliasChoices) else [read]
    return [field.serialization_alias, *(c for c in choices if isinstance(c, str))]


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """What is said of each field of a model, by name; nothing where the source is not there."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _below_fields(base)
    for name, field in model.model_fields.items():
        if field.description is not None:
            found[name] = field.description
    return {name: found[name] for name in model.model_fields if name in found}


def _below_fields(model: type) -> dict[str, str]:
    """Strings below the annotations in the source of one class."""
    body = _classes(sys.modules[model.__module__]).get(model.__qualname__, [])
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@cache
def _classes(module: ModuleType) -> dict[str, list[ast.stmt]]:
    """Bodies of a module's classes by qualified name."""
    found: dict[str, list[ast.stmt]] = {}

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                found[prefix + node.name] = node.body
                look(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                look(node.body, f"{prefix}{node.name}.<locals>.")
            elif isinstance(node, ast.If):
                look([*node.body, *node.orelse], prefix)

    try:
        look(ast.parse(inspect.getsource(module)).body, "")
    except (OSError, TypeError, SyntaxError):
        return {}
    return found


def _entries(model: type[BaseModel]) -> list[str]:
    """A paragraph for each field."""
    known, out = descriptions(model), []
    for name in model.model_fields:
        text = " ".join(f"{name}: {known.get(name, '')}".split())
        out.append(textwrap.fill(text, 88, initial_indent="    ", subsequent_indent="        "))
        out.append("\n")
    return out


class Documented(ListsFields, BaseModel, metaclass=_OfDocumented):
    """A model whose docstring lists its fields."""

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

"""Base of all settings objects: documented fields, unknown keys are errors, immutable."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from quasar.core.documented import ListsFields, reads_fields_later
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from pydantic_core import ErrorDetails
else:
    ModelMetaclass = type(BaseModel)


class SpeaksPlainly(ModelMetaclass):
    """Metaclass of models that users construct: what pydantic objects to is an `InputError`.

    Only calls of the class are concerned. Validation of data (`model_validate`, a field in another
    model) still raises pydantic's own error, which its callers wait for.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Construct.

        Raises:
            InputError: unknown field, or a value out of range.
        """
        if args:
            name = self.__name__
            raise InputError(f"{name} takes its fields by name: {name}(field=value).")
        try:
            return super().__call__(**kwargs)
        except ValidationError as error:
            raise InputError(describe_validation(error, cast(type[BaseModel], self))) from error


@reads_fields_later
class _OfSettings(SpeaksPlainly):
    pass


class Settings(ListsFields, BaseModel, metaclass=_OfSettings):
    """Settings live with the code they configure; every field has a sentence of description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Build from a plain dict.

        Raises:
            InputError: unknown key or value out of range; the message names key and reason.
        """
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise InputError(describe_validation(error, cls)) from error

    @classmethod
    def given(
        cls, value: Self | Mapping[str, Any] | bool | None, name: str, *, switch: bool = False
    ) -> Self | None:
        """What a caller passes for settings: the object, a dict of its fields, or None.

        Args:
            name: of the parameter, for messages.
            switch: also take True for the defaults and False for None.

        Raises:
            InputError: anything else, or fields that do not fit.
        """
        if value is None or isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            try:
                return cls.model_validate(dict(value))
            except ValidationError as error:
                raise InputError(describe_validation(error, cls, within=name)) from error
        if switch and isinstance(value, bool):
            return cls() if value else None
        forms = "True, False, " if switch else ""
        raise wrong(name, f"{forms}a {cls.__name__} or a dict of its fields", value)


def wrong(name: str, taken: str, value: object) -> InputError:
    """The error about an argument's value, to be raised: its name, what is taken, what was given.

    Args:
        taken: what may stand behind "must be".
    """
    return InputError(f"{name} must be {taken}, not {reprlib.repr(value)}.")


def one_of(names: Iterable[str]) -> str:
    """Names to choose from, in words."""
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last


def need_whole(value: object, name: str, least: int, most: int | None = None) -> None:
    """Refuse what is not an integer of at least `least` and at most `most`.

    Raises:
        InputError: the message names the parameter.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    number = int(cast(int, value)) if whole else least - 1
    if number < least or (most is not None and number > most):
        allowed = f"of at least {least}" if most is None else f"from {least} to {most:,}"
        raise wrong(name, f"an integer {allowed}", value)


def need_flags(**given: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        InputError: the message names the parameter.
    """
    for name, value in given.items():
        if not isinstance(value, bool):
            raise wrong(name, "True or False", value)


def describe_validation(
    error: ValidationError, model: type[BaseModel] | None = None, *, within: str = ""
) -> str:
    """One sentence for each thing pydantic found wrong.

    Args:
        within: the argument that the fields belong to.
        model: what was validated; then a number out of range is told the whole range, and an
            unknown key its nearest neighbour.
    """
    parts = []
    for item in error.errors():
        place = tuple(str(piece) for piece in item["loc"])
        where = ".".join((within, *place) if within else place)
        objection = _objection(item, _holder(model, place[:-1]), place)
        if objection.startswith(("must be", "must have")):
            parts.append(f"{where or 'value'} {objection}")
        else:  # what is said of several fields together has no place and names them itself
            parts.append(f"{where}: {objection}" if where else objection)
    return "; ".join(parts) + "."


def _objection(item: ErrorDetails, holder: type[BaseModel] | None, place: tuple[str, ...]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    kind, given = item["type"], item.get("input")
    if kind == "extra_forbidden" and holder is not None and place:
        if (twin := _twin(holder, place[-1])) is not None:
            return f"another name of {twin}: give one of the two"
        near = difflib.get_close_matches(place[-1], holder.model_fields, 1)
        known = near or list(holder.model_fields)
        return f"no such setting; {'the nearest is' if near else 'known:'} {', '.join(known)}"
    if kind in _RANGE_KINDS:
        allowed = _range(holder, place[-1] if place else "")
        return f"must be {allowed or message.removeprefix('Input should be ')}, not {given!r}"
    if kind.endswith(("_type", "_parsing", "_from_float")) and kind.partition("_")[0] in _KINDS:
        return f"must be {_KINDS[kind.partition('_')[0]]}, not {reprlib.repr(given)}"
    if kind == "string_pattern_mismatch":
        pattern = str(item.get("ctx", {}).get("pattern"))
        return f"must be {_FORMS.get(pattern, f'of the form {pattern}')}, not {reprlib.repr(given)}"
    if kind in ("too_long", "too_short"):
        limits = item.get("ctx", {})
        size, most = limits.get("actual_length"), limits.get("max_length")
        bound = f"at most {most}" if kind == "too_long" else f"at least {limits.get('min_length')}"
        ending = "" if bound.endswith(" 1") else "s"
        return f"must have {bound} element{ending}" + ("" if size is None else f", not {size}")
    if kind in ("string_too_long", "string_too_short"):
        had = f", not {len(given):,}" if isinstance(given, str) else ""
        return f"must have {message.removeprefix('String should have ')}{had}"
    if message.startswith("Input should be "):
        shown = (
            f", not {reprlib.repr(given)}" if isinstance(given, str | int | float | None) else ""
        )
        return f"must be {message.removeprefix('Input should be ')}{shown}"
    return message


_RANGE_KINDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_FORMS = {"^[01]+$": "a string of bits, such as 0110"}
"""What patterns of strings ask for."""
_KINDS = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "string": "a string",
    "tuple": "a list",
}


def _holder(model: type[BaseModel] | None, place: tuple[str, ...]) -> type[BaseModel] | None:
    """The model that a place in nested models leads to, where it does."""
    for piece in place:
        found = _field(model, piece)
        inner = None if found is None else found[1].annotation
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return model


def _field(model: type[BaseModel] | None, name: str) -> tuple[str, FieldInfo] | None:
    """A field and its name, by any name that it is given under."""
    for own, field in {} if model is None else model.model_fields.items():
        if name == own or name in _aliases(field):
            return own, field
    return None


def _aliases(field: FieldInfo) -> list[str]:
    """The names that a field is given under, where these are not its own name alone."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [name for name in choices if isinstance(name, str)]


def _twin(model: type[BaseModel], name: str) -> str | None:
    """The other name of the field of that name, where it has two."""
    found = _field(model, name)
    return None if found is None else next((n for n in _aliases(found[1]) if n != name), None)


def _range(model: type[BaseModel] | None, name: str) -> str:
    """A field's allowed range in words; empty where nothing is known."""
    found = _field(model, name)
    bounds = {} if found is None else _bounds(found[1].metadata)
    if bounds.keys() == {"ge", "le"}:
        return f"from {bounds['ge']} to {bounds['le']}"
    return " and ".join(f"{word} {bounds[key]}" for key, word in _BOUNDS.items() if key in bounds)


def _bounds(metadata: list[Any]) -> dict[str, Any]:
    return {
        key: getattr(constraint, key)
        for constraint in metadata
        for key in _BOUNDS
        if hasattr(constraint, key)
    }

"""Values for a program's `input` parameters.

Covers reading values (numbers, or arithmetic on numbers and pi as in `pi/3`) and matching their
names with the inputs that a program declares. Does not cover where they go: angles are bound as
they are read, see `to_qiskit.Unrolling`.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from quasar.core.errors import CircuitError, InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Values = Mapping[str, float | str]
"""Name of an input to its value: a number (angles in radians) or arithmetic such as `pi/3`."""

_CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau, "euler": math.e}
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MAX_LENGTH = 200


def read_values(given: Values) -> dict[str, float]:
    """The values as numbers.

    Raises:
        InputError: not a mapping of names, or a value that is not a finite number.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"parameters takes a mapping of names to values, such as {{'gamma': 0.4}}, not "
            f"{_shown(given)}."
        )
    for name in given:
        if not isinstance(name, str):
            raise InputError(f"a parameter's name is a text, not {_shown(name)}.")
    return {name: _value(name, value) for name, value in given.items()}


def read_assignments(texts: Iterable[str]) -> dict[str, float]:
    """Values from strings such as `gamma=0.4` and `beta=pi/3`.

    Raises:
        InputError: not of the form `NAME=VALUE`, a name given twice, or a value that is not a
        finite
            number.
    """
    values: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"{text!r} gives no parameter a value: write NAME=VALUE.")
        if name in values:
            raise InputError(f"the parameter {name!r} is given twice.")
        values[name] = _value(name, value.strip())
    return values


def _value(name: str, given: Any) -> float:
    fault = InputError(
        f"the value of the parameter {name!r} is not a finite number: {_shown(given)}. Write a "
        "number, or arithmetic such as pi/3."
    )
    try:
        value = _arithmetic(given) if isinstance(given, str) else float(given)
    except (ValueError, TypeError, SyntaxError, ArithmeticError, RecursionError, MemoryError):
        raise fault from None
    if isinstance(given, bool) or not math.isfinite(value):
        raise fault
    return value


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def _arithmetic(text: str) -> float:
    if len(text) > _MAX_LENGTH:
        raise ValueError(text)
    return _evaluated(ast.parse(text.strip(), mode="eval").body)


def _evaluated(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluated(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluated(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_evaluated(left), _evaluated(right))
    raise ValueError("not arithmetic on numbers and pi")


def match_inputs(names: Iterable[str], values: Mapping[str, float]) -> None:
    """Check that every value is for an input that the program declares.

    Raises:
        InputError: a name that is not one of `names`.
    """
    known = sorted(names)
    for name in values:
        if name in known:
            continue
        if not known:
            raise InputError(
                f"the program declares no inputs, so {name!r} cannot be set: declare it with "
                f"'input float {name};'."
            )
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        better = f"Did you mean {close[0]!r}? " if close else ""
        raise InputError(f"the program has no input {name!r}. {better}It has: {', '.join(known)}.")


def bind_inputs(program: QuantumCircuit, values: Mapping[str, float]) -> dict[Any, float]:
    """Qiskit's parameters of an imported program to their values.

    Raises:
        InputError: a value for a name that is not an input.
        CircuitError: kind `parameter`: an angle depends on an input without a value.
    """
    declared = program.parameters if values or program.num_parameters else ()
    match_inputs((p.name for p in declared), values)
    if any(p.name not in values for p in declared):
        used = _used(program)
        free = sorted({p.name for p in declared if p in used and p.name not in values})
        if free:
            raise unbound(free)
    return {p: values[p.name] for p in declared if p.name in values}


def unbound(names: Iterable[str]) -> CircuitError:
    """The verdict on a program with inputs that have no value."""
    free = list(names)
    plural = "s have" if len(free) > 1 else " has"
    return CircuitError(
        f"the input{plural} no value: {', '.join(free)}.",
        kind="parameter",
        hint=f"Give values ({' '.join(f'--set {name}=0.1' for name in free[:8])}; in Python "
        "parameters={...}) or write the angles as numbers.",
    )


def _used(program: QuantumCircuit) -> set[Any]:
    """Parameters that some operation depends on: not unused ones, nor those of a global phase."""
    found: set[Any] = set()
    for instruction in program.data:
        for value in instruction.operation.params:
            found.update(getattr(value, "parameters", ()))
    return found

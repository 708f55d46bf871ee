"""The faults: one comparison, operator, number or condition of a module changed at a time.

Covers comparisons, `and`/`or`, `not`, signs, arithmetic (augmented assignment included), numbers,
booleans, and the conditions of `if`, `while` and conditional expressions. Leaves out what no test
should pin: annotations, strings and f-strings, docstrings, imports for type checking, and
overloads.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        number: place among the faults of its module.
        line: 1-based line of the source that it is on.
        kind: `comparison`, `boolean`, `arithmetic`, `number` or `condition`.
        before: the expression as it is.
        after: the expression with the fault.
    """

    number: int
    line: int
    kind: str
    before: str
    after: str


class _Slot(NamedTuple):
    """Where a node hangs: a field of its parent, or one entry of a field that is a list."""

    parent: ast.AST
    field: str
    position: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.position is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.position] = node


def mutants(source: str) -> list[Mutant]:
    """All faults of a module."""
    found = []
    for number, (slot, kind, changed) in enumerate(_faults(ast.parse(source))):
        before, after = slot.node, changed
        if kind == "condition":
            before, after = before.test, after.test  # type: ignore[attr-defined]
        line = getattr(slot.node, "lineno", 0)
        found.append(Mutant(number, line, kind, ast.unparse(before), ast.unparse(after)))
    return found


def mutated(source: str, number: int) -> str:
    """The module with the fault of that number, without comments.

    Raises:
        IndexError: it has fewer faults.
    """
    tree = ast.parse(source)
    for i, (slot, _, changed) in enumerate(_faults(tree)):
        if i == number:
            slot.put(changed)
            return ast.unparse(ast.fix_missing_locations(tree))
    raise IndexError(f"the module has no fault {number}")


def _faults(tree: ast.AST) -> Iterator[tuple[_Slot, str, ast.AST]]:
    for slot in _slots(tree):
        for kind, changed in _changes(slot.node):
            yield slot, kind, changed


def _slots(node: ast.AST) -> Iterator[_Slot]:
    """Every node that may be changed, in the order of the source."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns"} or isinstance(node, ast.JoinedStr):
            continue
        entries = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in entries:
            if isinstance(child, ast.AST) and not _is_left_out(child):
                yield _Slot(node, field, index, child)
                yield from _slots(child)


def _is_left_out(node: ast.AST) -> bool:
    """Whether a node has no behaviour: type aliases, overloads, imports for type checking."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.FunctionDef):
        return any(ast.unparse(d).endswith("overload") for d in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        return any(ast.unparse(base).startswith("Protocol") for base in node.bases)
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) in {"Literal", "Annotated"}


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The faults of one node, as nodes to put in its place."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            other = _COMPARISONS[type(op)]()
            yield "comparison", _with(node, ops=[*node.ops[:i], other, *node.ops[i + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield "boolean", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "boolean" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        if not (isinstance(node, ast.BinOp) and _is_of_types(node)):
            yield "arithmetic", _with(node, op=_ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "boolean", ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield "number", ast.Constant(_other_number(node.value))
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(
        node.test, ast.Compare | ast.UnaryOp | ast.Constant
    ):
        yield "condition", _with(node, test=ast.UnaryOp(ast.Not(), node.test))


def _is_of_types(node: ast.BinOp) -> bool:
    """Whether `|` joins types, as in `isinstance(x, int | float)`, or text is put together."""
    if isinstance(node.op, ast.BitOr):
        sides = (node.left, node.right)
        return any(isinstance(s, ast.Constant) and s.value is None for s in sides) or all(
            ast.unparse(s).rpartition(".")[2][:1].isupper() or ast.unparse(s) in _BUILT_IN
            for s in sides
        )
    return any(isinstance(s, ast.Constant | ast.JoinedStr) and _is_text(s) for s in ast.walk(node))


_BUILT_IN = {"int", "float", "str", "bytes", "bool", "list", "dict", "tuple", "complex"}


def _is_text(node: ast.Constant | ast.JoinedStr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(node.value, str | bytes)


def _other_number(value: float) -> float:
    """A number next to it: one more for an integer, half as much again for a float."""
    if isinstance(value, int):
        return value + 1
    return value * 1.5 if value else 1.0


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed

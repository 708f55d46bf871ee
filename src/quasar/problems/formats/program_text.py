"""Programs as LP and MPS files, in full decimals.

Grammar: as in `highs.py`, which reads them. LP names begin with a letter and hold no sign of a
formula; MPS is the free form, whose names hold no spaces. Both hold linear constraints; in LP each
has one bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.labels import Label
from quasar.problems.constraint_rows import Interval
from quasar.problems.formats.content import decimal_text, text_of
from quasar.problems.formats.written import Export
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.program_terms import ProgramRow, Terms

_PLAIN = r"[A-Za-z_][\w.()#$&!,;?@']*(\[[^\[\]\s^*]*\])?"
_KEYWORDS = (
    "max min maximize maximise maximum minimize minimise minimum subject such st s.t. bounds bound "
    "bin binary binaries gen general generals int integer integers end free inf infinity sos semi"
).split()
_ON_A_LINE = 8


def write_lp(written: Export) -> str:
    """The program in LP form."""
    program = _program(written)
    names = {v: _lp_name(v, "LP") for v in program.bounds}
    lines = ["Maximize" if program.maximised else "Minimize"]
    lines += _wrapped(" obj:", _lp_terms(program.objective_terms, names))
    lines.append("Subject To")
    for row in program.rows:
        head = " " if row.name is None else f" {_lp_name(row.name, 'LP')}:"
        relation, bound = _relation(row)
        body = [*_lp_terms(_linear(row, "LP"), names), f"{relation} {decimal_text(bound, 'LP')}"]
        lines += _wrapped(head, body)
    binary = [names[v] for v, b in program.bounds.items() if b == (0, 1)]
    wide = {v: b for v, b in program.bounds.items() if b != (0, 1)}
    if wide:
        lines += ["Bounds", *(_lp_bound(names[v], bounds) for v, bounds in wide.items())]
    if binary:
        lines += ["Binary", *_wrapped("", binary)]
    if wide:
        lines += ["General", *_wrapped("", [names[v] for v in wide])]
    return "\n".join([*lines, "End"]) + "\n"


def write_mps(written: Export) -> str:
    """The program in free MPS form."""
    program = _program(written)
    names = {v: text_of(v, "MPS", r"\s|^[$*]|^(RHS|BOUND|RANGE|MARKER)$") for v in program.bounds}
    rows = [_mps_row_name(row, i) for i, row in enumerate(program.rows)]
    if "obj" in rows:
        raise ProblemError("MPS cannot hold a constraint of the name 'obj': rename it.")
    sections: dict[str, list[str]] = {"ROWS": [" N obj"], "RHS": [], "RANGES": []}
    columns: dict[Label, list[str]] = {v: [] for v in program.bounds}
    for (v, *more), c in ((t, c) for t, c in program.objective_terms.items() if t):
        if not more:
            columns[v].append(f"obj {decimal_text(c, 'MPS')}")
    for name, row in zip(rows, program.rows, strict=True):
        lower, upper = row.interval
        kind = "E" if lower == upper else ("G" if upper is None else "L")
        sections["ROWS"].append(f" {kind} {name}")
        right = lower if upper is None else upper
        sections["RHS"].append(f" RHS {name} {decimal_text(right, 'MPS')}")
        if lower is not None and upper is not None and lower < upper:
            sections["RANGES"].append(f" RANGE {name} {decimal_text(upper - lower, 'MPS')}")
        for (v, *_), c in _linear(row, "MPS").items():
            columns[v].append(f"{name} {decimal_text(c, 'MPS')}")
    constant = program.objective_terms.get((), 0)
    if constant:
        sections["RHS"].append(f" RHS obj {decimal_text(-constant, 'MPS')}")
    lines = ["NAME problem", *(["OBJSENSE", "    MAX"] if program.maximised else [])]
    lines += ["ROWS", *sections["ROWS"], "COLUMNS", " MARKER 'MARKER' 'INTORG'"]
    for v, entries in columns.items():
        lines += [f" {names[v]} {entry}" for entry in entries or ["obj 0"]]
    lines.append(" MARKER 'MARKER' 'INTEND'")
    for title in ("RHS", "RANGES"):
        lines += [title, *sections[title]] if sections[title] else []
    lines.append("BOUNDS")
    for v, bounds in program.bounds.items():
        lines += _mps_bounds(names[v], bounds)
    squares = [_mps_square(t, c, names) for t, c in program.objective_terms.items() if len(t) == 2]
    lines += ["QUADOBJ", *squares] if squares else []
    return "\n".join([*lines, "ENDATA"]) + "\n"


def _program(written: Export) -> IntegerProgram:
    """The problem, a QUBO as a program without constraints."""
    if written.problem_type == "qubo":
        if written.data.get("vartype") == "SPIN":
            raise ProblemError(f"{written.format} holds 0/1 variables and no spins: write JSON.")
        return IntegerProgram({}, written.polynomial())
    if written.problem_type != "integer_program":
        raise ProblemError(
            f"{written.format} holds integer programs, and this is {written.problem_type}: write "
            "JSON."
        )
    return IntegerProgram.from_data({k: v for k, v in written.data.items() if k != "encoding"})


def _linear(row: ProgramRow, where: str) -> Terms:
    if any(len(term) > 1 for term in row.terms):
        raise ProblemError(f"{where} holds linear constraints, and one is quadratic: write JSON.")
    if not row.terms:
        raise ProblemError(f"{where} cannot hold a constraint without variables: remove it.")
    return row.terms


def _lp_name(name: Label, where: str) -> str:
    text = text_of(name, where)
    exponent = re.match(r"[eE][\d.]*$", text)
    if not re.fullmatch(_PLAIN, text) or text.lower() in _KEYWORDS or exponent:
        raise ProblemError(
            f"{where} cannot hold the name {name!r}: names begin with a letter and hold no spaces "
            "or signs of formulas. Rename it, or write JSON."
        )
    return text


def _lp_terms(terms: Terms, names: Mapping[Label, str]) -> list[str]:
    linear = [(names[t[0]], c) for t, c in terms.items() if len(t) == 1]
    out = [_signed(c, name) for name, c in linear]
    if () in terms:
        out.append(_signed(terms[()], ""))
    double = [(t, 2 * c) for t, c in terms.items() if len(t) == 2]
    if double:
        inside = [
            _signed(c, f"{names[t[0]]} ^2" if t[0] == t[1] else f"{names[t[0]]} * {names[t[1]]}")
            for t, c in double
        ]
        out += ["+ [", *inside, "] / 2"]
    return out


def _signed(c: Exact, name: str) -> str:
    return f"{'-' if c < 0 else '+'} {decimal_text(abs(c), 'LP')} {name}".rstrip()


def _relation(row: ProgramRow) -> tuple[str, Exact]:
    lower, upper = row.interval
    if lower is not None and upper is not None and lower < upper:
        raise ProblemError(
            "LP has one bound for a constraint, and one here has two: write MPS or JSON."
        )
    if lower == upper and lower is not None:
        return "=", lower
    return ("<=", upper) if upper is not None else (">=", lower or 0)


def _lp_bound(name: str, bounds: Interval) -> str:
    if bounds == (None, None):
        return f" {name} free"
    lower, upper = ("inf" if b is None else decimal_text(b, "LP") for b in bounds)
    return f" {'-' if bounds.lower is None else ''}{lower} <= {name} <= {upper}"


def _mps_row_name(row: ProgramRow, position: int) -> str:
    if row.name is None:
        return f"HiGHS_R{position}"  # what HiGHS calls rows without a name
    return text_of(row.name, "MPS", r"\s|^[$*]")


def _mps_bounds(name: str, bounds: Interval) -> list[str]:
    if bounds == (0, 1):
        return [f" BV BOUND {name}"]
    lower, upper = bounds
    low = " MI" if lower is None else " LI"
    high = " PL" if upper is None else " UI"
    ends = [(low, lower), (high, upper)]
    return [
        f"{kind} BOUND {name}" + ("" if end is None else f" {decimal_text(end, 'MPS')}")
        for kind, end in ends
    ]


def _mps_square(term: tuple[Label, ...], c: Exact, names: Mapping[Label, str]) -> str:
    """An entry of Q, of which the objective has x'Qx / 2."""
    value = 2 * c if term[0] == term[1] else c
    return f" {names[term[0]]} {names[term[1]]} {decimal_text(value, 'MPS')}"


def _wrapped(head: str, parts: Iterable[str]) -> list[str]:
    """Parts behind a head, a few a line."""
    every = list(parts)
    lines = [every[i : i + _ON_A_LINE] for i in range(0, len(every), _ON_A_LINE)] or [[]]
    return [f"{head if i == 0 else ''} {' '.join(line)}" for i, line in enumerate(lines)]

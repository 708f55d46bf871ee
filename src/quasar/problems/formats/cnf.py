"""DIMACS CNF and WCNF: clauses, with weights in WCNF.

Grammar: "Satisfiability: suggested format" (DIMACS 1993): `p cnf VARIABLES CLAUSES`, then literals,
each clause ended by 0, over any number of lines. WCNF of the MaxSAT Evaluations: `p wcnf V C [TOP]`
with a weight before each clause, or since 2022 no such line and `h` before each hard clause.
Clauses of weight TOP are hard. Up to three literals and no hard clauses is `max_3sat`, all else is
`max_sat`.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems import values
from quasar.problems.formats.content import (
    Content,
    FileLine,
    decimal_text,
    integer_of,
    is_number,
    lines_of,
    number_of,
)
from quasar.problems.formats.written import Export

_MOST_LITERALS = 1_000_000


def sniff(text: str) -> bool:
    """Whether the first line that is no remark announces clauses, or is a clause of WCNF 2022."""
    lines = [line.words for line in lines_of(text, "c")]
    if lines and lines[0][:2] in (["p", "cnf"], ["p", "wcnf"]):
        return True
    return any(words[0] == "h" for words in lines) and all(
        words[-1] == "0" and all(is_number(word) for word in words[1:]) for words in lines
    )


def read(text: str) -> Content:
    """The clauses, weighted where the file is."""
    lines = list(lines_of(text.split("\n%\n")[0], "c"))  # SATLIB ends files by `%`, `0`
    header = lines[0].words if lines else []
    announced = None
    top = None
    if header[:1] == ["p"]:
        if len(header) not in (4, 5) or header[1] not in ("cnf", "wcnf"):
            raise lines[0].fault("'p cnf VARIABLES CLAUSES'")
        most = integer_of(header[2], "the number of variables", _MOST_LITERALS)
        announced = (most, integer_of(header[3], "the number of clauses"))
        top = number_of(header[4], "the weight of hard clauses") if len(header) == 5 else None
        lines = lines[1:]
    weighted = announced is None or header[1] == "wcnf"
    clauses, weights = _clauses(lines, weighted)
    if announced is not None:
        _check(clauses, *announced)
    if not clauses:
        raise ProblemError("the file has no clauses: write one a line, ended by 0.")
    hard = [weighted and (w is None or (top is not None and w >= top)) for w in weights]
    soft = [clause for clause, must in zip(clauses, hard, strict=True) if not must]
    data: dict[str, Any] = {"clauses": soft} if soft else {}
    if any(hard):
        data["hard_clauses"] = [c for c, must in zip(clauses, hard, strict=True) if must]
    if weighted and soft:
        data["weights"] = [w for w, must in zip(weights, hard, strict=True) if not must]
    short = all(len(clause) <= 3 for clause in clauses) and not any(hard)
    return Content({"problem_specific_attributes": data}, "max_3sat" if short else "max_sat")


def _clauses(lines: list[FileLine], weighted: bool) -> tuple[list[list[int]], list[Any]]:
    """Clauses, and the weight of each: None for one marked as hard, 1 where there are none."""
    clauses: list[list[int]] = []
    weights: list[Any] = []
    current: list[int] | None = None
    for line in lines:
        for word in line.words:
            if current is None:
                current = []
                if not weighted:
                    weights.append(1)
                else:
                    hard = word == "h"
                    what = f"the weight in line {line.number}"
                    weights.append(None if hard else number_of(word, what))
                    continue
            literal = values.real(number_of(word, f"a literal in line {line.number}"))
            if not isinstance(literal, int):
                raise line.fault("integers, ended by 0")
            if literal:
                current.append(literal)
                continue
            if not current:
                raise ProblemError(
                    f"line {line.number} has an empty clause, which nothing satisfies: remove it."
                )
            clauses.append(current)
            current = None
    if current is not None:
        raise ProblemError("the last clause is not ended by 0: is the file cut off?")
    return clauses, weights


def _check(clauses: list[list[int]], most: int, announced: int) -> None:
    if len(clauses) != announced:
        raise ProblemError(
            f"the file announces {announced} clauses and has {len(clauses)}: is it cut off?"
        )
    for number, clause in enumerate(clauses, start=1):
        beyond = next((v for v in clause if abs(v) > most), None)
        if beyond is not None:
            raise ProblemError(
                f"clause {number} has the literal {beyond}, but {most} variables are announced."
            )


def write(written: Export) -> str:
    """CNF, or WCNF where clauses have weights."""
    attributes = written.attributes()
    soft, hard = attributes.get("clauses", []), attributes.get("hard_clauses", [])
    clauses = [*soft, *hard]
    if not clauses or written.problem_type not in ("max_3sat", "max_sat"):
        raise ProblemError(f"CNF holds clauses, and {written.problem_type} has none: write JSON.")
    other = next((v for clause in clauses for v in clause if not isinstance(v, int)), None)
    if other is not None:
        raise ProblemError(
            f"CNF calls variables by number from 1, so the name in {other!r} would be lost: write "
            "JSON."
        )
    weights = attributes.get("weights")
    most = max(abs(v) for clause in clauses for v in clause)
    before = [""] * len(clauses)
    header = f"p cnf {most} {len(clauses)}"
    if weights is not None or hard:
        weights = [1] * len(soft) if weights is None else weights
        if any(not weight > 0 for weight in weights):
            raise ProblemError("WCNF holds weights above 0 alone: write JSON.")
        top = int(sum(weights)) + 1
        before = [f"{decimal_text(w, 'WCNF')} " for w in weights] + [f"{top} "] * len(hard)
        header = f"p wcnf {most} {len(clauses)}" + (f" {top}" if hard else "")
    lines = [header]
    for weight, clause in zip(before, clauses, strict=True):
        lines.append(f"{weight}{' '.join(map(str, clause))} 0")
    return "\n".join(lines) + "\n"

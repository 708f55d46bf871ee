"""DIMACS CNF and WCNF: clauses, with weights in WCNF.

Grammar: "Satisfiability: suggested format" (DIMACS 1993): `p cnf VARIABLES CLAUSES`, then literals,
each clause ended by 0, over any number of lines. WCNF of the MaxSAT Evaluations: `p wcnf V C [TOP]`
with a weight before each clause, or since 2022 no such line and `h` before each hard clause. Hard
clauses (of weight TOP) are refused where some are soft: the problem type has no such.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems import values
from quasar.problems.formats.content import (
    Content,
    Line,
    decimal_text,
    integer_of,
    is_number,
    lines_of,
    number_of,
)
from quasar.problems.formats.written import Written

_MOST_LITERALS = 1_000_000
TYPE = "max_3sat"


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
    data: dict[str, Any] = {"clauses": clauses}
    if weighted:
        hard = [w is None or (top is not None and w >= top) for w in weights]
        if any(hard) and not all(hard):
            raise ProblemError(
                f"clause {hard.index(True) + 1} is hard and others are soft, which {TYPE} does not "
                "know: give hard clauses a weight above the sum of the soft ones, and no TOP."
            )
        if not any(hard):
            data["weights"] = weights
    return Content({"problem_specific_attributes": data}, TYPE)


def _clauses(lines: list[Line], weighted: bool) -> tuple[list[list[int]], list[Any]]:
    clauses: list[list[int]] = []
    weights: list[Any] = []
    current: list[int] | None = None
    for line in lines:
        for word in line.words:
            if current is None:
                current = []
                if weighted:
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


def write(written: Written) -> str:
    """CNF, or WCNF where clauses have weights."""
    attributes = written.attributes()
    if "clauses" not in attributes:
        raise ProblemError(
            f"CNF holds clauses, and {written.problem.problem_type} has none: write JSON."
        )
    clauses = attributes["clauses"]
    other = next((v for clause in clauses for v in clause if not isinstance(v, int)), None)
    if other is not None:
        raise ProblemError(
            f"CNF calls variables by number from 1, so the name in {other!r} would be lost: write "
            "JSON."
        )
    weights = attributes.get("weights")
    most = max(abs(v) for clause in clauses for v in clause)
    lines = [f"p {'wcnf' if weights else 'cnf'} {most} {len(clauses)}"]
    for position, clause in enumerate(clauses):
        before = [decimal_text(weights[position], "WCNF")] if weights else []
        lines.append(" ".join([*before, *map(str, clause), "0"]))
    return "\n".join(lines) + "\n"

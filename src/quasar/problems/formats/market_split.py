"""QOBLIB's market split: 0/1 variables x with A x = b.

Grammar: QOBLIB, 01-marketsplit (arXiv:2504.03832): a line `m n`, then m lines of n coefficients and
the right side. Variables go by their number from 1; there is no objective.
"""

from __future__ import annotations

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    integer_of,
    is_number,
    lines_of,
    number_of,
)
from quasar.problems.formats.programs import ProgramParts

_FEWEST = 3  # columns, so that no list of edges or items has the same look


def sniff(text: str) -> bool:
    """Whether the first line counts the other lines and, less one, the numbers in each."""
    rows = [line.words for line in lines_of(text)]
    if not rows or len(rows[0]) != 2 or not all(word.isdigit() for word in rows[0]):
        return False
    m, n = map(int, rows[0])
    return (
        m == len(rows) - 1
        and n >= _FEWEST
        and all(len(row) == n + 1 and all(map(is_number, row)) for row in rows[1:])
    )


def read(text: str) -> Content:
    """The equations."""
    lines = list(lines_of(text))
    if not lines or len(lines[0].words) != 2:
        raise ProblemError("the first line must be 'EQUATIONS VARIABLES', two integers.")
    m = integer_of(lines[0].words[0], "the number of equations", MAX_NODES)
    n = integer_of(lines[0].words[1], "the number of variables", MAX_NODES)
    if len(lines) != m + 1:
        raise ProblemError(
            f"the file announces {m} equations and has {len(lines) - 1}: is it cut off?"
        )
    found = ProgramParts()
    for v in range(1, n + 1):
        found.variable(v, "BINARY", 0, 1)
    for line in lines[1:]:
        if len(line.words) != n + 1:
            raise line.fault(f"{n} coefficients and the right side")
        *coefficients, right = (number_of(w, f"a number in line {line.number}") for w in line.words)
        terms = [([v], c) for v, c in enumerate(coefficients, start=1) if c]
        found.constraint(None, terms, right, right)
    return found.content()

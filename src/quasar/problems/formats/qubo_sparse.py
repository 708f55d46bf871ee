"""QOBLIB's sparse QUBO files (`.qs`), as ZIMPL writes them.

Grammar: remarks that begin with `#`, one of which may be `# ObjectiveOffset C`; a line `n m`; then
m lines `i j q` with 1 <= i <= j <= n: the upper triangle of a symmetric matrix Q. To be minimised
is xᵀQx + C over 0/1 variables, so a number off the diagonal counts twice. Models that QOBLIB states
as ones to be maximised have their signs changed there. Checked against the published optima of its
files of LABS and independent sets (arXiv 2504.03832).
"""

from __future__ import annotations

import re
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    integer_of,
    is_number,
    lines_of,
    number_of,
)

_OFFSET = re.compile(r"^#\s*ObjectiveOffset\s+(\S+)\s*$", re.MULTILINE)


def sniff(text: str) -> bool:
    """Whether a remark gives the offset, and the first line two counts."""
    if _OFFSET.search(text[:100_000]) is None:
        return False
    first = next(iter(lines_of(text)), None)
    return first is not None and len(first.words) == 2 and all(map(is_number, first.words))


def read(text: str) -> Content:
    """The model; its variables are numbers from 1."""
    lines = list(lines_of(text))
    if not lines or len(lines[0].words) != 2:
        raise ProblemError("the first line must be 'VARIABLES ENTRIES', two integers.")
    n = integer_of(lines[0].words[0], "the number of variables", MAX_NODES)
    m = integer_of(lines[0].words[1], "the number of entries")
    if n == 0:
        raise ProblemError("the file has no variables.")
    if len(lines) != m + 1:
        raise ProblemError(
            f"the file announces {m} entries and has {len(lines) - 1}: is it cut off?"
        )
    terms: list[list[Any]] = []
    seen: set[tuple[int, int]] = set()
    for line in lines[1:]:
        if len(line.words) != 3:
            raise line.fault("'i j number'")
        i, j = (integer_of(w, f"a variable in line {line.number}") for w in line.words[:2])
        if not 1 <= i <= j <= n:
            raise line.fault(f"1 <= i <= j <= {n}")
        if (i, j) in seen:
            raise line.fault("each pair once")
        seen.add((i, j))
        entry = number_of(line.words[2], f"the number in line {line.number}")
        terms.append([[i], entry] if i == j else [[i, j], 2 * entry])
    terms += [[[v], 0] for v in range(1, n + 1) if (v, v) not in seen]
    offset = _OFFSET.search(text)
    if offset is not None:
        constant = number_of(offset[1], "the objective's offset")
        if constant:
            terms.append([[], constant])
    return Content({"qubo": terms}, "qubo", fixed=True)

"""D-Wave's `.qubo`: a QUBO in numbered variables.

Grammar: D-Wave's qbsolv, README "QUBO input file format": remarks begin with `c`; `p qubo 0
maxNodes nNodes nCouplers`; then nNodes lines `i i weight` and nCouplers lines `i j weight` with
i < j. Variables are numbered from 0; the energy is Σ weight x_i x_j, minimised.
"""

from __future__ import annotations

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    decimal_text,
    integer_of,
    lines_of,
    number_of,
    numbered,
)
from quasar.problems.formats.written import Export


def sniff(text: str) -> bool:
    """Whether the first line that is no remark announces a QUBO."""
    words = next((line.words for line in lines_of(text, "c")), [])
    return words[:2] == ["p", "qubo"]


def read(text: str) -> Content:
    """The QUBO."""
    lines = list(lines_of(text, "c"))
    header = lines[0].words if lines else []
    if len(header) != 6 or header[:2] != ["p", "qubo"]:
        raise ProblemError(
            "the file must begin with a line 'p qubo 0 MAX_NODES NODES COUPLERS', behind remarks."
        )
    if header[2] not in ("0", "unconstrained"):
        raise ProblemError(f"the target of the QUBO is {header[2]!r}, and only 0 is read.")
    n = integer_of(header[3], "the number of variables", MAX_NODES)
    announced = [integer_of(word, "a number of lines") for word in header[4:]]
    found = [0, 0]
    terms = []
    for line in lines[1:]:
        if len(line.words) != 3:
            raise line.fault("'i j weight'")
        what = f"a variable in line {line.number}"
        i, j = (integer_of(word, what) for word in line.words[:2])
        if max(i, j) >= n:
            numbered(
                str(max(i, j) + 1), n, f"the count of variables up to that of line {line.number}"
            )
        found[i != j] += 1
        weight = number_of(line.words[2], f"the weight in line {line.number}")
        terms.append([[i] if i == j else [i, j], weight])
    if found != announced:
        raise ProblemError(
            f"the file announces {announced[0]} diagonal and {announced[1]} other entries and has "
            f"{found[0]} and {found[1]}: is it cut off?"
        )
    return Content({"qubo": terms}, "qubo", fixed=True)


def write(written: Export) -> str:
    """The QUBO in variables 0 to n-1."""
    if written.data.get("vartype") == "SPIN":
        raise ProblemError(".qubo holds 0/1 variables and no spins: write .coo or JSON.")
    names, terms = written.numbered_terms(0)
    diagonal = {t: c for t, c in terms.items() if t[0] == t[1]}
    # A variable that occurs in couplers alone needs no line of its own.
    couplers = {t: c for t, c in terms.items() if t[0] != t[1]}
    top = max(names, default=0) + 1
    lines = [f"p qubo 0 {top} {len(diagonal)} {len(couplers)}"]
    lines += [f"{i} {j} {decimal_text(c, '.qubo')}" for (i, j), c in (diagonal | couplers).items()]
    return "\n".join(lines) + "\n"

"""dimod's COOrdinate lists: a QUBO or Ising model as lines `i j bias`.

Grammar: dimod.serialization.coo: `# vartype=SPIN` or `# vartype=BINARY` on a line of its own, then
`i i bias` for linear and `i j bias` for quadratic biases. Repeated lines add up. Without a vartype
the variables are 0/1.
"""

from __future__ import annotations

import re
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import Content, decimal_text, integer_of, lines_of, number_of
from quasar.problems.formats.written import Export

_VARTYPE = re.compile(r"^#\s*vartype\s*=\s*(\w+)", re.MULTILINE)


def sniff(text: str) -> bool:
    """Whether a remark gives the variables' type."""
    return _VARTYPE.search(text[:4000]) is not None


def read(text: str) -> Content:
    """The model."""
    stated = set(_VARTYPE.findall(text))
    if len(stated) > 1 or not stated <= {"SPIN", "BINARY"}:
        raise ProblemError("the file must have one remark '# vartype=SPIN' or '# vartype=BINARY'.")
    terms = []
    for line in lines_of(text):
        if len(line.words) != 3:
            raise line.fault("'i j bias'")
        i, j = (integer_of(w, f"a variable in line {line.number}") for w in line.words[:2])
        bias = number_of(line.words[2], f"the bias in line {line.number}")
        terms.append([[i] if i == j else [i, j], bias])
    data: dict[str, Any] = {"qubo": terms}
    if stated == {"SPIN"}:
        data["vartype"] = "SPIN"
    return Content(data, "qubo", fixed=True)


def write(written: Export) -> str:
    """The model; its variables are numbers."""
    _, terms = written.numbered_terms(0)
    lines = [f"# vartype={written.data.get('vartype', 'BINARY')}"]
    lines += [f"{i} {j} {decimal_text(c, '.coo')}" for (i, j), c in terms.items()]
    return "\n".join(lines) + "\n"

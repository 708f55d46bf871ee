"""LP files: a quadratic objective in 0/1 variables without constraints, by dimod's reader.

Grammar: the LP format of CPLEX and Gurobi, as dimod.lp reads it. What it becomes is said in
`models.py`: constraints and integers are refused with what to do. An objective to be maximised
changes its sign.
"""

from __future__ import annotations

import re

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import Content
from quasar.problems.formats.models import constrained_content


def sniff(text: str) -> bool:
    """Whether an objective is announced first, and `End` stands on a line of its own."""
    if not re.search(r"^\s*end\s*$", text, re.IGNORECASE | re.MULTILINE):
        return False
    for line in text.splitlines():
        words = line.split("\\")[0].split()
        if words:
            return words[0].lower().rstrip(":") in (
                "minimize",
                "minimise",
                "minimum",
                "min",
                "maximize",
                "maximise",
                "maximum",
                "max",
            )
    return False


def read(text: str) -> Content:
    """The objective as a QUBO."""
    try:
        import dimod
    except ImportError:
        raise ProblemError(
            "reading LP files needs dimod: pip install dimod, or write the objective as JSON."
        ) from None
    try:
        model = dimod.lp.loads(text)
    except (ValueError, RuntimeError, KeyError, OSError) as error:
        raise ProblemError(f"dimod cannot read this LP file: {error}.") from None
    return constrained_content(model)

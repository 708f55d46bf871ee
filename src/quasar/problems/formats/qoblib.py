"""QOBLIB's files that have no reader here: what they are, and what to read in their place.

The set's own formats that are read are `.gph`, `.vrp`, market split's `.dat` and sparse QUBOs
(`.qs`); its models as LP files are read like any other. File names are those of QOBLIB 1.1.
"""

from __future__ import annotations

import re

_MODELS = (
    "read QOBLIB's own model of it instead, an LP or QUBO file (.lp, .qs) in its folder models"
)
_UNREAD = (
    (r"(?:arcs|terms|roots|param)\.dat", "part of a Steiner tree packing instance"),
    (r"topology_\d+_\d+\.dat", "a network topology instance (nodes and degree)"),
    (r"demand\.txt", "the demand matrix of the network design instances"),
    (
        r"(?:covariance_matrices|stock_prices)\.txt",
        "data of a portfolio over several days",
    ),
    (r"qbench_\d+_(?:dense|sparse)\.json", "a set of Birkhoff decomposition instances"),
    (r"\w+_(?:Tiny|Small|Medium|NoSoft)\.xml", "a sports timetabling instance (RobinX)"),
)


def says_so(content: str | bytes) -> bool:
    """Whether a file has the set's own remark."""
    return isinstance(content, str) and "part of QOBLIB" in content[:2000]


def unread(name: str) -> str | None:
    """Why a file of QOBLIB is refused, by its name without packing; None: it is not known to be."""
    for pattern, what in _UNREAD:
        if re.fullmatch(pattern, name):
            return f"is {what} of QOBLIB, which has no encoding here: {_MODELS}."
    return None

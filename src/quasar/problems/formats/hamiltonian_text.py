"""A Hamiltonian as text, such as `0.5*Z0*Z1 - Z2`, over any number of lines; `#` begins remarks.

The notations are those of `IsingHamiltonian.from_text`.
"""

from __future__ import annotations

import re

from quasar.problems.formats.content import Content

_LIKELY = re.compile(r"(?=.*[*@([])[\s+\-−\d.eE*/@·⊗()\[\]_ZI]*Z[\s+\-−\d.eE*/@·⊗()\[\]_ZI]*")


def sniff(text: str) -> bool:
    """Whether the text has nothing but numbers, Z, I, and signs, brackets among them."""
    return _LIKELY.fullmatch(_plain(text)) is not None


def read(text: str) -> Content:
    """The Hamiltonian."""
    return Content({"hamiltonian": _plain(text)}, "ising", fixed=True)


def _plain(text: str) -> str:
    return " ".join(line.split("#")[0] for line in text.splitlines()).strip()

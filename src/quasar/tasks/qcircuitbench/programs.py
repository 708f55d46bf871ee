"""Programs in the set's manner: `include "oracle.inc";` stands for the gates of a file.

A program is judged with the file's gates in place of the include. The gate that answers ask is
renamed to `oracle` there, whose calls are counted, and stays callable by its own name. Powers with
a whole exponent are written out, so that each of their calls is seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from quasar.circuits.qasm_flat import COMMENT, in_place_of_comment
from quasar.core.errors import CircuitError, InputError
from quasar.tasks.oracle_text import ORACLE
from quasar.tasks.task import broken_rule

_GATE = re.compile(r"\bgate\s+([A-Za-z_]\w*)\b([^{]*)\{([^{}]*)\}")
_POWER = re.compile(r"\bpow\s*\(\s*(\d+)\s*\)\s*@\s*([A-Za-z_][^;@{}]*;)")
_MOST_POWER = 64
_MOST_CHARACTERS = 1 << 22


class Included(NamedTuple):
    """What an include stands for.

    Attributes:
        name: its file name.
        text: gate definitions.
        asked: gates that answers have to call; empty: none.
        needed: the definitions by which a program with the file's gates is known.
        loose: in the set's own programs the semicolon may be missing.
    """

    name: str
    text: str
    asked: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    loose: bool = False

    def put_into(self, program: str) -> str:
        """The program with the gates in place of the include, and whole powers written out."""
        program = COMMENT.sub(in_place_of_comment, program)
        end = r"\s*;?" if self.loose else r"\s*;"
        include = re.compile(rf"""\binclude\s*["']{re.escape(self.name)}["']{end}""")
        if include.search(program) is None:
            return program
        first, *others = include.split(program)
        return written_out(first + self.text + "".join(others))

    def missing(self, program: str) -> CircuitError | None:
        """Why a program as from `put_into` cannot be judged; None if its gates are in it."""
        if definitions(program).keys() >= set(self.needed):
            return None
        return broken_rule(
            f"the program does not include '{self.name}'.",
            f"Write 'include \"{self.name}\";' and call {' and '.join(self.asked)}.",
        )


def definitions(text: str) -> dict[str, str]:
    """The gate definitions of a text by name."""
    return {match[1]: match[0] for match in _GATE.finditer(text)}


def written_out(program: str) -> str:
    """The program with `pow(k) @` of whole k at most 64 as k statements."""
    for _ in range(8):
        done = _POWER.sub(_repeated, program)
        if done == program or len(done) > _MOST_CHARACTERS:
            break
        program = done
    return program


def _repeated(match: re.Match[str]) -> str:
    count = int(match[1])
    return match[0] if count > _MOST_POWER else " ".join([match[2]] * count)


def with_oracle(text: str, name: str) -> tuple[str, str]:
    """A file's gates with the asked one as `oracle`, and that definition alone.

    Args:
        name: of the gate in the file.

    Raises:
        InputError: the file does not define it.
    """
    found = next((match for match in _GATE.finditer(text) if match[1] == name), None)
    if found is None:
        raise InputError(f"the oracle file of QCircuitBench does not define the gate '{name}'.")
    formal, body = found[2].strip(), found[3]
    own = f"gate {ORACLE} {formal} {{{body}}}"
    alias = f"gate {name} {formal} {{ {ORACLE} {formal}; }}"
    return f"{text[: found.start()]}{own}\n{alias}{text[found.end() :]}", own


def filled(words: str, values: Mapping[str, str]) -> str:
    r"""A description with its placeholders, such as `\{qubit number\}`, filled in.

    Args:
        values: by a part of the placeholder's name in lower case.
    """

    def value(match: re.Match[str]) -> str:
        asked = match[1].replace("\\", "").replace("_", " ").strip().lower()
        return next((text for part, text in values.items() if part in asked), match[0])

    return re.sub(r"\\?\{([^{}]*?)\\?\}+(?!\})", value, words.replace("{{", "{").replace("}}", "}"))

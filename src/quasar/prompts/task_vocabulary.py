"""Every piece of text that nano's style for target tasks is made of.

Gates, operands, groups of digits and fixed lines are one token each, and a statement is spelled of
them: `cry(`, `1.`, `91`, `06`, `33`, `) `, `q[0],`, `q[2];`. Any other text falls back to single
characters. The tokens of problems with a cost function are in `vocabulary`.
"""

from __future__ import annotations

import math
import string

from quasar.prompts.compact_answer import HEADER
from quasar.prompts.vocabulary import SPECIAL
from quasar.tasks.registry import TASKS

TAUGHT = tuple(name for name in TASKS if name != "amplitude_estimation")
"""Tasks that the style covers: those that nano has learnt."""
MOST_QUBITS = 18
"""Qubits of a program, ancillas included."""
LETTERS = "abcdef"
"""Parameters of the gate `half`, one for each value among a Hamiltonian's coefficients."""
PLAIN = ("h", "x", "z", "s", "sdg", "cx", "cz", "swap", "ccx", "oracle")
"""Gates without angles."""
TURNED = ("rx", "ry", "rz", "p", "cp", "cry")
"""Gates with one angle."""
PAIRS = {
    "rxx": "gate rxx(t) a,b{h a;h b;cx a,b;rz(t) b;cx a,b;h a;h b;}\n",
    "ryy": "gate ryy(t) a,b{rx(pi/2) a;rx(pi/2) b;cx a,b;rz(t) b;cx a,b;"
    "rx(-pi/2) a;rx(-pi/2) b;}\n",
    "rzz": "gate rzz(t) a,b{cx a,b;rz(t) b;cx a,b;}\n",
}
"""Rotations about two letters, and the lines that define them."""
LOOP, OPEN, CLOSE = "for uint i in [1:", "] {\n", "}\n"
CONSTRUCTIONS = (
    "merged in pairs",
    "multiplexed rotations",
    "transformation based",
    "from the inverse",
)
"""Constructions that an answer may name."""
NAMES = "// "
"""Begins an answer that names one."""
_DECIMALS = 6
_EXACT = 1e-9


def number(value: float) -> str:
    """A number to six decimals, without zeros at the end: `1.910633`, `-0.5`, `3.0`."""
    text = f"{value:.{_DECIMALS}f}".rstrip("0")
    text = f"{text}0" if text.endswith(".") else text
    return "0.0" if text == "-0.0" else text


def angle(value: float) -> str:
    """An angle: binary parts of pi by name, all others as `number`."""
    sign = "-" if value < 0 else ""
    for power in range(9):
        if abs(abs(value) - math.pi / (1 << power)) < _EXACT:
            return f"{sign}pi/{1 << power}" if power else f"{sign}pi"
    return number(value)


def task_tokens() -> list[str]:
    """All tokens, special ones first, each once, in a fixed order."""
    qubits, sizes = range(MOST_QUBITS), range(1, MOST_QUBITS + 1)
    found = [*SPECIAL, *string.printable]
    # numbers
    found += [f"{whole}." for whole in range(20)]
    found += [f"{pair:02d}" for pair in range(100)]
    # prompt
    found += [f"{name} " for name in TAUGHT]
    found += [f"{letter}{n} " for letter in "nkrm" for n in range(MOST_QUBITS + 1)]
    found += ["b0", "b1", "inverse ", "real ", "imaginary ", "t ", "e "]
    found += ["repetition ", "five_qubit ", "steane ", "shor "]
    found += [f"{axis}{q}" for axis in "XYZ" for q in qubits] + ["; ", ", "]
    # program
    found += [HEADER, NAMES, *(f"{name}\n" for name in CONSTRUCTIONS)]
    found += [*(f"qubit[{n}] q;\n" for n in sizes), "pi", "pi/", ") "]
    found += [f"{name} " for name in PLAIN]
    found += [f"{name}(" for name in (*TURNED, *PAIRS, "half", "inv @ half", "gate half")]
    found += [f"ctrl({k}) @ {name}" for k in sizes for name in ("z ", "p(")]
    found += [text for q in qubits for text in (f"q[{q}],", f"q[{q}];\n", f"q{q},", f"q{q};\n")]
    found += [*PAIRS.values(), LOOP, OPEN, CLOSE, "*", "/"]
    found += [f"{','.join(f'q{i}' for i in range(n))}{{\n" for n in sizes]
    found += [f"{','.join(f'q[{i}]' for i in range(n))};\n" for n in sizes if n > 1]
    return list(dict.fromkeys(found))

"""Every piece of text that the compact style is made of: the packaged model's tokens.

Numbers, statements on a pair of qubits, and whole fixed lines are one token each; so a circuit of
ten qubits takes 100 to 300 tokens. Any other text falls back to single characters.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from quasar.circuits.sim19 import NUMBERS
from quasar.prompts.answer_plan import HEADS, PLAN, STRENGTHS
from quasar.prompts.compact import MAX_LAYERS, MAX_QUBITS
from quasar.prompts.compact_answer import HEADER, ZZ
from quasar.prompts.numbers import NUMBER_TEXTS, QUARTER_TURNS

PAD, USER, ASSISTANT, END = "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"
SPECIAL = (PAD, USER, ASSISTANT, END)
"""Tokens that are not text."""

WRITTEN_QUBITS = 16
"""Most qubits of a program that a model writes itself; plans go on to `MAX_QUBITS`."""


def tokens() -> list[str]:
    """All tokens, special ones first, each once, in a fixed order."""
    depths = range(1, MAX_LAYERS + 1)
    qubits, sizes = range(MAX_QUBITS), range(1, MAX_QUBITS + 1)
    planned = [text for q in qubits for text in (f"@q{q} ", f" q{q} ", f";q{q}")]
    decided = [f"q{q}={bit} " for q in qubits for bit in (0, 1)]
    named = [f"n{n} s" for n in sizes]
    qubits, sizes = range(WRITTEN_QUBITS), range(1, WRITTEN_QUBITS + 1)
    pairs = [(a, b) for a in qubits for b in qubits if a != b]
    found = [*SPECIAL, *string.printable]
    # prompt
    found += ["converged ", "agent-q ", "any ", "qaoa ", "vqe ", "adaptive_vqe ", "p? "]
    found += [f"p{p} " for p in depths] + named + planned
    found += NUMBER_TEXTS
    # plan
    found += [PLAN, *HEADS, *(f"p{p}: " for p in depths), *(f"t{t} " for t in NUMBERS)]
    found += [f"f{sign}{s} " for s in range(len(STRENGTHS)) for sign in "+-"] + decided
    # program
    found += [HEADER, *(f"qubit[{n}] q;\n" for n in sizes), *QUARTER_TURNS]
    found += ["h q;\n", "rx(", "ry(", "rz(", "crx(", "cry(", "crz(", ") q;\n", "}\n"]
    found += [text for q in qubits for text in (f"h q[{q}];\n", f") q[{q}];\n")]
    found += [f"{start} q[{a}],q[{b}];\n" for start in ("cx", "cz", ")") for a, b in pairs]
    # cost layer of QAOA
    found += [ZZ, "zz(", "cost(", "/"]
    found += [text for q in qubits for text in (f"*g) q{q},", f"*g) q{q};\n", f"q{q};\n")]
    found += [f"cx q{q}," for q in qubits]
    for n in sizes:
        found.append(f"gate cost(g) {','.join(f'q{i}' for i in range(n))}{{\n")
        found.append(f") {','.join(f'q[{i}]' for i in range(n))};\n")
    return list(dict.fromkeys(found))


def pattern(words: Sequence[str] | None = None, special: Sequence[str] = SPECIAL) -> str:
    """A regular expression that cuts text into words, the longest first at each place.

    Args:
        words: default: `tokens`.
        special: those of them that are not text.
    """
    texts = set(tokens() if words is None else words) - set(special)
    return "|".join(re.escape(word) for word in sorted(texts, key=lambda t: (-len(t), t)))

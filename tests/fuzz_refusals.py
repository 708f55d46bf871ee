"""Refusals without the importer against the importer's own; `make fuzz` runs it at length.

Programs of the shared benchmark (where it is there) and made up ones are cut short and changed in a
few places. Wherever `refuse_flat` refuses one, the importer has to refuse it too, with the same
kind, message, place and hint. Where it says nothing there is nothing to compare.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.qasm import import_reference
from quasar.circuits.qasm_flat import read_flat
from quasar.circuits.refusal_flat import refuse_flat
from quasar.core.errors import CircuitError

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
FIELDS = ("kind", "message", "line", "column", "hint", "limit")
_TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|[A-Za-z_]\w*|\d+\.?\d*|\s+|->|.", re.DOTALL)
_NAMES = (
    *GATES,
    "cnot",
    "CNOT",
    "rzz",
    "cu3",
    "cu1",
    "mine",
    "toffoli",
    "q",
    "c",
    "r",
    "Q",
    "measure",
)
_ANGLES = ("0.5", "pi", "-pi/2", "2*pi", "1", ".5", "1e-3", "0,5", "pi/0", "1/2", "x", "")
_SCRAPS = (
    *"()[]{};;;:,,=+-*/@!.#\"'\\$|^~%",
    *("h", "q", "c", "rxx", "gate", "if", "measure", "->", "qubit", "bit", "barrier", "reset"),
    *("0", "-1", "99", "7", "1e9", "pi", "im", "2i", "5us", "s", "true", "// x\n", "/* x */", "/*"),
    *("\x00", "\x0b", "\r", "\r\n", "\u00a0", "\u2028", "\ufeff", "é", "е", "🙂", "π", "\t"),
    *("input float t;", "let a = q[0];", "qubit q;", "bit[2] d;", "ctrl @ ", "gphase(1);"),
    *("gate g a { h a; }\n", "gate g(t) a, b { rz(t) a; cx a, b; }\n", "g q[0];", "g(1) q[0];"),
)  # fmt: skip


def refused_at_once(text: str) -> CircuitError | None:
    """The refusal of the fast path; None where the importer would be asked."""
    found = read_flat(text, 0)
    return None if found is None or isinstance(found, Circuit) else refuse_flat(text, found)


def difference(text: str) -> str | None:
    """What differs from the importer's refusal, if anything; None: there is no fast one."""
    fast = refused_at_once(text)
    if fast is None:
        return None
    try:
        import_reference(text)
    except CircuitError as slow:
        unlike = [name for name in FIELDS if getattr(fast, name) != getattr(slow, name)]
        return "; ".join(f"{n}: {getattr(fast, n)!r}, not {getattr(slow, n)!r}" for n in unlike)
    return f"the importer accepts it: {fast}"


def made_up(draw: random.Random) -> str:
    """A flat program of a few statements."""
    n = draw.randint(1, 5)
    lines = [f"qubit[{n}] q;", f"bit[{n}] c;"]
    draw.shuffle(lines)
    if draw.random() < 0.3:
        lines.append(draw.choice(["qubit a;", "qubit[2] r;", "bit b;"]))
    for _ in range(draw.randint(0, 6)):
        name = draw.choice([*GATES])
        spec = GATES[name]
        angles = ", ".join(draw.choice(_ANGLES[:7]) for _ in range(spec.n_params))
        places = [f"q[{draw.randrange(n)}]" for _ in range(spec.n_qubits)]
        if draw.random() < 0.1:
            places[0] = draw.choice(["q", "r", "a", "c[0]"])
        lines.append(f"{name}{f'({angles})' if angles else ''} {', '.join(places)};")
    lines += draw.choice([[], ["c = measure q;"], ["measure q -> c;"], ["c[0] = measure q[0];"]])
    return HEAD + draw.choice(["\n", "\n", " ", "\r\n"]).join(lines) + draw.choice(["", "\n"])


def cut(text: str, draw: random.Random) -> str:
    """A program with a few of its statements, and all declarations."""
    lines = text.split("\n")
    kept = [line for line in lines if re.match(r"\s*(OPENQASM|include|qu?bit)", line)]
    rest = [line for line in lines if line not in kept]
    start = draw.randrange(max(len(rest), 1))
    return "\n".join(kept + rest[start : start + draw.randint(1, 8)])


def _index(draw: random.Random, text: str) -> str:
    return _one(
        r"\[\s*\d+\s*\]", lambda m: f"[{draw.choice([0, 1, 2, 3, 9, 40, 123456])}]", draw, text
    )


def _name(draw: random.Random, text: str) -> str:
    return _one(r"\b[a-zA-Z_]\w*\b", lambda m: draw.choice(_NAMES), draw, text)


def _near_name(draw: random.Random, text: str) -> str:
    def changed(match: re.Match[str]) -> str:
        return draw.choice([match[0] + draw.choice("q_1X"), match[0][:-1], match[0].upper()])

    return _one(r"\b[a-zA-Z_]\w*\b", changed, draw, text)


def _operands(draw: random.Random, text: str) -> str:
    def changed(match: re.Match[str]) -> str:
        return draw.choice(["", ", q", ", q[0], q[1]", ", c[0]", match[0] * 2])

    return _one(r",\s*\w+(?:\[\d+\])?", changed, draw, text)


def _angles(draw: random.Random, text: str) -> str:
    def changed(_: re.Match[str]) -> str:
        inside = ", ".join(draw.choice(_ANGLES) for _ in range(draw.randrange(4)))
        return f"({inside})" if draw.random() < 0.9 else ""

    return _one(r"\([^()\n;]*\)| (?=q)", changed, draw, text)


def _semicolon(draw: random.Random, text: str) -> str:
    return _one(r";\s*", lambda m: draw.choice([m[0][1:], " ", "", ";;", m[0] + ";"]), draw, text)


def _space(draw: random.Random, text: str) -> str:
    blanks = ["", " ", "\n", "\t", "\r\n", "\r", " /* a\nb */ ", " // note\n", "\n\n  "]
    return _one(r"\s+|(?<=[\[\],;()])", lambda m: draw.choice(blanks), draw, text)


def _cut_off(draw: random.Random, text: str) -> str:
    return text[: draw.randint(min(len(HEAD), len(text)), len(text))]


def _token(draw: random.Random, text: str) -> str:
    tokens = _TOKEN.findall(text)
    at = draw.randrange(len(tokens)) if tokens else 0
    kind = draw.randrange(4)
    if kind == 0:
        tokens[at : at + draw.randint(1, 2)] = []
    elif kind == 1:
        tokens.insert(at, draw.choice(_SCRAPS))
    elif kind == 2 and tokens:
        tokens[at] = draw.choice(_SCRAPS)
    elif tokens:
        other = draw.randrange(len(tokens))
        tokens[at], tokens[other] = tokens[other], tokens[at]
    return "".join(tokens)


def _one(
    pattern: str, change: Callable[[re.Match[str]], str], draw: random.Random, text: str
) -> str:
    """The text with one match changed, mostly behind the header."""
    found = [
        m for m in re.finditer(pattern, text) if m.start() >= len(HEAD) or draw.random() < 0.02
    ]
    if not found:
        return text
    match = draw.choice(found)
    return text[: match.start()] + change(match) + text[match.end() :]


CHANGES = (_index, _index, _name, _near_name, _operands, _angles, _semicolon, _semicolon, _space)
CHANGES += (_cut_off, _token, _token)


def changed(text: str, draw: random.Random) -> str:
    """The text after one to three changes."""
    for _ in range(draw.choice([1, 1, 1, 2, 2, 3])):
        text = draw.choice(CHANGES)(draw, text)
    return text


def programs(count: int, seed: int, shared: Sequence[str] = ()) -> Iterator[str]:
    """Changed programs, the same ones for the same arguments."""
    draw = random.Random(seed)
    for _ in range(count):
        text = cut(draw.choice(shared), draw) if shared and draw.random() < 0.4 else made_up(draw)
        yield changed(text, draw)


def main() -> int:
    """Compare at length; exit code 1 if anything differs."""
    from support.agentq import shared_texts

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shared = shared_texts()
    begun = time.monotonic()
    found: Counter[str] = Counter()
    for text in programs(options.inputs, options.seed, shared):
        unlike = difference(text)
        found["asked the importer" if unlike is None else "differs" if unlike else "same"] += 1
        if unlike:
            print(f"--- {unlike}\n{text!r}", file=sys.stderr)
    print(json.dumps({**found, "seed": options.seed, "s": round(time.monotonic() - begun)}))
    return 1 if found["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())

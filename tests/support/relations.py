"""Two programs that mean the same, for metamorphic tests: what the verifier says must not differ.

A `Draft` is a program before its names are chosen: one statement a piece, with `<i>` for qubit i
and `<c>`, `<c:i>` for the classical bits. Each relation of `RELATIONS` writes a draft in two ways.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from quasar.circuits.circuit import GATES

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
_QUBIT = re.compile(r"<(\d+)>")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_ANGLES = re.compile(r"\(([^()]*)\) (?=<)")
_GATE = re.compile(r"(?!reset|if|while)\w+(\([^()]*\))? <\d[^c]*;")
_BIT = re.compile(r"<c:(\d+)>")
_TOKEN = re.compile(  # no comment may stand behind the word `include`
    r'include "[^"]*"|[A-Za-z_]\w*(?:\.\d+)?|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|->|==|\s+|.'
)

FAULTS = (
    "rxx(0.1) <0>, <0>;",
    "h nothing[0];",
    "cx <0>;",
    "rx <0>;",
    "x <0>, <0>;",
    "<c:0> = measure;",
    "h <0>",
    "U(0.1) <0>;",
    "rz(1/0) <0>;",
    "rx(angle_of_nothing) <0>;",
    "include \"nothing.inc\";",
    "uint[8] k = 3;",
    "reset;",
)  # fmt: skip
"""Statements that are refused, however the rest is written."""


@dataclass(frozen=True)
class Draft:
    """A program whose registers have no names yet.

    Attributes:
        n: qubits, and bits that hold them in the end.
        body: statements.
        fault: one of `FAULTS` behind them, or nothing.
        reads: whether all qubits are measured in the end.
    """

    n: int
    body: tuple[str, ...]
    fault: str = ""
    reads: bool = True

    @property
    def statements(self) -> tuple[str, ...]:
        ends = tuple(f"<c:{i}> = measure <{i}>;" for i in range(self.n)) if self.reads else ()
        return (*self.body, *([self.fault] if self.fault else []), *ends)

    @property
    def static(self) -> bool:
        """Whether it has one final state."""
        return not any(re.match(r"if|reset|while|<c:", statement) for statement in self.body)

    @property
    def declarations(self) -> str:
        return f"bit[{self.n}] c;\nqubit[{self.n}] q;\n"

    def text(self, declared: str | None = None, qubit: Callable[[int], str] | None = None) -> str:
        """The program; by default on `bit[n] c` and `qubit[n] q`."""
        declared = self.declarations if declared is None else declared
        return HEAD + declared + named("\n".join(self.statements), qubit) + "\n"


def named(text: str, qubit: Callable[[int], str] | None = None) -> str:
    """The text with names for its qubits and bits; by default `q[i]` and `c[i]`."""
    name = qubit or "q[{}]".format
    text = _QUBIT.sub(lambda m: name(int(m[1])), text)
    return _BIT.sub(r"c[\1]", text).replace("<c>", "c")


def draft(rng: Random, *, faulty: float = 0.15, dynamic: float = 0.2) -> Draft:
    """A random draft of 2 to 4 qubits."""
    n = rng.randint(2, 4)
    body = [gate(rng, n) for _ in range(rng.randint(1, 9))]
    if rng.random() < dynamic:
        for _ in range(rng.randint(1, 2)):
            i, j = rng.randrange(n), rng.randrange(n)
            piece = rng.choice(
                [
                    f"<c:{i}> = measure <{j}>;",
                    f"reset <{i}>;",
                    f"if (<c:{i}>) {{ {gate(rng, n)} }}",
                    f"if (<c:{i}> == false) {{ {gate(rng, n)} }} else {{ {gate(rng, n)} }}",
                    f"while (<c:{i}>) {{ h <{j}>; <c:{i}> = measure <{j}>; }}",
                ]
            )
            body.insert(rng.randint(0, len(body)), piece)
    fault = rng.choice(FAULTS) if rng.random() < faulty else ""
    return Draft(n, tuple(body), fault)


def gate(rng: Random, n: int) -> str:
    """A gate of `GATES` on different qubits."""
    name = rng.choice([name for name, spec in GATES.items() if spec.n_qubits <= n])
    spec = GATES[name]
    angles = ", ".join(angle(rng) for _ in range(spec.n_params))
    places = ", ".join(f"<{i}>" for i in rng.sample(range(n), spec.n_qubits))
    return f"{name}{f'({angles})' if angles else ''} {places};"


def angle(rng: Random) -> str:
    """A literal of a float, which `_spelled` writes in other ways."""
    return repr(rng.choice([0.0, 0.5, math.pi, math.pi / 2, 2 * math.pi, rng.uniform(-7, 7)]))


# --- relations ------------------------------------------------------------------------------------


def relabelled(start: Draft, rng: Random) -> tuple[str, str]:
    """Qubit i has another number; it is read into the same bit."""
    places = rng.sample(range(start.n), start.n)
    start = replace(start, reads=True)
    return start.text(), start.text(qubit=lambda i: f"q[{places[i]}]")


def renamed(start: Draft, rng: Random) -> tuple[str, str]:
    """The registers have other names."""
    other = rng.choice(["reward", "optimal", "θ", "_q", "qubit_", "Q", "answer01"])
    declared = start.declarations.replace(" q;", f" {other};")
    return start.text(), start.text(declared, lambda i: f"{other}[{i}]")


def split(start: Draft, rng: Random) -> tuple[str, str]:
    """Several registers of qubits in place of one."""
    sizes = _sizes(start.n, rng)
    names = [f"r{k}[{i}]" for k, size in enumerate(sizes) for i in range(size)]
    declared = f"bit[{start.n}] c;\n"
    declared += "".join(f"qubit[{size}] r{k};\n" for k, size in enumerate(sizes))
    return start.text(), start.text(declared, names.__getitem__)


def split_bits(start: Draft, rng: Random) -> tuple[str, str]:
    """Several registers of bits in place of one."""
    start = replace(start, body=tuple(s for s in start.body if "<c" not in s))
    sizes = _sizes(start.n, rng)
    names = [f"b{k}[{i}]" for k, size in enumerate(sizes) for i in range(size)]
    declared = "".join(f"bit[{size}] b{k};\n" for k, size in enumerate(sizes))
    text = start.text(f"{declared}qubit[{start.n}] q;\n")
    return start.text(), re.sub(r"\bc\[(\d+)\]", lambda m: names[int(m[1])], text)


def undone(start: Draft, rng: Random) -> tuple[str, str]:
    """A gate and its inverse somewhere."""
    made = gate(rng, start.n)
    pair = (made, f"inv @ {made}")
    return start.text(), _inserted(start, rng, pair if rng.random() < 0.5 else pair[::-1]).text()


def dead(start: Draft, rng: Random) -> tuple[str, str]:
    """A branch that is never taken: of a bit that nothing writes, or a range without numbers."""
    inner = gate(rng, start.n)
    branch = rng.choice(
        [
            f"if (never) {{ {inner} }}",
            f"if (never == true) {{ {inner} }} else {{ }}",
            f"if (!never) {{ }} else {{ {inner} }}",
            f"while (never) {{ {inner} }}",
            f"for int i in [1:0] {{ {inner} }}",
            f"if (never) {{ if (<c:0>) {{ {inner} }} }}",
        ]
    )
    other = _inserted(start, rng, (branch,))
    return start.text(), other.text(start.declarations + "bit never;\n")


def unused(start: Draft, rng: Random) -> tuple[str, str]:
    """Definitions and names that nothing uses."""
    line = rng.choice(["gate unused a { x a; }\n", "gate unused(t) a, b { rx(t) a; cx a, b; }\n"])
    return start.text(), start.text(f"{line}{start.declarations}let other = q[0:0];\n")


def rolled(start: Draft, rng: Random) -> tuple[str, str]:
    """Statements that stand several times, and a loop of them."""
    at = rng.randrange(len(start.body)) if start.body else 0
    upto = rng.randint(at, len(start.body))
    before, inner, after = start.body[:at], start.body[at:upto], start.body[upto:]
    rounds = rng.randint(1, 3)
    numbers = ", ".join(map(str, range(rounds)))
    loop = rng.choice([f"[1:{rounds}]", f"[{rounds}:-1:1]", f"{{{numbers}}}"])
    one = f"for int i in {loop} {{ {' '.join(inner)} }}"
    flat = replace(start, body=(*before, *inner * rounds, *after))
    return flat.text(), replace(start, body=(*before, one, *after)).text()


def spaced(start: Draft, rng: Random) -> tuple[str, str]:
    """Blanks and comments between tokens."""
    text = start.text().removeprefix(HEAD)
    blanks = ["", "", "", " ", "\n", "\t", "\r\n", " /* x q[0]; */ ", " // reward = 1;\n", "/**/"]
    out = []
    for token in _TOKEN.findall(text):
        if token.isspace():
            out.append(rng.choice([" ", "\n", "\t", "  ", "/* ; */", " //\n"]))
        else:
            out.append(rng.choice(blanks) + token + rng.choice(blanks))
    return start.text(), HEAD + "".join(out)


def spelled(start: Draft, rng: Random) -> tuple[str, str]:
    """Angles as other expressions of the same number."""

    def inside(match: re.Match[str]) -> str:
        return f"({_NUMBER.sub(lambda m: rng.choice(_spellings(float(m[0]))), match[1])}) "

    changed = tuple(
        s if s.startswith(("if", "while")) else _ANGLES.sub(inside, s) for s in start.body
    )
    return start.text(), replace(start, body=changed).text()


def _spellings(value: float) -> list[str]:
    """Expressions of exactly this number."""
    sign, size = ("-" if math.copysign(1, value) < 0 else ""), abs(value)
    text = sign + repr(size)
    ways = [
        f"({text})",
        f"{text}*1",
        f"{text}/1",
        f"{text}+0.0",
        f"2*{sign}{size / 2!r}",
        f"{sign}{size * 2!r}/2",
        f"{sign}{size:.17e}",
        f"0.0 - {text[1:]}" if sign else f"0.0 - -{text}",
        f"-({text[1:]})" if sign else f"- -{text}",
        f"{text}/2 + {text}/2",
    ]
    named = {
        0.0: ["0", "0.", "00", "0*pi", "pi-pi", "-0"],
        0.5: ["1/2", "5e-1", ".5", "0.5_0", "0.50"],
        math.pi / 2: ["pi/2", "tau/4", "0.5*pi", "π/2"],
        math.pi: ["pi", "π", "tau/2", "τ/2"],
        2 * math.pi: ["tau", "τ", "2*pi", "pi+pi"],
    }
    return ways + [f"{sign}({way})" for way in named.get(size, [])] * 2


_SYNONYMS = {
    "cx": ("CX", "ctrl @ x", "inv @ cx"),
    "x": ("inv @ x", "pow(1) @ x", "pow(3) @ x"),
    "s": ("inv @ sdg", "pow(2) @ t"),
    "t": ("inv @ tdg",),
    "z": ("pow(2) @ s", "inv @ z"),
    "cz": ("ctrl @ z",),
    "cy": ("ctrl @ y",),
    "ch": ("ctrl @ h",),
    "ccx": ("ctrl @ cx", "ctrl @ ctrl @ x", "ctrl(2) @ x"),
    "cswap": ("ctrl @ swap",),
    "p": ("phase", "u1"),
    "cp": ("cphase", "ctrl @ p"),
    "crz": ("ctrl @ rz",),
    "crx": ("ctrl @ rx",),
    "cry": ("ctrl @ ry",),
    "U": ("u3", "inv @ inv @ U"),
}


def synonyms(start: Draft, rng: Random) -> tuple[str, str]:
    """Other names of the same gates, and modifiers."""

    def other(statement: str) -> str:
        match = re.match(r"\w+", statement)
        ways = _SYNONYMS.get(match[0], ()) if match else ()
        return rng.choice(ways) + statement[match.end() :] if match and ways else statement

    return start.text(), replace(start, body=tuple(map(other, start.body))).text()


def defined(start: Draft, rng: Random) -> tuple[str, str]:
    """A statement in a gate of the program's own."""
    plain = [k for k, statement in enumerate(start.body) if _GATE.fullmatch(statement)]
    if not plain:
        return start.text(), start.text()
    at = rng.choice(plain)
    qubits = [int(i) for i in _QUBIT.findall(start.body[at])]
    inner = _QUBIT.sub(lambda m: f"a{m[1]}", start.body[at])
    places = rng.sample(qubits, len(qubits))
    line = f"gate mine {', '.join(f'a{i}' for i in places)} {{ {inner} }}\n"
    call = f"mine {', '.join(f'<{i}>' for i in places)};"
    body = (*start.body[:at], call, *start.body[at + 1 :])
    return start.text(), replace(start, body=body).text(line + start.declarations)


def aliased(start: Draft, rng: Random) -> tuple[str, str]:
    """Other names of the same qubits."""
    last = start.n - 1
    meant = rng.choice(["q", f"q[0:{last}]", f"q[0:0] ++ q[1:{last}]"])
    names = ["q[{}]", "other[{}]"]
    declared = f"{start.declarations}let other = {meant};\n"
    return start.text(), start.text(declared, lambda i: rng.choice(names).format(i))


def read_otherwise(start: Draft, rng: Random) -> tuple[str, str]:
    """Another form of the measurement at the end."""
    start = replace(start, reads=True, fault="")
    n = start.n
    ends = [
        ["<c> = measure q;"],
        ["measure q -> <c>;"],
        [f"measure <{i}> -> <c:{i}>;" for i in range(n)],
        [f"<c:{i}> = measure <{i}>;" for i in rng.sample(range(n), n)],
        ["barrier q;", "<c> = measure q;"],
        [f"<c>[0:{n - 1}] = measure q[0:{n - 1}];"],
    ]
    if start.static:
        ends += [["<c> = measure q;", "<c> = measure q;"]]
        if not any("<c" in s for s in start.body):
            ends += [[]]
    other = replace(start, body=(*start.body, *rng.choice(ends)), reads=False)
    return start.text(), other.text()


def idle(start: Draft, rng: Random) -> tuple[str, str]:
    """Statements without effect."""
    lines = ["barrier q;", "gphase(1.3);", "// x q[0];", "/* reset q; */"]
    lines += ["barrier <0>;", "id <0>;", "delay[10ns] <0>;", "rx(0) <0>;", "rz(0.0) <0>;"]
    line = rng.choice(lines).replace("<0>", f"<{rng.randrange(start.n)}>")
    return start.text(), _inserted(start, rng, (line,)).text()


RELATIONS: dict[str, Callable[[Draft, Random], tuple[str, str]]] = {
    "qubits relabelled": relabelled,
    "registers renamed": renamed,
    "qubit register split": split,
    "bit register split": split_bits,
    "gate and inverse": undone,
    "dead branch": dead,
    "unused names": unused,
    "loop unrolled": rolled,
    "comments and whitespace": spaced,
    "angles spelled otherwise": spelled,
    "synonyms of gates": synonyms,
    "gate defined": defined,
    "aliases": aliased,
    "measured otherwise": read_otherwise,
    "nothing added": idle,
}  # fmt: skip
"""By name: how two programs are made that have to be judged alike."""


def _sizes(n: int, rng: Random) -> list[int]:
    cuts = sorted(rng.sample(range(1, n), rng.randint(1, n - 1)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, n], strict=True)]


def _inserted(start: Draft, rng: Random, statements: Sequence[str]) -> Draft:
    at = rng.randint(0, len(start.body))
    return replace(start, body=(*start.body[:at], *statements, *start.body[at:]))

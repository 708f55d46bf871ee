"""Hypothesis strategies for OpenQASM 3 texts: valid, mutated, hostile, and raw bytes.

`valid` follows the grammar that the reference importer takes and is accepted nearly always;
`mutated` is a few edits away from it; `hostile` asks for too much of something; `raw` is bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

from quasar.circuits.circuit import GATES
from quasar.core.hamiltonian import IsingHamiltonian

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

# --- valid ----------------------------------------------------------------------------------------

_numbers = st.one_of(
    st.floats(-10, 10, allow_nan=False).map(lambda x: repr(abs(x))),
    st.integers(0, 9).map(str),
    st.sampled_from(["pi", "tau", "euler", "0.5", "1e-3", ".25", "2.", "1E2", "π", "1_0", "0x1f"]),
)
_expressions = st.recursive(
    _numbers,
    lambda inner: st.one_of(
        inner.map(lambda a: f"-{a}"),
        inner.map(lambda a: f"({a})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join),
    ),
    max_leaves=4,
)
_blanks = st.sampled_from([" ", " ", " ", "\n", "\t", "  ", " // note\n", " /* x */ "])


@st.composite
def _gate(draw: st.DrawFn, qubits: list[str], angles: st.SearchStrategy[str] = _expressions) -> str:
    """One standard gate on distinct operands, perhaps with modifiers."""
    fitting = [name for name, spec in GATES.items() if spec.n_qubits <= len(qubits)]
    name = draw(st.sampled_from(fitting))
    spec = GATES[name]
    modifiers = ""
    extra = 0
    if draw(st.integers(0, 9)) == 0:
        modifiers = draw(st.sampled_from(["inv @ ", "pow(2) @ ", "ctrl @ ", "negctrl @ "]))
        extra = "ctrl" in modifiers
        if spec.n_qubits + extra > len(qubits):
            modifiers, extra = "", 0
    places = draw(st.permutations(qubits))[: spec.n_qubits + extra]
    inner = ", ".join(draw(angles) for _ in range(spec.n_params))
    return f"{modifiers}{name}{f'({inner})' if inner else ''} {', '.join(places)};"


@st.composite
def _statement(draw: st.DrawFn, n: int, depth: int = 0) -> str:
    """A statement over `qubit[n] q`, `bit[n] c` and the gate `mine(a) u, v`."""
    qubits = [f"q[{i}]" for i in range(n)]
    kind = draw(st.integers(0, 19))
    if kind < 11 or depth > 2:
        return draw(_gate(qubits))
    i, j = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
    if kind == 11:
        return draw(st.sampled_from([f"h q[0:{i}];", f"x q[{{{i}}}];", f"y q[-{i + 1}];", "z q;"]))
    if kind == 12:
        lines = [f"c[{i}] = measure q[{j}];", f"measure q[{i}] -> c[{j}];", "c = measure q;"]
        return draw(st.sampled_from(lines))
    if kind == 13:
        lines = ["barrier q;", f"barrier q[{i}];", f"reset q[{i}];", "gphase(pi/3);", "reset q;"]
        return draw(st.sampled_from([*lines, f"delay[{j}ns] q[{i}];"]))
    if kind == 14 and n > 1:
        a, b = draw(st.permutations(range(n)))[:2]
        return f"mine({draw(_expressions)}) q[{a}], q[{b}];"
    inner = " ".join(draw(st.lists(_statement(n, depth + 1), max_size=2)))
    if kind == 15:
        rounds = draw(st.sampled_from([f"[0:{i}]", f"[{i}:-1:0]", f"{{{i}, {j}}}", "[0:2:4]"]))
        return f"for int i{depth} in {rounds} {{ {inner} }}"
    if kind == 16:
        tests = [f"c[{i}]", f"c == {i}", f"c[{i}] == true", f"!c[{j}]", f"c[{i}] == false"]
        tail = f" else {{ {inner} }}" if draw(st.booleans()) else ""
        return f"if ({draw(st.sampled_from(tests))}) {{ {inner} }}{tail}"
    if kind == 17:
        return f"while (c[{i}] == false) {{ x q[{i}]; c[{i}] = measure q[{i}]; {inner} }}"
    if kind == 18:
        return f"box {{ {inner} }}"
    return draw(_gate(qubits))


@st.composite
def valid(draw: st.DrawFn) -> str:
    """A program that the importer should accept."""
    n = draw(st.integers(1, 4))
    flat = draw(st.booleans())
    statements = _gate([f"q[{i}]" for i in range(n)]) if flat else _statement(n)
    lines = draw(st.lists(statements, max_size=8))
    body = "".join(line + draw(_blanks) for line in lines)
    definition = ""
    if not flat:
        inside = draw(
            st.lists(_gate(["u", "v"], st.sampled_from(["a", "2*a", "-a/2", "pi"])), max_size=4)
        )
        definition = f"gate mine(a) u, v {{ {' '.join(inside)} }}\n"
    declarations = f"bit[{n}] c;\nqubit[{n}] q;\n"
    end = draw(st.sampled_from(["", "c = measure q;\n", "\n", "measure q -> c;"]))
    return HEAD + definition + declarations + body + "\n" + end


# --- mutated --------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*|\s+|.", re.DOTALL)
_HEADER_TOKENS = len(_TOKEN.findall(HEAD))
_SCRAPS = (
    *"()[]{};:,=+-*/@!<>.#\"'\\$&|^~%?",
    *("h", "q", "c", "rxx", "gate", "if", "else", "for", "while", "in", "measure", "->", "qubit"),
    *("0", "-1", "99", "1e999", "nan", "inf", "1e-400", "0.1.2", "pi", "im", "2i", "5us", "true"),
    *("OPENQASM 3.0;", 'include "stdgates.inc";', "include 'stdgates.inc';", "//", "/*", "*/"),
    *("\x00", "\x0b", "\x0c", "\r", "\u00a0", "\u2028", "\ufeff", "е", "ｈ", "🙂", "\ud800", "π"),
    *("input float t;", "const int k = 2;", "let a = q[0];", "qubit q;", "break;", "continue;"),
    *("end;", "return;", "switch", "def f() {}", "extern f();", "#pragma x\n", "@note x\n"),
    *("ctrl @ ", "inv @ ", "pow(-1) @ ", "pow(0.5) @ ", "gphase(1);", "cal {}", "int u = 3;"),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid program after one to four edits of its tokens."""
    tokens = _TOKEN.findall(draw(valid()))
    for _ in range(draw(st.integers(1, 4))):
        last = max(len(tokens) - 1, 0)
        # Mostly behind the header: without it everything is refused for the same reason.
        at = draw(st.integers(min(_HEADER_TOKENS, last) if draw(st.integers(0, 7)) else 0, last))
        other = draw(st.integers(0, last))
        edit = draw(st.integers(0, 6))
        if edit == 0:
            tokens[at : at + draw(st.integers(1, 3))] = []
        elif edit == 1:
            tokens.insert(at, draw(st.sampled_from(_SCRAPS)))
        elif edit == 2:
            tokens[at : at + 1] = [draw(st.sampled_from(_SCRAPS))]
        elif edit == 3 and tokens:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif edit == 4:
            tokens[at:at] = tokens[other : other + draw(st.integers(1, 12))]
        elif edit == 5 and tokens:
            tokens[at] = draw(st.sampled_from([str.upper, str.lower, str.title]))(tokens[at])
        else:
            tokens[at:] = tokens[at : at + draw(st.integers(0, 40))]
    return "".join(tokens)


# --- hostile --------------------------------------------------------------------------------------

_sizes = st.one_of(st.integers(1, 60), st.integers(60, 2000))
_huge = st.sampled_from(
    [*(10**k for k in range(1, 12)), 2**31 - 1, 2**31, 2**32, 2**63, 2**64, 10**22, 10**400]
)
_DECLARED = "qubit[3] q; bit[3] c; "


def _nested(opening: str, core: str, closing: str) -> st.SearchStrategy[str]:
    return _sizes.map(lambda k: _DECLARED + opening * k + core + closing * k)


def _chain(body: Callable[[int], str], call: str) -> st.SearchStrategy[str]:
    """Gates g0..gk, each defined by the one before."""
    return st.integers(1, 60).map(
        lambda k: (
            "gate g0 a { h a; }\n"
            + "".join(f"gate g{i} a {{ {body(i)} }}\n" for i in range(1, k + 1))
            + _DECLARED
            + call.format(k)
        )
    )


_hostile_bodies: list[st.SearchStrategy[str]] = [
    _nested("rx(", "1", ") q[0];"),
    _nested("if (c[0]) { ", "h q[0];", "}"),
    _nested("for int i in [0:1] { ", "h q[0];", "}"),
    _nested("{ ", "h q[0];", "}"),
    _sizes.map(lambda k: _DECLARED + "rx(" + "(" * k + "1" + ")" * k + ") q[0];"),
    _sizes.map(lambda k: _DECLARED + "rx(" + "-" * k + "1) q[0];"),
    _sizes.map(lambda k: _DECLARED + "rx(" + "1+" * k + "1) q[0];"),
    _sizes.map(lambda k: _DECLARED + "rx(" + "sin(" * k + "1" + ")" * k + ") q[0];"),
    _sizes.map(lambda k: _DECLARED + "inv @ " * k + "s q[0];"),
    st.integers(1, 30).map(lambda k: _DECLARED + "ctrl @ " * k + "x q[0], q[1], q[2];"),
    _sizes.map(lambda k: _DECLARED + "/*" * k),
    _sizes.map(lambda k: _DECLARED + "h q[" + "[" * k),
    _sizes.map(lambda k: _DECLARED + "let a = q" + " ++ q" * k + ";"),
    _sizes.map(lambda k: _DECLARED + "h q[{" + "0," * k + "1}];"),
    _sizes.map(lambda k: f"qubit[3] {'q' * k}; h {'q' * k};"),
    _sizes.map(lambda k: "".join(f"qubit q{i}; h q{i};" for i in range(k))),
    _sizes.map(lambda k: f"qubit[{k}] q; h q; cx q[0], q[1];"),
    _sizes.map(lambda k: "qubit[3] q; " + "h q;" * 10 * k),
    _sizes.map(lambda k: "qubit[3] q; " + "h q[0]; measure q[0] -> c[0];" * k),
    _sizes.map(lambda k: _DECLARED + "h q[0]; c[0] = measure q[0]; reset q[1];" * k),
    _huge.map(lambda k: f"qubit[{k}] q; h q[0];"),
    _huge.map(lambda k: f"gphase(0); qubit[{k}] q; h q[0];"),
    _huge.map(lambda k: f"bit[{k}] c; qubit[2] q; h q[0];"),
    _huge.map(lambda k: f"{_DECLARED} h q[{k}];"),
    _huge.map(lambda k: f"{_DECLARED} h q[0:{k}];"),
    _huge.map(lambda k: f"{_DECLARED} rx({k}) q[0]; rz({k}.5e300) q[1];"),
    _huge.map(lambda k: f"{_DECLARED} rx({k} - {k}) q[0]; ry({k} / {k}) q[1];"),
    _huge.map(lambda k: f"{_DECLARED} for int i in [0:{k}] {{ h q[0]; }}"),
    _huge.map(lambda k: f"{_DECLARED} for int i in [0:{k}] {{ }}"),
    _huge.map(lambda k: f"{_DECLARED} for int i in [{k}:-{k}:0] {{ rx(i) q[0]; }}"),
    _huge.map(lambda k: f"{_DECLARED} pow({k}) @ x q[0];"),
    _huge.map(lambda k: f"gate g a {{ h a; t a; }} {_DECLARED} pow({k}) @ g q[0];"),
    _huge.map(lambda k: f"{_DECLARED} ctrl({k}) @ x q[0], q[1];"),
    _huge.map(lambda k: f"{_DECLARED} if (c == {k}) {{ x q[0]; }}"),
    _huge.map(lambda k: f"{_DECLARED} delay[{k}ns] q[0]; delay[{k}dt] q[1];"),
    _chain(lambda i: f"g{i - 1} a; g{i - 1} a;", "g{} q[0];"),
    _chain(lambda i: f"g{i - 1} a; g{i - 1} a;", "h q[0]; // {}"),
    _chain(lambda i: f"g{i - 1} a;", "g{} q;"),
    _chain(lambda i: f"g{i} a;", "g{} q[0];"),
    _chain(lambda i: f"ctrl @ g{i - 1} a, a;", "g{} q[0];"),
    _chain(lambda i: f"inv @ g{i - 1} a; pow(2) @ g{i - 1} a;", "g{} q[0];"),
    st.just(_DECLARED + "while (c[0] == false) { h q[0]; }"),
    st.just(_DECLARED + "while (c[0] == false) { h q[0]; c[0] = measure q[0]; }"),
    st.just(_DECLARED + "while (c[0] == false) { }"),
    st.integers(1, 6).map(
        lambda k: _DECLARED
        + "".join(f"for int i{j} in [0:999] {{ " for j in range(k))
        + "h q[0];"
        + "}" * k
    ),
    st.sampled_from(
        [
            "qubit[3] q; rx(1e999 - 1e999) q[0];",
            "qubit[3] q; rx(0.0/0.0) q[0];",
            "qubit[3] q; rx(1e308*10) q[0]; ry(-1e999) q[1];",
            "qubit[3] q; U(1e999, 0, 0) q[0];",
            "input float t; qubit[3] q; rx(t) q[0];",
            "input angle[32] t; qubit[3] q; rx(t*t) q[0];",
            "qubit[3] q; rx(pi**pi) q[0];",
            "qubit[3] q; rx(1 % 0) q[0];",
            "qubit[3] q; rx(5 / 0) q[0];",
            "bit[0] c; qubit[3] q; h q;",
            "qubit[-3] q; h q;",
            "qubit[2.0] q; h q;",
            "qubit[3] q; bit c = measure q;",
            "opaque g a; qubit[3] q; g q[0];",
            "defcalgrammar \"openpulse\"; cal { } qubit[3] q; h q;",
            "h $0; cx $0, $1; h $99999999999;",
            "qubit[3] q; qubit[3] q;",
            "qubit[3] pi; h pi;",
            "gate h a { x a; } qubit[3] q; h q;",
            "gate g(a, a) x { } qubit[3] q;",
            "gate g x, x { } qubit[3] q;",
            "qubit[3] q; switch (1) { case 1 { } }",
            "qubit[3] q; return measure q;",
        ]
    ),
]  # fmt: skip


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """A program that asks for too much of something."""
    body = draw(st.sampled_from(range(len(_hostile_bodies))).flatmap(_hostile_bodies.__getitem__))
    tail = draw(st.sampled_from(["", "\n", "h q[0];", "\x00", "}", "c = measure q;"]))
    return HEAD + body + tail


# --- bytes ----------------------------------------------------------------------------------------


@st.composite
def raw(draw: st.DrawFn) -> bytes:
    """Bytes: of a program with some replaced, or of nothing in particular."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=200))
    text = bytearray(draw(st.one_of(valid(), mutated())).encode("utf-8", "replace"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(text)


programs: st.SearchStrategy[str | bytes] = st.one_of(
    valid(), mutated(), mutated(), hostile(), raw()
)
"""Any of the above."""


@st.composite
def small_hamiltonians(draw):
    """Few qubits, terms of up to three, coefficients that often tie."""
    n = draw(st.integers(1, 6))
    terms = {}
    for _ in range(draw(st.integers(1, 12))):
        size = draw(st.integers(1, min(3, n)))
        qubits = draw(st.permutations(range(n)))[:size]
        terms[tuple(sorted(qubits))] = draw(
            st.sampled_from([-20.0, -2.0, -1.0, -0.5, 0.5, 1.0, 3.0])
        )
    return IsingHamiltonian(n, terms)

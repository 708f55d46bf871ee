"""Refusals point at the fault: its line and column, what is wrong, and what to write."""

from __future__ import annotations

import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openqasm3.parser import QASM3ParsingError

from quasar.circuits.circuit import GATES
from quasar.circuits.qasm import parse
from quasar.circuits.refusal_syntax import line_of, syntax_refusal
from quasar.core.errors import CircuitError
from support import strategies
from support.cases import cases

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def refusal(text: str) -> CircuitError:
    with pytest.raises(CircuitError) as caught:
        parse(text)
    return caught.value


def pointed(text: str) -> str:
    """The text from the place that the refusal names, to the end of its line."""
    error = refusal(text)
    assert error.line is not None
    assert error.column is not None
    line = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[error.line - 1]
    return line[error.column - 1 :]


@pytest.mark.parametrize(
    ("body", "at", "words"),
    [
        ("qubit[3] q;\nh q[0];\ncx q[0], q[3];", "q[3];", "'q' has 3 qubits.*0 to 2"),
        ("qubit[1] q;\nh q[1];", "q[1];", "'q' has 1 qubit. .*0 to 0"),
        ("qubit[3] q; x q[ -4 ];", "q[ -4 ];", "'q' has 3 qubits"),
        ("qubit[3] q; h q[{0, 5}];", "q[{0, 5}];", "'q' has 3 qubits"),
        ("qubit[3] q; let a = q[0:1]; x a[2];", "a[2];", "'a' has 2 qubits"),
        ("bit[2] c; qubit[3] q;\n  c[2] = measure q[0];", "c[2] =", "'c' has 2 bits"),
        ("bit[2] c; qubit[3] q; measure q[4] -> c[0];", "q[4] ->", "'q' has 3 qubits"),
        ("qubit[3] q; barrier q[0], q[5];", "q[5];", "'q' has 3 qubits"),
        ("qubit[3] q; reset q[9];", "q[9];", "'q' has 3 qubits"),
        ("bit[2] c; qubit[3] q; if (c[2]) { h q[0]; }", "c[2]) ", "'c' has 2 bits"),
        ("bit[2] c; qubit[3] q; if (c[1]) { h q[7]; }", "q[7]; }", "'q' has 3 qubits"),
        ("qubit[3] q; ctrl @ x q[0], q[3];", "q[3];", "'q' has 3 qubits"),
        ("qubit[2] q; h q[99999999999999999999999];", "q[99999999999999999999999];", "2 qubits"),
        ("qubit[2] é; x é[2];", "é[2];", "'é' has 2 qubits"),
        ("/* q */ qubit[2] q; x /* q[0] */ q[2];", "q[2];", "'q' has 2 qubits"),
    ],
)
def test_an_index_out_of_range_is_pointed_at(body: str, at: str, words: str) -> None:
    for text in (HEAD + body, (HEAD + body).replace("\n", "\r\n"), HEAD + "// ünïcödé ☃\n" + body):
        assert pointed(text).startswith(at)
        error = refusal(text)
        assert "out of range" in error.message
        with pytest.raises(CircuitError, match=words):
            parse(text)


def test_line_ends_are_counted_as_editors_do() -> None:
    body = "qubit[2] q;\nh q[0];\n h q[2];"
    for end in ("\n", "\r\n", "\r"):
        error = refusal((HEAD + body).replace("\n", end))
        assert (error.line, error.column) == (5, 4)
        unfinished = refusal((HEAD + "qubit[2] q;\nh q[0]\n h q[1];").replace("\n", end))
        assert (unfinished.line, unfinished.column) == (5, 2)


@given(
    st.integers(1, 5), st.integers(-9, 9), st.sampled_from(["x {};", "cx r[0], {};", "rx(1) {};"])
)
@settings(deadline=None, max_examples=40)
def test_any_index(size: int, index: int, use: str) -> None:
    text = f"{HEAD}qubit[{size}] q; qubit[2] r;\n  {use.format(f'q[{index}]')}"
    if -size <= index < size:
        parse(text)
    else:
        assert pointed(text).startswith(f"q[{index}]")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("qubit q; h q[0];", "q.0.: 'q' is a single qubit .*declare 'qubit.n. q;'"),
        ("gate g a { h a[0]; } qubit q; g q;", "'a' is a single qubit .*Write 'a' alone.$"),
        ("bit c; qubit q; c[0] = measure q;", "'c' is a single bit"),
        ("qubit[3] qr; h q[0];", "'q'.*Did you mean 'qr'. Declared are: qr"),
        ("qubit[3] qubits; h qbits[0];", "Did you mean 'qubits'"),
        ("qubit[2] q; bit[2] c; measure q[0] -> d[0];", "'d'.*Declared are: q, c"),
        ("h q[0];", "'q'.*Declare it first"),
        ("qubit[2] anc; gate g a { h b; }", "'b'.*The gate's own qubits are: a"),
        ("qubit[2] q; gate g a { h q[0]; }", "not visible.*The gate's own qubits are: a"),
        ("gate g(theta) a { rx(thta) a; }", "'thta' in an angle. The gate's own angles are: theta"),
        ("qubit[2] q; rx(gamma) q[0];", "'gamma' in an angle. Write angles as numbers"),
        ("qubit q; rx q;", r"gate 'rx' takes 1 angle, not 0. Write it as 'rx\(angle\) q\[0\];'"),
        ("qubit q; h(0.1) q;", r"gate 'h' takes no angles, not 1. Write it as 'h q\[0\];'"),
        ("qubit q; U(0.1) q;", "gate 'U' takes 3 angles, not 1"),
        ("qubit[2] q; h q[0], q[1];", "gate 'h' takes 1 qubit, not 2"),
        ("qubit[2] q; cx q[0];", r"gate 'cx' takes 2 qubits, not 1. .*'cx q\[0\], q\[1\];'"),
        ("qubit[3] q; ctrl @ x q[0];", "gate 'x' with its controls takes 2 qubits, not 1"),
        ("gate g(a, b) x { } qubit q; g(1) q;", r"takes 2 angles, not 1.*'g\(angle1, angle2\)"),
        ("qubit q; RX(0.1) q;", "'RX' is not defined. Did you mean 'rx'"),
        ("qubit[2] q; CNOT q[0], q[1];", "Did you mean 'cx'"),
        ("qubit[3] q; toffoli q[0], q[1], q[2];", "Did you mean 'ccx'"),
        ("qubit[2] q; сx q[0], q[1];", "'с' is U.0441, CYRILLIC SMALL LETTER ES"),
        ("qubit q; rx(θ) q;", "'θ' is U.03B8, GREEK SMALL LETTER THETA. Write angles as numbers"),
        ("qubit[2] h;", "'h' is a gate of stdgates.inc. Choose another name"),
        ("qubit[2] U;", "'U' is a gate of the language. Choose another name"),
        ("bit[2] a; qubit[2] a;", "'a' is declared already. Choose another name"),
        ("qubit[2] q; qubit[2] q;", "already exists. Choose another name"),
    ],
)
def test_what_is_wrong_and_what_to_write(body: str, words: str) -> None:
    with pytest.raises(CircuitError, match=words):
        parse(HEAD + body)


def test_without_the_include_its_names_are_free() -> None:
    error = refusal("OPENQASM 3.0;\nbit[2] h; qubit[2] h;")
    assert error.message == "the name 'h' is declared already."
    error = refusal("OPENQASM 3.0;\ngate h a { } qubit[2] h;")
    assert error.message == "the name 'h' is declared already."


def test_names_are_pointed_at_on_any_line() -> None:
    assert pointed(HEAD + "qubit[3] a;\n\n  cx a[0], b[1];").startswith("b[1]")
    assert pointed(HEAD + "qubit[3] a; bit[3] c;\n measure a -> cc;").startswith("cc;")
    assert pointed(HEAD + "qubit[3] a;\n rx(2 * foo) a[0];").startswith("foo) ")


@pytest.mark.parametrize("name", [name for name in GATES if name != "U"])
def test_a_missing_include_is_named(name: str) -> None:
    n_angles, n_qubits = GATES[name]
    angles = f"({', '.join(['0.1'] * n_angles)})" if n_angles else ""
    call = f"{name}{angles} {', '.join(f'q[{i}]' for i in range(n_qubits))};"
    error = refusal(f"OPENQASM 3.0;\nqubit[4] q;\n{call}")
    assert (error.line, error.column) == (3, 1)
    assert 'include "stdgates.inc";\' is missing' in error.message
    assert "Did you mean" not in str(error)
    late = refusal(f'OPENQASM 3.0;\nqubit[4] q;\n{call}\ninclude "stdgates.inc";')
    assert "before its first use" in str(late)
    parse(f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\n{call}')


def test_other_includes() -> None:
    old = refusal('OPENQASM 3.0;\ninclude "qelib1.inc";\nqubit q;')
    assert "OpenQASM 2. Write 'include \"stdgates.inc\";'" in str(old)
    misspelt = refusal('OPENQASM 3.0;\ninclude "stdgate.inc";\nqubit q;')
    assert "'stdgate.inc' cannot be included. Only 'include" in str(misspelt)
    neither = refusal("OPENQASM 3.0;\nqubit[2] q;\nrxx(0.1) q[0], q[1];")
    assert "'rxx' is not defined" in neither.message
    assert "does not include the standard gates" in str(neither)


@pytest.mark.parametrize(
    ("character", "instead"),
    [
        *((c, "plain quote") for c in "“”„«»’‘"),
        *((c, "plain minus '-'") for c in "−–—‐"),
        *((c, "'[*]'") for c in "×·"),
        *(("÷", "'/'"), ("→", "'->'"), ("；", "plain ';'"), ("，", "plain ','")),
        *((c, "plain blank") for c in "\u00a0\u2003\u3000"),
        *((c, "invisible") for c in "\u200b\u200d\u2060\ufeff\u0000\u000b"),
        *((c, "plain characters") for c in "☃€"),
    ],
)
def test_characters_of_word_processors_are_named(character: str, instead: str) -> None:
    text = f"{HEAD}qubit q;\n h q; {character} x q;"
    error = refusal(text)
    assert (error.line, error.column) == (4, 7)
    assert f"U+{ord(character):04X}" in error.message
    assert unicodedata.name(character, "") in error.message
    with pytest.raises(CircuitError, match=instead):
        parse(text)
    shown = character.isprintable() and character.strip() != ""
    assert (character in str(error)) is shown


@settings(deadline=None, max_examples=cases(60))
@given(strategies.mutated())
def test_every_refusal_has_a_sentence_and_a_place_in_the_text(text: str) -> None:
    try:
        parse(text, max_gates=100, header="language")
    except CircuitError as refused:
        error = refused
    else:
        return
    assert error.message.endswith(".")
    assert error.line is None or 1 <= error.line <= len(text.splitlines()) + 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("// hi", "empty"),
        ("/* hi */ // and more", "empty"),
        (HEAD + "qubit q; /* h q;", "block comment is never closed.*[*]/"),
        (HEAD + "/**", "block comment is never closed"),
        (HEAD + "qubit[3] q; for int i in [0:2] { h q[i]; }", "loop variable.*Write the state"),
        (HEAD + "gate g(t) a { rx(t*t) a; } qubit q; g(1) q;", "calculation.*numbers only"),
        (HEAD + "gate g(t) a { rx(sin(t)) a; } qubit q; g(1) q;", "functions in angles"),
        (HEAD + "qubit[3] q; bit[2] c; c = measure q;", "'q' has 3 qubits, 'c' has 2 bits"),
        (HEAD + "qubit[3] q; bit[4] c; measure q -> c;", "'q' has 3 qubits, 'c' has 4 bits"),
        (HEAD + "qubit[3] q; bit c; c = measure q;", "size|'q' has 3 qubits"),
        (HEAD + "const int n = 3; qubit[3] q;", "'const' declarations are not supported"),
        (HEAD + "def f(qubit a) { h a; } qubit q; f(q);", "'def' subroutines"),
        (HEAD + "qubit q; switch (1) { case 0 { h q; } }", "'switch' statements"),
        (HEAD + "qubit q; x q[" + "9" * 5000 + "];", "too many digits .5,000"),
        (HEAD + "gate g a { g a; } qubit q; g q;", "'g' calls itself"),
        (HEAD + "qubit q; rx(0,5) q;", "decimal point, not a comma: 0.5"),
        (HEAD + "qubit q; U(0,1,5,2) q;", "decimal point"),
        (HEAD + "qubit q; rx(np.pi/2) q;", "Python.*'pi' alone"),
        (HEAD + "qubit q; rz(2*math.pi) q;", "Python"),
        ("openqasm 3.0;\nqubit q;", "'openqasm 3.0' is not a header.*Write 'OPENQASM 3.0;'"),
        ("// c\nOpenQASM 3.0;\nqubit q;", "not a header"),
        ("OPENQASM 3.0.1;\nqubit q;", "'OPENQASM 3.0.1' is not a header"),
    ],
)
def test_messages_are_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(CircuitError, match=words) as caught:
        parse(text, header="language")
    for inside in ("NoneType", "sys.", "node of type", "register size error", "type error"):
        assert inside not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "qubit q", r"the text ends too soon in 'qubit q'\. "),
        (HEAD + "qubit q\n", r"the text ends too soon\. "),
        (HEAD + "qubit h q;", r"unexpected 'q' in 'qubit h q;'"),
    ],
)
def test_what_was_unexpected_is_quoted_with_its_line(text: str, words: str) -> None:
    with pytest.raises(CircuitError, match=words):
        parse(text)


def test_lines_by_their_numbers() -> None:
    assert [line_of("a\r\nb", n) for n in (1, 2, 3)] == ["a", "b", ""]


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_the_place_is_found_behind_other_exceptions(link: str) -> None:
    inner, outer = ValueError(), QASM3ParsingError("")
    inner.offendingToken = SimpleNamespace(  # type: ignore[attr-defined]
        type=5, text="q", line=2, column=3, start=5
    )
    setattr(outer, link, inner)
    found = syntax_refusal(outer, "h\n q q;")
    assert (found.line, found.column) == (2, 4)
    assert "unexpected 'q' in 'q q;'" in found.message
    assert syntax_refusal(QASM3ParsingError(""), "h").message == "this is not OpenQASM 3."

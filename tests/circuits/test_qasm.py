"""The parser's verdict against the reference importer's, on accepted and refused programs."""

from __future__ import annotations

import math
import string
import time

import numpy as np
import pytest
import qiskit_qasm3_import
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.qasm import parse, parses
from quasar.circuits.qasm_flat import FlatReader, parse_flat, read_in_python
from quasar.core.errors import CircuitError
from quasar.simulate.engine import get_engine, probabilities
from support.agentq import load_expected, load_generations
from support.cases import cases

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def importer_says(text: str) -> bool:
    """The definition of syntactic correctness."""
    if "OPENQASM 3.0" not in text:
        return False
    try:
        qiskit_qasm3_import.parse(text)
    except Exception:
        return False
    return True


ACCEPTED = {
    "flat": "qubit[2] q; h q[0]; cx q[0], q[1];",
    "integer angle": "qubit[1] q; rz(0) q[0];",
    "pi": "qubit[1] q; rx(pi/2) q[0]; ry(-pi) q[0]; rz(2*pi/3) q[0]; p(pi*0.5) q[0];",
    "arithmetic": "qubit[1] q; rx(1/2 + 3.0*(pi - 1)) q[0];",
    "broadcast": "qubit[3] q; h q; rx(0.1) q;",
    "broadcast pair": "qubit[3] a; qubit[3] b; cx a, b; cx a[0], b;",
    "measure all": "bit[2] c; qubit[2] q; h q; c = measure q;",
    "old measure": "bit[2] c; qubit[2] q; measure q[0] -> c[1];",
    "comments": "// one\nqubit[1] q; /* two\nlines */ h q[0]; // end",
    "gate definition": "gate g(a) x, y { cx x, y; rz(0.5*a) y; cx x, y; } qubit[2] q; "
    "g(1) q[0], q[1];",
    "modifiers": "qubit[3] q; ctrl @ x q[0], q[1]; inv @ s q[0]; pow(2) @ t q[1]; "
    "negctrl @ x q[0], q[1]; ctrl(2) @ z q[0], q[1], q[2]; pow(0.5) @ x q[0];",
    "global phase": "qubit[1] q; gphase(pi/4); h q[0];",
    "alias": "qubit[4] q; let a = q[0:1]; h a; x a[1];",
    "negative index": "qubit[3] q; x q[-1];",
    "ranges": "qubit[4] q; h q[{0, 2}]; x q[1:3];",
    "for loop": "qubit[4] q; for int i in [0:3] { h q[0]; }",
    "if": "bit[1] c; qubit[2] q; h q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; }",
    "while": "bit[1] c; qubit[1] q; while (c[0] == false) { h q[0]; c[0] = measure q[0]; }",
    "reset": "qubit[1] q; h q[0]; reset q[0];",
    "barrier": "qubit[2] q; h q[0]; barrier q; barrier q[0], q[1]; cx q[0], q[1];",
    "qreg": "qreg q[2]; creg c[2]; h q[0]; measure q -> c;",
    "single bits": "bit c; qubit a; h a; c = measure a;",
    "two registers": "qubit[1] a; qubit[2] b; cx a[0], b[1];",
    "hardware qubits": "h $0; cx $0, $1;",
    "box": "qubit[1] q; box { h q[0]; }",
    "delay": "qubit[1] q; delay[10ns] q[0]; h q[0];",
    "measure then gate elsewhere": "bit[1] c; qubit[2] q; c[0] = measure q[0]; h q[1];",
    "measure twice": "bit[2] c; qubit[1] q; c[0] = measure q[0]; c[1] = measure q[0];",
    "bit with measure": "qubit[1] q; bit b = measure q[0];",
    "tau": "qubit[1] q; rx(tau/4) q[0]; ry(euler) q[0];",
    "exponents": "qubit[1] q; rx(1e-3) q[0]; rx(.5) q[0]; rx(2.) q[0]; rx(1E+2) q[0];",
    "builtin U": "qubit[1] q; U(0.1, 0.2, 0.3) q[0];",
    "no qubits used": "qubit[3] q;",
}
REFUSED = {
    "unknown gate": "qubit[2] q; rxx(0.3) q[0], q[1];",
    "duplicate qubit": "qubit[2] q; cx q[0], q[0];",
    "out of range": "qubit[2] q; h q[2];",
    "missing semicolon": "qubit[2] q; h q[0] h q[1];",
    "too many angles": "qubit[1] q; h(0.1) q[0];",
    "too few angles": "qubit[1] q; rx q[0];",
    "too many qubits": "qubit[2] q; rx(0.1) q[0], q[1];",
    "redeclared": "qubit[1] q; qubit[1] q;",
    "keyword as a name": "qubit[1] measure;",
    "gate as a name": "qubit[1] h;",
    "unary plus": "qubit[1] q; rx(+1.0) q[0];",
    "const": "const float a = 0.5; qubit[1] q; rx(a) q[0];",
    "prose": "Here is the circuit: qubit[1] q;",
    "fence": "qubit[1] q;\n```",
    "measure without target": "qubit[1] q; measure q[0];",
    "bit width": "bit[1] c; qubit[2] q; c = measure q;",
    "broadcast width": "qubit[2] a; qubit[3] b; cx a, b;",
    "division by zero": "qubit[1] q; rx(pi/0) q[0];",
    "undefined register": "qubit[1] q; h r[0];",
    "recursive gate": "gate g a { g a; } qubit[1] q; g q[0];",
    "wrong case": "qubit[1] q; H q[0];",
    "form feed": "qubit[1] q;\x0c h q[0];",
    "no-break space": "qubit[1] q; h\u00a0q[0];",
    "split keyword": "qubit[1] q; hq[0];",
    "include twice": 'include "stdgates.inc"; qubit[1] q;',
    "zero-size register": "qubit[0] q; h q[0];",
    "gate on a bit": "bit[1] c; h c[0];",
    "input": "input float t; qubit[1] q; rx(t) q[0];",
    "string": 'qubit[1] q; "h" q[0];',
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts_what_the_importer_accepts(body: str) -> None:
    assert importer_says(HEAD + body)
    assert parses(HEAD + body)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_refuses_what_the_importer_refuses(body: str) -> None:
    assert not importer_says(HEAD + body)
    with pytest.raises(CircuitError) as caught:
        parse(HEAD + body)
    assert caught.value.kind in {"syntax", "semantic"}
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OPENQASM 3.0",
        "OPENQASM 3;\nqubit[1] q;",
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];',
        "OPENQASM 3.0;\nqubit[1] q;\nh q[0];",
        'OPENQASM 3.0;\ninclude "std/*x*/gates.inc";\nqubit[1] q;\nh q[0];',
        '// OPENQASM 3.0;\nOPENQASM 3;\ninclude "stdgates.inc";\nqubit[1] q; h q[0];',
        'OPENQASM  3.0;\ninclude "stdgates.inc";\nqubit[1] q;',
        'OPENQASM 3.0;include"stdgates.inc";qubit[1]q;h q[0];rx(1)q[0];',
        'OPENQASM 3.0;\ninclude "stdgates.inc";\n/* open',
        "OPENQASM 3.0;\n" + "(" * 5000,
    ],
)
def test_headers_and_odd_texts_get_the_importers_verdict(text: str) -> None:
    assert parses(text) is importer_says(text)


def test_flat_programs_take_the_fast_path_and_others_do_not() -> None:
    fast = {name for name, body in ACCEPTED.items() if parse_flat(HEAD + body) is not None}
    assert {"flat", "pi", "broadcast", "measure all", "old measure", "comments"} <= fast
    assert "gate definition" in fast
    assert not fast & {"modifiers", "if", "for loop", "input", "measure twice"}


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        ("qubit[2] q;\nrxx(0.3) q[0], q[1];", 4, 1, "rxx"),
        ("qubit[2] q;\n  h q[7];", 4, 5, "range"),
        ("qubit[2] q;\nh q[0]\nh q[1];", 5, 1, "unexpected"),
        ("qubit[2] q;\nx q[0];\n cx q[0], q[0];", 5, 2, "duplicate"),
    ],
)
def test_errors_name_line_and_column(body: str, line: int, column: int, words: str) -> None:
    with pytest.raises(CircuitError) as caught:
        parse(HEAD + body)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in str(caught.value)


def test_a_misspelt_gate_gets_a_suggestion() -> None:
    with pytest.raises(CircuitError, match="Did you mean 'crx'"):
        parse(HEAD + "qubit[2] q;\ncrxx(0.1) q[0], q[1];")


@pytest.mark.parametrize(
    "body",
    [
        "qubit[1] q; for int i in [0:1000000000] { h q[0]; }",
        "qubit[1] q; for int i in [0:99999] { for int j in [0:99999] { } }",
        "qubit[1] q; " + "for int i in [0:1] { " * 40 + "h q[0]; " + "}" * 40,
    ],
)
def test_unrolling_stops_at_the_limit(body: str) -> None:
    with pytest.raises(CircuitError) as caught:
        parse(HEAD + body, max_gates=1000)
    assert caught.value.kind == "limit"


def test_a_long_loop_that_ends_early_is_dynamic_not_too_long() -> None:
    body = "bit[1] c; qubit[1] q; for int i in [0:1000000] { h q[0]; break; }"
    assert parse(HEAD + body).dynamic is not None


@pytest.mark.parametrize(
    "body",
    [
        "/*" * 200_000,
        "/*/",
        "qubit[1] q; rx(" + " " * 200_000 + "x) q[0];",
        "qubit[1] q; rx(- pi" + " " * 200_000 + ") q[0]; /*",
        "qubit[1] q; h" + " " * 200_000 + "!;",
        "qubit[1] q; h " + "q" * 100_000 + " " * 100_000 + "!;",
        "bit[1] c; c" + " " * 200_000 + "= measure;",
    ],
    ids=range(7),
)
def test_the_fast_path_takes_linear_time(body: str) -> None:
    started = time.process_time()
    assert parse_flat(HEAD + body) is None
    assert time.process_time() - started < 1.0


def test_an_infinite_angle_parses_but_cannot_be_simulated() -> None:
    text = HEAD + "qubit[1] q; rx(1e999) q[0];"
    assert importer_says(text)
    assert parses(text)
    with pytest.raises(CircuitError) as caught:
        parse(text)
    assert caught.value.kind == "parameter"


# --- the fast path against the importer, on random programs ---------------------------------------

names = st.sampled_from([*GATES, "rxx", "cccx", "hx"])
numbers = st.one_of(
    st.floats(-10, 10, allow_nan=False).map(repr),
    st.integers(0, 9).map(str),
    st.sampled_from(["pi", "-pi/2", "2*pi", "pi/3*2", "1e-3", ".5", "3.", "+1", "--1", "1/2", "π"]),
)
operands = st.one_of(
    st.integers(0, 3).map(lambda i: f"q[{i}]"),
    st.sampled_from(["q", "r", "c[0]", "q[ 1 ]", "q[-1]"]),
)


@st.composite
def statements(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(["c[0] = measure q[0];", "c = measure q;", "barrier q;"]))
    if kind == 1:
        return draw(st.sampled_from(["// note", "/* x; */", "", ";", "bit b;", "qubit[2] r;"]))
    name = draw(names)
    spec = GATES.get(name)
    count = draw(st.integers(0, 2)) if spec is None or draw(st.integers(0, 9)) == 0 else spec[0]
    width = draw(st.integers(1, 3)) if spec is None or draw(st.integers(0, 9)) == 0 else spec[1]
    arguments = ", ".join(draw(numbers) for _ in range(count))
    places = ", ".join(draw(operands) for _ in range(width))
    blank = draw(st.sampled_from([" ", "\t", "\n", "  "]))
    return f"{name}{f'({arguments})' if count else ''}{blank}{places};"


@settings(max_examples=cases(150), deadline=None)
@given(st.lists(statements(), max_size=6))
def test_verdict_and_state_equal_the_importers_on_random_programs(body: list[str]) -> None:
    text = HEAD + "bit[4] c;\nqubit[4] q;\n" + "\n".join(body)
    flat = parse_flat(text)
    accepted = importer_says(text)
    if flat is not None:
        assert accepted
        imported = qiskit_qasm3_import.parse(text)
        imported.data = [item for item in imported.data if item.operation.name != "measure"]
        expected = np.abs(Statevector(imported).data) ** 2
        found = probabilities(get_engine().state(flat))
        assert np.allclose(found, expected, atol=1e-10)
    assert parses(text) is accepted


@settings(max_examples=cases(100), deadline=None)
@given(
    st.integers(0, 120),
    st.text(alphabet=string.printable + "π\u00a0\u2028", max_size=3),
    st.integers(0, 4),
)
def test_verdict_equals_the_importers_on_mutated_programs(at: int, new: str, cut: int) -> None:
    good = (
        HEAD + "bit[2] c;\nqubit[2] q;\nh q[0];\nrx(0.25) q[1];\ncx q[0], q[1];\nc = measure q;\n"
    )
    text = good[:at] + new + good[at + cut :]
    assert parses(text) is importer_says(text)


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_parses_equals_the_recorded_verdicts(step: int) -> None:
    expected = load_expected()
    texts = dict(list(load_generations().items())[::step])
    assert len(texts) == -(-4059 // step)
    found = {key: parses(qasm) for key, qasm in texts.items()}
    assert found == {key: expected[key]["parses"] for key in texts}
    assert set(found.values()) == {True, False}


def test_a_refusal_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CircuitError, match="token recognition error"):
        parse(f"{HEAD}qubit[1] q; h q[0]; \N{SECTION SIGN}")
    assert capfd.readouterr() == ("", "")


def test_what_was_read_before_counts_only_where_it_holds() -> None:
    """Statements are remembered between texts, by the registers that they name."""
    first = read_in_python(HEAD + "qubit[2] q; h q[1]; rz(0.5) q[1]; rz(-1.5) q[1]; h q;")
    again = read_in_python(HEAD + "qubit[2] q; rz(2*pi) q[1]; h q; h q[1];")
    assert isinstance(first, Circuit)
    assert isinstance(again, Circuit)
    assert [gate.params for gate in first.gates[1:3]] == [(0.5,), (-1.5,)]
    assert [(g.name, g.qubits) for g in again.gates] == [
        ("rz", (1,)), ("h", (0,)), ("h", (1,)), ("h", (1,))
    ]  # fmt: skip
    assert again.gates[0].params == (2 * math.pi,)
    three = read_in_python(HEAD + "qubit[3] q; h q;")
    assert isinstance(three, Circuit)
    assert three.n_gates == 3
    for body in (
        "qubit[1] q; h q[1];",
        "qubit[1] q; rz(0.5) q[1];",
        "qubit[2] q; rz(0.5, 1) q[1];",
        "qubit[2] q; rz((0.5) q[1];",
        "qubit[2] q; rz() q[1];",
        "qubit[2] q; bit c; c = measure q[1]; h q[1];",
        "qubit[2] q; bit c; c = measure q[1]; rz(0.5) q[1];",
        "qubit[2] q; bit[2] c; c[0] = measure q[0]; c[1] = measure q[0];",
    ):
        assert isinstance(read_in_python(HEAD + body), FlatReader), body


def test_of_too_many_gates_nothing_is_remembered() -> None:
    text = HEAD + "qubit[5] r; x r;"
    few = read_in_python(text, 2)
    assert isinstance(few, Circuit)
    assert few.n_gates == 3
    whole = read_in_python(text)
    assert isinstance(whole, Circuit)
    assert whole.n_gates == 5

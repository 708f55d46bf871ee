"""The two rules on the version statement, against the importer and against each other."""

from __future__ import annotations

import time

import pytest
import qiskit
import qiskit.qasm3
import qiskit_qasm3_import
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.header import VERSION, read_header
from quasar.circuits.qasm import parse, parses, parses_by_language
from quasar.core.errors import CircuitError
from support import strategies
from support.agentq import load_generations
from support.cases import cases

BODY = 'include "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n'


def importer_accepts(text: str) -> bool:
    try:
        qiskit_qasm3_import.parse(text)
    except Exception:
        return False
    return True


@pytest.mark.parametrize(
    ("header", "published", "language"),
    [
        ("OPENQASM 3.0;", True, True),
        ("OPENQASM 3;", False, True),
        ("OPENQASM 3.1;", False, True),
        ("OPENQASM 3.15;", False, True),
        ("OPENQASM   3.0;", False, True),
        ("OPENQASM\t3.0 ;", False, True),
        ("OPENQASM\r\n  3\r\n;", False, True),
        ("OPENQASM 03.00;", False, True),
        ("/* first */ // second\nOPENQASM 3;", False, True),
        ("OPENQASM 3; // OPENQASM 3.0", True, True),
        ("OPENQASM 3.0 /* why not */;", True, True),
        ("", False, True),
        ("// a circuit of mine", False, True),
        ("// OPENQASM 3.0", True, True),
        ("OPENQASM 99.9;\n// OPENQASM 3.0", True, False),
        ("// OPENQASM 3.0\nOPENQASM 4;", True, False),
        ("OPENQASM 2.0; // not OPENQASM 3.0", True, False),
        ("OPENQASM 2.0;", False, False),
        ("OPENQASM 4.0;", False, False),
        ("OPENQASM 33;", False, False),
        ("OPENQASM 30;", False, False),
        ("OPENQASM 0;", False, False),
    ],
)
def test_rules_on_programs_that_the_importer_accepts(
    header: str, published: bool, language: bool
) -> None:
    text = f"{header}\n{BODY}"
    assert importer_accepts(text)
    assert (parses(text), parses_by_language(text)) == (published, language)
    for rule, kept in (("published", published), ("language", language)):
        if kept:
            assert parse(text, header=rule).n_qubits == 2
        else:
            with pytest.raises(CircuitError) as caught:
                parse(text, header=rule)
            assert caught.value.kind == "syntax"


@pytest.mark.parametrize(
    "header",
    [
        *("OPENQASM 3.0.0;", "OPENQASM 3.x;", "OPENQASM;", "OPENQASM 3", "openqasm 3.0;"),
        *("OPENQASM /* x */ 3.0;", "OPENQASM // x\n3.0;", "OPENQASM3.0;", "OPENQASM 3,0;"),
        *("OPENQASM -3.0;", 'OPENQASM "3.0";', "OPENQASM 3.0; OPENQASM 3.0;", "; OPENQASM 3.0;"),
        "OPENQASM 3.0; /*",
    ],
)
def test_what_the_importer_refuses_is_valid_by_no_rule(header: str) -> None:
    text = f"{header}\n{BODY}"
    assert not importer_accepts(text)
    assert (parses(text), parses_by_language(text)) == (False, False)


@settings(deadline=None, max_examples=cases(60))
@given(strategies.mutated())
def test_published_is_the_substring_and_the_importer(text: str) -> None:
    assert parses(text) is (VERSION in text and importer_accepts(text))
    if parses_by_language(text):
        assert importer_accepts(text.removeprefix("\ufeff"))


@settings(deadline=None, max_examples=cases(60))
@given(strategies.valid(), st.integers(0, 40), st.sampled_from(["", "/* x */", "// x\n", "\n"]))
def test_any_minor_version_and_none_is_the_same_program(text: str, minor: int, before: str) -> None:
    if not parses(text):
        return
    assert parses_by_language(text)
    for header in (f"{before}OPENQASM 3.{minor};", f"{before}OPENQASM\n3;", before):
        other = text.replace("OPENQASM 3.0;", header, 1)
        assert parses_by_language(other)
        assert parses(other) is (VERSION in other)


def test_archived_answers_that_parse_are_valid_by_the_language() -> None:
    for text in set(load_generations().values()):
        if VERSION in text and read_header(text).found == VERSION:
            assert read_header(text).language


@pytest.mark.parametrize(
    ("text", "rule", "line", "words"),
    [
        (f"OPENQASM 3;\n{BODY}", "published", 1, "'OPENQASM 3'. Write 'OPENQASM 3.0;'"),
        (f"// mine\n\nOPENQASM 3.1;\n{BODY}", "published", 3, "'OPENQASM 3.1'. Write"),
        (BODY, "published", 1, "no version header. Begin with 'OPENQASM 3.0;'"),
        (f"OPENQASM 99.9;\n// {VERSION}\n{BODY}", "language", 1, "'OPENQASM 99.9', which is not"),
        (f"OPENQASM 2.0;\n{BODY}", "language", 1, "OpenQASM 2 .*'OPENQASM 2.0'.*from_qasm_str"),
        ("OPENQASM 2.0;\nqreg q[2];", "published", 1, "OpenQASM 2 .*'OPENQASM 2.0'.*from_qasm_str"),
        (
            'include "qelib1.inc";\nqreg q[2];',
            "published",
            1,
            "OpenQASM 2, .*from_qasm_str",
        ),
        ("qreg q[2];\nU(0,0,0) q[0];", "published", 1, "OpenQASM 2, .*from_qasm_str"),
    ],
)
def test_faults_name_the_version_and_what_to_write(
    text: str, rule: str, line: int, words: str
) -> None:
    with pytest.raises(CircuitError, match=words) as caught:
        parse(text, header=rule)
    assert (caught.value.line, caught.value.column) == (line, 1)


@pytest.mark.parametrize(
    "text",
    [
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\n'
        "cu1(0.3) q[0],q[1];\nrzz(0.2) q[0],q[1];\nmeasure q -> c;\n",
        'include "qelib1.inc";\nqreg a[2];\nu2(0.1,0.2) a[1];\ncx a[0],a[1];\n',
    ],
)
def test_the_conversion_that_is_named_works(text: str) -> None:
    assert not parses_by_language(text)
    assert parses(qiskit.qasm3.dumps(qiskit.QuantumCircuit.from_qasm_str(text)))


def test_old_registers_in_openqasm_3_are_openqasm_3() -> None:
    text = 'include "stdgates.inc";\nqreg q[2];\nh q[0];'
    assert parses_by_language(text)
    with pytest.raises(CircuitError, match="no version header"):
        parse(text)


def test_a_byte_order_mark_is_of_the_file() -> None:
    text = f"\ufeffOPENQASM 3.0;\n{BODY}"
    assert not importer_accepts(text)
    assert (parses(text), parses_by_language(text)) == (False, True)
    assert parse(text, header="language").n_qubits == 2
    with pytest.raises(CircuitError, match="byte order mark"):
        parse(text)
    twice = f"\ufeff{text}"
    assert not parses_by_language(twice)


@pytest.mark.parametrize(
    "unit", ["/*", "/**/", "// \n", "OPENQASM ", "3", "qreg ", "include ", " "]
)
@pytest.mark.parametrize("head", ["", "OPENQASM 3.", "OPENQASM ", "/* x"])
def test_reading_takes_linear_time(unit: str, head: str) -> None:
    text = head + unit * (1_000_000 // len(unit))
    started = time.process_time()
    read_header(text)
    assert time.process_time() - started < 2

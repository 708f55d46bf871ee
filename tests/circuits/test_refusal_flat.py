"""Refusals without the importer are the importer's: verdict, message, place and hint."""

from __future__ import annotations

import itertools
import time

import pytest

from fuzz_refusals import HEAD, difference, programs, refused_at_once
from quasar.circuits import qasm
from quasar.circuits.circuit import GATES
from quasar.core.errors import CircuitError
from support.cases import cases

BODY = "qubit[3] q;\nbit[2] c;\nqubit a;\n"
REFUSED = {
    "index": "h q[0];\ncx q[0], q[3];",
    "index of a bit": "c[2] = measure q[0];",
    "index in the other measurement": "measure q[7] -> c[9];",
    "index in a barrier": "barrier a, q[0], q[99];",
    "index with a comment inside": "h q /* the fourth */ [ 3 ] ;",
    "index on several lines": "h q\n[\n3];",
    "register": "h r;",
    "register with an index": "cx q[0], r[0];",
    "register in a measurement": "c[0] = measure qq[0];",
    "register of bits": "d = measure q;",
    "register in capitals": "h Q[0];",
    "register whose name stands later on its line": "h b; " + " " * 40 + "barrier b; " * 9,
    "gate": "cnot q[0], q[1];",
    "gate in capitals": "CNOT q[0], q[1];",
    "gate with angles": "rzz(0.5, pi/2) q[0], q[1];",
    "too few angles": "rx q[0];",
    "too many angles": "rx(0.1, 0.2) q[0];",
    "angles of none": "h(0.1) q[0];",
    "a decimal comma": "rx(0,5) q[0];",
    "too few qubits": "cx q[0];",
    "too many qubits": "h q[0], q[1];",
    "one register for two": "cx q;",
    "a qubit twice": "cx q[1], q[1];",
    "a qubit and its register": "cx q[1], q;",
    "registers of unlike size": "qubit[2] r; cx q, r;",
    "a semicolon": "h q[0]\nh q[1];",
    "a semicolon of a declaration": "qubit[2] r\nh r;",
    "a semicolon of a measurement": "c[0] = measure q[0] // the first\nc[1] = measure q[1];",
    "a semicolon, and an index before it": "h q[9];\nh q[0] h q[1];",
    "the last semicolon": "h q[0];\nh q[1]\n\n",
    "an end in an operand": "h q[0];\ncx q[0], q[",
    "an end in an angle": "rx(0.",
    "an end in a measurement": "c[0] = measure",
    "carriage returns": "h q[0];\r\nx q[4];\r\n",
    "after a definition": "gate g(t) u { rx(t) u; } /* ; */ g(0.5) q[5];",
    "of a definition's qubits": "gate g u, v { cx u, v; } g q[0];",
    "of a definition's angles": "gate g(t) u { rx(t) u; } g q[0];",
}
LEFT_TO_THE_IMPORTER = {
    "a bit as a qubit": "h c[0];",
    "an index of a single qubit": "h a[0];",
    "a comment that is never closed": "h q[7]; /* and",
    "a fault inside a definition": "gate g u { oops u; } h q[9];",
    "another fault before it": "qubit[3] q; h q[9];",
    "other statements after it": "h q[9]; if (c == 1) { x q[0]; }",
    "no importer's fault": "c[0] = measure q[0]; h q[0];",
    "strange letters": "h q[9]; é q[0];",
    "a negative index": "h q[-4];",
    "no division": "rx(pi/0, 1) q[0];",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_as_by_the_importer(body: str) -> None:
    assert difference(HEAD + BODY + body) == ""


@pytest.mark.parametrize("body", LEFT_TO_THE_IMPORTER.values(), ids=LEFT_TO_THE_IMPORTER)
def test_in_doubt_nothing_is_said(body: str) -> None:
    assert refused_at_once(HEAD + BODY + body) is None


def test_any_number_of_angles_and_qubits_of_any_gate() -> None:
    texts = []
    for name, n_angles, n_qubits in itertools.product(GATES, range(6), (1, 2, 3)):
        angles = f"({', '.join(['0.1'] * n_angles)})" if n_angles else ""
        places = ", ".join(f"q[{i}]" for i in range(n_qubits))
        if (n_angles, n_qubits) != GATES[name]:
            texts.append(f"{HEAD}{BODY}{name}{angles} {places};")
    assert {difference(text) for text in texts[:: 600 // cases(600)]} == {""}


def test_changed_programs() -> None:
    found = [difference(text) for text in programs(cases(400), seed=3)]
    assert {unlike for unlike in found if unlike is not None} == {""}
    assert found.count("") > len(found) // 5


def test_the_importer_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qasm, "import_reference", lambda _: pytest.fail("it was asked"))
    text = HEAD + BODY + "h q[3];"
    for header in ("published", "language"):
        with pytest.raises(CircuitError, match="is out of range") as refused:
            qasm.parse(text, header=header)
        assert (refused.value.line, refused.value.column) == (6, 3)
    assert not qasm.parses(text)
    assert not qasm.parses_by_language(text)


@pytest.mark.parametrize(
    "body",
    [
        "rx(0." + "1" * 200_000 + " " * 200_000 + "x) q[0];",
        "rx(" + "0.5, " * 100_000 + ") q[0];",
        "cx q[0]" + ", q[0]" * 100_000 + " q;",
        "cx q[0], q[1" + " " * 400_000,
        "h q[0] " * 60_000,
        "c[0] = " * 60_000,
        "h q[1]" + ";" * 400_000,
        "// /* x\n" * 60_000 + "h q[9]",
    ],
    ids=lambda body: body[:12],
)
def test_time_is_linear_in_the_text(body: str) -> None:
    begun = time.process_time()
    refused_at_once(HEAD + BODY + body)
    assert time.process_time() - begun < 2.0


def test_limits_and_the_header_come_first() -> None:
    many = "".join(f"qubit[99999] r{i};" for i in range(11))
    for body in (many + "h q[3];", many + "h q[3];" + " " * 20_000):
        with pytest.raises(CircuitError) as refused:
            qasm.parse(HEAD + BODY + body)
        assert refused.value.limit == "qubits"
    with pytest.raises(CircuitError, match="does not contain"):
        qasm.parse((HEAD + BODY + "h q[3];").replace("3.0", "3.1"))

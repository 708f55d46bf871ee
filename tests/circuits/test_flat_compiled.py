"""The compiled reader reads what Python reads, and stops where Python stops."""

from __future__ import annotations

import dataclasses

import pytest

from fuzz_compiled import difference, mixed
from fuzz_refusals import HEAD
from quasar.circuits import flat_compiled
from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.flat_compiled import FlatCircuit, read_compiled, reader
from quasar.circuits.qasm import parse
from quasar.circuits.qasm_flat import read_flat
from quasar.core.errors import CircuitError
from support.cases import cases

pytestmark = pytest.mark.skipif(reader() is None, reason="the reader in C was not built here")

LEFT = {
    "a gate definition": "qubit q; gate mine a { h a; } mine q;",
    "more qubits": "qubit[65] q; h q[64];",
    "more bits": "qubit[2] q; bit[257] c; c[256] = measure q[0];",
    "more registers": "".join(f"qubit r{i};" for i in range(33)),
    "a long number": f"qubit q; rx(0.{'3' * 600}) q;",
    "a long name": f"qubit {'q' * 70}; h {'q' * 70};",
    "no last semicolon": "qubit q; h q",
    "a comment that is never closed": "qubit q; h q; /* and",
}
STOPPED = ("h q[3];", "h r;", "cnot q[0], q[1];", "h q[0];;", "rx(1,2) q[0];", "bit h;", "qubit q;")


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_what_it_is_not_made_for_is_left_to_python(body: str) -> None:
    assert read_compiled(HEAD + body) is None
    assert difference(HEAD + body)[1] == ""


@pytest.mark.parametrize("body", STOPPED)
def test_it_stops_where_python_stops(body: str) -> None:
    assert difference(f"{HEAD}qubit[3] q; x q; {body} h q[0];") == ("refused", "")


def test_both_ways_agree() -> None:
    found = [difference(text) for text in mixed(cases(1500), seed=5)]
    assert {unlike for _, unlike in found} == {""}
    ends = [how for how, _ in found]
    assert min(ends.count("circuit"), ends.count("refused")) > len(found) // 4


def test_every_gate_on_bits_and_registers() -> None:
    for name, spec in GATES.items():
        angles = f"({', '.join(['-pi/3', '0.25', '1e-3', '2*pi'][: spec.n_params])})"
        places = ", ".join(["q", "r", "q[0]"][: spec.n_qubits])
        if spec.n_qubits == 3:
            places = "r, q, w"
        call = f"{name}{angles if spec.n_params else ''} {places};"
        assert difference(f"{HEAD}qubit[3] q; qubit[3] r; qubit[3] w; {call}") == ("circuit", "")


def test_long_programs_find_room() -> None:
    text = HEAD + "qubit[4] q;" + "h q; rx(0.5) q[1];" * 5_000
    found = read_compiled(text)
    assert isinstance(found, FlatCircuit)
    assert found.n_gates == 25_000
    with pytest.raises(CircuitError, match="more than 20,000 gates"):
        parse(text, max_gates=20_000)
    longer = read_flat(HEAD + "qubit[40] q;" + "h q;" * 2_501)
    assert isinstance(longer, Circuit)
    assert longer.n_gates > 100_000


def test_a_circuit_is_what_its_gates_say() -> None:
    found = read_flat(HEAD + "qubit[2] q; bit[2] c; cp(0.5) q[1], q[0]; c = measure q;")
    assert isinstance(found, FlatCircuit)
    changed = dataclasses.replace(found, gates=(*found.gates, *found.gates))
    assert changed.code is None  # type: ignore[attr-defined]
    assert (changed.n_gates, changed.gates[:1]) == (2, found.gates)
    assert changed.measurements == found.measurements


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_compiled, "reader", lambda: None)
    assert read_compiled(HEAD + "qubit q;") is None
    assert isinstance(read_flat(HEAD + "qubit q; h q;"), Circuit)

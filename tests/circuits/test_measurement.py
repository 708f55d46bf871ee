"""Which bits of a program are its answer: the rules, and the fast path against the importer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.circuits.measurement import Answer, measured_by
from quasar.circuits.qasm import import_reference, parse
from quasar.circuits.to_qiskit import from_qiskit

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def answer(body: str, n: int | None) -> Answer:
    return parse(HEAD + body).answer(n)


@pytest.mark.parametrize(
    ("body", "bits"),
    [
        ("qubit[3] q; bit[3] c; c = measure q[{0, 2, 1}];", (0, 1, 2)),
        (
            "qubit[3] q; bit[3] c; c[2] = measure q[0]; c[0] = measure q[1]; c[1] = measure q[2];",
            (0, 1, 2),
        ),
        # More bits than variables are declared, and no more than those are written.
        (
            "bit[5] c; qubit[3] q; c[4] = measure q[0]; c[1] = measure q[1]; c[3] = measure q[2];",
            (1, 3, 4),
        ),
        ("bit a; bit[2] b; qubit[3] q; b = measure q[0:1]; a = measure q[2];", (0, 1, 2)),
        # A bit that conditions read is a working bit.
        (
            "bit m; bit[3] c; qubit[3] q; m = measure q[0]; if (m) { x q[1]; } c = measure q;",
            (1, 2, 3),
        ),
        # The register of the right size, although another is written too.
        (
            "bit[2] spare; bit[3] c; qubit[5] q; c = measure q[0:2]; spare = measure q[3:4];",
            (2, 3, 4),
        ),
        (
            "bit[3] w; bit a; bit[2] b; qubit[3] q; w = measure q; if (w == 5) { x q[0]; }"
            "b = measure q[0:1]; a = measure q[2];",
            (3, 4, 5),
        ),
        (
            "bit[3] c; bit[2] w; bit m; qubit[5] q; m = measure q[4]; if (m) { x q[0]; }"
            "w = measure q[3:4]; c = measure q[0:2];",
            (0, 1, 2),
        ),
        # A register whose bits are read, where nothing else can be meant.
        (
            "bit[3] c; bit[2] w; qubit[3] q; c = measure q; if (c[0]) { x q[1]; }"
            "w = measure q[0:1];",
            (0, 1, 2),
        ),
        # Two registers that hold the same.
        ("bit[3] c; bit[3] d; qubit[3] q; c = measure q; d = measure q;", (0, 1, 2)),
        # Measured in the middle: the bit keeps it.
        (
            "bit[3] c; qubit[2] q; c[0] = measure q[0]; reset q[0]; h q[0]; c[1] = measure q[0];"
            "c[2] = measure q[1];",
            (0, 1, 2),
        ),
        (
            "bit[3] c; qubit[3] q; box { c[1] = measure q[0]; } c[0] = measure q[1];"
            "c[2] = measure q[2];",
            (0, 1, 2),
        ),
        ("bit[3] c; qubit[3] q; let r = c[{2, 1, 0}]; r = measure q;", (0, 1, 2)),
    ],
)
def test_bits_of_the_answer_to_three_variables(body: str, bits: tuple[int, ...]) -> None:
    found = answer(body, 3)
    assert (found.bits, found.width) == (bits, 3)


@pytest.mark.parametrize(
    ("body", "width", "said"),
    [
        ("qubit[3] q; h q;", 3, None),
        ("qubit[3] q; h q[0]; barrier q;", 3, None),
        ("qubit[5] q; h q[0]; barrier q;", 3, "idle"),
        ("qubit[5] q; reset q[0]; h q[0]; reset q[0];", 3, "idle"),
        ("qubit[5] q; h q[3];", 5, None),
        ("qubit[2] q; h q;", 2, None),
        ("qubit[3] q; bit[3] c; c = measure q;", 3, None),
        # Only some are measured, each into the bit of its own number.
        ("bit[3] c; qubit[3] q; c[0] = measure q[0]; c[1] = measure q[1];", 3, "2 of 3"),
        ("bit m; bit[3] c; qubit[3] q; c[1] = measure q[1];", 3, "1 of 3"),
        ("bit c; qubit[3] q; c = measure q[0];", 3, "1 of 3"),
        # Measured only to decide.
        ("bit m; qubit[3] q; h q[0]; m = measure q[0]; if (m) { x q[1]; }", 3, "conditions"),
        ("bit[4] c; qubit[4] q; c = measure q;", 4, None),
    ],
)
def test_all_qubits_are_the_answer(body: str, width: int, said: str | None) -> None:
    found = answer(body, 3)
    assert (found.bits, found.width) == (None, width)
    assert (found.remark is None) == (said is None)
    assert said is None or said in found.remark


@pytest.mark.parametrize(
    ("body", "bits"),
    [
        ("bit[3] c; qubit[3] q; c[0] = measure q[1];", (0,)),
        ("bit[2] c; qubit[3] q; c = measure q[1:2];", (0, 1)),
        ("bit[2] c; qubit[4] q; c = measure q[0:1];", (0, 1)),
        ("bit[3] c; bit[3] d; qubit[6] q; c = measure q[0:2]; d = measure q[3:5];", None),
        (
            "bit[3] c; bit[3] d; qubit[3] q; c = measure q; d[0:1] = measure q[1:2];"
            "d[2] = measure q[0];",
            (0, 1, 2, 3, 4, 5),
        ),
        # The bit holds what the qubit was, not what it is.
        ("bit[3] c; qubit[3] q; h q[0]; c[0] = measure q[0]; h q[0]; c[1] = measure q[1];", (0, 1)),
    ],
)
def test_no_answer_to_three_variables(body: str, bits: tuple[int, ...] | None) -> None:
    found = answer(body, 3)
    assert found.width != 3
    assert found.bits == bits


def test_without_a_number_of_variables_all_written_bits_are_the_answer() -> None:
    body = "bit[4] c; qubit[3] q; c[3] = measure q[0]; c[1] = measure q[0];"
    assert answer(body, None).bits == (1, 3)
    assert answer("qubit[3] q;", None) == Answer(None, 3)


def test_a_bit_written_in_a_branch_counts() -> None:
    body = (
        "bit[3] c; qubit[3] q; h q[0]; c[0] = measure q[0];"
        "if (c[0]) { while (c[1]) { for int i in [0:1] { c[2] = measure q[2]; } } }"
        "c[1] = measure q[1];"
    )
    found = measured_by(import_reference(HEAD + body))
    assert found.final == {1: 1}
    assert found.midway == {0, 2}
    assert found.read == {0, 1}
    assert found.written == (0, 1, 2)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Registers of both kinds in any order, and measurements of all forms."""
    bits = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    qubits = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    declared = [("bit", f"b{i}", size) for i, size in enumerate(bits)]
    declared += [("qubit", f"q{i}", size) for i, size in enumerate(qubits)]
    declared = draw(st.permutations(declared))
    lines = [f"{k}[{size}] {name};" if size else f"{k} {name};" for k, name, size in declared]
    places = {
        kind: [
            (f"{name}[{i}]" if size else name)
            for k, name, size in declared
            if k == kind
            for i in range(size or 1)
        ]
        for kind in ("bit", "qubit")
    }
    whole = {
        kind: {name: size for k, name, size in declared if k == kind and size}
        for kind in ("bit", "qubit")
    }
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            pairs = [
                (b, q) for b, m in whole["bit"].items() for q, n in whole["qubit"].items() if m == n
            ]
            if pairs:
                bit, qubit = draw(st.sampled_from(pairs))
                arrow = draw(st.booleans())
                lines.append(f"measure {qubit} -> {bit};" if arrow else f"{bit} = measure {qubit};")
                continue
        bit = draw(st.sampled_from(places["bit"]))
        qubit = draw(st.sampled_from(places["qubit"]))
        lines.append(f"{bit} = measure {qubit};")
    return "\n".join(lines)


@given(programs())
def test_the_fast_path_follows_measurements_as_the_importer_does(body: str) -> None:
    fast = parse(HEAD + body).circuit
    slow = from_qiskit(import_reference(HEAD + body))
    assert fast is not None
    assert dict(fast.measurements.final) == dict(slow.measurements.final)
    assert [tuple(r) for r in fast.measurements.registers] == list(slow.measurements.registers)

"""Values of input parameters: how they are read, matched and bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.parameters import read_assignments, read_values
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError, InputError
from quasar.simulate.engine import get_engine
from support.cases import cases

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
finite = st.floats(-100, 100, allow_nan=False)


def distribution(body: str, **values: float | str) -> np.ndarray:
    return get_engine().run(parse(HEAD + body, parameters=values)).probabilities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.4", 0.4),
        ("-1e-3", -1e-3),
        ("pi/3", math.pi / 3),
        (" -2*pi / 4 ", -math.pi / 2),
        ("π", math.pi),
        ("(1 + 2) * tau - euler", 3 * math.tau - math.e),
        ("+3", 3.0),
        (7, 7.0),
        (np.float64(0.5), 0.5),
    ],
)
def test_values(text: float | str, value: float) -> None:
    assert read_values({"a": text}) == {"a": pytest.approx(value)}


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "nan", "inf", "1/0", "1e999", "2**3", "__import__('os')", "pi pi", "True", "1j"),
        *("[1]", "(" * 90 + "1" + ")" * 90 + "(", "9" * 500, "1\x002"),
        *(float("nan"), float("inf"), True, None, [1], 10**400),
    ],
)
def test_values_that_are_no_finite_numbers(text: object) -> None:
    with pytest.raises(InputError, match="not a finite number"):
        read_values({"a": text})  # type: ignore[dict-item]


@given(finite)
def test_numbers_as_python_writes_them(value: float) -> None:
    assert read_assignments([f"a = {value!r}"]) == {"a": value}


@pytest.mark.parametrize("texts", [["a"], ["=3"], ["a=1", "a=2"], ["a="]])
def test_assignments_that_are_none(texts: list[str]) -> None:
    with pytest.raises(InputError):
        read_assignments(texts)


@pytest.mark.parametrize("kind", ["float", "float[32]", "float[64]", "angle", "angle[16]"])
def test_kinds_of_inputs(kind: str) -> None:
    p = distribution(f"input {kind} theta; qubit[1] q; rx(theta) q[0];", theta="pi/3")
    assert p == pytest.approx([0.75, 0.25])


EXPRESSIONS = ["{a}", "2*{a}", "-{b}/2", "{a} + {b}", "({a} - 0.5) * pi", "{a} * {b} / 3"]


@settings(max_examples=cases(40), deadline=None)
@given(finite, finite, st.sampled_from(EXPRESSIONS), st.sampled_from(EXPRESSIONS))
def test_bound_programs_are_those_with_the_numbers_written(
    a: float, b: float, first: str, second: str
) -> None:
    body = f"""
        gate turn(first, second) r {{ rx(first) r; ry(2*second) r; }}
        qubit[3] q; bit[3] c;
        h q; turn({first}, {second}) q[0]; ctrl @ turn({second}, 0.3) q[0], q[1];
        inv @ rx({first}) q[2]; negctrl @ ry({second}) q[1], q[2]; u3({first}, 0.1, {second}) q[0];
        for int i in [0:2] {{ rx(i * ({first})) q[1]; }}
    """
    after = f"""
        h q; c[0] = measure q[0];
        if (c[0]) {{ rx({second}) q[1]; turn({first}, 1.0) q[2]; }} else {{ ry({first}) q[0]; }}
        for int i in [1:2] {{ crx(i * {first}) q[1], q[2]; reset q[0]; }}
        c = measure q;
    """
    inputs = "input float[64] alpha; input angle[32] beta;"
    for text in (body, body + after):
        named = text.replace("{a}", "alpha").replace("{b}", "beta")
        written = text.replace("{a}", f"({a!r})").replace("{b}", f"({b!r})")
        found = distribution(inputs + named, alpha=a, beta=b)
        assert np.allclose(found, distribution(written), atol=1e-9)


@pytest.mark.parametrize(
    "body",
    [
        "rx(gamma + delta) q[0];",
        "h q[0]; reset q[0]; bit c; c = measure q[0];"
        "if (c) { rx(gamma) q[0]; for int i in [0:1] { rz(delta) q[0]; } }",
    ],
)
def test_inputs_without_a_value_are_a_verdict_that_names_them(body: str) -> None:
    body = f"input float gamma; input float beta; input float delta; qubit[1] q; {body}"
    with pytest.raises(CircuitError) as caught:
        parse(HEAD + body)
    assert caught.value.kind == "parameter"
    assert "delta, gamma" in caught.value.message
    assert "beta" not in caught.value.message  # nothing depends on it
    assert "--set gamma=" in str(caught.value.hint)
    with pytest.raises(CircuitError, match=r"value: gamma\.") as caught:
        parse(HEAD + body, parameters={"delta": 1})
    assert parse(HEAD + body, parameters={"delta": 1, "gamma": 2}).n_qubits == 1


def test_unused_inputs_need_no_value_and_may_have_one() -> None:
    body = "input float theta; qubit[1] q; h q[0];"
    assert distribution(body) == pytest.approx([0.5, 0.5])
    assert distribution(body, theta=3) == pytest.approx([0.5, 0.5])


def test_a_name_that_the_program_does_not_declare() -> None:
    body = "input float gamma; input float beta; qubit[1] q; rx(gamma*beta) q[0];"
    with pytest.raises(InputError, match="Did you mean 'gamma'"):
        parse(HEAD + body, parameters={"gama": 1})
    for flat in ("qubit[1] q; h q[0];", "qubit[1] q; reset q[0]; h q[0];"):
        with pytest.raises(InputError, match="declares no inputs"):
            parse(HEAD + flat, parameters={"gamma": 1})


def test_an_angle_that_is_too_large_for_a_number() -> None:
    body = "input float a; qubit[1] q; rx(a*a*a) q[0];"
    with pytest.raises(CircuitError) as caught:
        distribution(body, a=1e200)
    assert caught.value.kind == "parameter"

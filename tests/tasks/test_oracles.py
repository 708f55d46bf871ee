"""Oracles: calls are counted, shortcuts are found, functions are what they say."""

from __future__ import annotations

import pytest

from quasar.core.errors import CircuitError, InputError
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.registry import read_task
from support.task_circuits import graded

BV = read_task("bernstein_vazirani", secret="101")
GROVER = read_task("grover", marked=["110"])


def refused(task: object, text: str) -> CircuitError:
    with pytest.raises(CircuitError) as caught:
        graded(task, text)  # type: ignore[arg-type]
    return caught.value


def test_references_call_as_often_as_they_should() -> None:
    assert graded(BV, BV.reference()).calls == 1
    assert graded(GROVER, GROVER.reference()).calls == 2
    assert graded(GROVER, GROVER.reference()).value == pytest.approx(0.9453125)


def test_the_answer_written_as_x_gates_breaks_a_rule() -> None:
    body = BV.reference()
    start = body.index("x q[3]")
    end = body.index("c[0] = measure")
    uncalled = f"{body[:start]}x q[0];\nx q[2];\n{body[end:]}"
    assert "never calls" in refused(BV, uncalled).message
    idle = uncalled.replace("x q[0];", "oracle q[0], q[1], q[2], q[3];\nx q[0];")
    fault = refused(BV, idle)
    assert (fault.kind, "does not come from the oracle" in fault.message) == ("rule", True)


def test_a_changed_or_missing_definition_breaks_a_rule() -> None:
    changed = BV.reference().replace("cx a0, a3;", "cx a1, a3;")
    assert "was changed" in refused(BV, changed).message
    missing = BV.reference().replace("gate oracle", "gate another").replace("oracle q", "another q")
    assert "does not define" in refused(BV, missing).message
    both = BV.reference().replace("oracle q[0]", "inv @ oracle q[0]")
    assert "modifier" in refused(BV, both).message


def test_a_definition_may_be_written_otherwise() -> None:
    renamed = BV.reference().replace("cx a0, a3; cx a2, a3;", "/* same */ cx a2, a3;\ncx a0, a3;")
    assert graded(BV, renamed).solved


def test_calls_within_loops_and_gates_are_counted() -> None:
    inside = BV.reference().replace(
        "bit[3] c;", "gate twice a, b, c, d { oracle a, b, c, d; oracle a, b, c, d; }\nbit[3] c;"
    )
    three = inside.replace("oracle q[0]", "twice q[0], q[1], q[2], q[3];\noracle q[0]")
    assert "called 3 times; the task allows 1" in refused(BV, three).message


def test_modifiers_do_not_hide_calls_behind_other_gates() -> None:
    wrapped = "gate w a, b, c, d { oracle a, b, c, d; }\ngate v a, b, c, d { w a, b, c, d; }\n"
    inside = BV.reference().replace("bit[3] c;", f"{wrapped}bit[3] c;")
    for modifier in ("inv", "pow(3)", "ctrl(0) @ pow(2)"):
        hidden = inside.replace("oracle q[0]", f"{modifier} @ v q[0]")
        assert "modifier by way of 'v'" in refused(BV, hidden).message
    assert graded(BV, inside.replace("oracle q[0]", "v q[0]")).calls == 1


def test_the_gates_of_the_definition_stay_what_they_are() -> None:
    own = "gate cx a, b { U(pi, 0, pi) a; }\ngate z a { U(0, 0, pi) a; }\n"
    definition = next(line for line in BV.reference().splitlines() if "gate oracle" in line)
    text = f"""OPENQASM 3.0;
{own}{definition}
bit[3] c;
qubit[4] q;
oracle q[0], q[1], q[2], q[3];
c[0] = measure q[0];
c[1] = measure q[1];
c[2] = measure q[2];
"""
    fault = refused(BV, text)
    assert (fault.kind, "defines 'cx' by itself" in fault.message) == ("rule", True)


def test_a_program_that_measures_midway_is_told_so() -> None:
    midway = BV.reference() + "x q[0];\nc[0] = measure q[0];\n"
    assert "midway" in refused(BV, midway).message


def test_every_function_of_deutsch_jozsa_is_computed_by_its_oracle() -> None:
    task = read_task("deutsch_jozsa", qubits=3, function="x0*x1 + x2 + 1")
    assert isinstance(task, OracleTask)
    from quasar.circuits.circuit import Circuit, Gate
    from quasar.tasks.running import run

    for x in range(8):
        flips = [Gate("x", (q,)) for q in range(3) if x >> q & 1]
        state = run(Circuit(4, (*flips, *task.oracle_gates())))
        f = (x & 1 & x >> 1) ^ (x >> 2) ^ 1
        assert abs(state[x | f << 3]) == pytest.approx(1.0)


def test_simon_wants_every_orthogonal_string() -> None:
    task = read_task("simon", secret="11")
    lazy = task.reference().replace("h q[0];\nh q[1];\noracle", "oracle").replace("h q", "id q")
    assert graded(task, lazy).score == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": "grover", "marked": []}, "no item is marked: there is nothing to find"),
        ({"task": "grover", "marked": ["01", "10"]}, "guessing finds one"),
        ({"task": "grover", "marked": ["010", "01"]}, "not a string of 3 bits"),
        ({"task": "simon", "secret": "00"}, "all zeros is none"),
        ({"task": "deutsch_jozsa", "qubits": 2, "function": "x0*x1"}, "constant or balanced"),
        ({"task": "deutsch_jozsa", "qubits": 2, "function": "x2"}, "beyond the 2 input bits"),
        ({"task": "deutsch_jozsa", "qubits": 2, "function": "sin"}, "no product of variables"),
        ({"task": "bernstein_vazirani", "secret": "2"}, "secret"),
    ],
)
def test_what_is_no_question_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_task(given)

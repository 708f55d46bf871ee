"""Measurements on request: warm starts and compiled sizes."""

from __future__ import annotations

import pytest

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.evaluation.expensive import WARM_START_STEPS, ExpensiveTask, measure, steps_to, summary
from quasar.problems.load import load_problem
from quasar.verifier.settings import DeviceSettings

PAIR = IsingHamiltonian(2, {(0, 1): 1.0, (0,): 0.1})
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'


def task(kind: str, body: str) -> ExpensiveTask:
    return ExpensiveTask(kind, 3, "d", HEAD + body, PAIR, 0)  # type: ignore[arg-type]


def test_angles_at_the_optimum_need_no_steps() -> None:
    row = measure(task("warm_start", "rx(3.141592653589793) q[0];\nry(0.0001) q[1];\n"))
    assert row["value"]["steps"] == 0
    assert row["value"]["random_steps"] > 0
    assert row["value"]["reachable_ratio"] == pytest.approx(1.0, abs=1e-6)


def test_what_has_no_free_angle_has_no_warm_start() -> None:
    assert measure(task("warm_start", "h q;\n"))["value"] is None
    dynamic = "bit c;\nh q[0];\nc = measure q[0];\nif (c) { rx(0.5) q[1]; }\n"
    assert measure(task("warm_start", dynamic))["value"] is None


def test_compiled_size_counts_native_gates() -> None:
    row = measure(task("compiled", "h q[0];\ncx q[0], q[1];\n"))
    assert row["value"]["two_qubit_gates"] == 1
    assert row["value"]["gates"] > 2
    many = "x q[0];\n" * 5001
    assert measure(task("compiled", many))["value"] is None


def test_a_circuit_is_judged_under_noise() -> None:
    problem = load_problem({"hamiltonian": PAIR.to_text()})
    device = DeviceSettings(noise="readout:0.1", mitigate="readout")
    one = task("device", "x q[0];\n")._replace(problem=problem, device=device)
    row = measure(one)
    assert row["kind"].startswith("device {")
    value = row["value"]
    assert value["ratio"] < value["ideal_ratio"] == pytest.approx(value["mitigated_ratio"])
    found = summary("device", [value, None])
    assert found["records"] == 1
    assert found["ratio"] == value["ratio"]
    assert found["two_qubit_gates"] is None


def test_steps_are_counted_from_the_start() -> None:
    assert steps_to([0.0, -1.0], 0.0) == 0
    assert steps_to([3.0, 2.0, 0.5, 1.0], 1.0) == 2
    assert steps_to([3.0, 2.0], 1.0) == WARM_START_STEPS


def test_summaries_leave_out_what_does_not_apply() -> None:
    value = {"steps": 2, "random_steps": 4.0, "reachable_ratio": 0.5}
    found = summary("warm_start", [value, None, {**value, "steps": 6}])
    assert found == {
        "records": 2,
        "steps": 4.0,
        "random_steps": 4.0,
        "faster": 0.5,
        "reachable_ratio": 0.5,
    }
    assert summary("warm_start", [None])["steps"] is None
    assert summary("compiled", [])["gates"] is None

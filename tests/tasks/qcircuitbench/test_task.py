"""Tasks of QCircuitBench: references pass, broken ones do not, and files are read with care."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quasar
from quasar.core.errors import InputError
from quasar.tasks.qcircuitbench.task import QCircuitBenchTask, tasks_of
from quasar.tasks.registry import read_task, sample_task
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.task_report import TaskReport
from quasar.verifier.task_verifier import TaskVerifier
from support.qcircuitbench import (
    BITS,
    FOURIER,
    HIDDEN,
    ORACLE,
    PHASE,
    RANDOM,
    REFUSED,
    SIMON,
    SWAP,
    TASKS,
    TRIANGLE,
    real_copy,
    small_copy,
)

ANY_HEADER = VerifierSettings(header="language")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_copy(tmp_path_factory.mktemp("set"))


def judged(copy: Path, path: str, program: str) -> TaskReport:
    return TaskVerifier(read_task(str(copy / path)), ANY_HEADER).verify(program)


def said(report: TaskReport) -> str:
    assert report.fault is not None
    return report.fault.message


@pytest.mark.parametrize("path", TASKS)
def test_the_reference_passes_and_a_broken_one_does_not(copy: Path, path: str) -> None:
    task = read_task(str(copy / path))
    verifier = TaskVerifier(task, ANY_HEADER)
    for made in task.constructions():
        report = verifier.verify(made.qasm)
        assert report.solved, (made.name, report)
    lines = TASKS[path].replace('customgates.inc"\n', 'customgates.inc";\n').splitlines()
    at = len(lines) - sum("measure" in line for line in lines)
    turned = {SWAP: "ry(0.9) q[2];", RANDOM: "h q[0];"}.get(path, "U(0.9, 0.4, 1.3) q[0];")
    broken = verifier.verify("\n".join([*lines[:at], turned, *lines[at:]]))
    assert broken.score is not None, broken
    assert broken.score < 1 - 1e-4


def test_every_task_is_listed_and_those_without_a_grader_say_why(copy: Path) -> None:
    listed = {found.path: found.refused for found in tasks_of(copy)}
    assert {path for path, reason in listed.items() if reason is None} == set(TASKS)
    assert "protocol between two people" in (listed[REFUSED[0]] or "")
    assert "open parameters" in (listed[REFUSED[1]] or "")
    assert "another base" in (listed[REFUSED[2]] or "")


def test_the_words_are_those_of_the_set_without_code(copy: Path) -> None:
    text = read_task(str(copy / SIMON)).text()
    assert text.startswith("Words of the set for $n = $2: 1. the circuit with OpenQASM 3.0.")
    assert "post-processing" not in text
    assert "gate Oracle" not in text
    assert 'include "oracle.inc"' in text


def test_a_task_is_named_by_the_files_of_its_oracle_too(copy: Path) -> None:
    by_file = read_task(str(copy / SIMON / "oracle_info.txt"))
    assert by_file.n_qubits == 2
    again = read_task(json.dumps(read_task(str(copy / SIMON)).to_json()))
    assert again == read_task(str(copy / SIMON))


def test_an_answer_that_is_written_down_breaks_a_rule(copy: Path) -> None:
    asked = f"{ORACLE}bit[2] c;\nqubit[3] q;\nOracle q[0], q[1], q[2];\n"
    end = "c[0] = measure q[0];\nc[1] = measure q[1];\n"
    known = judged(copy, HIDDEN, f"{asked}x q[1];\n{end}")
    assert "does not come from the oracle" in said(known)
    uncalled = judged(copy, HIDDEN, f"{ORACLE}bit[2] c;\nqubit[3] q;\nx q[1];\n{end}")
    assert "never calls" in said(uncalled)
    own = TASKS[HIDDEN].replace('include "oracle.inc";', "gate Oracle a, b, c { cx b, c; }")
    assert "does not include 'oracle.inc'" in said(judged(copy, HIDDEN, own))
    twice = TASKS[HIDDEN].replace('"oracle.inc";', '"oracle.inc";\ngate Oracle a, b, c { x a; }')
    assert not judged(copy, HIDDEN, twice).feasible


def test_calls_are_counted_through_powers_and_names(copy: Path) -> None:
    report = judged(copy, PHASE, TASKS[PHASE])
    assert report.stages.objective is not None
    assert report.stages.objective.calls == 3
    more = TASKS[PHASE].replace("Psi q[2];", "Psi q[2];\npow(4) @ CU_0 q[0], q[2];")
    assert "called 7 times; the task allows 3" in said(judged(copy, PHASE, more))
    hidden = TASKS[PHASE].replace("Psi q[2];", "Psi q[2];\npow(3) @ oracle q[0], q[2];")
    assert not judged(copy, PHASE, hidden).feasible


def test_inputs_of_transforms_must_be_used(copy: Path) -> None:
    known = TASKS[FOURIER].replace("Psi q[0], q[1];", "x q[1];")
    report = judged(copy, FOURIER, known)
    assert not report.solved
    overlap = f"{ORACLE}bit[1] c;\nqubit[3] q;\nry(pi/3) q[2];\nc[0] = measure q[2];\n"
    assert not judged(copy, SWAP, overlap).solved


def test_rules_of_gates_and_of_the_answers_form(copy: Path) -> None:
    other = TASKS[RANDOM].replace("h q[0];", "ry(pi/2) q[0];")
    assert "the task allows h, s, cx" in said(judged(copy, RANDOM, other))
    few = TASKS[BITS].replace("bit[2]", "bit[1]").replace("c = measure q", "c[0] = measure q[0]")
    assert "1 bits, the task 2" in said(judged(copy, BITS, few))


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (f"{HIDDEN}/oracle_info.txt", "Secret: 10", "does not state 'secret string'"),
        (f"{HIDDEN}/oracle_info.txt", "Secret string: 1a", "secret"),
        (f"{HIDDEN}/oracle.inc", "gate Other a { x a; }", "does not define the gate 'Oracle'"),
        (f"{SWAP}/oracle.inc", "gate Psi a { x a; }", "does not define the gate 'Phi'"),
        (
            TRIANGLE.replace("trial0.qasm", "info_trial0.txt"),
            "Edge list: __import__('os')",
            "does not state a list of edges",
        ),
        (
            TRIANGLE.replace("trial0.qasm", "info_trial0.txt"),
            "Edge list: [[0, 9]]",
            "beyond 2",
        ),
        (RANDOM, "OPENQASM 3.0;\nqubit[2] q;\nbogus q;\n", "the reference is not valid"),
    ],
)
def test_bad_files_are_said_in_one_sentence(
    tmp_path: Path, path: str, text: str, message: str
) -> None:
    copy = small_copy(tmp_path)
    (copy / path).write_text(text, encoding="utf-8")
    task = path.rpartition("/")[0] if "test_oracle" in path else path
    with pytest.raises(InputError) as caught:
        read_task(str(copy / task.replace("info_trial0.txt", "trial0.qasm")))
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_gates_that_the_copy_lacks_are_said(tmp_path: Path) -> None:
    copy = small_copy(tmp_path)
    (gates,) = copy.glob("Oracle_Construction/*/grover/*/customgates.inc")
    gates.unlink()
    with pytest.raises(InputError, match=r"customgates\.inc, which the copy does not have"):
        read_task(str(gates.parent / "grover_n2_m01.qasm"))


def test_files_that_are_missing_or_elsewhere(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file or folder"):
        QCircuitBenchTask(file=str(copy / "nowhere"))
    (tmp_path / "a.qasm").write_text(ORACLE, encoding="utf-8")
    with pytest.raises(InputError, match="is not in a copy of QCircuitBench"):
        read_task(str(tmp_path / "a.qasm"))
    with pytest.raises(InputError, match="is not a task of QCircuitBench"):
        read_task(str(copy / "Algorithm_Design"))
    with pytest.raises(InputError, match="it has no Algorithm_Design"):
        list(tasks_of(tmp_path))
    with pytest.raises(InputError, match="not drawn"):
        sample_task("qcircuitbench", 0)


def test_the_verify_function_takes_a_path(copy: Path) -> None:
    report = quasar.verify(TASKS[SIMON], task=str(copy / SIMON))
    assert report.solved
    assert report.family == "public"
    assert report.to_qiskit().num_qubits == 4  # type: ignore[attr-defined]


@pytest.mark.slow
def test_references_of_the_real_set_pass() -> None:
    real, seen = real_copy(), 0
    for found in tasks_of(real):
        size = [
            int(part[1:])
            for part in found.path.split("/")
            if part[:1] == "n" and part[1:].isdigit()
        ]
        if found.refused is not None or size != [3]:
            continue
        task = read_task(str(real / found.path))
        report = TaskVerifier(task).verify(next(task.constructions()).qasm)
        assert report.solved, (found.path, report)
        seen += 1
    assert seen > 10

"""The four stages for target tasks, and `quasar.verify` with a task."""

from __future__ import annotations

import pytest

import quasar
from quasar.core.errors import InputError
from quasar.tasks.registry import read_task
from quasar.verifier.task_report import TaskReport
from support.command import quasar as command

GHZ = read_task("ghz", qubits=3)


def test_a_reference_has_all_four_stages() -> None:
    report = quasar.verify(GHZ.reference(), task=GHZ)
    assert (report.feasible, report.solved, report.score) == (True, True, pytest.approx(1.0))
    assert report.stages.behaviour is not None
    assert report.stages.behaviour.score == pytest.approx(1.0)
    assert report.stages.utility is not None
    assert report.stages.utility.own.cx_cost == 2
    assert report.reward == pytest.approx(1.0)
    again = TaskReport.model_validate_json(report.model_dump_json())
    assert again.model_dump() == report.model_dump()


def test_a_longer_way_is_solved_and_pays_less() -> None:
    idle = "cx q[0], q[1];\ncx q[0], q[1];\nc[0] = measure q[0];"
    longer = GHZ.reference().replace("c[0] = measure q[0];", idle)
    report = quasar.verify(longer, task={"task": "ghz", "qubits": 3})
    assert report.solved
    assert report.stages.utility is not None
    assert report.stages.utility.score < 1
    assert 0.9 < report.reward < 1


def test_faults_are_verdicts() -> None:
    report = quasar.verify("OPENQASM 3.0;\nqubit[3] q;\nq;", task=GHZ)
    assert (report.feasible, report.reward) == (False, -1.0)
    small = quasar.verify("OPENQASM 3.0;\nqubit[2] q;", task=GHZ)
    assert small.fault is not None
    assert (small.fault.kind, small.reward) == ("qubits", -0.5)
    assert "not usable" in str(small)


def test_loops_are_read_within_limits() -> None:
    looped = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nh q[0];\n'
        "for uint i in [0:1] { cx q[i], q[i + 1]; }\n"
    )
    report = quasar.verify(looped, task=GHZ)
    assert report.fault is not None or report.solved
    endless = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit c;\nwhile (!c) { h q[0]; }'
    assert not quasar.verify(endless, task=GHZ).feasible


def test_what_is_of_problems_is_refused() -> None:
    with pytest.raises(InputError, match="noise has no meaning"):
        quasar.verify(GHZ.reference(), task=GHZ, noise="depolarizing:0.01")  # type: ignore[call-overload]
    with pytest.raises(InputError, match="a problem, or task"):
        quasar.verify(GHZ.reference())  # type: ignore[call-overload]


def test_reports_are_shown_and_saved(tmp_path) -> None:  # type: ignore[no-untyped-def]
    report = quasar.verify(GHZ.reference(), task=GHZ)
    assert "solved" in str(report)
    assert repr(report) == "<TaskReport ghz: solved, fidelity 1.0000>"
    assert "<table" in report._repr_html_()
    assert report.plot() is not None
    assert report.to_qiskit().num_qubits == 3
    files = report.save(tmp_path / "out")
    assert files == ["circuit.qasm", "manifest.json", "report.json", "task.json"]


def test_commands_list_show_and_judge(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert "GHZ state" in command("tasks").out
    assert '{"task": "ghz", "qubits": 5}' in command("tasks", "ghz", "--qubits", "5").out
    file = tmp_path / "ghz.qasm"
    file.write_text(command("tasks", "ghz", "--qubits", "3", "--reference").out)
    done = command("verify", file, "--task", "ghz", "--qubits", "3")
    assert (done.code, "verdict    solved" in done.out) == (0, True)
    assert command("verify", file, "--task", "ghz", "--qubits", "4").code == 3
    idle = command("verify", file, "--task", "ghz", "--qubits", "3", "--noise", "readout:0.1")
    assert (idle.code, "--noise has no meaning for --task" in idle.err) == (2, True)
    assert "--qubits is of --task" in command("verify", file, "--qubits", "3").err

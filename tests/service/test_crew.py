"""Time, memory, lost workers, the queue: what a request can do to the crew, and what it cannot."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import FOREVER
from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.problems.load import load_problem
from quasar.service import models
from quasar.service.crew import Crew, _Hand
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.protocol import Order
from quasar.service.settings import ServiceSettings
from quasar.verifier.api import verify
from quasar.verifier.sandbox import SandboxLimits

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PROBLEM = models.EXAMPLE_PROBLEM
GOOD = models.EXAMPLE_QASM
LONG = {"hamiltonian": " + ".join(f"1.0 * (Z({i}) @ Z({i + 1}))" for i in range(15))}


def body(qasm: str | bytes = GOOD, problem: Any = PROBLEM, **more: Any) -> dict[str, Any]:
    request = models.VerifyRequest(problem=problem, **models.program(qasm), **more)
    return request.model_dump(mode="json")


def report(crew: Crew, *args: Any, **more: Any) -> dict[str, Any]:
    return json.loads(crew.submit("verify", body(*args, **more)).result(timeout=60))


def without_times(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "cost_s"}


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("qubit[1] q; bit c; while (c == false) { h q[0]; }", {"steps", "time"}),
        (FOREVER.removeprefix(HEAD), {"time"}),
        ("qubit[24] q; h q; reset q;", {"memory", "time"}),
        ("qubit[2000] q; h q;", {"qubits"}),
        ("bit[2000000000] c; qubit[1] q;", {"memory", "time"}),
        ("qubit[1] q; rx(" + "(" * 5000 + "1" + ")" * 5000 + ") q[0];", {"nesting"}),
        ("// " + "x" * 2_000_000, {"characters"}),
    ],
    ids=["loop", "doubling", "state", "qubits", "bits", "nesting", "length"],
)
def test_a_circuit_over_a_limit_gets_its_verdict_and_the_next_is_served(
    crew: Crew, text: str, limits: set[str]
) -> None:
    started = time.monotonic()
    told = report(crew, HEAD + text)
    assert time.monotonic() - started < 20
    assert told["fault"]["kind"] == "limit"
    assert told["fault"]["limit"] in limits
    assert told["reward"]["value"] == -1.0
    assert report(crew)["feasible"]


def test_what_parsed_before_the_limit_is_said_to_parse(crew: Crew) -> None:
    problem = {"hamiltonian": "1.0 * (Z(0) @ Z(19))"}
    told = report(
        crew, HEAD + "qubit[20] q; h q;" + "cx q[0], q[1]; ry(0.1) q[5];" * 20_000, problem
    )
    assert (told["parses"], told["n_qubits"], told["fault"]["limit"]) == (True, 20, "time")


@pytest.mark.parametrize("text", [b"\xff\xfe", HEAD.encode() + b"h \xe2\x28 q;", "h \ud800q;"])
def test_text_that_is_none_gets_a_verdict(crew: Crew, text: str | bytes) -> None:
    assert report(crew, text)["fault"]["kind"] == "syntax"


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.text(max_size=60).map(lambda t: HEAD + t), st.binary(max_size=60)))
def test_any_text_gets_the_verdict_of_the_verifier(crew: Crew, text: str | bytes) -> None:
    direct = verify(text, PROBLEM)
    assert without_times(report(crew, text)) == without_times(direct.model_dump(mode="json"))


@pytest.mark.parametrize("depth", [20, 40, 44, 48, 60])
def test_nested_blocks_get_the_verdict_of_the_importer_called_directly(
    crew: Crew, depth: int
) -> None:
    text = HEAD + "qubit[3] q; bit c; " + "if (c == true) { " * depth + "h q[0]; " + "}" * depth
    told = report(crew, text)
    assert told["parses"] == verify(text, PROBLEM).parses


def test_the_report_is_the_librarys(crew: Crew) -> None:
    direct = verify(GOOD, PROBLEM, GOOD).model_dump(mode="json")
    for _ in range(2):  # the second from the worker's memory
        assert without_times(report(crew, reference=GOOD)) == without_times(direct)


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ({"problem_type": "no"}, "unknown problem type"),
        ({"hamiltonian": "1.0 * Z(9999)"}, "10000 qubits"),
        ({"hamiltonian": "1e308 * Z(0) + 1e308 * Z(1)"}, "not finite"),
        ({"hamiltonian": "1.0 * X(0)"}, "X"),
        ({"problem_type": "maxcut", "graph": {"nodes": [{"id": "\ud800"}, {"id": 1}]}}, "Unicode"),
        ({"problem_type": "maxcut", "graph": "/etc/passwd"}, "graph"),
        ({"problem_type": "maxcut", "graph": "[" * 9000}, "nested"),
    ],
)
def test_a_problem_that_cannot_be_used_is_refused_with_a_sentence(
    crew: Crew, problem: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        crew.submit("verify", body(problem=problem)).result(timeout=60)
    assert not isinstance(caught.value, LimitError)


def test_a_problem_nested_beyond_json_is_refused_before_any_worker(crew: Crew) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError, match="nested"):
        crew.submit("verify", {"problem": {"graph": deep}})


def test_a_problem_that_takes_too_long_or_too_much_is_at_fault_itself() -> None:
    limits = SandboxLimits(max_problem_seconds=0.3, max_memory_mib=200)
    crew = Crew(ServiceSettings(workers=1, limits=limits))
    crew.start()
    try:
        many = " + ".join(f"1.0 * (Z({i}) @ Z({23 - i}))" for i in range(12))
        with pytest.raises(LimitError, match=r"0\.3 s to prepare|MiB"):
            crew.submit("verify", body(problem={"hamiltonian": many})).result(timeout=60)
        assert report(crew)["feasible"]
    finally:
        crew.close()


def test_an_unusable_reference_is_no_fault_of_the_circuit(crew: Crew) -> None:
    with pytest.raises(InputError, match="reference"):
        report(crew, reference="no program")
    with pytest.raises(InputError, match="reference"):
        report(crew, reference=HEAD + "(" * 9000)


# --- the other operations -------------------------------------------------------------------------


def test_optimise_never_makes_it_worse(crew: Crew) -> None:
    request = models.OptimiseRequest(problem=PROBLEM, qasm=GOOD, max_evaluations=100)
    raw = crew.submit("optimise", request.model_dump(mode="json")).result(timeout=60)
    told = models.OptimiseAnswer.model_validate_json(raw)
    assert told.improved
    assert told.report.energy < told.before.energy
    assert verify(told.qasm, PROBLEM).energy == pytest.approx(told.report.energy)
    again = request.model_copy(update={"qasm": told.qasm}).model_dump(mode="json")
    second = models.OptimiseAnswer.model_validate_json(crew.submit("optimise", again).result())
    assert not second.improved
    assert second.note
    assert second.report.energy == pytest.approx(told.report.energy)


@pytest.mark.parametrize("operation", ["optimise", "draw"])
@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        HEAD + "qubit[3] q; bit c; c = measure q[0]; if (c) { x q[1]; }",
        b"\xff",
        "(" * 999,
    ],
)
def test_a_circuit_of_no_use_is_refused(crew: Crew, operation: str, text: str | bytes) -> None:
    request = {"problem": PROBLEM, "max_evaluations": 5, "max_seconds": 1, "seed": 0}
    request |= {"width": 80, "max_gates": 10, "qasm": None, "qasm_base64": None}
    with pytest.raises(CircuitError):
        crew.submit(operation, request | models.program(text)).result(timeout=60)


def test_draw_counts_what_it_leaves_out(crew: Crew) -> None:
    request = models.DrawRequest(qasm=HEAD + "qubit[2] q;" + "h q[0];" * 7, max_gates=5)
    raw = crew.submit("draw", request.model_dump(mode="json")).result(timeout=60)
    told = models.DrawAnswer.model_validate_json(raw)
    assert (told.n_qubits, told.gates) == (2, 7)
    assert "+2 gates" in told.drawing


def test_encode_is_the_librarys(crew: Crew) -> None:
    request = models.EncodeRequest(problem=PROBLEM, encoding="exact")
    raw = crew.submit("encode", request.model_dump(mode="json")).result(timeout=60)
    told = models.EncodeAnswer.model_validate_json(raw)
    direct = load_problem(PROBLEM)
    assert told.hamiltonian == direct.hamiltonian.to_text()
    assert told.variables == list(direct.variables)


# --- workers and queue ----------------------------------------------------------------------------


def test_a_worker_killed_from_outside_costs_no_answer() -> None:
    crew = Crew(ServiceSettings(workers=1, limits=SandboxLimits(max_seconds=1.5)))
    crew.start()
    try:
        assert report(crew)["feasible"]
        pid = _worker_pid()
        slow = crew.submit("verify", body(FOREVER))
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        assert json.loads(slow.result(timeout=60))["fault"]["limit"] == "time"
        lost = crew.metrics.registry.get_sample_value("quasar_workers_ended_total", {"why": "lost"})
        assert lost == 1.0
        assert report(crew)["feasible"]
    finally:
        crew.close()


def _worker_pid() -> int:
    """The one worker that the fork server started last."""
    import multiprocessing

    children = multiprocessing.active_children()
    return max(child.pid or 0 for child in children)


def test_a_worker_that_dies_again_and_again_is_no_verdict(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def die(hand: _Hand, order: Order, raw: bytes) -> Any:
        calls.append(order)
        from quasar.service.crew import _Result

        return _Result(None, b"gone")

    monkeypatch.setattr(_Hand, "carry_out", die)
    with pytest.raises(InfrastructureError, match="no worker lived"):
        crew.submit("verify", body()).result(timeout=10)
    assert len(calls) == 1 + crew.settings.limits.retries


def test_a_full_queue_says_when_to_ask_again() -> None:
    crew = Crew(ServiceSettings(workers=1, max_queue=3))  # not started: nothing leaves the queue
    for _ in range(3):
        crew.submit("verify", body())
    with pytest.raises(BusyError) as caught:
        crew.submit("verify", body())
    assert 1 <= caught.value.retry_after_s <= 60
    crew.submit("verify", body(), bounded=False)


def test_closing_finishes_what_was_accepted_and_accepts_nothing_more() -> None:
    crew = Crew(ServiceSettings(workers=2))
    crew.start()
    accepted = [crew.submit("verify", body()) for _ in range(40)]
    crew.close()
    assert all(json.loads(future.result(timeout=0))["feasible"] for future in accepted)
    with pytest.raises(ClosedError):
        crew.submit("verify", body())


def test_long_operations_leave_a_worker_to_the_others(crew: Crew) -> None:
    request = models.OptimiseRequest(
        problem=LONG,
        qasm=HEAD + "qubit[16] q;" + "".join(f"ry(0.1) q[{i}]; " for i in range(16)) * 4,
        max_evaluations=10_000,
        max_seconds=3,
    ).model_dump(mode="json")
    slow = [crew.submit("optimise", request) for _ in range(2)]
    started = time.monotonic()
    assert report(crew)["feasible"]
    assert time.monotonic() - started < 2
    for future in slow:
        future.cancel() or future.result(timeout=60)


def test_orders_from_many_threads_are_answered_each_with_its_own(crew: Crew) -> None:
    wrong = []

    def ask(number: int) -> None:
        text = f"{HEAD}qubit[3] q; rx({number}.0) q[0];"
        if without_times(report(crew, text)) != without_times(
            verify(text, PROBLEM).model_dump(mode="json")
        ):
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

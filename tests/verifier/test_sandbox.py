"""The sandbox: limits as verdicts, deaths that are no verdicts, identity and order of results."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import quasar
from quasar.core.errors import InfrastructureError, InputError
from quasar.problems.registry import PROBLEMS
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.sandbox.batch import MOST_AHEAD, Batch
from quasar.verifier.sandbox.limits import nesting
from quasar.verifier.sandbox.verifiers import VerifierCache
from quasar.verifier.sandbox.wire import Frame
from quasar.verifier.settings import VerifierSettings
from support.agentq import load_expected, load_generations, load_records
from support.hostile import FOREVER

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
GOOD = HEAD + "qubit[3] q; h q[0]; cx q[0], q[1]; ry(0.4) q[2];"
TRIANGLE = quasar.load_problem(
    {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": v} for v in "abc"],
            "edges": [{"source": s, "target": t} for s, t in ("ab", "bc", "ca")],
        },
    }
)
WIDE = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(19))"})
BULK = VerifierSettings(quality=False)
LIMITS = SandboxLimits(max_seconds=1.5, max_memory_mib=256)
PATIENT = LIMITS.model_copy(update={"max_seconds": 20.0})
"""For text that ends by itself, which takes a busy machine longer than a limit to be met."""

HOSTILE = {
    "infinite while": ("qubit[1] q; bit c; while (c == false) { h q[0]; }", {"steps", "time"}),
    "10**9 nested rounds": (
        "qubit[1] q; for int i in [0:999] { for int j in [0:999] { for int k in [0:999] "
        "{ h q[0]; } } }",
        {"gates"},
    ),
    "10**22 rounds": ("qubit[1] q; for int i in [0:9999999999999999999999] { h q[0]; }",
                      {"memory", "time"}),
    "2,000 qubits": ("qubit[2000] q; h q;", {"qubits"}),
    "2 * 10**9 bits": ("bit[2000000000] c; qubit[1] q;", {"memory", "time"}),
    "many wide registers": (
        "gphase(0);" + "".join(f"qubit[500000] q{i};" for i in range(99)),
        {"qubits"},
    ),
    "many wide registers, flat": ("".join(f"qubit[500000] q{i};" for i in range(99)), {"qubits"}),
    "a gate that calls itself": ("gate g a { g a; } qubit[1] q; g q[0];", None),
    "nested gate definitions": (
        "gate g0 a { h a; }"
        + "".join(f"gate g{i} a {{ g{i - 1} a; }}" for i in range(1, 400))
        + "qubit[1] q; g399 q[0];",
        None,
    ),
    "doubling gate definitions": (FOREVER.removeprefix(HEAD), {"time"}),
    "doubling gate definitions without end": (
        "gate g0 a { h a; }"
        + "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}" for i in range(1, 60))
        + "qubit[1] q; g59 q[0];",
        {"gates"},
    ),
    "deep brackets": ("qubit[1] q; rx(" + "(" * 5000 + "1" + ")" * 5000 + ") q[0];", {"nesting"}),
    "deep braces": ("qubit[1] q; bit c; " + "if (c) { " * 999 + "}" * 999, {"nesting"}),
    "deep signs": ("qubit[1] q; rx(" + "-" * 3000 + "1) q[0];", None),
    "nan": ("qubit[3] q; rx(1e999 - 1e999) q[0];", None),
    "50 MB": ("// " + "x" * 50_000_000, {"characters"}),
    "50 MB of bytes": (b"\xff" * 50_000_000, {"characters"}),
    "broken UTF-8": (HEAD.encode() + b"qubit[3] q;\nh \xe2\x28 q;", None),
    "lone surrogate": ("qubit[3] q; h \ud800q;", None),
    "nothing": (b"", None),
    "state too large": ("qubit[24] q; h q; reset q;", {"memory", "time"}),
}  # fmt: skip


def measured(report: object) -> dict:
    """Everything but the time it took."""
    return report.model_dump(mode="json", exclude={"cost_s"})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox([TRIANGLE, WIDE], BULK, limits=LIMITS, workers=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def patient() -> Iterator[Sandbox]:
    with Sandbox([TRIANGLE], BULK, limits=PATIENT, workers=1) as opened:
        yield opened


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_gets_its_verdict_and_the_next_is_served(
    sandbox: Sandbox, patient: Sandbox, name: str
) -> None:
    body, allowed = HOSTILE[name]
    if allowed is None:  # its fault is found by reading it, which takes a busy machine long
        sandbox = patient
    text = body if isinstance(body, bytes) else HEAD + body
    good = Verifier(TRIANGLE, None, BULK).verify(GOOD)
    started = time.monotonic()
    hostile, after = sandbox.map([Job("hostile", 0, text), Job("after", 0, GOOD)])
    assert time.monotonic() - started < 10 * sandbox.limits.max_seconds
    assert not hostile.feasible
    assert hostile.reward.value == pytest.approx(-1.0)
    if allowed is None:
        assert hostile.fault.kind in {"syntax", "semantic", "parameter"}
    else:
        assert hostile.fault.kind == "limit"
        assert hostile.fault.limit in allowed
    assert hostile.fault.message.endswith(".")
    assert measured(after) == measured(good)


def test_what_parsed_before_the_limit_is_said_to_parse(sandbox: Sandbox) -> None:
    body = "qubit[20] q; h q;" + "cx q[0], q[1]; ry(0.1) q[5];" * 20_000
    report = sandbox.map([Job(None, 1, HEAD + body)])[0]
    assert (report.parses, report.n_qubits) == (True, 20)
    assert (report.fault.kind, report.fault.limit) == ("limit", "time")
    assert report.skipped.keys() == {"behaviour", "objective", "utility"}


def test_the_limit_on_memory_is_over_what_the_problem_takes() -> None:
    # The problem's own vectors take 128 MiB here, the candidate 64 MiB at a time and copies.
    limits = SandboxLimits(max_memory_mib=300, max_seconds=60)
    settings = VerifierSettings(max_stage=3, quality=False)
    problem = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(21))"})
    with Sandbox([problem], settings, limits=limits, workers=1) as sandbox:
        report = sandbox.map([Job(None, 0, HEAD + "qubit[22] q; h q[0]; cx q[0], q[21];")])[0]
    assert report.feasible, report.fault
    assert report.energy == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "depth"),
    [("", 0), ("h q[0];", 1), ("([{}])", 3), (")))((", 2), ("(])(", 1), ("(" * 300 + "🙂", 300)],
)
def test_nesting(text: str, depth: int) -> None:
    assert nesting(text) == depth


def test_brackets_in_comments_do_not_nest(sandbox: Sandbox) -> None:
    text = GOOD + "\n// " + "(" * 500 + "\n/* " + "{" * 500 + "*/"
    assert sandbox.map([Job(None, 0, text)])[0].feasible


def test_nested_blocks_get_the_verdict_of_the_importer_called_directly(sandbox: Sandbox) -> None:
    depths = range(40, 60)
    texts = [
        HEAD + "qubit[1] q; bit c; " + "if (c) { " * depth + "h q[0];" + "}" * depth
        for depth in depths
    ]
    code = """
import json, sys
from qiskit_qasm3_import import parse
for text in json.load(sys.stdin):
    try:
        parse(text)
        print("yes")
    except RecursionError:
        print("no")
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    direct = run.stdout.split()
    assert {"yes", "no"} == set(direct)
    reports = sandbox.map(Job(None, 0, text) for text in texts)
    assert ["yes" if r.parses else "no" for r in reports] == direct


# --- results --------------------------------------------------------------------------------------


def test_results_equal_those_of_the_verifier_in_process() -> None:
    records = {r["sample_index"]: r for r in load_records() if r["number_of_qubits"] <= 9}
    chosen = [k for k in load_generations() if k[1] in records]
    chosen = random.Random(3).sample(sorted(chosen), 60)
    indices = sorted({k[1] for k in chosen})
    problems = [quasar.load_problem(records[i]) for i in indices]
    settings = VerifierSettings(max_stage=3)
    jobs = [Job(k, indices.index(k[1]), load_generations()[k]) for k in chosen]
    with Sandbox(problems, settings, workers=2) as sandbox:
        reports = sandbox.map(jobs)
    verifiers = [Verifier(problem, None, settings) for problem in problems]
    for job, report in zip(jobs, reports, strict=True):
        assert measured(report) == measured(verifiers[job.problem].verify(job.text))
        assert report.parses is load_expected()[job.key]["parses"]


def test_reports_of_every_problem_type_survive_the_way_back() -> None:
    rng = np.random.default_rng(5)
    problems = [quasar.load_problem(cls.sample(rng, max_qubits=9)) for cls in PROBLEMS.values()]
    texts = [HEAD + f"qubit[{p.n_qubits}] q; h q; ry(0.3) q[0];" for p in problems]
    settings = VerifierSettings(max_stage=3)
    with Sandbox(problems, settings, references=texts, workers=2) as sandbox:
        reports = sandbox.map(Job(None, i, text) for i, text in enumerate(texts))
    for problem, text, report in zip(problems, texts, reports, strict=True):
        assert report.stages.behaviour.score == pytest.approx(1.0)
        assert measured(report) == measured(Verifier(problem, text, settings).verify(text))


def test_jobs_are_read_as_they_are_needed(sandbox: Sandbox) -> None:
    read = []

    def jobs() -> Iterator[Job]:
        for i in range(300):
            read.append(i)
            yield Job(i, 0, GOOD)

    keys = []
    for key, report in sandbox.run(jobs()):
        assert report.feasible
        keys.append(key)
        assert len(read) <= len(keys) + 2 * MOST_AHEAD
    assert sorted(keys) == list(range(300))


def test_candidates_of_a_problem_go_to_the_worker_that_has_it_ready() -> None:
    problems = [TRIANGLE] * 20
    jobs = [Job(None, i, f"{GOOD}  // {j}") for i in range(20) for j in range(10)]
    with Sandbox(problems, BULK, workers=2) as sandbox:
        assert all(report.feasible for report in sandbox.map(jobs))
        first, second = (worker.ready for worker in sandbox.workers.alive)
    assert first | second == {(i, True) for i in range(20)}
    assert first
    assert second
    assert len(first & second) <= 3  # of the last ones, where there was nothing else to do


def test_an_abandoned_batch_leaves_the_sandbox_usable(sandbox: Sandbox) -> None:
    running = sandbox.run(Job(i, 0, FOREVER if i else GOOD) for i in range(9))
    assert next(running)[0] == 0
    with pytest.raises(RuntimeError, match="one batch"):
        next(sandbox.run([]))
    running.close()
    assert [r.feasible for r in sandbox.map([Job(0, 0, GOOD)] * 5)] == [True] * 5


def test_an_error_in_the_jobs_passes_through(sandbox: Sandbox) -> None:
    def jobs() -> Iterator[Job]:
        yield Job(0, 0, GOOD)
        raise OSError("the file went away")

    with pytest.raises(OSError, match="went away"):
        sandbox.map(jobs())
    assert sandbox.map([]) == []


def test_what_was_read_before_an_error_in_the_jobs_is_judged(sandbox: Sandbox) -> None:
    def broken() -> Iterator[Job]:
        yield from (Job(i, 0, GOOD) for i in range(40))
        raise OSError("the file went away")

    def strange() -> Iterator[Job]:
        yield from (Job(i, 0, GOOD) for i in range(40))
        yield from (Job("none", 9, GOOD), Job("late", 0, GOOD))

    def judge(jobs: Iterator[Job], keys: list[int]) -> None:
        for key, _ in sandbox.run(jobs):
            keys.append(key)

    for jobs, error, words in (
        (broken(), OSError, "went away"),
        (strange(), InputError, "'none' names problem 9"),
    ):
        keys: list[int] = []
        with pytest.raises(error, match=words):
            judge(jobs, keys)
        assert sorted(keys) == list(range(40))


# --- deaths ---------------------------------------------------------------------------------------


def test_workers_killed_at_random_cost_no_result() -> None:
    limits = SandboxLimits(retries=100)
    texts = [HEAD + f"qubit[3] q; h q; ry({i / 100}) q[1];" for i in range(400)]
    verifier = Verifier(TRIANGLE, None, BULK)
    found = {}
    rng = random.Random(7)
    with Sandbox([TRIANGLE], BULK, limits=limits, workers=2) as sandbox:
        for n, (key, report) in enumerate(
            sandbox.run(Job(i, 0, text) for i, text in enumerate(texts))
        ):
            assert key not in found
            found[key] = report
            if n % 7 == 0 and sandbox.pids:
                os.kill(rng.choice(sandbox.pids), signal.SIGKILL)
        assert sandbox.statistics.started > 20
    assert sorted(found) == list(range(400))
    for i, text in enumerate(texts):
        assert measured(found[i]) == measured(verifier.verify(text))


def test_a_candidate_whose_workers_are_killed_is_no_verdict() -> None:
    stop = threading.Event()

    def kill(sandbox: Sandbox) -> None:
        while not stop.wait(0.02):
            for worker in list(sandbox.workers.alive):
                if any(task.job.key == "victim" for task in worker.tasks):
                    os.kill(worker.pid, signal.SIGKILL)

    with Sandbox([TRIANGLE], BULK, limits=SandboxLimits(retries=1), workers=2) as sandbox:
        killer = threading.Thread(target=kill, args=(sandbox,))
        killer.start()
        jobs = [Job("victim", 0, FOREVER), *(Job(i, 0, GOOD) for i in range(20))]
        try:
            with pytest.raises(
                InfrastructureError, match="'victim': its worker was killed by SIGK"
            ):
                dict(sandbox.run(jobs))
        finally:
            stop.set()
            killer.join()
        assert sandbox.statistics.died == 2


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b'{"feasible": true}', b"[" * 100_000, b"NaN"]
)
def test_a_damaged_answer_is_no_verdict(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    answered, forged = Batch.answered, []

    def forge(self: Batch, task: Any, frame: Frame) -> None:
        if task.job.key == "victim":
            forged.append(task)
            frame = frame._replace(body=body)
        answered(self, task, frame)

    monkeypatch.setattr(Batch, "answered", forge)
    jobs = [Job("victim", 0, GOOD), Job("other", 0, GOOD)]
    batch = sandbox.run(jobs)
    assert next(batch)[0] == "other"
    with pytest.raises(InfrastructureError, match="'victim': its worker gave a damaged answer"):
        next(batch)
    assert len(forged) == sandbox.limits.retries + 1
    assert all(worker.queued_bytes == 0 for worker in sandbox.workers.alive)


def test_the_rest_of_a_batch_is_yielded_before_the_error() -> None:
    with Sandbox([TRIANGLE], BULK, limits=SandboxLimits(retries=0), workers=1) as sandbox:
        jobs = [Job("victim", 0, FOREVER), *(Job(i, 0, GOOD) for i in range(5))]
        killer = threading.Timer(0.5, lambda: os.kill(sandbox.pids[0], signal.SIGKILL))
        killer.start()
        batch = sandbox.run(jobs)
        served = [next(batch) for _ in range(5)]
        assert [(key, report.feasible) for key, report in served] == [(i, True) for i in range(5)]
        with pytest.raises(InfrastructureError, match="'victim'"):
            next(batch)


def test_the_fork_server_is_replaced_when_killed(sandbox: Sandbox) -> None:
    served = 0
    for key, report in sandbox.run(Job(i, 0, GOOD) for i in range(40)):
        assert report.feasible
        served += 1
        if key == 10:
            os.kill(sandbox.workers.fork_server._process.pid, signal.SIGKILL)
    assert served == 40


def test_a_stopped_worker_is_replaced() -> None:
    limits = SandboxLimits(max_seconds=0.1)
    with Sandbox([TRIANGLE], BULK, limits=limits, workers=1) as sandbox:
        for key, report in sandbox.run(Job(i, 0, GOOD) for i in range(12)):
            assert report.feasible
            if key == 3:
                os.kill(sandbox.pids[0], signal.SIGSTOP)
        assert sandbox.statistics.started == 2


def test_a_worker_keeps_few_problems_ready() -> None:
    def make() -> Verifier:
        return Verifier(TRIANGLE, None, BULK)

    cache = VerifierCache(amplitudes=20)
    first = cache.get(0, make)
    assert cache.get(1, make) is not first
    assert cache.get(0, make) is first
    third = cache.get(2, make)
    # 8 amplitudes each; the least recently used went
    assert [cache.find(key) for key in range(3)] == [first, None, third]


def test_workers_are_replaced_after_their_share() -> None:
    limits = SandboxLimits(tasks_per_worker=4)
    with Sandbox([TRIANGLE], BULK, limits=limits, workers=1) as sandbox:
        assert all(r.feasible for r in sandbox.map(Job(i, 0, GOOD) for i in range(12)))
        assert sandbox.statistics[:3] == (3, 0, 0)
        assert 20 < sandbox.statistics.peak_memory_mib < 400


# --- callers --------------------------------------------------------------------------------------


def test_an_unusable_reference_is_the_callers_fault() -> None:
    with (
        Sandbox([TRIANGLE], BULK, references=["nonsense"], workers=1) as sandbox,
        pytest.raises(InputError, match=r"^the reference circuit is not usable"),
    ):
        sandbox.map([Job(None, 0, GOOD)])


def test_bad_arguments(sandbox: Sandbox) -> None:
    with pytest.raises(InputError, match="names problem 7; there are 2"):
        sandbox.map([Job("k", 7, GOOD)])
    with pytest.raises(InputError, match="at least 1 worker"):
        Sandbox([TRIANGLE], BULK, workers=0)
    with pytest.raises(InputError, match="1 references for 2"):
        Sandbox([TRIANGLE, WIDE], BULK, references=[None])
    with pytest.raises(RuntimeError, match="with statement"):
        next(Sandbox([TRIANGLE], BULK).run([]))


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def endless(out: int) -> None:
    """A caller in a process group of its own, which writes whom it has started, over and over."""

    def jobs() -> Iterator[Job]:
        yield Job(0, 0, GOOD)
        while True:
            yield Job(1, 0, FOREVER)

    os.setsid()
    with Sandbox([TRIANGLE], BULK, workers=2) as sandbox:
        for _ in sandbox.run(jobs()):
            pids = [sandbox.workers.fork_server._process.pid, *sandbox.pids]
            os.write(out, f"{' '.join(map(str, pids))}\n".encode())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_its_caller(how: signal.Signals) -> None:
    inner, outer = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=endless, args=(outer,))
    process.start()
    os.close(outer)
    with open(inner, encoding="ascii") as told:
        pids = [int(pid) for pid in told.readline().split()]
        assert len(pids) >= 2
        assert all(map(alive, pids))
        os.killpg(process.pid, how)
        process.join(timeout=20)
        assert process.exitcode not in {0, None}
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))

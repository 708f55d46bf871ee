"""One fork server for the process: used again, replaced where it would not do, never left."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap

import pytest

import quasar
from quasar.problems.load import load_problem
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits, start_early
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.warm import is_our_own, warm
from quasar.verifier.sandbox.worker import program
from quasar.verifier.settings import VerifierSettings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the sandbox needs fork")


def ring(n: int) -> object:
    edges = [{"source": i, "target": (i + 1) % n} for i in range(n)]
    graph = {"nodes": [{"id": i} for i in range(n)], "edges": edges}
    return load_problem({"problem_type": "maxcut", "graph": graph})


def server_of(n: int, limits: SandboxLimits | None = None, **settings: object) -> tuple[int, int]:
    """The fork server's process id, and the qubits that the report says; all qubits in |+>."""
    problem = ring(n)
    judging = VerifierSettings.model_validate(settings)
    with Sandbox([problem], judging, workers=1, limits=limits) as box:
        text = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{n}] q;\nh q;\n'
        (report,) = box.map([Job(0, 0, text)])
        assert report.feasible
        assert (report.stages.objective is None) == (settings.get("max_stage") == 1)
        assert box.workers.fork_server is not None
        return box.workers.fork_server._process.pid, report.n_qubits


@pytest.fixture
def cold() -> None:
    """Nothing is kept; other tests take what the one before has left."""
    warm.close()


def test_the_next_sandbox_takes_the_fork_server_and_has_its_own_problem_settings_and_limits() -> (
    None
):
    first, n = server_of(3)
    assert n == 3
    again = [
        server_of(4),
        server_of(5, max_stage=1),
        server_of(3, SandboxLimits(max_seconds=2.5)),
    ]
    assert again == [(first, 4), (first, 5), (first, 3)]


def test_two_at_a_time_have_fork_servers_of_their_own() -> None:
    with Sandbox([ring(3)], VerifierSettings(), workers=1) as box:
        assert box.workers.fork_server is not None
        used = box.workers.fork_server._process.pid
        other, _ = server_of(4)
        assert other != used
    assert server_of(3)[0] == other


def test_a_dead_fork_server_is_replaced() -> None:
    first, _ = server_of(3)
    os.kill(first, signal.SIGKILL)
    second, n = server_of(4)
    assert second != first
    assert n == 4


def test_other_surroundings_start_another(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = server_of(3)
    monkeypatch.setenv("SOME_SETTING", "1")
    assert server_of(3)[0] != first


def test_the_next_test_of_a_suite_takes_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/test_one.py::test_one (call)")
    first, _ = server_of(3)
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/test_two.py::test_two (call)")
    assert server_of(3)[0] == first


def test_a_failed_sandbox_leaves_nothing() -> None:
    box = Sandbox([ring(3)], VerifierSettings(), workers=1).__enter__()
    assert box.workers.fork_server is not None
    pid = box.workers.fork_server._process.pid
    box.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_started_early_it_is_there_when_needed(cold: None, started_fork_servers: None) -> None:
    start_early()
    start_early()
    assert warm._starting is not None
    warm._starting.join()
    assert warm._kept is not None
    ready = warm._kept._process.pid
    assert server_of(3) == (ready, 3)


def test_a_command_can_start_it_before_any_library_is_loaded() -> None:
    code = textwrap.dedent(
        """
        import sys
        from quasar.verifier.sandbox.warm import start_early
        start_early()
        print(sorted({"numpy", "pydantic", "qiskit"} & set(sys.modules)), flush=True)
        """
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_users_problems_are_not_loaded_into_it() -> None:
    problem = ring(3)
    assert is_our_own([problem])
    kind = type(problem.problem)
    own = type("Own", (kind,), {"__module__": "users_module"})
    object.__setattr__(problem, "problem", own.__new__(own))
    assert not is_our_own([problem])


def test_it_ends_with_the_process() -> None:
    code = textwrap.dedent(
        """
        import os, quasar
        from test_warm_helper import server_of, start_early, warm
        pid, _ = server_of(3)
        child = os.fork()
        if child == 0:
            assert warm._kept is None
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        os.kill(pid, 0)
        print(pid, flush=True)
        """
    ).replace("test_warm_helper", "test_warm")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    }
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(run.stdout), 0)


@pytest.mark.parametrize(("qubits", "large"), [(3, False), (30, True)])
def test_libraries_for_large_circuits_are_loaded_before_workers_are_confined(
    qubits: int, large: bool
) -> None:
    terms = " + ".join(f"1.0 * Z({i})" for i in range(qubits))
    problem = quasar.load_problem({"hamiltonian": terms})
    payload = Payload([problem], [None], VerifierSettings(), SandboxLimits())
    prepare, _ = pickle.loads(program(payload))
    assert prepare.args == (large,)

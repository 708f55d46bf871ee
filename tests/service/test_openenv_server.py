"""The environment through OpenEnv: a real server, OpenEnv's own client, several sessions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("openenv", reason="openenv-core is not installed")

import uvicorn
from openenv.core.generic_client import GenericEnvClient

from quasar.core.errors import InputError
from quasar.data.build import build
from quasar.data.settings import BuildSettings
from quasar.service.openenv_server import (
    LOST,
    CircuitAction,
    SessionPools,
    TargetTaskEnvironment,
    VerifierEnvironment,
    make_app,
)
from quasar.tasks.registry import read_task
from quasar.train.grpo_settings import GrpoSettings
from quasar.train.rewards import RewardSettings
from quasar.train.rollout_tasks import RolloutTask
from quasar.train.target_rollouts import TargetRollout, TaskPool
from quasar.verifier.pool import VerifierPool
from quasar.verifier.reward import UNPARSED
from quasar.verifier.sandbox import SandboxLimits
from support.small_rewards import BROKEN, PROBLEM, REFERENCE, UNIFORM

CHAT = [{"role": "user", "content": "A circuit, please."}]
TASK = RolloutTask(PROBLEM, REFERENCE, CHAT, "one", "agent-q")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("openenv") / "data"
    build(data, BuildSettings.parse({"recipe": "converged", "count": 12, "max_qubits": 4}))
    settings = GrpoSettings.parse(
        {
            "model": {"base": "nowhere"},
            "data": {"paths": [str(data)], "prompts": 8, "examples": {"prompt_style": "few-shot"}},
            "verification": {"workers": 2},
            "rollouts": {"turns": 3},
            "schedule": {"max_steps": 1},
            "out": str(data),
        }
    )
    server = uvicorn.Server(
        uvicorn.Config(make_app(settings, sessions=4), port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=30)
    assert not thread.is_alive()


def program(n: int) -> str:
    return f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{n}] q;\nh q;\n'


def test_a_conversation_over_the_wire(served: str) -> None:
    with GenericEnvClient(base_url=served).sync() as client:
        first = client.reset(task=2)
        assert first.observation["task"] == 2
        assert "qubit" in first.observation["messages"][-1]["content"]
        broken = client.step({"text": BROKEN})
        assert "not valid OpenQASM" in broken.observation["messages"][0]["content"]
        assert broken.reward == UNPARSED
        assert not broken.done
        better = client.step({"text": f"```qasm\n{program(1)}```", "final": False})
        assert better.observation["turn"] == 2
        assert better.observation["signals"]["parses"] is True
        assert better.reward > broken.reward
        assert client.step({"text": "I give up."}).done
        assert client.state()["step_count"] == 3


def test_sessions_at_the_same_time_are_apart(served: str) -> None:
    with (
        GenericEnvClient(base_url=served).sync() as a,
        GenericEnvClient(base_url=served).sync() as b,
    ):
        assert a.reset(task=0).observation["task"] == 0
        assert b.reset(task=1).observation["task"] == 1
        a.step({"text": BROKEN})
        assert b.step({"text": BROKEN}).observation["turn"] == 1
        assert a.step({"text": BROKEN}).observation["turn"] == 2
        assert a.reset(seed=5).observation == b.reset(seed=5).observation


class Dead(VerifierPool):
    """Verifiers without a verdict."""

    def reports(self, jobs):  # type: ignore[no-untyped-def]
        return [None for _ in jobs]


def test_a_verifier_that_failed_gives_no_reward() -> None:
    pools = SessionPools(lambda: Dead([PROBLEM], limits=None), 1)
    environment = VerifierEnvironment([TASK], pools, RewardSettings(), turns=3)
    environment.reset(task=0)
    answer = environment.step(CircuitAction(text=UNIFORM))
    assert (answer.lost, answer.done, answer.reward) == (True, True, None)
    assert answer.messages[0]["content"] == LOST
    pools.close()


def test_what_is_refused() -> None:
    pools = SessionPools(lambda: Dead([PROBLEM], limits=None), 1)
    environment = VerifierEnvironment([TASK], pools, RewardSettings(), turns=1)
    with pytest.raises(InputError, match="reset first"):
        environment.step(CircuitAction(text=UNIFORM))
    with pytest.raises(InputError, match="from 0 to 0"):
        environment.reset(task=1)
    environment.reset(task=0)
    environment.step(CircuitAction(text="no program"))
    with pytest.raises(InputError, match="is over"):
        environment.step(CircuitAction(text=UNIFORM))
    pools.close()


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from quasar.cli.train import app

    result = CliRunner().invoke(app, ["environment", str(tmp_path / "none.toml")])
    assert isinstance(result.exception, InputError)
    assert "cannot be read" in str(result.exception)


def test_target_tasks_are_asked_and_judged() -> None:
    task = read_task("ghz", qubits=2)
    asked = [TargetRollout(task, CHAT, "ghz", "state")]
    pools = SessionPools(lambda: TaskPool([task], SandboxLimits()), 1)
    session = TargetTaskEnvironment(asked, pools, RewardSettings(), turns=2)
    assert session.reset(task=0).messages == CHAT
    wrong = session.step(CircuitAction(text=task.reference().replace("h q[0]", "x q[0]")))
    assert "does not solve" in wrong.messages[0]["content"]
    right = session.step(CircuitAction(text=task.reference()))
    assert (right.done, right.reward, right.signals["solved"]) == (True, 1.0, True)
    pools.close()
    settings = GrpoSettings.parse(
        {
            "model": {"base": "nowhere"},
            "data": {"tasks": {"tasks": {"ghz": 1.0}}, "prompts": 4},
            "schedule": {"max_steps": 1},
            "out": "nowhere",
        }
    )
    assert make_app(settings, sessions=2) is not None

"""The training environment as an OpenEnv server, for other trainers.

A session is one conversation about one task: `reset` says what to ask the model, `step` takes what
it answered and gives back the verifier's observation and the reward of that circuit, until the
turns are used up or the caller says that the answer is final. Problems, prompts and rewards are
those of a configuration of `quasar train grpo`.

A verifier that fails (dead worker, no memory) ends the session without a reward: such a
conversation is to be left out of the update, not to count as a bad circuit.

Needs `openenv-core`, beside the extra `train`. OpenEnv's plain HTTP calls make a new environment
for each request; its WebSocket client has sessions.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Literal
from uuid import uuid4

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.seeds import generator
from quasar.core.version import __version__
from quasar.prompts.observation import no_program, observation, task_observation
from quasar.train.grpo_settings import GrpoSettings
from quasar.train.reward_function import program_of
from quasar.train.rewards import RewardSettings, signals_of, verifier_settings
from quasar.train.rollout_tasks import draw_tasks, references_of
from quasar.train.target_rollouts import (
    TaskPool,
    draw_targets,
    task_program_of,
    task_signals,
)
from quasar.verifier.report import Report
from quasar.verifier.reward import UNPARSED
from quasar.verifier.sandbox import Job
from quasar.verifier.task_report import TaskReport

LOST = "The verifier cannot be reached; leave this conversation out of the update."

Split = Literal["train", "validation", "test"]


class CircuitAction(Action):  # type: ignore[misc]
    """What the model answered."""

    text: str = Field(description="The model's answer; the OpenQASM 3 program is taken out of it.")
    final: bool = Field(default=False, description="End the session with this answer.")


class CircuitObservation(Observation):  # type: ignore[misc]
    """What there is to tell the model, and what was measured."""

    messages: list[dict[str, str]] = Field(
        description="After reset: the chat to begin with. After a step: the next user message."
    )
    task: int = Field(description="Number of the task; reset(task=...) asks for it again.")
    turn: int = Field(default=0, description="Answers judged in this session.")
    lost: bool = Field(default=False, description="The verifier failed: no verdict, no reward.")
    signals: dict[str, Any] = Field(
        default_factory=dict, description="Raw measurements of the answer, as in training."
    )


class CircuitState(State):  # type: ignore[misc]
    """Where a session stands."""

    task: int = 0
    turns: int = 1
    done: bool = False


class SessionPools:
    """Pools for sessions at the same time, one process each; close them at the end."""

    def __init__(self, make: Callable[[], Any], count: int) -> None:
        self._closing = ExitStack()
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(count):
            self._free.put(self._closing.enter_context(make()))

    def close(self) -> None:
        """End the processes."""
        self._closing.close()

    def verify(self, task: int, program: str) -> Report | TaskReport | None:
        """The report on a circuit; None where the verifier failed."""
        pool = self._free.get()
        try:
            found: Report | TaskReport | None = pool.reports([Job(None, task, program)])[0]
            return found
        except InfrastructureError:
            return None
        finally:
            self._free.put(pool)


class VerifierEnvironment(Environment):  # type: ignore[misc]
    """One session; see the module's header.

    Args:
        tasks: what can be asked, `RolloutTask`s.
        pools: shared by all sessions.
        reward: how answers are rewarded.
        turns: answers in a session.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(
        self,
        tasks: Sequence[Any],
        pools: SessionPools,
        reward: RewardSettings,
        turns: int,
    ) -> None:
        super().__init__()
        self._tasks = tasks
        self._pools = pools
        self._reward = reward
        self._state = CircuitState(episode_id=None, turns=turns, done=True)

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        task: int | None = None,
        **_: Any,
    ) -> CircuitObservation:
        """Begin a conversation.

        Args:
            seed: draws the task; equal seeds, equal tasks.
            episode_id: the caller's name for the session.
            task: the task itself, in place of a seed.

        Raises:
            InputError: there is no such task.
        """
        if task is None:
            drawn = uuid4().int if seed is None else seed
            task = int(generator(drawn % (1 << 63), "openenv").integers(len(self._tasks)))
        if not 0 <= task < len(self._tasks):
            raise InputError(f"task must be from 0 to {len(self._tasks) - 1}, not {task}.")
        turns = self._state.turns
        self._state = CircuitState(
            episode_id=episode_id or str(uuid4()), task=task, turns=turns, done=False
        )
        chat = [dict(message) for message in self._tasks[task].chat]
        return CircuitObservation(messages=chat, task=task)

    def step(
        self, action: CircuitAction, timeout_s: float | None = None, **_: Any
    ) -> CircuitObservation:
        """Judge an answer.

        Raises:
            InputError: the session is over, or was never begun.
        """
        state = self._state
        if state.done:
            raise InputError("the session is over: call reset first.")
        state.step_count += 1
        state.done = action.final or state.step_count >= state.turns
        program = self._program(action.text)
        if not program:
            return self._answer(no_program(), reward=UNPARSED)
        report = self._pools.verify(state.task, program)
        if report is None:
            state.done = True
            return self._answer(LOST, lost=True)
        signals, told = self._judged(report)
        return self._answer(told, reward=signals.reward, signals=signals.row())

    def _program(self, text: str) -> str:
        """The program in an answer; empty where there is none."""
        return program_of(text)

    def _judged(self, report: Any) -> tuple[Any, str]:
        """Reward and measurements, and what the model is told."""
        style = self._tasks[self._state.task].style
        return signals_of(report, self._reward, style), observation(report)

    def _answer(self, text: str, **values: Any) -> CircuitObservation:
        state = self._state
        return CircuitObservation(
            messages=[{"role": "user", "content": text}],
            task=state.task,
            turn=state.step_count,
            done=state.done,
            **values,
        )

    @property
    def state(self) -> CircuitState:
        """Where the session stands."""
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        """Name, description and version of the environment."""
        return EnvironmentMetadata(
            name="quasar",
            description="Write OpenQASM 3 circuits; a verifier measures each one exactly.",
            version=__version__,
        )


class TargetTaskEnvironment(VerifierEnvironment):
    """One session about target tasks; `tasks` are `TargetRollout`s."""

    def _program(self, text: str) -> str:
        return task_program_of(self._tasks[self._state.task].task, text)

    def _judged(self, report: Any) -> tuple[Any, str]:
        return task_signals(report), task_observation(report)


def make_app(settings: GrpoSettings, *, split: Split = "train", sessions: int = 64) -> Any:
    """The FastAPI application; its workers end with it.

    Args:
        settings: problems, prompts, reward, verification and turns; the rest does not count.
        split: of the data sets.
        sessions: at the same time, at most.

    Raises:
        InputError: the data cannot be read, or no record fits.
    """
    data, turns = settings.data, settings.rollouts.turns
    count, seed = data.prompts, settings.schedule.seed
    if data.tasks is not None:
        targets = draw_targets(data.tasks, split=split, count=count, seed=seed)
        asked, limits = [one.task for one in targets], settings.verification.limits
        # All judge in this process, one circuit at a time.
        judges = SessionPools(lambda: TaskPool(asked, limits), 1)
        return _app(
            lambda: TargetTaskEnvironment(targets, judges, settings.reward, turns), judges, sessions
        )
    tasks = draw_tasks(data, None, split=split, count=count, seed=seed)
    references = references_of(tasks, settings.reward)
    processes = settings.verification.processes
    single = settings.verification.model_copy(update={"workers": 1})
    judging = verifier_settings(settings.reward, completions=1, workers=1)
    problems, known = [task.problem for task in tasks], [task.known for task in tasks]
    pools = SessionPools(lambda: single.pool(problems, references, judging, known), processes)
    return _app(lambda: VerifierEnvironment(tasks, pools, settings.reward, turns), pools, sessions)


def _app(make: Callable[[], VerifierEnvironment], pools: SessionPools, sessions: int) -> Any:
    app = create_app(
        make,
        CircuitAction,
        CircuitObservation,
        env_name="quasar",
        max_concurrent_envs=sessions,
    )
    app.router.on_shutdown.append(pools.close)
    return app

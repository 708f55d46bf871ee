"""Several turns with the verifier, in the shape of TRL's `environment_factory`.

The model may submit a circuit as a tool call, reads what the verifier measured, and tries again, up
to a limit; its last circuit counts, whether it stands in the final answer or was submitted last.
TRL keeps the tokens of the observations out of the loss. With no tool call at all this is the
single-turn case.

Needs a prompt style and a chat template with tools, as Qwen3's; the compact style has none.
TRL's public methods are the tools, so `reset` and `verify_circuit` are the only ones here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from quasar.core.errors import InfrastructureError
from quasar.prompts.extract import extract
from quasar.prompts.observation import no_program, observation
from quasar.verifier.sandbox import Job

NO_TURNS = "No turns are left: give your final circuit as the answer."


class Judges(Protocol):
    """What trainings need of a `VerifierPool` or a `target_rollouts.TaskPool`."""

    seconds: float
    lost: int

    def reports(self, jobs: Sequence[Job]) -> Sequence[Any]:
        """Reports in the order of the jobs; None: no verdict."""


class CircuitEnvironment:
    """One conversation; reused for the next after `reset`.

    Args:
        workers: verify what is submitted; shared with the reward.
        turns: circuits of a conversation, the final answer included.
        observe: the verifier's report in words.

    Attributes:
        program: the circuit submitted last, empty before the first.
        used: circuits submitted.
        lost: whether the verifier failed, so that the conversation proves nothing.
    """

    def __init__(
        self,
        workers: Judges,
        turns: int,
        observe: Callable[[Any], str] = observation,
    ) -> None:
        self._workers = workers
        self._observe = observe
        self._turns = turns
        self._task = 0
        self.program = ""
        self.used = 0
        self.lost = False

    def reset(self, task: int = 0, **_: Any) -> None:
        """Begin a conversation on another task."""
        self._task = task
        self.program = ""
        self.used = 0
        self.lost = False

    def verify_circuit(self, qasm: str) -> str:
        """Measure a circuit exactly before you give it as the answer.

        Args:
            qasm: The whole OpenQASM 3.0 program, angles as numbers.

        Returns:
            What the verifier found, in words.
        """
        if self.used >= self._turns - 1:
            return NO_TURNS
        self.used += 1
        found = extract(qasm)
        if found is None:
            return no_program()
        self.program = found.qasm
        try:
            report = self._workers.reports([Job(None, self._task, self.program)])[0]
        except InfrastructureError:
            report = None
        if report is None:
            # Said to nobody but the model, whose conversation is then left out of the update.
            self.lost = True
            return "The verifier cannot be reached: give your final circuit as the answer."
        return self._observe(report)

"""The generators that a service offers to `generate`.

The designer works in the worker processes; a language model is loaded once, into the serving
process, and answers one request at a time. What it writes is judged in the verifier's own sandbox.
Its problem is read in this process too, so it has to have passed through a worker first, under the
limits there.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.service import models
from quasar.service.errors import BusyError
from quasar.verifier.sandbox import SandboxLimits

if TYPE_CHECKING:
    from quasar.models.protocol import Completion, Model, Sampling
    from quasar.prompts.chat import Message

DESIGNER = "designer"
_QUEUE = 4  # requests for language models at the same time; all but one of them wait
_RETRY_S = 10.0


class GeneratorRegistry:
    """Generators by name.

    Args:
        names: as `quasar.models.registry.load_model` takes them, and `designer`.
        limits: for the text that language models write.

    Raises:
        InputError: a model cannot be found or its library is missing.
        InfrastructureError: there is not enough memory for one.
    """

    def __init__(self, names: Sequence[str], limits: SandboxLimits) -> None:
        self.names = tuple(names)
        self.limits = limits
        self._models: dict[str, Model] = {}
        self._one = threading.Lock()
        self._places = threading.Semaphore(_QUEUE)
        for name in self.names:
            if name != DESIGNER:
                from quasar.models.registry import load_model

                self._models[name] = load_model(name)

    def require(self, name: str) -> None:
        """Check that a generator is offered.

        Raises:
            InputError: it is not.
        """
        if name not in self.names:
            raise InputError(f"unknown model; available: {', '.join(self.names)}.")

    def model(self, name: str) -> Model | None:
        """The language model of a name; None for the designer, and for what is not offered."""
        return self._models.get(name)

    def complete(
        self, name: str, chats: Sequence[Sequence[Message]], sampling: Sampling
    ) -> list[list[Completion]]:
        """A language model's answers, one caller at a time; raises as its `complete`."""
        with self._one:
            return self._models[name].complete(chats, sampling)

    @staticmethod
    def require_designer_beyond(name: str) -> None:
        """Check that a problem beyond 24 qubits is asked of a generator that hands it on to the
        designer, as `quasar.generate` does.

        Raises:
            InputError: it is a language model that was not trained on such problems.
        """
        from quasar.agent.names import DEFAULT_MODEL

        if name not in (DESIGNER, DEFAULT_MODEL):
            raise InputError(
                f"language models answer problems of up to {MAX_EXACT_QUBITS} qubits: ask the "
                f"model {DESIGNER!r} for larger ones."
            )

    def generate(self, request: models.GenerateRequest) -> bytes:
        """The JSON of a `GenerateAnswer` by a language model; blocks for as long as it takes.

        Raises:
            InputError: the model cannot be asked this.
            BusyError: too many requests wait already.
            InfrastructureError: the model gave no answer.
        """
        from quasar.agent.generate import generate
        from quasar.models.protocol import Sampling
        from quasar.prompts.chat import Request

        if not self._places.acquire(blocking=False):
            raise BusyError(f"{_QUEUE} requests wait for the model already.", _RETRY_S)
        try:
            with self._one:
                found = generate(
                    request.problem,
                    self._models[request.model],
                    request=Request(request.algorithm, request.layers, request.style),
                    samples=request.samples,
                    sampling=Sampling(seed=request.seed),
                    sandbox=self.limits,
                    device=request.device,
                )
        finally:
            self._places.release()
        return models.generate_answer(found).model_dump_json().encode()

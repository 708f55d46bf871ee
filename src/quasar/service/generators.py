"""Language models behind `generate`; the designer is not one and works in the crew.

A model is loaded once, into the serving process, and answers one request at a time. What it writes
is judged in the verifier's own sandbox. Its problem is read in this process too, so it has to have
passed through a worker first, under the limits there.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quasar.core.errors import InputError
from quasar.service import models
from quasar.service.errors import BusyError
from quasar.verifier.sandbox import SandboxLimits

if TYPE_CHECKING:
    from quasar.models.protocol import Model

DESIGNER = "designer"
_WAITING = 4  # requests for one model that may wait for each other
_RETRY_S = 10.0


class Writers:
    """The generators that a service offers.

    Args:
        names: as `quasar.models.registry.load_model` takes them, and `designer`.
        limits: for the text they write.

    Raises:
        InputError: a model cannot be found or its library is missing.
        InfrastructureError: no memory for one.
    """

    def __init__(self, names: Sequence[str], limits: SandboxLimits) -> None:
        self.names = tuple(names)
        self.limits = limits
        self._models: dict[str, Model] = {}
        self._one = threading.Lock()
        self._places = threading.Semaphore(_WAITING)
        for name in self.names:
            if name != DESIGNER:
                from quasar.models.registry import load_model

                self._models[name] = load_model(name)

    def check(self, name: str) -> None:
        """Refuse a name that is not offered.

        Raises:
            InputError: it is not.
        """
        if name not in self.names:
            raise InputError(f"there is no such model here; there is {', '.join(self.names)}.")

    def write(self, request: models.GenerateRequest) -> bytes:
        """`GenerateRequest` to the JSON of `GenerateAnswer`; takes as long as the model does.

        Raises:
            InputError: the model cannot be asked this.
            BusyError: too many wait for it already.
            InfrastructureError: it gave no answer.
        """
        from quasar.agent.generate import generate
        from quasar.models.protocol import Sampling
        from quasar.prompts.chat import Request

        if not self._places.acquire(blocking=False):
            raise BusyError(f"{_WAITING} requests wait for the model already.", _RETRY_S)
        try:
            with self._one:
                found = generate(
                    request.problem,
                    self._models[request.model],
                    request=Request(request.algorithm, request.layers, request.style),
                    samples=request.samples,
                    sampling=Sampling(seed=request.seed),
                    sandbox=self.limits,
                )
        finally:
            self._places.release()
        return models.generate_answer(found).model_dump_json().encode()

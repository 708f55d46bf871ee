"""`Runs`: generations in progress, each in a process of its own, streamed as it goes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

from quasar.core.errors import InputError
from quasar.service.allowance import Allowance
from quasar.service.errors import BusyError, ClosedError
from quasar.service.generators import GeneratorRegistry
from quasar.service.settings import ServiceSettings
from quasar.studio.asked import ASK, Answering
from quasar.studio.generation import own_models, program
from quasar.studio.models import RunRequest
from quasar.verifier.sandbox.handle import WorkerHandle
from quasar.verifier.sandbox.workers import Workers

_AT_ONCE = 2
_RETRY_S = 5.0
_RETRIES = 2  # of a request to an address, so that a wrong one is soon said
_GRACE_S = 30.0  # between the end of its time and its being killed
_DIED = {
    "event": "failed",
    "error": {
        "code": "limit",
        "message": "the run was ended by the system, most likely for its memory or time: ask for "
        "less, or take a smaller problem.",
    },
}


class Runs:
    """Starts, streams and cancels runs; its methods belong to the event loop's thread.

    Args:
        settings: of the service; `models` are those that may be asked, and `max_design_seconds` is
            the time of one run.
        endpoints: requests may name models behind addresses.
    """

    def __init__(self, settings: ServiceSettings, *, endpoints: bool = False) -> None:
        self.settings = settings
        self.endpoints = endpoints
        self._inside = own_models(settings.models)
        seconds = 2 * settings.max_design_seconds
        made = program(Allowance.of(settings), seconds, self._inside)
        self._workers = Workers(made, _AT_ONCE)
        self._one = threading.Lock()  # `Workers` are for one thread at a time
        self._going: dict[str, WorkerHandle] = {}
        self._asked = 0
        self._open = False

    def start(self) -> None:
        """Start the process that runs are forked from, unless it is there; blocks."""
        with self._one:
            if not self._open:
                self._workers.open()
                self._open = True

    def close(self) -> None:
        """End all runs."""
        with self._one:
            self._asked = _AT_ONCE  # no more
            if self._open:
                self._workers.close()
                self._open = False

    def cancel(self, name: str) -> bool:
        """Ask a run to end with what is there; a second time, at once.

        Returns:
            Whether there is such a run.
        """
        worker = self._going.get(name)
        if worker is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGTERM)
        return True

    def answering(self, request: RunRequest, offered: GeneratorRegistry) -> Answering | None:
        """Who answers a run's questions to its model; None where it has the model itself.

        Raises:
            InputError: the request names an address, and that is not allowed here.
        """
        named = request.endpoint
        if named is None:
            model = None if request.model in self._inside else offered.model(request.model)
            if model is None:
                return None
            return Answering(model, partial(offered.complete, request.model))
        if not self.endpoints:
            raise InputError(
                "models behind addresses are named where the service is started: --model "
                "openai:NAME."
            )
        from quasar.models.openai_model import OpenAIModel, OpenAISettings

        settings = OpenAISettings(base_url=named.base_url, retries=_RETRIES, timeout_s=120.0)
        asked = OpenAIModel(named.model, settings, key=named.api_key.get_secret_value())
        return Answering(asked, asked.complete)

    async def stream(
        self, body: dict[str, Any], answering: Answering | None = None
    ) -> AsyncIterator[bytes]:
        """The lines of a run; leaving the iterator early ends it.

        Args:
            body: a `RunRequest`.
            answering: of its model.

        Raises:
            InputError: the model is not offered, or the name is taken.
            BusyError: as many runs as allowed are going on.
            InfrastructureError: no process can be started.
        """
        name = body["run"]
        elsewhere = body.pop("endpoint", None) is not None
        body["profile"] = None if answering is None else answering.profile
        if not elsewhere and body["model"] not in self.settings.models:
            offered = ", ".join(self.settings.models)
            raise InputError(f"unknown model; available: {offered}.")
        if name in self._going:
            raise InputError("a run of this name is going on already.")
        if self._asked >= _AT_ONCE:
            raise BusyError(f"{_AT_ONCE} runs are going on already: cancel one, or wait.", _RETRY_S)
        self._asked += 1
        try:
            worker = await asyncio.to_thread(self._started)
        except BaseException:
            self._asked -= 1
            raise
        self._going[name] = worker
        return self._lines(name, worker, body, answering)

    def _started(self) -> WorkerHandle:
        self.start()
        with self._one:
            if not self._open:
                raise ClosedError("the service is shutting down.")
            worker = self._workers.start()
            self._workers.n_starts = 0
            return worker

    async def _lines(
        self, name: str, worker: WorkerHandle, body: dict[str, Any], answering: Answering | None
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        ended, left = False, b""
        answers: set[asyncio.Task[None]] = set()
        clock = loop.call_later(self.settings.max_design_seconds, self.cancel, name)
        limit_s = self.settings.max_design_seconds + _GRACE_S
        try:
            async with asyncio.timeout(limit_s):
                await loop.sock_sendall(worker.connection, json.dumps(body).encode() + b"\n")
            deadline = loop.time() + limit_s
            while True:
                async with asyncio.timeout_at(deadline):
                    received = await loop.sock_recv(worker.connection, 1 << 18)
                if not received:
                    break
                *whole, left = (left + received).split(b"\n")
                for line in whole:
                    if line.startswith(ASK):
                        if answering is not None and not answers:
                            task = asyncio.create_task(_answered(worker, answering, line))
                            answers.add(task)
                            task.add_done_callback(answers.discard)
                        continue
                    ended = ended or line.startswith(
                        (b'{"event": "done"', b'{"event": "failed"', b'{"event": "cancelled"')
                    )
                    yield line + b"\n"
        except (TimeoutError, OSError):
            pass
        finally:
            clock.cancel()
            for task in answers:
                task.cancel()
            self._going.pop(name, None)
            self._asked -= 1
            await asyncio.shield(asyncio.to_thread(self._stopped, worker))
        if not ended:
            yield json.dumps(_DIED).encode() + b"\n"

    def _stopped(self, worker: WorkerHandle) -> None:
        with self._one:
            if self._open and worker in self._workers.alive:
                self._workers.stop(worker)


async def _answered(worker: WorkerHandle, answering: Answering, line: bytes) -> None:
    """Answer a run's question, in a thread of its own."""
    said = await asyncio.to_thread(answering.answer, line)
    with suppress(OSError):
        await asyncio.get_running_loop().sock_sendall(worker.connection, said)

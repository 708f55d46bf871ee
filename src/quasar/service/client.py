"""The client of the HTTP service, blocking and asynchronous.

    with Client("http://127.0.0.1:8000") as client:
        report = client.verify(qasm, problem)
        for result in client.verify_many(items):
            ...

Both send what `calls.py` and `client_batch.py` build. A request that fails for a transient reason
(connection, 429, 502, 503, 504) is sent again after a pause. A batch that breaks off is sent again
with the items not answered yet, under the same batch id, so that the service scores nothing twice.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from functools import update_wrapper
from typing import Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar

import httpx

from quasar.core.errors import InfrastructureError
from quasar.core.retries import Backoff, TransientError
from quasar.problems.source import ProblemSource
from quasar.service import calls, models
from quasar.service.calls import Call, raise_for_status
from quasar.service.client_batch import BatchItem, BatchResult, PendingBatch, split_batch

KEY_VARIABLE = "QUASAR_API_KEY"
_LONGEST_PAUSE_S = 60.0
_BATCH_PATH = "/v1/verify/batch"
_RETRIED = (httpx.TransportError, TransientError)
P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=Callable[..., Any])


class _Connection:
    """What both clients have in common.

    Args:
        url: where the service is, such as `http://127.0.0.1:8000`.
        api_key: default: the environment's `QUASAR_API_KEY`, if any.
        timeout_s: seconds without any data after which a request counts as failed. A single
            verification sends none before it is done.
        retries: times that a request is sent again in a row; progress in a batch starts the count
            again.
        backoff_s: first pause; doubles up to a minute, with jitter.
    """

    _transport: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 120.0,
        retries: int = 5,
        backoff_s: float = 0.5,
    ) -> None:
        key = api_key or os.environ.get(KEY_VARIABLE)
        self._http = self._transport(
            base_url=url,
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
        )
        self.retries = retries
        self.backoff = Backoff(backoff_s, _LONGEST_PAUSE_S)


class _Attempts:
    """Counts failures in a row, of one request or batch."""

    def __init__(self, client: _Connection) -> None:
        self.client = client
        self.failures = 0

    def pause_s(self, error: Exception) -> float:
        """Seconds to wait after one more failure.

        Raises:
            InfrastructureError: there have been too many.
        """
        if self.failures >= self.client.retries:
            raise InfrastructureError(
                f"the service gave no answer in {self.failures + 1} attempts: {error}"
            ) from error
        self.failures += 1
        return self.client.backoff.pause_s(self.failures - 1, error)


def _blocking(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    """The method of `Client` that sends a call."""

    def method(client: Client, /, *args: P.args, **options: P.kwargs) -> T:
        return client._send(build(*args, **options))

    return _described(method, build)


def _awaitable(
    build: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """The method of `AsyncClient` that sends a call."""

    async def method(client: AsyncClient, /, *args: P.args, **options: P.kwargs) -> T:
        return await client._send(build(*args, **options))

    return _described(method, build)


def _described(method: M, build: Callable[..., Call[Any]]) -> M:
    """The method with name, docstring and arguments of the call it sends, for `help`."""
    update_wrapper(method, build)
    signature = inspect.signature(build)
    client = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[client, *signature.parameters.values()],
        return_annotation=str(signature.return_annotation).removeprefix("Call[").removesuffix("]"),
    )
    return method


class Client(_Connection):
    """The blocking client; close it, or use it in a `with` statement."""

    _transport = httpx.Client
    _http: httpx.Client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    verify = _blocking(calls.verify)
    verify_task = _blocking(calls.verify_task)
    generate = _blocking(calls.generate)
    optimise = _blocking(calls.optimise)
    encode = _blocking(calls.encode)
    draw = _blocking(calls.draw)
    problems = _blocking(calls.problems)
    tasks = _blocking(calls.tasks)
    health = _blocking(calls.health)

    def verify_many(
        self,
        items: Iterable[BatchItem],
        *,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        problems: Mapping[str, ProblemSource] | None = None,
        batch_size: int = 1000,
    ) -> Iterator[BatchResult]:
        """Verify many circuits.

        Args:
            items: with different ids; read as they are sent.
            problems: problems that items refer to by name.
            batch_size: items of a request at most.

        Yields:
            Each item's result, once, in order of completion. An item whose problem cannot be used
            has an error instead of a report.

        Raises:
            InputError: the whole batch cannot be used, or two ids are the same.
            InfrastructureError: the service still cannot be reached, or fails, after all attempts.
        """
        for batch in split_batch(items, options, problems, batch_size):
            yield from batch.refused()
            attempts = _Attempts(self)
            while batch.waiting:
                try:
                    for result in self._stream(batch):
                        attempts.failures = 0
                        yield result
                except _RETRIED as error:
                    time.sleep(attempts.pause_s(error))

    def _stream(self, batch: PendingBatch) -> Iterator[BatchResult]:
        with self._http.stream("POST", _BATCH_PATH, **batch.request()) as response:
            if not response.is_success:
                response.read()
                raise_for_status(response)
            for data in response.iter_bytes():
                yield from batch.take(data)
        batch.require_complete()

    def _send(self, call: Call[T]) -> T:
        attempts = _Attempts(self)
        while True:
            try:
                return call.read(self._http.request(call.method, call.path, json=call.body))
            except _RETRIED as error:
                time.sleep(attempts.pause_s(error))


class AsyncClient(_Connection):
    """The asynchronous client; its methods are those of `Client`."""

    _transport = httpx.AsyncClient
    _http: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    verify = _awaitable(calls.verify)
    verify_task = _awaitable(calls.verify_task)
    generate = _awaitable(calls.generate)
    optimise = _awaitable(calls.optimise)
    encode = _awaitable(calls.encode)
    draw = _awaitable(calls.draw)
    problems = _awaitable(calls.problems)
    tasks = _awaitable(calls.tasks)
    health = _awaitable(calls.health)

    async def verify_many(
        self,
        items: Iterable[BatchItem],
        *,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        problems: Mapping[str, ProblemSource] | None = None,
        batch_size: int = 1000,
    ) -> AsyncIterator[BatchResult]:
        """See `Client.verify_many`."""
        for batch in split_batch(items, options, problems, batch_size):
            for result in batch.refused():
                yield result
            attempts = _Attempts(self)
            while batch.waiting:
                try:
                    async for result in self._stream(batch):
                        attempts.failures = 0
                        yield result
                except _RETRIED as error:
                    await asyncio.sleep(attempts.pause_s(error))

    async def _stream(self, batch: PendingBatch) -> AsyncIterator[BatchResult]:
        async with self._http.stream("POST", _BATCH_PATH, **batch.request()) as response:
            if not response.is_success:
                await response.aread()
                raise_for_status(response)
            async for data in response.aiter_bytes():
                for result in batch.take(data):
                    yield result
        batch.require_complete()

    async def _send(self, call: Call[T]) -> T:
        attempts = _Attempts(self)
        while True:
            try:
                return call.read(await self._http.request(call.method, call.path, json=call.body))
            except _RETRIED as error:
                await asyncio.sleep(attempts.pause_s(error))

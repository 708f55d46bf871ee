"""The client of the HTTP service, for plain and for asynchronous code.

    with Client("http://127.0.0.1:8000") as client:
        report = client.verify(qasm, problem)
        for result in client.verify_many(items):
            ...

Requests that failed for a passing reason (connection, 429, 502, 503, 504) are sent again after a
pause. A batch that breaks off is taken up with the items not answered yet, under the same batch id,
so that the service scores nothing twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from quasar.circuits.parameters import Values
from quasar.circuits.source import CircuitSource, circuit_text
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.settings import describe_validation
from quasar.problems.load import problem_content
from quasar.problems.source import ProblemSource
from quasar.service import models
from quasar.service.client_batch import BatchItem, BatchResult, Chunk, chunks, reference_text
from quasar.verifier.report import Report

KEY_VARIABLE = "QUASAR_API_KEY"
_PASSING = frozenset({429, 502, 503, 504})
_OURS = frozenset({400, 401, 403, 404, 405, 413, 422})
A = TypeVar("A", bound=models.Answer)
R = TypeVar("R", bound=models.Request)


class _Shared:
    """What both clients have in common.

    Args:
        url: where the service is, such as `http://127.0.0.1:8000`.
        api_key: default: the environment's `QUASAR_API_KEY`, if any.
        timeout_s: seconds without a sign of life after which a request counts as failed. A single
            verification sends none before it is done.
        retries: times that a request is sent again in a row; progress in a batch begins the count
            anew.
        backoff_s: first pause; doubles, up to 30 s, with some chance in it.
    """

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
        self._options: dict[str, Any] = {
            "base_url": url,
            "headers": {"authorization": f"Bearer {key}"} if key else {},
            "timeout": httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
        }
        self.retries = retries
        self.backoff_s = backoff_s

    def _pause_s(self, attempt: int, error: Exception) -> float:
        """Seconds to wait before attempt number `attempt` + 1.

        Raises:
            InfrastructureError: there have been enough.
        """
        if attempt >= self.retries:
            raise InfrastructureError(
                f"the service gave no answer in {attempt + 1} attempts: {error}"
            ) from error
        pause_s = min(self.backoff_s * 2.0**attempt, 30.0) * random.uniform(0.5, 1.0)
        asked = error.retry_after_s if isinstance(error, _Passing) else None
        return max(pause_s, asked or 0.0)


class _Passing(Exception):
    """An answer that says to ask again."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


def _check(response: httpx.Response) -> None:
    """See that an answer is a success; its body has been read.

    Raises:
        _Passing: ask again.
        InputError: the request cannot be used.
        InfrastructureError: the service failed.
    """
    if response.is_success:
        return
    try:
        message = models.ErrorAnswer.model_validate_json(response.content).error.message
    except ValueError:
        message = f"HTTP status {response.status_code}"
    if response.status_code in _PASSING:
        after = response.headers.get("retry-after", "")
        raise _Passing(message, float(after) if after.isdigit() else None)
    if response.status_code in _OURS:
        raise InputError(message)
    raise InfrastructureError(message)


def _request(shape: type[R], **fields: Any) -> R:
    """A request, checked before it is sent.

    Raises:
        InputError: a field is unknown or out of range.
    """
    try:
        return shape.model_validate(fields)
    except ValidationError as error:
        raise InputError(describe_validation(error, shape)) from error


def _program(qasm: CircuitSource) -> dict[str, str]:
    return models.program(circuit_text(qasm))


def _verify_request(
    qasm: CircuitSource,
    problem: ProblemSource,
    reference: CircuitSource | None,
    options: models.VerifyOptions | Mapping[str, Any] | None,
    parameters: Values | None,
) -> models.VerifyRequest:
    return _request(
        models.VerifyRequest,
        problem=problem_content(problem),
        reference=None if reference is None else reference_text(reference),
        options=models.VerifyOptions() if options is None else options,
        parameters=dict(parameters or {}),
        **_program(qasm),
    )


class Client(_Shared):
    """The client for plain code; close it, or use it in a `with` statement."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._http = httpx.Client(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def verify(
        self,
        qasm: CircuitSource,
        problem: ProblemSource,
        reference: CircuitSource | None = None,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        *,
        parameters: Values | None = None,
    ) -> Report:
        """Judge one circuit.

        Args:
            qasm: as for `quasar.verify`; files are read here, not by the service.
            problem: as for `quasar.verify`.
            reference: a reference circuit; default: the problem file's own.
            options: what to measure.
            parameters: values of the circuit's `input` parameters.

        Raises:
            InputError: the circuit is nothing that is taken, the problem cannot be used, or the key
                is wrong.
            InfrastructureError: the service cannot be reached or failed.
        """
        body = _verify_request(qasm, problem, reference, options, parameters)
        return self._post("/v1/verify", body, models.VerifyAnswer).report

    def verify_many(
        self,
        items: Iterable[BatchItem],
        *,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        problems: Mapping[str, ProblemSource] | None = None,
        batch_size: int = 1000,
    ) -> Iterator[BatchResult]:
        """Judge many circuits.

        Args:
            items: ids have to differ; read as they are sent.
            problems: problems that items refer to by name.
            batch_size: items of a request at most.

        Yields:
            Each item's result, once, in order of completion. An item whose problem cannot be used
            has an error instead of a report.

        Raises:
            InputError: the whole batch cannot be used, or two ids are the same.
            InfrastructureError: the service cannot be reached or failed, for good.
        """
        for chunk in chunks(items, options, problems, batch_size):
            attempt = 0
            while chunk.waiting:
                answered = len(chunk.waiting)
                try:
                    yield from self._stream(chunk)
                    continue
                except (httpx.TransportError, _Passing) as error:
                    attempt = 0 if len(chunk.waiting) < answered else attempt
                    pause_s = self._pause_s(attempt, error)
                    attempt += 1
                time.sleep(pause_s)

    def _stream(self, chunk: Chunk) -> Iterator[BatchResult]:
        if chunk.too_large:
            yield chunk.refused()
            return
        with self._http.stream("POST", "/v1/verify/batch", **chunk.request()) as response:
            if not response.is_success:
                response.read()
                _check(response)
            for line in response.iter_lines():
                result = chunk.take(line)
                if result is not None:
                    yield result
        chunk.require_complete()

    def generate(self, problem: ProblemSource, **how: Any) -> models.GenerateAnswer:
        """Have circuits designed; `how` holds fields of `models.GenerateRequest`."""
        body = _request(models.GenerateRequest, problem=problem_content(problem), **how)
        return self._post("/v1/generate", body, models.GenerateAnswer)

    def optimise(
        self, qasm: CircuitSource, problem: ProblemSource, **how: Any
    ) -> models.OptimiseAnswer:
        """Improve a circuit's angles; `how` holds fields of `models.OptimiseRequest`."""
        body = _request(
            models.OptimiseRequest, problem=problem_content(problem), **_program(qasm), **how
        )
        return self._post("/v1/optimise", body, models.OptimiseAnswer)

    def encode(self, problem: ProblemSource, **how: Any) -> models.EncodeAnswer:
        """Turn a problem into a Hamiltonian; `how` holds fields of `models.EncodeRequest`."""
        body = _request(models.EncodeRequest, problem=problem_content(problem), **how)
        return self._post("/v1/encode", body, models.EncodeAnswer)

    def draw(self, qasm: CircuitSource, **how: Any) -> models.DrawAnswer:
        """Draw a circuit; `how` holds fields of `models.DrawRequest`."""
        body = _request(models.DrawRequest, **_program(qasm), **how)
        return self._post("/v1/draw", body, models.DrawAnswer)

    def problems(self) -> models.ProblemsAnswer:
        """The types of problems."""
        return self._send("GET", "/v1/problems", None, models.ProblemsAnswer)

    def health(self) -> models.HealthAnswer:
        """Whether the service is up."""
        return self._send("GET", "/healthz", None, models.HealthAnswer)

    def _post(self, path: str, body: models.Request, answer: type[A]) -> A:
        return self._send("POST", path, body.model_dump(mode="json"), answer)

    def _send(self, method: str, path: str, body: Any, answer: type[A]) -> A:
        attempt = 0
        while True:
            try:
                response = self._http.request(method, path, json=body)
                _check(response)
                return answer.model_validate_json(response.content)
            except (httpx.TransportError, _Passing) as error:
                pause_s = self._pause_s(attempt, error)
            attempt += 1
            time.sleep(pause_s)


class AsyncClient(_Shared):
    """The client for asynchronous code; methods are those of `Client`."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._http = httpx.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def verify(
        self,
        qasm: CircuitSource,
        problem: ProblemSource,
        reference: CircuitSource | None = None,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        *,
        parameters: Values | None = None,
    ) -> Report:
        """See `Client.verify`."""
        body = _verify_request(qasm, problem, reference, options, parameters)
        return (await self._post("/v1/verify", body, models.VerifyAnswer)).report

    async def verify_many(
        self,
        items: Iterable[BatchItem],
        *,
        options: models.VerifyOptions | Mapping[str, Any] | None = None,
        problems: Mapping[str, ProblemSource] | None = None,
        batch_size: int = 1000,
    ) -> AsyncIterator[BatchResult]:
        """See `Client.verify_many`."""
        for chunk in chunks(items, options, problems, batch_size):
            attempt = 0
            while chunk.waiting:
                answered = len(chunk.waiting)
                try:
                    async for result in self._stream(chunk):
                        yield result
                    continue
                except (httpx.TransportError, _Passing) as error:
                    attempt = 0 if len(chunk.waiting) < answered else attempt
                    pause_s = self._pause_s(attempt, error)
                    attempt += 1
                await asyncio.sleep(pause_s)

    async def _stream(self, chunk: Chunk) -> AsyncIterator[BatchResult]:
        if chunk.too_large:
            yield chunk.refused()
            return
        async with self._http.stream("POST", "/v1/verify/batch", **chunk.request()) as response:
            if not response.is_success:
                await response.aread()
                _check(response)
            async for line in response.aiter_lines():
                result = chunk.take(line)
                if result is not None:
                    yield result
        chunk.require_complete()

    async def generate(self, problem: ProblemSource, **how: Any) -> models.GenerateAnswer:
        """See `Client.generate`."""
        body = _request(models.GenerateRequest, problem=problem_content(problem), **how)
        return await self._post("/v1/generate", body, models.GenerateAnswer)

    async def optimise(
        self, qasm: CircuitSource, problem: ProblemSource, **how: Any
    ) -> models.OptimiseAnswer:
        """See `Client.optimise`."""
        body = _request(
            models.OptimiseRequest, problem=problem_content(problem), **_program(qasm), **how
        )
        return await self._post("/v1/optimise", body, models.OptimiseAnswer)

    async def encode(self, problem: ProblemSource, **how: Any) -> models.EncodeAnswer:
        """See `Client.encode`."""
        body = _request(models.EncodeRequest, problem=problem_content(problem), **how)
        return await self._post("/v1/encode", body, models.EncodeAnswer)

    async def draw(self, qasm: CircuitSource, **how: Any) -> models.DrawAnswer:
        """See `Client.draw`."""
        body = _request(models.DrawRequest, **_program(qasm), **how)
        return await self._post("/v1/draw", body, models.DrawAnswer)

    async def problems(self) -> models.ProblemsAnswer:
        """See `Client.problems`."""
        return await self._send("GET", "/v1/problems", None, models.ProblemsAnswer)

    async def health(self) -> models.HealthAnswer:
        """See `Client.health`."""
        return await self._send("GET", "/healthz", None, models.HealthAnswer)

    async def _post(self, path: str, body: models.Request, answer: type[A]) -> A:
        return await self._send("POST", path, body.model_dump(mode="json"), answer)

    async def _send(self, method: str, path: str, body: Any, answer: type[A]) -> A:
        attempt = 0
        while True:
            try:
                response = await self._http.request(method, path, json=body)
                _check(response)
                return answer.model_validate_json(response.content)
            except (httpx.TransportError, _Passing) as error:
                pause_s = self._pause_s(attempt, error)
            attempt += 1
            await asyncio.sleep(pause_s)

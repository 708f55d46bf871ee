"""Any model behind an OpenAI-compatible chat endpoint: hosted ones, and `vllm serve`.

One bad answer (refused prompt, garbage, nothing) is that completion's `error`; the others are kept.
Trouble that may pass (429, 5xx, timeouts, lost connections, answers that are not JSON) is tried
again after a growing, jittered wait, or the wait that the server asks for. The key is read from the
environment and appears in no message.

The official client sends the requests; waiting, counting and reading the answers is done here, as
endpoints differ in how they fail.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.retries import Backoff, TransientError, retry_after_s
from quasar.core.seeds import generator
from quasar.models.back_end import Ask, BackEnd
from quasar.models.grammar import qasm_grammar
from quasar.models.profile import DEFAULT_STYLE, Profile
from quasar.models.protocol import Completion, FinishReason, Sampling, failed
from quasar.prompts.chat import Message

DEFAULT_URL = "https://api.openai.com/v1"
_PASSING = frozenset({408, 409, 425, 429})
_GIVE_UP_AFTER = 3
"""Requests lost in a row, each after all its retries, before the rest is not even sent."""


class OpenAISettings(Profile):
    """Where the endpoint is and how it may be used."""

    base_url: str | None = None
    """Address up to `/v1`; None: the environment's OPENAI_BASE_URL, else OpenAI's own."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; servers of one's own may need none."""
    timeout_s: float = Field(default=300.0, gt=0)
    """Longest silence of the server before a request counts as lost, seconds."""
    retries: int = Field(default=5, ge=0)
    """Further attempts after trouble that may pass."""
    backoff_s: float = Field(default=1.0, ge=0)
    """First wait between attempts, seconds; doubled each time, times a random 0.5 to 1."""
    max_wait_s: float = Field(default=60.0, ge=0)
    """Longest wait between attempts, seconds, even where the server asks for more."""
    concurrency: int = Field(default=8, ge=1)
    """Requests under way at a time."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """Most requests started in a minute, evenly spaced; None: no limit of our own."""
    price_prompt: float = Field(default=0.0, ge=0)
    """Price of a million prompt tokens, in any currency; counted in `usage`."""
    price_completion: float = Field(default=0.0, ge=0)
    """Price of a million completion tokens."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the endpoint calls the limit; OpenAI's reasoning models take the second."""
    omit: tuple[Literal["temperature", "top_p", "seed", "n"], ...] = ()
    """Sampling fields that the endpoint refuses, left out of requests."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, for what only one server knows."""
    grammar: Literal["none", "vllm"] = "none"
    """How answers can be held to the circuit grammar: `vllm` for a server started with
    `--structured-outputs-config.backend guidance`; `none`: not at all."""


@dataclass(frozen=True)
class Usage:
    """What the endpoint counted so far, retries included.

    Attributes:
        requests: sent.
        cost: in the currency of the prices set.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


class OpenAIModel(BackEnd):
    """A `quasar.models.protocol.Model`; the properties are documented there."""

    def __init__(
        self, model: str, settings: OpenAISettings | None = None, *, key: str | None = None
    ) -> None:
        """Settle address and key; nothing is sent yet.

        Args:
            model: name as the endpoint knows it.
            key: API key, in place of the one in the environment.

        Raises:
            InputError: the client is not installed, or OpenAI's own address lacks a key.
        """
        settings = settings or OpenAISettings()
        self.name = settings.name or model
        self.prompt_style = settings.prompt_style or DEFAULT_STYLE
        self.max_qubits = settings.max_qubits
        self._model = model
        self._settings = settings
        self._url = settings.base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL
        self._key = os.environ.get(settings.api_key_env, "") if key is None else key
        self._key_name = "the API key" if key is not None else f"the key in {settings.api_key_env}"
        if not self._key and self._url == DEFAULT_URL:
            raise InputError(
                f"no key in the environment variable {settings.api_key_env}: set it, or name "
                "another endpoint with base_url."
            )
        self._client = _client(self._url, self._key, settings.timeout_s)
        self._slots = _Slots(settings.requests_per_minute)
        self._lock = threading.Lock()
        self._usage = Usage()
        self._one_at_a_time = "n" in settings.omit

    @property
    def usage(self) -> Usage:
        """Requests, tokens and cost since the model was made."""
        return self._usage

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`.

        Samples are asked for at once where the endpoint knows `n`, else by repeated requests. Of a
        request for several samples only the sum of completion tokens is known (`usage`), and each
        completion's own number is 0.

        Raises:
            InputError: the endpoint refuses the key or does not know the model; or `qubits` are
                asked for and `grammar` is not set.
            InfrastructureError: the endpoint gave no answer at all.
        """
        grammars = self._grammars([ask.n_qubits for ask in asks])
        got: list[list[Completion]] = [[] for _ in asks]
        asked = [0 for _ in asks]
        watch = _Watch()
        with ThreadPoolExecutor(self._settings.concurrency) as pool:
            # Rounds: a server that ignores `n` is asked again for what is missing.
            while any(len(answers) < sampling.samples for answers in got):
                parts = []
                for i, answers in enumerate(got):
                    missing = sampling.samples - len(answers)
                    for n in self._portions(missing):
                        rng = generator(sampling.seed, "completion", asks[i].stream, asked[i])
                        body = self._body(asks[i].chat, sampling, n, int(rng.integers(2**31)))
                        body |= grammars[i]
                        asked[i] += 1
                        parts.append((i, n, pool.submit(self._ask, body, n, watch)))
                for i, n, part in parts:
                    got[i] += part.result()[:n]
        if got and sampling.samples and not watch.answered and watch.lost:
            raise InfrastructureError(watch.reason)
        return got

    def _grammars(self, widths: Sequence[int | None]) -> list[dict[str, Any]]:
        if self._settings.grammar == "none" and any(n is not None for n in widths):
            raise InputError(
                f"'{self.name}' cannot be held to the circuit grammar: set grammar=vllm for a vLLM "
                "server, use a local model, or generate freely."
            )
        return [
            {} if n is None else {"structured_outputs": {"grammar": qasm_grammar(n)}}
            for n in widths
        ]

    def _portions(self, missing: int) -> list[int]:
        if missing <= 0:
            return []
        return [1] * missing if self._one_at_a_time else [missing]

    def _body(
        self, chat: Sequence[Message], sampling: Sampling, n: int, seed: int
    ) -> dict[str, Any]:
        drawing = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": seed,
            "n": n,
        }
        body: dict[str, Any] = {"model": self._model, "messages": list(chat)}
        body |= {k: v for k, v in drawing.items() if k not in self._settings.omit}
        if sampling.max_tokens is not None:
            body[self._settings.max_tokens_field] = sampling.max_tokens
        return body | self._settings.extra_body

    def _ask(self, body: dict[str, Any], n: int, watch: _Watch) -> list[Completion]:
        """One to `n` completions; `n` failed ones where nothing is to be had."""
        reason = ""
        backoff = Backoff(self._settings.backoff_s, self._settings.max_wait_s)
        for attempt in range(self._settings.retries + 1):
            if watch.given_up:
                return [failed(watch.reason, outage=True)] * n
            self._slots.wait()
            try:
                answer = self._send(body)
                completions = self._read(answer, n)
            except TransientError as trouble:
                reason = str(trouble)
                if attempt < self._settings.retries:
                    time.sleep(backoff.pause_s(attempt, trouble))
                continue
            except _Refused as refusal:
                watch.saw_answer()
                return self._after_refusal(body, n, watch, refusal.reason)
            except InputError:
                watch.stop("the endpoint refuses every request")
                raise
            watch.saw_answer()
            if len(completions) < n:
                self._one_at_a_time = True
            return completions
        attempts = self._settings.retries + 1
        reason = f"{self._shown_url} gave no usable answer in {attempts} attempts: {reason}."
        watch.saw_loss(reason)
        return [failed(reason, outage=True)] * n

    def _after_refusal(
        self, body: dict[str, Any], n: int, watch: _Watch, reason: str
    ) -> list[Completion]:
        """Perhaps only `n` is refused: one alone tells."""
        if n == 1:
            return [failed(reason)]
        one = self._ask(body | {"n": 1}, 1, watch)[0]
        if one.error is not None:
            return [one] * n
        self._one_at_a_time = True
        return [one]

    def _send(self, body: dict[str, Any]) -> str:
        """The answer's text.

        Raises:
            TransientError: worth another attempt.
            _Refused: this prompt will not be answered.
            InputError: no prompt will: wrong key, address or model.
        """
        import openai

        with self._lock:
            self._usage = _plus(self._usage, requests=1)
        problem: Exception
        try:
            answer = self._client.chat.completions.with_raw_response.create(
                model=body["model"], messages=body["messages"], extra_body=body
            )
            return str(answer.http_response.text)
        except openai.APITimeoutError:
            problem = TransientError(f"it was silent for {self._settings.timeout_s:g} s")
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            problem = TransientError(f"no connection ({type(cause).__name__}: {self._safe(cause)})")
        except openai.APIStatusError as error:
            problem = self._by_status(error.status_code, error.response.headers, self._safe(error))
        except openai.OpenAIError as error:
            problem = TransientError(self._safe(error))
        # Outside the handlers, so that no request with its key hangs on the new error.
        raise problem

    def _by_status(self, status: int, headers: Mapping[str, str], text: str) -> Exception:
        said = f"status {status} ({text})"
        if status in _PASSING or status >= 500:
            return TransientError(said, retry_after_s(headers.get("retry-after")))
        if status in (401, 403):
            return InputError(f"{self._shown_url} refuses {self._key_name}: {said}.")
        if status == 404:
            return InputError(
                f"{self._shown_url} does not know the model '{self._model}', or is not the address "
                f"up to /v1: {said}."
            )
        return _Refused(f"the endpoint refuses the request: {said}.")

    def _read(self, text: str, n: int) -> list[Completion]:
        """The completions of an answer.

        Raises:
            TransientError: it is not JSON, or has no choices.
        """
        try:
            answer = json.loads(text)
            choices = answer["choices"]
            found = [_completion(choice) for choice in choices]
            usage = answer.get("usage") or {}
            prompt, made = (
                int(usage.get("prompt_tokens", 0)),
                int(usage.get("completion_tokens", 0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise TransientError(f"not a chat completion: {self._safe(text)[:80]!r}") from None
        with self._lock:
            price = self._settings.price_prompt * prompt + self._settings.price_completion * made
            self._usage = _plus(self._usage, prompt=prompt, made=made, cost=price / 1e6)
        if not found:
            raise TransientError("an answer without choices")
        own = made if len(found) == 1 else 0
        return [Completion(c.text, c.finish_reason, prompt, own, c.error) for c in found]

    def _safe(self, text: object) -> str:
        """A message without line ends and without the key, should the server repeat it."""
        line = " ".join(str(text).split())
        if self._key:
            line = line.replace(self._key, "***")
        return line[:300]

    @property
    def _shown_url(self) -> str:
        """The address without user and password."""
        parts = urlsplit(self._url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


class _Refused(Exception):
    """The endpoint will not answer this prompt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Watch:
    """Whether the endpoint lives, as seen by the requests of one call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.answered = 0
        self.lost = 0
        self._in_a_row = 0
        self._stopped = False
        self.reason = ""

    def saw_answer(self) -> None:
        with self._lock:
            self.answered += 1
            self._in_a_row = 0

    def saw_loss(self, reason: str) -> None:
        with self._lock:
            self.lost += 1
            self._in_a_row += 1
            self.reason = reason

    def stop(self, reason: str) -> None:
        """Let nothing more be sent."""
        with self._lock:
            self._stopped = True
            self.reason = reason

    @property
    def given_up(self) -> bool:
        """Whether anything more need be sent."""
        return self._stopped or self._in_a_row >= _GIVE_UP_AFTER


class _Slots:
    """Evenly spaced starts of requests, for all threads together."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap_s = 60.0 / per_minute if per_minute else 0.0
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self) -> None:
        """Sleep until the next slot."""
        if not self._gap_s:
            return
        with self._lock:
            start = max(self._next, time.monotonic())
            self._next = start + self._gap_s
        time.sleep(max(0.0, start - time.monotonic()))


def _client(url: str, key: str, timeout_s: float) -> Any:
    try:
        import openai
    except ImportError as error:
        raise InputError(
            "OpenAI-compatible endpoints need the client: pip install -e '.[api]' in your clone "
            "of quasar."
        ) from error
    # Its own retries are off: they know neither our rate limit nor our count of requests.
    return openai.OpenAI(base_url=url, api_key=key or "none", timeout=timeout_s, max_retries=0)


def _completion(choice: dict[str, Any]) -> Completion:
    """A completion without its counts."""
    text = choice["message"].get("content")
    finish = choice.get("finish_reason") or "stop"
    if not isinstance(text, str) or not text.strip():
        return failed(f"the endpoint gave an empty answer (finish reason '{finish}').")
    reason: FinishReason = "length" if finish == "length" else "stop"
    return Completion(text, reason)


def _plus(
    usage: Usage, *, requests: int = 0, prompt: int = 0, made: int = 0, cost: float = 0.0
) -> Usage:
    return Usage(
        usage.requests + requests,
        usage.prompt_tokens + prompt,
        usage.completion_tokens + made,
        usage.cost + cost,
    )

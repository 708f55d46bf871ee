"""Settings of the service: limits, and who may use it."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from quasar.core.errors import InputError
from quasar.core.settings import Settings
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import LargeSettings

KEYS_VARIABLE = "QUASAR_API_KEYS"
_SHORTEST_KEY = 16
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")


_LARGE = LargeSettings(max_width=22, solver_threads=1)


class ServiceSettings(Settings):
    """All settings of `quasar serve` and `quasar mcp`."""

    host: str = "127.0.0.1"
    """Interface to listen on; any but loopback needs an API key."""
    port: int = Field(default=8000, ge=0, le=65535)
    """TCP port; 0 takes a free one."""
    workers: int | None = Field(default=None, ge=1, le=1024)
    """Worker processes; None: one a core."""
    replicas: int = Field(default=1, ge=1)
    """Copies of the service, each with workers of its own; with `--executor ray` only."""
    max_replicas: int | None = Field(default=None, ge=1)
    """Largest number of copies under load; the cluster scales between `replicas` and this. None:
    always `replicas`."""
    target_requests: float | None = Field(default=None, gt=0)
    """Requests in progress in each copy that scaling aims at; None: twice the workers."""
    limits: SandboxLimits = SandboxLimits(max_problem_seconds=10.0)
    """Time, memory and nesting that one request may use in its worker. Unlike in the sandbox,
    `max_problem_seconds` and the memory limit apply to the problem too: like the circuit, it comes
    from outside."""
    max_qubits: int = Field(default=5_000, ge=1, le=5_000)
    """Largest problem in variables; a larger one gets 422 with the code `limit`. 24: only what is
    judged exactly."""
    large: LargeSettings = _LARGE
    """How hard circuits of problems beyond 24 qubits are looked at: shots, bond dimension, width of
    a contraction (memory is 16 bytes times 2 to this), seconds. A request may ask for less; for
    more it gets 422 with the code `limit`. Seconds are also lowered to fit into `limits`, of which
    `max_large_seconds` is the time for one such circuit."""
    max_design_seconds: float = Field(default=300.0, gt=0)
    """Processor seconds of one request that optimises: `generate` and `optimise`."""
    max_queue: int = Field(default=256, ge=1)
    """Requests that may wait for a worker; further ones get 429."""
    max_batches: int = Field(default=8, ge=1)
    """Batches streamed at the same time; further ones get 429."""
    max_batch_items: int = Field(default=10_000, ge=1)
    """Circuits in one batch, or trajectories in one `get_observation`."""
    max_body_mib: float = Field(default=4.0, gt=0)
    """Largest body of a request in MiB; a larger one gets 413."""
    max_batch_mib: float = Field(default=32.0, gt=0)
    """The same for batches."""
    max_bodies_mib: float = Field(default=256.0, gt=0)
    """Bodies of all requests being received and answered together, in MiB; above it, 429."""
    max_body_seconds: float = Field(default=30.0, gt=0)
    """Wall-clock seconds that a client may take to send a body; then 408."""
    max_connections: int = Field(default=512, ge=1)
    """Maximum open connections; further ones get 503."""
    kept_answers_mib: float = Field(default=64.0, ge=0)
    """Answers of batches kept in memory, so that sending one again verifies nothing twice."""
    kept_answers_seconds: float = Field(default=900.0, ge=0)
    """How long they are kept, in seconds."""
    shutdown_seconds: float = Field(default=300.0, gt=0)
    """How long to finish accepted requests after a signal to stop, in seconds."""
    models: tuple[str, ...] = ("designer",)
    """Generators that `generate` offers; no other name ever reaches a model loader."""
    allowed_hosts: tuple[str, ...] = ()
    """Allowed names in the Host header. Empty: on loopback only loopback's own, so that no web page
    reaches the service under its own name (DNS rebinding); elsewhere any."""
    cors_origins: tuple[str, ...] = ()
    """Web origins whose scripts may read answers (CORS); empty: none."""
    api_keys: tuple[SecretStr, ...] = Field(default=(), repr=False)
    """API keys, any of which gives access; empty: none is needed, on loopback only."""

    @field_validator("large", mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        """What is left out keeps the service's defaults, not those of one's own machine."""
        return {**dict(_LARGE), **given} if isinstance(given, Mapping) else given

    @field_validator("api_keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            text = key.get_secret_value()
            if len(text) < _SHORTEST_KEY or not text.isascii() or not text.isprintable():
                raise ValueError(
                    f"an API key has at least {_SHORTEST_KEY} printable ASCII characters, such as "
                    "python -c 'import secrets; print(secrets.token_urlsafe(32))' prints"
                )
        return keys

    @property
    def hosts(self) -> tuple[str, ...]:
        """Allowed names in the Host header; empty: any."""
        if self.allowed_hosts or not is_loopback(self.host):
            return self.allowed_hosts
        return _LOCAL_NAMES

    @model_validator(mode="after")
    def _can_grow(self) -> Self:
        if self.max_replicas is not None and self.max_replicas < self.replicas:
            raise ValueError(
                f"max_replicas = {self.max_replicas} is less than replicas = {self.replicas}"
            )
        return self

    def require_safe(self) -> None:
        """Refuse to listen to other machines without an API key.

        Raises:
            InputError: the interface is not loopback and there is no key.
        """
        if not self.api_keys and not is_loopback(self.host):
            raise InputError(
                f"{self.host} can be reached from other machines, and no API key is set: put one "
                f"in {KEYS_VARIABLE} or a file for --key-file, or listen on 127.0.0.1."
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an interface; a name counts only as `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings(
    config: Path | None,
    key_file: Path | None,
    *,
    max_seconds: float | None = None,
    max_memory_mib: int | None = None,
    **given: Any,
) -> ServiceSettings:
    """Settings from a TOML file; what is given otherwise takes precedence over it.

    Args:
        config: TOML file with fields of `ServiceSettings`.
        key_file: API keys, one a line; `#` starts a comment.
        max_seconds: of `ServiceSettings.limits`, as is `max_memory_mib`.
        given: other fields; None means not given.

    Raises:
        InputError: a file cannot be read, an unknown field, a value out of range, or no key in
            the key file.
    """
    data: dict[str, Any] = {}
    if config is not None:
        try:
            data = tomllib.loads(_text(config))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{config} is not TOML: {error}.") from None
    data |= {name: value for name, value in given.items() if value is not None}
    both = {"max_seconds": max_seconds, "max_memory_mib": max_memory_mib}
    limits = {name: value for name, value in both.items() if value is not None}
    if limits or "limits" in data:
        data["limits"] = {"max_problem_seconds": 10.0, **data.get("limits", {}), **limits}
    keys = [key for key in os.environ.get(KEYS_VARIABLE, "").split(",") if key.strip()]
    if key_file is not None:
        lines = [line.partition("#")[0].strip() for line in _text(key_file).splitlines()]
        found = [line for line in lines if line]
        if not found:
            raise InputError(f"{key_file} holds no key: write one on each line.")
        keys += found
    if keys:
        data["api_keys"] = [*data.get("api_keys", []), *(key.strip() for key in keys)]
    return ServiceSettings.parse(data)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path} cannot be read: {reason}.") from None

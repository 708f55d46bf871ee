"""Errors of requests, in addition to those of `quasar.core.errors`."""

from __future__ import annotations

from quasar.core.errors import InputError, QuasarError


class LimitError(InputError):
    """A request needs more time or memory than the service allows."""


class BusyError(QuasarError):
    """The service is at capacity.

    Args:
        retry_after_s: seconds after which to try again.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ClosedError(QuasarError):
    """The service is shutting down and accepts no more requests."""

"""What can go wrong with a request, beside the errors of `quasar.core.errors`."""

from __future__ import annotations

from quasar.core.errors import InputError, QuasarError


class LimitError(InputError):
    """A request asked for more time or memory than the service allows."""


class BusyError(QuasarError):
    """The service has as much to do as it accepts.

    Args:
        retry_after_s: seconds after which to ask again.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ClosedError(QuasarError):
    """The service is being shut down and accepts nothing more."""

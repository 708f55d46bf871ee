"""Whose fault it is when verifying breaks off: what is not the caller's is the machinery's."""

from __future__ import annotations

from contextlib import AbstractContextManager

from quasar.core.errors import InfrastructureError, QuasarError


class _NoVerdictOnFailure:
    """Without state, and so one for all."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None or isinstance(error, QuasarError) or not isinstance(error, Exception):
            return
        if isinstance(error, MemoryError):
            raise InfrastructureError("out of memory while verifying the circuit.") from error
        raise InfrastructureError(
            f"the verifier failed ({type(error).__name__}: {error}); this says nothing about "
            "the circuit."
        ) from error


_ONE = _NoVerdictOnFailure()


def no_verdict_on_failure() -> AbstractContextManager[None]:
    """Never let a failure of memory or of a library pass for a verdict on the circuit.

    Raises:
        InfrastructureError: memory ran out or a library failed inside.
    """
    return _ONE

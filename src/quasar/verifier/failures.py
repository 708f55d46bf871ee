"""Whose fault it is when verifying breaks off: what is not the caller's is the machinery's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quasar.core.errors import InfrastructureError, QuasarError


@contextmanager
def no_verdict_on_failure() -> Iterator[None]:
    """Never let a failure of memory or of a library pass for a verdict on the circuit.

    Raises:
        InfrastructureError: memory ran out or a library failed inside.
    """
    try:
        yield
    except QuasarError:
        raise
    except MemoryError as error:
        raise InfrastructureError("out of memory while verifying the circuit.") from error
    except Exception as error:
        raise InfrastructureError(
            f"the verifier failed ({type(error).__name__}: {error}); this says nothing about "
            "the circuit."
        ) from error

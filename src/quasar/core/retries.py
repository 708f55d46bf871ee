"""When to send a failed request again: exponential backoff with jitter, and Retry-After.

Covers which pause to make; not which failures are worth another attempt, and not the sleeping,
which differ between plain and asynchronous callers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_MOST_DOUBLINGS = 60  # beyond these any pause has reached its upper limit


class TransientError(Exception):
    """A failure that may pass: the request is worth another attempt.

    Args:
        retry_after_s: seconds that the server asks to wait; None: it does not say.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Backoff:
    """Pauses between attempts.

    Attributes:
        first_s: first pause in seconds; doubled each time, times a random 0.5 to 1, so that
            requests that failed together do not come back together.
        longest_s: upper limit of a pause, also where the server asks for more.
    """

    first_s: float
    longest_s: float

    def pause_s(self, attempt: int, error: Exception | None = None) -> float:
        """Seconds to wait after attempt number `attempt`, counted from 0, failed with `error`."""
        grown = self.first_s * 2.0 ** min(attempt, _MOST_DOUBLINGS) * random.uniform(0.5, 1.0)
        asked = error.retry_after_s if isinstance(error, TransientError) else None
        return min(self.longest_s, max(grown, asked or 0.0))


def retry_after_s(header: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or an HTTP date).

    Returns:
        None where there is no header or it cannot be read (RFC 9110, section 10.2.3).
    """
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now())
    except (TypeError, ValueError):
        return None

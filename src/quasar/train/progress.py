"""How far a training has come, by steps or by time, and the learning rate there."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST_RATE = 0.02
"""Factor on the learning rates at the end of a training that lets them fall."""


class TrainingProgress:
    """A fraction of the whole, in [0, 1]; what schedules and curricula go by.

    Time counts while the process trains, over all resumptions.
    """

    def __init__(
        self,
        max_steps: int | None,
        max_minutes: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if max_steps is None and max_minutes is None:
            raise ValueError("a training needs an end: max_steps or max_minutes")
        self._max_steps, self._max_minutes, self._clock = max_steps, max_minutes, clock
        self._begun: float | None = None
        self._before = 0.0
        self.step = 0

    def resume(self, step: int, seconds: float) -> None:
        """Go on from a saved state."""
        self.step, self._before = step, seconds

    def start(self) -> None:
        """Start the clock."""
        self._begun = self._clock()

    def pause(self) -> None:
        """Stop the clock until the next start."""
        self._before, self._begun = self.seconds, None

    @property
    def running(self) -> bool:
        """Whether the clock runs."""
        return self._begun is not None

    @property
    def seconds(self) -> float:
        """Time trained so far, s."""
        return self._before + (0.0 if self._begun is None else self._clock() - self._begun)

    @property
    def fraction(self) -> float:
        """0 at the start, 1 at the end."""
        parts = [0.0]
        if self._max_steps is not None:
            parts.append(self.step / self._max_steps)
        if self._max_minutes is not None:
            parts.append(self.seconds / (60.0 * self._max_minutes))
        return min(1.0, max(parts))


def rate(share: float, warmup: float, decay: float) -> float:
    """Factor on the learning rates: rises linearly, stays at 1, falls linearly to a fiftieth.

    Args:
        share: how far the training is, 0 to 1.
        warmup: fraction of the training in which it rises.
        decay: fraction, at the end, in which it falls.
    """
    if share < warmup:
        return max(share / warmup, 1e-3)
    if decay and share > 1.0 - decay:
        return max(LEAST_RATE, (1.0 - share) / decay)
    return 1.0

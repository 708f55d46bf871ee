"""What an optimisation is given and what it leaves behind: budget, trace, best so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector

MAX_UPDATES = 2e9
"""Amplitude updates (gates times 2**n, for each evaluation) of an optimisation for which no number
of evaluations is given: about half a minute on one core, and the same on every machine."""
LEAST_EVALUATIONS = 20


def affordable_evaluations(n_qubits: int, gates: int, most: int) -> int:
    """How many evaluations of an energy with gradient a default budget holds: `most`, or fewer on
    large circuits, by their size and not by the clock.
    """
    afforded = int(MAX_UPDATES / (max(gates, 1) * 2.0**n_qubits))
    return min(most, max(afforded, LEAST_EVALUATIONS))


class BudgetSpent(Exception):
    """Raised inside an objective to stop a library optimiser; never leaves this package."""


@dataclass
class Budget:
    """How much an optimisation may use; the first limit reached ends it.

    Attributes:
        max_evaluations: evaluations of the energy (one with gradient counts as one).
        max_seconds: wall-clock time in seconds, None for no limit.
        stop: asked before every evaluation; once it says yes nothing is left.
    """

    max_evaluations: int = 2000
    max_seconds: float | None = None
    used: int = 0
    started: float = field(default_factory=time.monotonic)
    stop: Callable[[], bool] | None = None

    @classmethod
    def unlimited(cls, max_seconds: float | None = None) -> Budget:
        """No limit on evaluations: for methods that end by themselves."""
        return cls(1 << 62, max_seconds)

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        if self.used >= self.max_evaluations or (self.stop is not None and self.stop()):
            return True
        return self.max_seconds is not None and self.elapsed_s >= self.max_seconds

    @property
    def cut_short(self) -> bool:
        """Whether it ended by the clock or by `stop`: another run may end elsewhere."""
        return self.used < self.max_evaluations and self.spent

    @property
    def elapsed_s(self) -> float:
        """Seconds since the budget was opened."""
        return time.monotonic() - self.started

    def take(self) -> None:
        """Count one evaluation.

        Raises:
            BudgetSpent: none is left.
        """
        if self.spent:
            raise BudgetSpent
        self.used += 1


@dataclass
class Trace:
    """Every energy seen, and the best parameters so far.

    Attributes:
        energies: in order of evaluation.
        best_energy: lowest of them, inf before the first.
        best_theta: where it was, shape [P].
        stages: (first evaluation, label) of each restart or phase, for the optimisation curve.
    """

    energies: list[float] = field(default_factory=list)
    best_energy: float = np.inf
    best_theta: FloatVector = field(default_factory=lambda: np.zeros(0))
    stages: list[tuple[int, str]] = field(default_factory=list)

    def begin(self, label: str) -> None:
        """Mark the start of a restart or phase."""
        self.stages.append((len(self.energies), label))

    def record(self, energy: float, theta: npt.ArrayLike) -> None:
        """Add one evaluation."""
        self.energies.append(energy)
        if energy < self.best_energy:
            self.best_energy = energy
            self.best_theta = np.array(theta, dtype=np.float64)
        watcher = _watcher.get()
        if watcher is not None:
            watcher(self)


_watcher: ContextVar[Callable[[Trace], None] | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(seen: Callable[[Trace], None]) -> Iterator[None]:
    """Have `seen` called after each energy that an optimisation of this thread records."""
    token = _watcher.set(seen)
    try:
        yield
    finally:
        _watcher.reset(token)

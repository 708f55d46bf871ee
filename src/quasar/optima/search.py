"""What the solvers are given and what they give back.

A solver is a function from a native model and a `Search` to `Found`: one line in
`optima.solve.METHODS`. It runs in a thread of its own, so that Ctrl-C and a time limit are heeded
while a library computes.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType

from quasar.core.errors import InputError
from quasar.core.exact import Exact
from quasar.core.labels import Label
from quasar.problems.base import Solution

Values = Mapping[Label, int]
_POLL_S = 0.05


class TooLarge(InputError):
    """A solver does not take these numbers."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} Choose another --method, or scale the numbers.")


@dataclass(frozen=True)
class Update:
    """How far a search is, in terms of the cost that is minimised.

    Attributes:
        cost: of the best solution so far; None without one.
        bound: no solution costs less; None where nothing is known.
    """

    cost: float | None
    bound: float | None


@dataclass(frozen=True)
class Found:
    """What a solver knows when it ends.

    Attributes:
        method: its name.
        values: of the model's variables, the best assignment found; None without one.
        solution: in the user's terms, from a method that does not use the model's variables.
        bound: no feasible assignment costs less; None where nothing is known.
        infeasible: proved that no assignment is feasible.
        complete: it ended by itself, not for want of time.
    """

    method: str
    values: Values | None = None
    bound: Exact | float | None = None
    infeasible: bool = False
    complete: bool = True
    solution: Solution = None


@dataclass(frozen=True)
class Search:
    """Limits of a search, and who is told of its progress.

    Attributes:
        deadline: when it ends, by `time.monotonic`.
        seed: of everything random.
        workers: threads of the solvers; None: as many as suit the solver and the machine.
        stop: asked now and then whether to end early.
        tell: told of better solutions and bounds, from any thread.
    """

    deadline: float
    seed: int = 0
    workers: int | None = None
    stop: Callable[[], bool] = lambda: False
    tell: Callable[[Update], None] = lambda update: None

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether time is up or the user asked to stop."""
        return self.left_s <= 0 or self.stop()

    def until(self, seconds: float) -> Search:
        """The same search, over in so many seconds at the latest."""
        return replace(self, deadline=min(self.deadline, time.monotonic() + seconds))


def library(module: str, distribution: str, what: str) -> ModuleType:
    """An optional library.

    Raises:
        InputError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            f"{what} needs {distribution}, which is not installed: "
            f"pip install -e '.[optima]' in your clone of quasar, or choose another --method."
        ) from None


def heeding(work: Callable[[], None], search: Search, cancel: Callable[[], None]) -> None:
    """Do work of a library in a thread; cancel it once when the search is over.

    A library that is slow to heed its own time limit is cancelled as well.

    Raises:
        Exception: what the work raised.
    """
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # raised again below, in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    cancelled = False
    thread.join(0.001)
    while thread.is_alive():
        thread.join(_POLL_S)
        if not cancelled and search.is_over:
            cancel()
            cancelled = True
    if failed:
        raise failed[0]

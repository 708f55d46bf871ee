"""What all parts are given, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.nano_parts.asking import Asker
from benchmarks.nano_parts.intervals import Row
from benchmarks.nano_parts.large import large
from benchmarks.nano_parts.sets import (
    Item,
    Record,
    agentq_folder,
    items,
    problem_sets,
    some,
    test_split,
)

Tables = dict[str, list[Row]]
"""Rows by the table's title."""


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Attributes:
        limit: problems of each set in every part; None: each part's own number, 0: all.
        samples: answers of what is drawn several times.
        temperature: of those.
        ways: how to decode, see `asking.WAYS`.
        jobs: processes that verify; None: one a core.
        data: a data set whose test split is measured too.
    """

    limit: int | None = None
    samples: int = 10
    temperature: float = 1.0
    ways: tuple[str, ...] = ("guided",)
    jobs: int | None = None
    data: Path | None = None

    def count(self, own: int | None) -> int | None:
        """Problems of a set in a part that takes `own` of them by itself; None: all."""
        if self.limit is None:
            return own
        return self.limit or None


@dataclass(frozen=True)
class Bench:
    """The model and the problems of one run."""

    asker: Asker
    options: Options

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """Records by set."""
        found = problem_sets()
        if self.options.data is not None:
            found[self.options.data.name] = test_split(self.options.data)
        return found

    @cached_property
    def folder(self) -> Path | None:
        """Where the benchmark's records lie."""
        return agentq_folder()

    @cached_property
    def large(self) -> list[Item]:
        """The problems of 17 to 24 variables."""
        return large()

    def items(self, name: str, own: int | None) -> list[Item]:
        """Problems of a set of records, as many as a part takes."""
        return items(some(self.records[name], self.options.count(own)))


class Part(NamedTuple):
    """A part of the benchmark.

    Attributes:
        sections: pieces of work by name; each gives JSON-able content, which is kept.
        tables: from the content of the sections that are done.
        reads: files that its sections depend on, apart from weights, sources and problems.
    """

    sections: Callable[[Bench], Mapping[str, Callable[[], Any]]]
    tables: Callable[[Mapping[str, Any]], Tables]
    reads: tuple[Path, ...] = ()


def labelled(run: str, way: str, ways: Sequence[str]) -> str:
    """The run's name, with the way of decoding where there are several."""
    return run if len(ways) == 1 and way == "guided" else f"{run}, {way}"

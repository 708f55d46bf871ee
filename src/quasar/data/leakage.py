"""Instances that two sets of records share: found by hash, confirmed by an exact comparison."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from quasar.core.errors import InputError
from quasar.data.identity import isomorphic
from quasar.data.source import STATEMENT, Place, Source, instance_ids, problem_of
from quasar.problems.structure import Structure


class Pair(NamedTuple):
    """One instance in both sets.

    Attributes:
        first: where the first set has it (one place of possibly several).
        second: a record of the second set.
        problem_type: of both.
    """

    first: str
    second: str
    problem_type: str


@dataclass
class Leakage:
    """What two sets share.

    Attributes:
        first_records: in the first set.
        second_records: in the second set.
        shared_instances: different instances in both.
        pairs: one for each record of the second set whose instance is in the first.
        look_alikes: records whose hash is in the first set but whose instance is not.
    """

    first_records: int = 0
    second_records: int = 0
    shared_instances: int = 0
    pairs: list[Pair] = field(default_factory=list)
    look_alikes: int = 0


class _Known(NamedTuple):
    """An instance of the first set, with one place where it is."""

    place: Place
    problem_type: str
    structure: Structure


def leakage(first: Source, second: Source, *, jobs: int = 1) -> Leakage:
    """Compare two sets of records.

    Raises:
        InputError: a record that states no problem; names it.
    """
    ours, theirs = _hashes(first, jobs), _hashes(second, jobs)
    found = Leakage(len(ours), len(theirs))
    common = set(ours) & set(theirs)
    known: dict[int, list[_Known]] = {}
    for key, place, kind, instance in _structures(first, ours, common):
        same_hash = known.setdefault(key, [])
        if not any(isomorphic(instance, other.structure) for other in same_hash):
            same_hash.append(_Known(place, kind, instance))
    shared: set[Place] = set()
    for key, place, kind, instance in _structures(second, theirs, common):
        match = next((k for k in known[key] if isomorphic(instance, k.structure)), None)
        if match is None:
            found.look_alikes += 1
            continue
        shared.add(match.place)
        found.pairs.append(Pair(str(match.place), str(place), kind))
    found.shared_instances = len(shared)
    return found


def splits_of(path: Path) -> list[str]:
    """Names of the splits of a source.

    Raises:
        InputError: it has fewer than two.
    """
    names = sorted({place.split for place, _ in Source(path).records(("split",)) if place.split})
    if len(names) < 2:
        raise InputError(f"{path} has no splits to compare: name a second set of records.")
    return names


def _hashes(source: Source, jobs: int) -> array[int]:
    """The first 64 bits of every record's instance id, in the source's order."""
    return array("Q", (int(name[:16], 16) for _, name in instance_ids(source, jobs=jobs)))


def _structures(
    source: Source, hashes: array[int], wanted: set[int]
) -> Iterator[tuple[int, Place, str, Structure]]:
    for key, (place, record) in zip(hashes, source.records(STATEMENT), strict=True):
        if key in wanted:
            problem = problem_of(record)
            yield key, place, problem.problem_type, problem.structure()

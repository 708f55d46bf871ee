"""One shard: a run of records made and saved, the piece of work that is handed to a worker.

A shard's records are a function of the settings and its number. Its cost goes into a file
next to it, which is not part of the data.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.core.files import write_json
from quasar.core.parallel import Tick
from quasar.data import storage
from quasar.data.identity import split_of
from quasar.data.recipes import make, too_long
from quasar.data.record import make_record, measure
from quasar.data.sampling import may_be_basis_state, sample_spec
from quasar.data.settings import BuildSettings
from quasar.verifier.measurement import Measurement

MAX_ATTEMPTS = 2000
"""Attempts at one record after which the settings are taken to allow none."""
EXCLUDED = "excluded.txt"
"""File of excluded instance ids, one a line, in the folder of the shards."""


@dataclass(frozen=True)
class BuildPlan:
    """What every worker knows.

    Attributes:
        settings: of the data set.
        folder: where the shards go; every worker must see the same one.
        fingerprint: of the settings, written into each shard.
    """

    settings: BuildSettings
    folder: Path
    fingerprint: str

    def path(self, number: int) -> Path:
        """File of a shard."""
        return self.folder / f"shard-{number:06d}.parquet"

    def cost_path(self, number: int) -> Path:
        """File that says what a shard cost."""
        return self.folder / f"shard-{number:06d}.json"

    def is_built(self, number: int) -> bool:
        """Whether the shard is complete on disk and made with these settings."""
        found = storage.footer(self.path(number))
        if found is None:
            return False
        rows, metadata = found
        return metadata.get("fingerprint") == self.fingerprint and rows == len(
            self.settings.shard(number)
        )


def build_shard(plan: BuildPlan, number: int, tick: Tick) -> int:
    """Make and save a shard; returns its number.

    Raises:
        InputError: the settings allow no record.
        InfrastructureError: the disk is full.
    """
    excluded = _excluded(plan.folder / EXCLUDED)
    records = []
    drops: Counter[str] = Counter()
    seconds: dict[str, float] = {}  # of processor time, so that a busy machine counts the same
    counts: Counter[str] = Counter()
    for index in plan.settings.shard(number):
        start = time.process_time()
        record = build_record(plan.settings, index, excluded, drops)
        name = record["optimization_type"]
        seconds[name] = seconds.get(name, 0.0) + time.process_time() - start
        counts[name] += 1
        records.append(record)
        tick()
    cost = {"seconds": seconds, "counts": counts, "drops": drops}
    write_json(plan.cost_path(number), cost, indent=None)
    metadata = {"fingerprint": plan.fingerprint, "shard": str(number)}
    storage.write_records(plan.path(number), records, metadata)
    return number


def build_record(
    settings: BuildSettings,
    index: int,
    excluded: frozenset[str] = frozenset(),
    drops: Counter[str] | None = None,
) -> dict[str, Any]:
    """Make record number `index`: the first attempt that is not dropped.

    Args:
        excluded: instances that must not occur.
        drops: counts the reasons for which attempts were dropped.

    Raises:
        InputError: no attempt out of many was kept.
    """
    own: Counter[str] = Counter()
    for attempt in range(MAX_ATTEMPTS):
        found = _attempt(settings, index, attempt, excluded)
        if not isinstance(found, str):
            if drops is not None:
                drops.update(own)
            return found
        own[found] += 1
    reasons = ", ".join(f"{reason} {count}" for reason, count in own.most_common())
    raise InputError(
        f"record {index}: {MAX_ATTEMPTS} attempts were dropped ({reasons}): allow more sizes, "
        "problem types or longer circuits."
    )


def _attempt(
    settings: BuildSettings, index: int, attempt: int, excluded: frozenset[str]
) -> dict[str, Any] | str:
    """A record, or the reason why there is none."""
    if settings.is_large:
        from quasar.data.large import large_record

        return large_record(settings, index, attempt, excluded)
    spec = sample_spec(settings, index, attempt)
    if spec is None:
        return "size"
    if spec.instance_id in excluded:
        return "excluded"
    if spec.encoded.hamiltonian.spectrum.first_excited is None:
        return "flat"
    if spec.encoded.optimality.status == "infeasible":
        return "no solution"
    if too_long(spec, settings):
        return "too long"
    made = make(spec, settings)
    if isinstance(made, str):
        return made
    if len(made.qasm) > settings.max_characters:
        return "too long"
    measured, p = measure(made.qasm, spec.encoded)
    why = _refused(settings, index, measured)
    if why is not None:
        return why
    split = split_of(spec.instance_id, settings.split_shares(), settings.split_salt)
    return make_record(spec, made, measured, p, split=split, recipe=settings.recipe)


def _refused(settings: BuildSettings, index: int, measured: Measurement) -> str | None:
    if settings.recipe == "agent-q" and not measured.top_is_optimal:
        return "not optimal"
    # Most converged circuits end in one bit string; the limit is on those that do not even try.
    bare = measured.two_qubit_gates == 0
    if bare and not may_be_basis_state(index, settings.max_basis_share):
        return "no entangling gate"
    return None


@lru_cache(maxsize=4)
def _excluded(path: Path) -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8").split()) if path.exists() else frozenset()

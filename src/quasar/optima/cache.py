"""Results on disk, by the canonical form of a problem.

The key is a hash of the native form with everything sorted, so that the order of nodes, edges,
clauses or keys in a file does not matter; names do, since solutions are in the user's names. A
proven result is good for ever, another one for time limits up to its own. An entry is one JSON file
with a manifest; the oldest go when there are too many. A file that cannot be read or does not fit
the problem is passed over: the cache is never an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from quasar.core.errors import QuasarError
from quasar.core.files import write_json
from quasar.core.manifest import manifest
from quasar.optima.result import BoundedOptimum
from quasar.problems.base import Problem
from quasar.problems.native import LinearRow, NativeModel

FOLDER_VARIABLE = "QUASAR_CACHE"
"""Environment variable that names the cache's folder."""
MAX_ENTRIES = 2_000
MAX_BYTES = 1 << 20
"""Largest entry that is kept."""
_FORMAT = 2
_KEPT = ("proven", "bounded", "best_known", "infeasible")
_ABANDONED_S = 3600.0  # age of a partial file that a killed process left behind
_LIBRARIES = ("ortools", "highspy", "dwave-samplers", "dimod", "numpy")


def folder() -> Path:
    """Where results are kept: `$QUASAR_CACHE`, or `quasar` in the user's cache folder."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given) / "optima"
    base = os.environ.get("XDG_CACHE_HOME")
    home = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return (Path(base) if base else home) / "quasar" / "optima"


def key(problem_type: str, model: NativeModel, method: str) -> str:
    """The name of a result: hash of the canonical form and the method."""
    costs = sorted((sorted(map(repr, m)), str(c)) for m, c in model.cost.coefficients.items() if c)
    form = [
        _FORMAT,
        problem_type,
        method,
        sorted(map(repr, model.variables)),
        sorted((repr(v), bounds) for v, bounds in model.integers.items()),
        costs,
        sorted(map(_row, model.rows)),
        sorted(
            (repr(tour.depot), sorted(map(repr, tour.nodes)), sorted(map(repr, tour.arcs)))
            for tour in model.tours
        ),
        sorted(sorted(map(repr, machine.intervals)) for machine in model.no_overlaps),
    ]
    return hashlib.sha256(json.dumps(form).encode()).hexdigest()[:40]


def _row(row: LinearRow) -> str:
    parts = sorted(f"{label!r}:{c}" for label, c in row.coefficients.items() if c)
    return f"{row.low} {parts} {row.high}"


def load(name: str, problem: Problem, time_limit: float) -> BoundedOptimum | None:
    """The result of that name, if it is as good as a new run could be."""
    try:
        entry = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))
        found = BoundedOptimum(**entry["result"])
        enough = found.status in ("proven", "infeasible") or entry["time_limit"] >= time_limit
        if not enough or not _fits(found, problem):
            return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return replace(found, cached=True)


def _fits(found: BoundedOptimum, problem: Problem) -> bool:
    if (found.problem_type, found.sense) != (problem.problem_type, problem.sense):
        return False
    if found.status not in _KEPT or (found.status == "proven" and found.bound != found.value):
        return False
    if found.solution is None:
        return found.value is None and found.status in ("infeasible", "bounded")
    if not problem.is_feasible(found.solution):
        return False
    return problem.objective(found.solution) == found.value


def save(name: str, result: BoundedOptimum, time_limit: float) -> None:
    """Keep a result; a failure is passed over."""
    if result.status not in _KEPT:
        return
    entry: dict[str, Any] = {
        "result": asdict(result),
        "time_limit": time_limit,
        "manifest": manifest({"time_limit": time_limit}, None, _LIBRARIES),
    }
    with suppress(OSError, QuasarError, ValueError, TypeError):
        if len(json.dumps(entry)) > MAX_BYTES:
            return
        where = folder()
        where.mkdir(parents=True, exist_ok=True)
        write_json(where / f"{name}.json", entry)
        _trim(where)


def _trim(where: Path) -> None:
    for partial in where.glob(".*.partial"):
        if time.time() - partial.stat().st_mtime > _ABANDONED_S:
            partial.unlink(missing_ok=True)
    entries = list(where.glob("*.json"))
    if len(entries) > MAX_ENTRIES:
        entries.sort(key=lambda path: path.stat().st_mtime)
        for path in entries[: len(entries) - MAX_ENTRIES]:
            path.unlink(missing_ok=True)

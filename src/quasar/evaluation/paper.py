"""The published figures (QUASAR, arXiv 2510.00967), and how ours read beside them.

The paper's SREV compares energies with the Hamiltonian's qubits in reversed order (`agent-q`
convention); all of its metrics measure likeness to reference circuits, none measures quality. The
figures themselves are in `published.json`; `benchmarks/published_reading.py` puts into words how
the two compare.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, NamedTuple

from quasar.evaluation.rows import Row
from quasar.evaluation.table import Table


class PublishedRow(NamedTuple):
    """One published row; fractions in percent as printed, RE in bits."""

    name: str
    samples: int  # candidates a record, k of Pass@k
    scr: float
    srev: float
    re: float
    hqcr: float


def _table() -> dict[str, Any]:
    text = resources.files("quasar.evaluation").joinpath("published.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


RECORDS: int = _table()["records"]
"""Records behind the published figures."""
PUBLISHED = tuple(PublishedRow(**row) for row in _table()["rows"])


class Line(NamedTuple):
    """One line of the comparison: a run of ours or a published row; fractions in percent.

    Attributes:
        name: who.
        samples: candidates a record.
        published: whether the figures are the paper's.
        scr: SCR.
        srev_paper: SREV in the paper's convention (`agent-q`).
        srev_physical: SREV in the physical convention; the paper has none.
        re: RE in bits.
        hqcr: HQCR.
        ratio: mean approximation ratio, a fraction; the paper has none.
    """

    name: str
    samples: int
    published: bool
    scr: float | None
    srev_paper: float | None
    srev_physical: float | None
    re: float | None
    hqcr: float | None
    ratio: float | None


def lines(table: Table) -> list[Line]:
    """Our runs and the published rows, by candidates a record, each of ours before its namesake."""
    out: list[Line] = []
    depths = sorted({row.samples for row in PUBLISHED} | {samples_of(table[run]) for run in table})
    for k in depths:
        left = [row for row in PUBLISHED if row.samples == k]
        for run in (run for run in table if samples_of(table[run]) == k):
            out.append(_ours(run, table[run]))
            namesake = next((row for row in left if is_namesake(run, row.name)), None)
            if namesake is not None:
                left.remove(namesake)
                out.append(_theirs(namesake))
        out += map(_theirs, left)
    return out


def samples_of(row: Row) -> int:
    """Candidates a record."""
    return int(row["candidates_per_record"]) or 1


def _ours(run: str, row: Row) -> Line:
    def percent(name: str) -> float | None:
        return None if row[name] is None else 100.0 * row[name]

    return Line(
        run,
        samples_of(row),
        False,
        percent("SCR"),
        percent("SREV_bit_reversed"),
        percent("SREV_physical"),
        row["RE"],
        percent("HQCR"),
        row["approximation_ratio"],
    )


def _theirs(row: PublishedRow) -> Line:
    return Line(row.name, row.samples, True, row.scr, row.srev, None, row.re, row.hqcr, None)


def is_namesake(run: str, name: str) -> bool:
    """Whether a run of ours has a published row's name."""
    stem = run.rpartition("@")[0] or run
    return stem.lower() == name.lower()

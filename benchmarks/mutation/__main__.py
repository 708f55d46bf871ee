"""`make mutation`: which part of small faults in the source the tests notice, by room.

    make mutation LIMIT=72 SEED=1 ROOMS="core verifier"
    python -m benchmarks.mutation --files verifier/quality.py --limit 20 --depth near

Without a limit every fault of the rooms is tried, which takes days. The results are written after
every mutant, so the same command continues where it stopped. A result is used again while its
module is unchanged and, for a mutant that survived, while the tests of its room are.

mutmut and cosmic-ray have neither a seeded sample nor a map from a module to its tests, and
cosmic-ray edits the source in place.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, commit
from benchmarks.mutation.mutants import mutants
from benchmarks.mutation.runner import CIRCLES, MutationRunner, digest

ROOMS = "core problems circuits simulate optimize recipes verifier evaluation".split()

Row = dict[str, Any]
"""One mutant: the fields of `Mutant`, `module`, digests of its `source` and of its room's `tests`,
the `depth` tried and, once tried, the `status`."""


def candidates(files: Iterable[Path], depth: str = "room", root: Path = ROOT) -> list[Row]:
    """Every fault of the modules."""
    rows = []
    for path in sorted(files):
        module = path.relative_to(root / "src" / "quasar")
        tests = sorted((root / "tests" / module.parts[0]).rglob("*.py"))
        same = {
            "module": module.as_posix(),
            "source": digest(path),
            "tests": digest(*tests),
            "depth": depth,
        }
        rows += [{**same, **vars(m)} for m in mutants(path.read_text(encoding="utf-8"))]
    return rows


def sample(rows: Sequence[Row], limit: int, seed: int) -> list[Row]:
    """That many rows at random, in the order of the modules; all of them for limit 0."""
    if not limit or limit >= len(rows):
        return list(rows)
    return [rows[i] for i in sorted(random.Random(seed).sample(range(len(rows)), limit))]


class Results:
    """The mutants tried, in a file that is complete after each of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._rows = {self._key(row): row for row in content.get("rows", [])}

    @staticmethod
    def _key(row: Row) -> tuple[str, str, int]:
        return row["module"], row["source"], row["number"]

    def status(self, row: Row) -> str | None:
        """What the tests made of a fault, None where that is to be found out, again or at all."""
        old = self._rows.get(self._key(row))
        if old is None:
            return None
        same = all(old[name] == row[name] for name in ("tests", "depth"))
        return str(old["status"]) if same or old["status"] in CIRCLES else None

    def add(self, row: Row) -> None:
        """Keep one more."""
        self._rows[self._key(row)] = row
        content = {"name": "mutation", "commit": commit(), "rows": list(self._rows.values())}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        partial.replace(self.path)


def table(rows: Iterable[Row]) -> list[str]:
    """Lines: of the mutants tried in each room, how many each circle of tests killed."""
    by_room: dict[str, list[str]] = {}
    for row in rows:
        for name in (row["module"].split("/")[0], "all"):
            by_room.setdefault(name, []).append(row["status"])
    lines = [f"{'room':12}{'tried':>7}" + "".join(f"{c:>7}" for c in CIRCLES) + "  killed"]
    for name, statuses in sorted(by_room.items(), key=lambda item: item[0] == "all"):
        counts = [statuses.count(circle) for circle in CIRCLES]
        part = f"{100 * sum(counts) / len(statuses):.0f}%"
        lines.append(
            f"{name:12}{len(statuses):7}" + "".join(f"{c:7}" for c in counts) + f"{part:>8}"
        )
    return lines


def run(rows: Sequence[Row], results: Results, runner: MutationRunner) -> None:
    """Fill in the status of every row, those of mutants that nobody noticed printed."""
    for i, row in enumerate(rows, 1):
        status = results.status(row)
        if status is None:
            status = runner.judge(Path(row["module"]), row["number"])
            results.add({**row, "status": status})
        row["status"] = status
        if status not in CIRCLES:
            fault = f"{row['module']}:{row['line']}: {row['before']}  ->  {row['after']}"
            print(f"{i}/{len(rows)} {status}: {fault}", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Read the options, try the mutants, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.mutation", description=__doc__)
    parser.add_argument("--rooms", nargs="+", default=ROOMS, help="packages")
    parser.add_argument("--files", nargs="+", help="these modules only: verifier/quality.py")
    parser.add_argument("--limit", type=int, default=0, help="mutants at most; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and the property tests")
    parser.add_argument("--depth", choices=CIRCLES, default="room", help="which tests at most")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "mutation.json")
    options = parser.parse_args(argv)
    source = ROOT / "src" / "quasar"
    files = [source / name for name in options.files or ()]
    if not files:
        files = [path for room in options.rooms for path in (source / room).rglob("*.py")]
    rows = sample(candidates(files, options.depth), options.limit, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        runner = MutationRunner(Path(folder), seed=options.seed, depth=options.depth)
        run(rows, Results(options.out), runner)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()

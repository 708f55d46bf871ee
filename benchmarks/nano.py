"""The packaged model, measured: its raw answers, unrepaired, on problems that it never saw.

Parts, each in its own module of `benchmarks/nano_parts/`:

solutions  answers as states, algorithm free or named, beside classical baselines; by set and size
qaoa       angles at p = 1..8, near the best known or not, beside tables, ramps and transfer
dense      dense random Ising models with fields (arXiv 2501.16986), and other laws
likeness   style agent-q by the paper's protocol
grid       every combination of algorithm, layers and style that a prompt can name
turns      a second turn after the verifier's finding
speed      tokens and circuits a second

Rows are means with 95% bootstrap intervals over problems. The result file is written after every
section. What is done is kept in runs/bench-nano: an interrupted run goes on by the same command,
and one after a change of weights, code or problems starts anew by itself; --fresh does in any case.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, print_table, write_result
from benchmarks.nano_parts import angles, dense, grid, likeness, solutions, speed, turns
from benchmarks.nano_parts.asking import WAYS, Asker
from benchmarks.nano_parts.bench import Bench, Options, Part
from benchmarks.nano_parts.intervals import Row, shown
from benchmarks.nano_parts.kept import Kept, basis, digest

from quasar.models.registry import load_model

PARTS: dict[str, Part] = {
    "solutions": solutions.PART,
    "qaoa": angles.PART,
    "dense": dense.PART,
    "likeness": likeness.PART,
    "grid": grid.PART,
    "turns": turns.PART,
    "speed": speed.PART,
}
BATCH = 32


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(
        prog="python -m benchmarks.nano",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    out.add_argument("--model", default="nano", help="folder of another checkpoint")
    out.add_argument("--parts", default=",".join(PARTS), help="which, parted by commas")
    out.add_argument("--data", type=Path, help="data set whose test split is measured too")
    out.add_argument("--limit", type=int, help="problems of each set; 0: all; default: as planned")
    out.add_argument("--samples", type=int, default=10, help="of what is drawn several times")
    out.add_argument("--temperature", type=float, default=1.0, help="of those")
    out.add_argument("--ways", default="guided", help=f"of decoding: {','.join(WAYS)}")
    out.add_argument("--engine", default="auto", help="of the runtime, as load_model takes it")
    out.add_argument("--jobs", type=int, help="processes that verify; default: one a core")
    out.add_argument("--name", default="nano", help="name of the result file")
    out.add_argument("--fresh", action="store_true", help="forget what an earlier run has done")
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    own = parser()
    given = own.parse_args(arguments)
    parts, ways = given.parts.split(","), tuple(given.ways.split(","))
    for chosen, known in ((parts, PARTS), (ways, WAYS)):
        if unknown := [name for name in chosen if name not in known]:
            own.error(f"there is no {unknown[0]!r}; there are {', '.join(known)}")
    options = Options(given.limit, given.samples, given.temperature, ways, given.jobs, given.data)
    kept = Kept(
        ROOT / "runs" / "bench-nano" / given.name,
        basis(given.model, given.data) + given.engine,
        fresh=given.fresh,
    )
    how = {"batch_size": BATCH} | ({} if given.engine == "auto" else {"engine": given.engine})
    bench = Bench(Asker(lambda: load_model(given.model, how), kept), options)
    settings = {
        "model": Path(given.model).name,
        **{key: value for key, value in vars(given).items() if key not in ("model", "fresh")},
        "data": None if given.data is None else given.data.name,
    }
    found = measure(bench, kept, parts, given.name, settings)
    if not found:
        raise SystemExit("nothing to measure: the benchmark's records are not here.")
    if not kept.made:
        print("Everything was there already; --fresh measures it anew.")


def measure(
    bench: Bench, kept: Kept, parts: Sequence[str], name: str, settings: dict[str, Any]
) -> dict[str, list[Row]]:
    """All parts in turn; the result file is written after every section."""
    found: dict[str, list[Row]] = {}
    told = f"{bench.options.limit} {bench.options.samples} {bench.options.temperature}"
    told += f" {bench.options.ways}"
    for part in parts:
        content: dict[str, Any] = {}
        own = f"{told} {digest(PARTS[part].reads)}"
        for section, make in PARTS[part].sections(bench).items():
            content[section] = kept.get(f"{part}, {section}", own, make)
            found |= PARTS[part].tables(content)
            path = write_result(name, [], {"settings": settings, **found})
        for title, rows in PARTS[part].tables(content).items() if content else ():
            print_table([shown(row) for row in rows], title, width=200)
        if content:
            print(f"written: {path}", flush=True)
    return found


if __name__ == "__main__":
    main()

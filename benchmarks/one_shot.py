"""Angles that need no optimisation, beyond 24 qubits: how far are they from the optimised energy?

Four starts (`optimize.qaoa_large`, `models.nano_angles`): transfer of the spin glass's angles, a
table of 3-regular graphs, a linear ramp, and the packaged network's (`models.angle_network`).
A row has the median and the largest relative distance 1 - E(start)/E(optimised) over the instances
of a family, a size and a depth. The optimised energy is the lowest that L-BFGS finds from the best
of the four on exact energies.

`planar` graphs are Delaunay triangulations, `planar sparse` ones keep a spanning tree and edges at
random up to 3n/2, since three layers on triangulations have cones too wide to be computed.

Each instance is a line in runs/bench-one-shot/, so an interrupted run goes on by the same command.
A row takes at most `--cell-seconds` and at least one instance: those with fewer than `--instances`
say so. `--keep-adding` goes on with rows that an earlier run cut short.

Run `python -m benchmarks.one_shot` (`make bench-one-shot`).
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
from benchmarks._common import ROOT, kept_rows, print_table, write_result
from benchmarks.optima import planar
from benchmarks.scale import couplings, weighted

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.jsonl import append_jsonl
from quasar.core.seeds import generator
from quasar.models.nano_angles import nano_angles
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa_large import STARTS, starting_angles
from quasar.optimize.trace import Budget
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.engine import FloatVector

NAMES = (*STARTS, "nano")
SIZES = (30, 100, 500)
_EVALUATIONS = 25
_TOLERANCE = 1e-3  # of the gradient, relative to the energy: far below the distances measured
_WIDTH = 22


def sparse_planar(n: int, seed: int) -> nx.Graph:
    """A triangulation's spanning tree and random edges of it, 3n/2 together."""
    graph = planar(n, signs=False, seed=seed)
    tree = {frozenset(edge) for edge in nx.minimum_spanning_edges(graph, data=False)}
    rest = [edge for edge in graph.edges if frozenset(edge) not in tree]
    generator(seed, "sparse planar", n).shuffle(rest)
    graph.remove_edges_from([tuple(edge) for edge in rest[: graph.number_of_edges() - 3 * n // 2]])
    return graph


FAMILIES: dict[str, Callable[[int, int], IsingHamiltonian]] = {
    "3-regular": lambda n, seed: couplings(nx.random_regular_graph(3, n, seed=seed)),
    "3-regular weighted": lambda n, seed: weighted(nx.random_regular_graph(3, n, seed=seed), seed),
    "planar": lambda n, seed: weighted(planar(n, seed=seed), seed),
    "planar sparse": lambda n, seed: weighted(sparse_planar(n, seed), seed),
}
"""By size and seed."""
DEPTHS = {"planar": (1, 2), "planar sparse": (3,)}


def cells() -> Iterator[tuple[str, int, int]]:
    """Family, size and depth of every row, the cheap ones first."""
    for p, n in itertools.product((1, 2, 3), SIZES):
        for family in FAMILIES:
            if p in DEPTHS.get(family, (1, 2, 3)):
                yield family, n, p


def distances(h: IsingHamiltonian, layers: int) -> dict[str, Any]:
    """What one instance gives: distance of each start, seconds and evaluations of the optimiser."""
    begun = time.process_time()
    energy = ConeEnergy(qaoa(h, layers), h, max_width=_WIDTH)
    made: dict[str, FloatVector] = {name: starting_angles(h, layers, name) for name in STARTS}
    asked = time.process_time()
    made["nano"] = nano_angles(h, layers)
    nano_s = time.process_time() - asked
    values = {name: energy.value(theta) for name, theta in made.items()}
    first = min(NAMES, key=lambda name: values[name])
    found = lbfgs(
        energy,
        made[first],
        budget=Budget(_EVALUATIONS),
        gradient_tolerance=_TOLERANCE * abs(values[first]),
    )
    best = min(found.energy, *values.values())
    return {
        **{name: 1.0 - values[name] / best for name in NAMES},
        "evaluations": found.evaluations,
        "seconds": time.process_time() - begun,
        "nano_seconds": nano_s,
    }


def fill(file: Path, cell: tuple[str, int, int], options: argparse.Namespace) -> None:
    """Add instances to a cell's file until there are enough, or the time is over."""
    family, n, p = cell
    done = kept_rows(file)
    if done and not options.keep_adding and done[-1]["last"]:
        return
    used = 0.0
    for seed in range(len(done), options.instances):
        try:
            row = distances(FAMILIES[family](n, seed), p)
        except InputError as error:  # too wide
            row = {"why": str(error), "seconds": 0.0}
        used += row["seconds"]
        row |= {"seed": seed, "last": used > options.cell_seconds or seed + 1 == options.instances}
        append_jsonl(file, [row])
        if row["last"]:
            return


def summary(cell: tuple[str, int, int], file: Path) -> dict[str, Any]:
    """One row of the table."""
    family, n, p = cell
    done = kept_rows(file)
    known = [row for row in done if "why" not in row]
    row: dict[str, Any] = {"family": family, "n": n, "p": p, "instances": len(known)}
    row["too_wide"] = len(done) - len(known)
    for name in NAMES:
        row[name] = round(statistics.median(r[name] for r in known), 4) if known else None
    for name in NAMES:
        row[f"{name}_most"] = round(max(r[name] for r in known), 4) if known else None
    for key in ("evaluations", "seconds", "nano_seconds"):
        row[key] = round(statistics.median(r[key] for r in known), 2) if known else None
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--instances", type=int, default=100, help="of each row")
    parser.add_argument("--cell-seconds", type=float, default=80.0, help="of the processor, a row")
    parser.add_argument("--only", default="", help="families whose name has this in it")
    parser.add_argument("--keep-adding", action="store_true", help="to rows cut short before")
    parser.add_argument("--quick", action="store_true", help="two instances of 30 and 100 nodes")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run has done")
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    folder = ROOT / "runs" / ("bench-one-shot-quick" if options.quick else "bench-one-shot")
    folder.mkdir(parents=True, exist_ok=True)
    if options.quick:
        options.instances = 2
    rows = []
    for cell in cells():
        family, n, p = cell
        if options.only not in family or (options.quick and n == SIZES[-1]):
            continue
        file = folder / f"{family.replace(' ', '-')}-{n}-{p}.jsonl"
        if options.fresh:
            file.unlink(missing_ok=True)
        fill(file, cell, options)
        rows.append(summary(cell, file))
        print(rows[-1], flush=True)
    print_table(rows, "Distance to the optimised energy: median, and largest", width=220)
    extra = {
        "instances": options.instances,
        "cell_seconds": options.cell_seconds,
        "quick": options.quick,
        "only": options.only,
    }
    if not options.dry:
        print(write_result("one_shot", rows, extra))


if __name__ == "__main__":
    main()

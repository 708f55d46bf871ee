"""The lowest QAOA energies known for the benchmark's problems, so that no run searches again.

`benchmarks/held_out/qaoa_best.json` has one entry for each problem and depth: the energy, how it
was found, and its angles where they were kept. Ways, by n and p:

* `wide search`: `recipes.converged.qaoa_search`, p = 1..4, n <= 12;
* `canonical search`: `recipes.converged.qaoa_canonical`, p = 1..8;
* `grown`: the best of one layer less, interpolated, and run to its minimum.

None of these is proven to be lowest; a table or a model may beat it, and the benchmark takes the
lowest that anybody found. `python -m benchmarks.nano_parts.best_known` fills in what is missing,
and can be interrupted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from benchmarks.nano_parts.large import large
from benchmarks.nano_parts.sets import HELD_OUT, Item, items, problem_sets, some
from rich.progress import track

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa import interpolate
from quasar.recipes.converged.qaoa_canonical import search_canonical
from quasar.recipes.converged.qaoa_landscape import QaoaLandscape
from quasar.recipes.converged.qaoa_search import search_qaoa
from quasar.simulate.engine import FloatVector

FILE = HELD_OUT / "qaoa_best.json"
DEPTHS = tuple(range(1, 9))
WIDE_LAYERS, WIDE_QUBITS = 4, 12
DEEP_QUBITS = 10
DEEP_OF = 60
"""Of so many problems of each set, those of up to `DEEP_QUBITS` are searched to p = 8."""
LARGE_SIZES = (13, 14, 15, 16, 16, 17, 18, 18, 19, 20, 22, 24)
"""Of one problem each, for the part beyond 12 qubits."""
_CANONICAL_QUBITS = 18  # beyond, a search takes most of an hour
_GROWN_QUBITS = 15
_TOLERANCE = 1e-6
_RUN = 200

Key = tuple[str, str, int]
"""Set, number in it, p."""


class Known(NamedTuple):
    """The lowest energy known at a depth.

    Attributes:
        energy: without the constant.
        how: which search found it.
        theta: γ_1..γ_p (1/energy), β_1..β_p (radians), shape [2p]; None where they were not kept.
    """

    energy: float
    how: str
    theta: FloatVector | None = None


def load() -> dict[Key, Known]:
    """Content of `qaoa_best.json`."""
    if not FILE.is_file():
        return {}
    rows = json.loads(FILE.read_text(encoding="utf-8"))["energies"]
    return {
        (row["set"], row["sample_index"], row["p"]): Known(
            row["energy"],
            row["how"],
            np.array([*row["gammas"], *row["betas"]]) if "gammas" in row else None,
        )
        for row in rows
    }


def save(known: Mapping[Key, Known]) -> None:
    """Write the file; one line an entry, in order."""
    order = sorted(known, key=lambda key: (key[0], int(key[1]), key[2]))
    lines = ",\n".join(f"  {json.dumps(_row(key, known[key]))}" for key in order)
    about = "lowest QAOA energies known; see benchmarks/nano_parts/best_known.py"
    text = f'{{"about": "{about}", "energies": [\n{lines}\n]}}\n'
    unfinished = FILE.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(FILE)


def _row(key: Key, known: Known) -> dict[str, Any]:
    row = {
        "set": key[0],
        "sample_index": key[1],
        "p": key[2],
        "energy": known.energy,
        "how": known.how,
    }
    if known.theta is None:
        return row
    angles = [float(f"{angle:.9g}") for angle in known.theta]
    return {**row, "gammas": angles[: key[2]], "betas": angles[key[2] :]}


def large_items(records: Mapping[str, Sequence[Item]]) -> list[tuple[str, Item]]:
    """Set and problem: the first of each of `LARGE_SIZES`, records and held-out problems first.

    Args:
        records: the problems of the sets that are there, in order.
    """
    pool = [(name, item) for name, own in records.items() for item in own]
    pool += [("large", item) for item in large()]
    out: list[tuple[str, Item]] = []
    taken: set[tuple[str, str]] = set()
    for n in LARGE_SIZES:
        name, item = next(
            (name, item)
            for name, item in pool
            if item.problem.n_qubits == n and (name, item.key) not in taken
        )
        taken.add((name, item.key))
        out.append((name, item))
    return out


def wide(hamiltonian: IsingHamiltonian) -> list[Known]:
    """At p = 1..4."""
    found, _ = search_qaoa(hamiltonian, WIDE_LAYERS)
    return [Known(depth.best.energy, "wide search", depth.best.theta) for depth in found]


def deep(hamiltonian: IsingHamiltonian, known: Mapping[int, Known], layers: int) -> list[Known]:
    """At every depth 1..`layers`: the best of what is known, canonical angles, and grown ones."""
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    canonical, _ = search_canonical(hamiltonian, layers)
    out: list[Known] = []
    for p, minimum in enumerate(canonical, start=1):
        candidates = [Known(minimum.energy, "canonical search", minimum.theta)]
        if p in known:
            candidates.append(known[p])
        grows = hamiltonian.n_qubits <= _GROWN_QUBITS and width > 0.0
        if p > 1 and grows and out[-1].theta is not None:
            candidates.append(_grown(hamiltonian, out[-1].theta, width))
        out.append(min(candidates, key=lambda found: (found.energy, found.theta is None)))
    return out


def _grown(hamiltonian: IsingHamiltonian, theta: FloatVector, width: float) -> Known:
    p = theta.size // 2 + 1
    landscape = QaoaLandscape(hamiltonian, p)
    start = landscape.scaled(interpolate(theta))
    points, values = landscape.minimise(np.array([start]), _TOLERANCE, _RUN)
    return Known(float(values[0] * width), "grown", points[0] * landscape.scale)


def missing(known: Mapping[Key, Known]) -> list[tuple[str, Item, str]]:
    """Set, problem and which search it lacks: those measured by default come first."""
    sets = problem_sets()
    everything = {name: items(records) for name, records in sets.items()}
    chosen = {
        name: {str(r["sample_index"]) for r in some(records, DEEP_OF)}
        for name, records in sets.items()
    }
    first: list[tuple[str, Item, str]] = []
    last: list[tuple[str, Item, str]] = []
    for name, own in everything.items():
        for item in own:
            default, n = item.key in chosen[name], item.problem.n_qubits
            kept = known.get((name, item.key, WIDE_LAYERS))
            if default and n <= DEEP_QUBITS and (name, item.key, DEPTHS[-1]) not in known:
                first.append((name, item, "deep"))
            elif n <= WIDE_QUBITS and (kept is None or kept.theta is None):
                (first if default else last).append((name, item, "wide"))
    for name, item in large_items(everything):
        small = item.problem.n_qubits <= _CANONICAL_QUBITS
        if small and (name, item.key, DEPTHS[-1]) not in known:
            first.append((name, item, "canonical"))
    return first + last


def search(kind: str, hamiltonian: IsingHamiltonian, known: Mapping[int, Known]) -> list[Known]:
    """What a search of `missing` finds, at depths from 1 on; never worse than what is known."""
    if kind == "canonical":
        return deep(hamiltonian, known, DEPTHS[-1])
    lower = dict(known)
    for p, found in enumerate(wide(hamiltonian), start=1):
        own = known.get(p)
        if own is None or found.energy <= own.energy + _near(own):
            lower[p] = found
    if kind == "wide":
        return [lower[p] for p in range(1, WIDE_LAYERS + 1)]
    return deep(hamiltonian, lower, DEPTHS[-1])


def _near(known: Known) -> float:
    return 1e-9 * max(1.0, abs(known.energy))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    known = load()
    for name, item, kind in track(missing(known), description="searching"):
        if time.monotonic() - begun > options.seconds:
            break
        own = {p: known[name, item.key, p] for p in DEPTHS if (name, item.key, p) in known}
        found = search(kind, item.problem.hamiltonian, own)
        for p, best in enumerate(found, start=1):
            known[name, item.key, p] = best
        save(known)
    print(f"{len(known)} entries, {len(missing(known))} searches missing")


if __name__ == "__main__":
    main()

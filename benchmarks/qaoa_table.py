"""Make the table of QAOA angles that `quasar.recipes.converged.qaoa_table` looks up.

    python -m benchmarks.qaoa_table --data data/nano-angles --store wide.jsonl

1. A wide search at every depth for the first QAOA instances, up to nine qubits, of a data set's
   split `train` (so that nothing of a test split is used). `--store FILE` keeps the searches as
   they come, and a second call goes on from there.
2. All optima found are candidates, rounded to the numbers that the compact prompt style writes, on
   every instance but their own. Greedy cover: the set that brings the most instances within the
   tolerance, then the one that brings the most of the rest.
3. `src/quasar/recipes/converged/qaoa_table.json`, with what it was made from, and a table of the
   share of instances covered by the first, the first four, and all sets. These shares are of the
   instances that chose the sets; figures on others come from `benchmarks.nano`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._common import ROOT, commit, print_table, versions
from datasets import load_dataset
from rich.progress import track

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import largest_coefficient
from quasar.optimize.qaoa import sigma
from quasar.prompts.numbers import QUARTER_TURNS, angle_text
from quasar.recipes.converged.qaoa_landscape import QaoaLandscape
from quasar.recipes.converged.qaoa_search import search_qaoa

TABLE = ROOT / "src" / "quasar" / "recipes" / "converged" / "qaoa_table.json"
DEPTHS = (1, 2, 3, 4)
MAX_QUBITS = 9
DECIMALS = 5
FAR = 8.0  # largest γ in either unit: there are no numbers for larger rotations

Row = dict[str, Any]


def instances(data: Path, count: int) -> list[Row]:
    """Hamiltonians of the first QAOA records."""
    found = []
    files = sorted(str(path) for path in (data / "data").glob("train-*.parquet"))
    if not files:
        raise SystemExit(f"{data} has no split train: build it with `make data-nano`.")
    rows = load_dataset("parquet", data_files=files, split="train", streaming=True)
    for row in rows:
        if row["optimization_type"] == "qaoa" and row["number_of_qubits"] <= MAX_QUBITS:
            found.append({"n": row["number_of_qubits"], "text": row["cost_hamiltonian"]})
        if len(found) == count:
            break
    return found


def searched(rows: Sequence[Row], store: Path) -> list[Row]:
    """The rows with what a wide search finds at every depth."""
    done = [json.loads(line) for line in store.read_text().splitlines()] if store.is_file() else []
    done = done[: len(rows)]
    for kept, row in zip(done, rows, strict=False):
        if kept["text"] != row["text"]:
            raise SystemExit(f"{store} holds searches of other instances: give another file.")
    with store.open("a", encoding="utf-8") as stream:
        for row in track(rows[len(done) :], "Wide searches"):
            hamiltonian = IsingHamiltonian.from_text(row["text"], row["n"])
            depths, _ = search_qaoa(hamiltonian, max(DEPTHS))
            found = {
                **row,
                "best": [depth.best.theta.tolist() for depth in depths],
                "be": [float(depth.best.energy) for depth in depths],
                "canon": [d.canonical.theta.tolist() if d.canonical else None for d in depths],
            }
            stream.write(json.dumps(found) + "\n")
            stream.flush()
            done.append(found)
    return done


def as_written(angles: Sequence[float]) -> list[float]:
    """The angles whose doubles, the rotations, can be written."""
    texts = [angle_text(2.0 * angle) for angle in angles]
    return [round((QUARTER_TURNS.get(text) or float(text)) / 2.0, DECIMALS) for text in texts]


def candidates(rows: Sequence[Row], hamiltonians: Sequence[IsingHamiltonian], p: int) -> list[Row]:
    """Angle sets that some instance likes best, each with that instance's number."""
    out = []
    for own, (row, hamiltonian) in enumerate(zip(rows, hamiltonians, strict=True)):
        for name in ("canon", "best"):
            theta = row[name][p - 1]
            if theta is None or (name == "best" and theta == row["canon"][p - 1]):
                continue
            scales = {
                "deviation": sigma(hamiltonian),
                "coefficient": largest_coefficient(hamiltonian),
            }
            for unit, scale in scales.items():
                gammas = np.array(theta[:p]) * scale
                if unit == "coefficient" and name == "canon":
                    continue
                if np.abs(gammas).max() > FAR:
                    continue
                out.append(
                    {
                        "own": own,
                        "unit": unit,
                        "gammas": as_written(gammas.tolist()),
                        "betas": as_written(theta[p:]),
                    }
                )
    return out


def losses(
    rows: Sequence[Row], hamiltonians: Sequence[IsingHamiltonian], sets: Sequence[Row], p: int
) -> np.ndarray:
    """Energy above the best known, shares of the range, [instances, sets]; 1 for one's own."""
    out = np.ones((len(rows), len(sets)))
    own = np.array([entry["own"] for entry in sets])
    angles = np.array([[*entry["gammas"], *entry["betas"]] for entry in sets])
    absolute = np.array([entry["unit"] == "coefficient" for entry in sets])
    for i, (row, hamiltonian) in enumerate(zip(rows, hamiltonians, strict=True)):
        spectrum, scale = hamiltonian.spectrum, sigma(hamiltonian)
        width = spectrum.e_max - spectrum.e_min
        if width <= 0:
            continue
        points = angles.copy()
        points[absolute, :p] *= scale / largest_coefficient(hamiltonian)
        landscape = QaoaLandscape(hamiltonian, p)
        out[i] = landscape.values(points, rough=True) - row["be"][p - 1] / width
        out[i, own == i] = 1.0
    return out


def cover(loss: np.ndarray, tolerance: float, most: int, least: int) -> Iterator[int]:
    """Greedy cover, the most useful first; ends with sets that add fewer than `least` instances."""
    near = loss < tolerance
    covered = np.zeros(len(loss), dtype=bool)
    for _ in range(most):
        gain = (near & ~covered[:, None]).sum(0)
        best = int(np.argmax(gain))
        if gain[best] < least:
            return
        covered |= near[:, best]
        yield best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="data set with QAOA records")
    parser.add_argument("--store", type=Path, required=True, help="file that keeps the searches")
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--tolerance", type=float, default=0.04, help="share of the energy range")
    parser.add_argument("--most", type=int, default=16, help="angle sets a depth")
    parser.add_argument("--least", type=int, default=2, help="instances that a set must add")
    options = parser.parse_args()
    rows = searched(instances(options.data, options.instances), options.store)
    hamiltonians = [IsingHamiltonian.from_text(row["text"], row["n"]) for row in rows]
    depths: dict[str, list[Row]] = {}
    shown = []
    for p in DEPTHS:
        sets = candidates(rows, hamiltonians, p)
        loss = losses(rows, hamiltonians, sets, p)
        chosen = list(cover(loss, options.tolerance, options.most, options.least))
        depths[str(p)] = [
            {key: value for key, value in sets[i].items() if key != "own"} for i in chosen
        ]
        near = np.minimum.accumulate(loss[:, chosen], axis=1) < 0.05
        shares = near.mean(0)
        shown.append(
            {
                "p": p,
                "candidates": len(sets),
                "sets": len(chosen),
                "near_first": shares[0],
                "near_four": shares[min(3, len(shares) - 1)],
                "near_all": shares[-1],
            }
        )
    content = {
        "made_by": "python -m benchmarks.qaoa_table",
        "commit": commit(),
        "versions": versions(),
        "data": options.data.name,
        "instances": len(rows),
        "tolerance": options.tolerance,
        "least": options.least,
        "depths": depths,
    }
    TABLE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print_table(shown, "Share of instances within 5% of the best known")


if __name__ == "__main__":
    main()

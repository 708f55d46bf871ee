"""QAOA angles that serve any instance: medians of optimised ones over sampled problems.

γ·σ(E) and β are taken per depth and layer, σ(E) being the standard deviation of the energy over all
basis states: in these units the optima of unlike problems lie close together (Brandao et al.,
arXiv 1812.04170; the rescaling after Sureshbabu et al., arXiv 2305.15201). The result is a baseline
of `quasar evaluate`; run `python -m benchmarks.fixed_angles` to make it again.

The instances come from the problems' own samplers, none from a benchmark record.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks._common import ROOT, commit, print_table, versions

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.qaoa import optimise_qaoa, sigma
from quasar.optimize.trace import Budget
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.simulate.energy import energy_of

TARGET = ROOT / "src" / "quasar" / "evaluation" / "fixed_angles.json"
DEPTHS = (1, 2, 3, 4)
ROUNDED = 4  # decimals, as in the records' circuits


class Settings(NamedTuple):
    """What steers the result."""

    seed: int = 0
    instances: int = 40  # of each problem type, for the medians
    held_out: int = 10  # of each problem type, to see how well they serve
    max_qubits: int = 12
    max_evaluations: int = 2000


def instance(problem_type: str, number: int, settings: Settings) -> IsingHamiltonian:
    """One sampled instance in the benchmark's encoding."""
    rng = generator(settings.seed, "fixed-angles", problem_type, number)
    problem = PROBLEMS[problem_type].sample(rng, settings.max_qubits)
    return encode(problem, "agent-q").hamiltonian.simplified()


def optimised(job: tuple[str, int, Settings]) -> list[list[float]]:
    """γ_1·σ .. γ_p·σ, β_1 .. β_p of one instance at every depth."""
    problem_type, number, settings = job
    hamiltonian = instance(problem_type, number, settings)
    scale = np.array([sigma(hamiltonian), 1.0])
    found = optimise_qaoa(hamiltonian, max(DEPTHS), budget=Budget(settings.max_evaluations))
    # A spent budget leaves the deepest out.
    reached = zip(DEPTHS, found, strict=False)
    return [(np.repeat(scale, p) * minimum.theta).tolist() for p, (_, minimum) in reached]


def ratios(job: tuple[str, int, Settings, list[list[float]]]) -> list[tuple[float, float]]:
    """Approximation ratio of one instance at every depth: fixed angles, optimised ones."""
    problem_type, number, settings, angles = job
    hamiltonian = instance(problem_type, number, settings)
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    scale = np.array([sigma(hamiltonian), 1.0])
    found = optimise_qaoa(hamiltonian, max(DEPTHS), budget=Budget(settings.max_evaluations))
    out = []
    for p, theta, (_, minimum) in zip(DEPTHS, angles, found, strict=True):
        energy = energy_of(qaoa(hamiltonian, p), hamiltonian)
        fixed = energy.value(np.array(theta) / np.repeat(scale, p))
        out.append(((spectrum.e_max - fixed) / width, (spectrum.e_max - minimum.energy) / width))
    return out


def medians(rows: Sequence[list[list[float]]]) -> list[list[float]]:
    """Median over instances of every angle at every depth."""
    out = []
    for index in range(len(DEPTHS)):
        columns = zip(*(row[index] for row in rows if len(row) > index), strict=True)
        out.append([round(statistics.median(column), ROUNDED) for column in columns])
    return out


def build(settings: Settings, jobs: int | None) -> dict[str, Any]:
    """The content of the file."""
    types = sorted(name for name, cls in PROBLEMS.items() if "agent-q" in cls.encodings)
    train = [(t, i, settings) for t in types for i in range(settings.instances)]
    with ProcessPoolExecutor(jobs) as pool:
        angles = medians(list(pool.map(optimised, train, chunksize=4)))
        last = settings.instances + settings.held_out
        test = [(t, i, settings, angles) for t in types for i in range(settings.instances, last)]
        measured = np.array(list(pool.map(ratios, test, chunksize=4)))
    means = measured.mean(axis=0)
    return {
        "about": "QAOA angles by depth: gamma_sigma is γ·σ(E), beta is β, radians, layer by layer",
        "made_by": "python -m benchmarks.fixed_angles",
        "settings": settings._asdict(),
        "problem_types": types,
        "encoding": "agent-q",
        "commit": commit(),
        "versions": versions(),
        "depths": {
            str(p): {
                "gamma_sigma": theta[:p],
                "beta": theta[p:],
                "held_out_ratio": round(float(means[p - 1, 0]), 4),
                "held_out_ratio_optimised": round(float(means[p - 1, 1]), 4),
            }
            for p, theta in zip(DEPTHS, angles, strict=True)
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    default = Settings()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--instances", type=int, default=default.instances)
    parser.add_argument("--held-out", type=int, default=default.held_out)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    settings = Settings(options.seed, options.instances, options.held_out)
    content = build(settings, options.jobs)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    options.out.write_text(text + "\n", encoding="utf-8")
    print_table([{"p": p, **row} for p, row in content["depths"].items()])


if __name__ == "__main__":
    main()

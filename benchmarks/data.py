"""What a circuit costs: both recipes on the benchmark's distribution, and the published way.

1. Seconds of one core for each circuit that is kept, dropped attempts included.
2. The same optimiser steps by this project and by PennyLane (`published_generator.py`): same
   circuit, same start, same number of steps, energies compared afterwards. Adaptive circuits: the
   first steps of the growth.

Run `python -m benchmarks.data` with OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1, on a quiet
machine; the second part needs PennyLane: pip install 'quasar-synthesis[bench]'. With `--docs` the
tables of `docs/data.md` are rewritten.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from benchmarks import published_generator as published
from benchmarks._common import ROOT, markdown, print_table, with_tables, write_result

from quasar.circuits.adaptive import pool
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.data.recipes import too_long
from quasar.data.sampling import RecordSpec, sample_spec
from quasar.data.settings import RECIPES, BuildSettings
from quasar.data.shard import build_record
from quasar.recipes.agent_q.adamw import AdamW, AdamWSettings
from quasar.recipes.agent_q.adapt_published import PublishedAdaptSettings, adapt_published
from quasar.recipes.spec import ALGORITHMS
from quasar.simulate.energy import energy_of

Row = dict[str, Any]

PAGE = ROOT / "docs" / "data.md"
CLUSTER_CORES = 64
"""Cores of the cluster that the estimate on the page is for."""
PUBLISHED_SECONDS = 55.0
"""Of the published generator, a circuit (SPEC: recipes for data)."""


def cost(recipe: str, circuits: int, seed: int) -> list[Row]:
    """Seconds a kept circuit, by algorithm."""
    settings = BuildSettings.parse({"recipe": recipe, "count": circuits, "seed": seed})
    seconds: dict[str, list[float]] = {}
    drops: Counter[str] = Counter()
    for index in range(circuits):
        begun = time.process_time()
        record = build_record(settings, index, drops=drops)
        spent = time.process_time() - begun
        seconds.setdefault(record["optimization_type"], []).append(spent)
    rows = []
    for name in (*ALGORITHMS, "all"):
        own = seconds.get(name, []) if name != "all" else [s for v in seconds.values() for s in v]
        if own:
            rows.append(
                {
                    "recipe": recipe,
                    "algorithm": name,
                    "circuits": len(own),
                    "mean_s": statistics.fmean(own),
                    "median_s": statistics.median(own),
                    "p95_s": float(np.quantile(own, 0.95)),
                    "longest_s": max(own),
                    "dropped": sum(drops.values()) if name == "all" else None,
                }
            )
    return rows


def specs(instances: int, seed: int, max_qubits: int) -> Iterator[RecordSpec]:
    """Specs of the `agent-q` recipe, the algorithms in turn."""
    for number in range(instances):
        algorithm = ALGORITHMS[number % len(ALGORITHMS)]
        settings = BuildSettings.parse(
            {
                "recipe": "agent-q",
                "count": 1,
                "seed": seed,
                "algorithms": {algorithm: 1},
                "max_qubits": max_qubits,
            }
        )
        attempt = 0
        while True:
            spec = sample_spec(settings, number, attempt)
            if spec is not None and not too_long(spec, settings):
                yield spec
                break
            attempt += 1


def compare(spec: RecordSpec, steps: int, growth_steps: int) -> Row:
    """The same steps both ways."""
    choice, hamiltonian = spec.choice, spec.encoded.hamiltonian
    if choice.algorithm == "adaptive_vqe":
        done = growth_steps
        ours, theirs = _grown(spec, growth_steps)
    else:
        done = steps
        if choice.algorithm == "qaoa":
            ansatz = qaoa(hamiltonian, choice.layers)
        else:
            ansatz = sim(choice.template or 1, hamiltonian.n_qubits, choice.layers)
        ours, theirs = _descended(spec, ansatz, steps)
    spectrum = hamiltonian.spectrum
    return {
        "algorithm": choice.algorithm,
        "problem_type": spec.problem.problem_type,
        "qubits": hamiltonian.n_qubits,
        "layers": choice.layers,
        "template": choice.template,
        "terms": len(hamiltonian.terms),
        "steps": done,
        "ours_s": ours.seconds,
        "published_s": theirs.seconds,
        "times_faster": theirs.seconds / ours.seconds,
        "energy_difference": abs(ours.energy - theirs.energy) / (spectrum.e_max - spectrum.e_min),
    }


def _descended(
    spec: RecordSpec, ansatz: Ansatz, steps: int
) -> tuple[published.Outcome, published.Outcome]:
    hamiltonian = spec.encoded.hamiltonian
    settings = AdamWSettings()
    start = np.random.default_rng(spec.index).uniform(0.0, 0.01, ansatz.n_parameters)
    begun = time.process_time()
    energy = energy_of(ansatz, hamiltonian)
    optimiser, theta = AdamW(start.size, settings), start
    for _ in range(steps):
        theta = optimiser.step(theta, energy.value_and_gradient(theta)[1])
    ours = published.Outcome(time.process_time() - begun, energy.value(theta))
    slots = {slot.gate: slot for slot in ansatz.slots}
    operations = []
    for position, gate in enumerate(ansatz.gates):
        slot = slots.get(position)
        tied = (None, 1.0) if slot is None else (slot.parameter, slot.scale)
        operations.append(published.Operation(gate.name, gate.qubits, *tied))
    theirs = published.descend(
        hamiltonian.n_qubits,
        operations,
        hamiltonian.terms,
        start.tolist(),
        steps,
        rate=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        epsilon=settings.epsilon,
        decay=settings.weight_decay,
    )
    return ours, theirs


def _grown(spec: RecordSpec, steps: int) -> tuple[published.Outcome, published.Outcome]:
    hamiltonian = spec.encoded.hamiltonian
    _ = hamiltonian.diagonal
    begun = time.process_time()
    growth = adapt_published(
        hamiltonian, settings=PublishedAdaptSettings(max_gates=steps, slope_stop=0.0)
    )
    ours = published.Outcome(time.process_time() - begun, growth.energies[-1])
    n = hamiltonian.n_qubits
    gates = [published.Operation(gate.name, gate.qubits) for gate in pool(n)]
    return ours, published.grow(n, gates, hamiltonian.terms, steps)


def summary(rows: Sequence[Row]) -> list[Row]:
    """Speed by algorithm: all seconds of one way over all of the other, and the median instance."""
    table = []
    for name in (*ALGORITHMS, "all"):
        own = [row for row in rows if name in ("all", row["algorithm"])]
        if not own:
            continue
        ours, theirs = (sum(row[key] for row in own) for key in ("ours_s", "published_s"))
        table.append(
            {
                "algorithm": name,
                "instances": len(own),
                "ours_ms_a_step": 1e3 * ours / sum(row["steps"] for row in own),
                "published_ms_a_step": 1e3 * theirs / sum(row["steps"] for row in own),
                "times_faster": theirs / ours,
                "median": statistics.median(row["times_faster"] for row in own),
                "least": min(row["times_faster"] for row in own),
                "energy_difference": max(row["energy_difference"] for row in own),
            }
        )
    return table


def estimate(costs: Sequence[Row], circuits: int = 10_000_000) -> list[Row]:
    """What ten million circuits take, from the means of this machine."""
    return [
        {
            "recipe": row["recipe"],
            "circuits": circuits,
            "core_s_a_circuit": row["mean_s"],
            "core_hours": row["mean_s"] * circuits / 3600,
            f"days_on_{CLUSTER_CORES}_cores": row["mean_s"] * circuits / 86400 / CLUSTER_CORES,
        }
        for row in costs
        if row["algorithm"] == "all"
    ]


def rounded(rows: Sequence[Row]) -> list[Row]:
    """Three digits: more would be noise."""
    return [
        {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--circuits", type=int, default=150, help="circuits made by each recipe")
    parser.add_argument("--instances", type=int, default=30, help="instances done both ways")
    parser.add_argument("--steps", type=int, default=10, help="optimiser steps of QAOA and VQE")
    parser.add_argument("--growth-steps", type=int, default=2, help="gates of adaptive circuits")
    parser.add_argument(
        "--max-qubits", type=int, default=16, help="of the instances done both ways"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", choices=RECIPES, action="append", help="default: both")
    parser.add_argument("--docs", action="store_true", help="rewrite the tables of the page")
    options = parser.parse_args(arguments)
    costs = [
        row
        for recipe in options.recipe or RECIPES
        for row in cost(recipe, options.circuits, options.seed)
    ]
    if costs:
        print_table(costs, "seconds of one core a circuit")
    rows = [
        compare(spec, options.steps, options.growth_steps)
        for spec in specs(options.instances, options.seed, options.max_qubits)
    ]
    table = summary(rows)
    print_table(table, "equal steps, this project and PennyLane")
    extra = {
        "settings": vars(options),
        "cost": costs,
        "published_seconds_a_circuit": PUBLISHED_SECONDS,
        "estimate": estimate(costs),
        "summary": table,
    }
    if options.docs:
        tables = {
            "cost": markdown(rounded(costs)),
            "published": markdown(rounded(table)),
            "estimate": markdown(rounded(estimate(costs))),
        }
        page = with_tables(PAGE.read_text(encoding="utf-8"), tables)
        PAGE.write_text(page, encoding="utf-8")
    print(f"written to {write_result('data', rows, extra)}")


if __name__ == "__main__":
    main()

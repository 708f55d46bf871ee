"""How an evaluation reads beside the published figures, in sentences made from its numbers.

Needs a `table.json` of `quasar evaluate --baselines --against-paper`; writes nothing. Seconds:

    python -m benchmarks.published_reading runs/table
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from quasar.core.numerals import share
from quasar.evaluation.inputs import REFERENCE_RUN, RESERVED
from quasar.evaluation.paper import PUBLISHED, RECORDS, is_namesake, samples_of
from quasar.evaluation.rows import Row
from quasar.evaluation.table import Table, is_baseline


def reading(table: Table) -> list[str]:
    """What conventions and baselines do to the reading, one paragraph each, from the numbers."""
    models = {run: row for run, row in table.items() if not is_baseline(run)}
    return [
        *_sample(table),
        *_namesakes(models),
        *_conventions(models),
        *_uniform(table, models),
        *_optimum(table, models),
        *_fixed_angles(table, models),
        *_random_angles(table, models),
        *_references(table),
        *_ranks(models),
    ]


def _sample(table: Table) -> Iterator[str]:
    samples = next(iter(table.values()))["samples"]
    if samples != RECORDS:
        spread = 100 * 1.96 * math.sqrt(0.2 * 0.8 / samples)
        yield (
            f"The published figures are of {RECORDS} records, these of {samples}: a share near 20% "
            f"is uncertain by about {spread:.0f} points for that reason alone."
        )


def _namesakes(models: Table) -> Iterator[str]:
    """Whether the published figures lie in our intervals, for runs of the same name."""
    inside = total = 0
    missed = []
    for run, row in models.items():
        for theirs in PUBLISHED:
            if theirs.samples != samples_of(row) or not is_namesake(run, theirs.name):
                continue
            figures = {
                "SCR": theirs.scr / 100,
                "SREV_bit_reversed": theirs.srev / 100,
                "RE": theirs.re,
                "HQCR": theirs.hqcr / 100,
            }
            for name, value in figures.items():
                bounds = row["intervals"][name]
                if bounds is None:
                    continue
                total += 1
                if bounds[0] <= value <= bounds[1]:
                    inside += 1
                else:
                    missed.append(f"{name.removesuffix('_bit_reversed')} of {run}")
    if total:
        text = (
            f"Of {total} published figures of runs with the same name, {inside} lie within our 95% "
            "intervals (SREV in the paper's convention)"
        )
        yield text + (f"; outside: {', '.join(missed)}." if missed else ".")


def _conventions(models: Table) -> Iterator[str]:
    moved = {
        run: (row["SREV_bit_reversed"], row["SREV_physical"])
        for run, row in models.items()
        if row["SREV_physical"] is not None
    }
    if not moved:
        return
    run = max(moved, key=lambda name: abs(moved[name][0] - moved[name][1]))
    paper, physical = moved[run]
    total = [sum(pair[side] for pair in moved.values()) for side in (0, 1)]
    factor = f"{total[0] / total[1]:.1f} times the" if total[1] else "above the"
    yield (
        "Energy convention: with the Hamiltonian's qubits in reversed order, as in the paper, SREV "
        f"averages {factor} physical value; it moves most for {run}, from {_share(physical)} to "
        f"{_share(paper)}. A reversed Hamiltonian is another problem: matching the reference's "
        "energy there says nothing about the problem that was asked."
    )


def _beaten(baseline: Row, models: Table, metric: str) -> list[str]:
    return [
        run
        for run, row in models.items()
        if row[metric] is not None
        and baseline[metric] is not None
        and row[metric] <= baseline[metric]
    ]


def _uniform(table: Table, models: Table) -> Iterator[str]:
    row = table.get(f"{RESERVED}uniform")
    if row is None or row["HQCR"] is None:
        return
    single = [p for p in PUBLISHED if p.samples == 1]
    below = [p.name for p in single if p.hqcr < 100 * row["HQCR"]]
    yield (
        f"Hadamards on all qubits, one candidate a record, score HQCR {_share(row['HQCR'])}: no "
        f"less than {_runs(_beaten(row, models, 'HQCR'), len(models))}, and more than "
        f"{len(below)} of the {len(single)} published rows at one sample"
        + (", QUASAR's included" if "QUASAR" in below else "")
        + f". Their approximation ratio is {share(row['approximation_ratio'], 3)}, no less than "
        f"that of {_runs(_beaten(row, models, 'approximation_ratio'), len(models))}. HQCR rewards "
        "likeness to weak references."
    )


def _optimum(table: Table, models: Table) -> Iterator[str]:
    row = table.get(f"{RESERVED}optimum")
    if row is None or row["HQCR"] is None:
        return
    yield (
        "Writing down a classical optimum, which no circuit can better (approximation ratio "
        f"{share(row['approximation_ratio'], 3)}, P(opt) {share(row['p_optimal'], 3)}), scores "
        f"HQCR {_share(row['HQCR'])} and SREV {_share(row['SREV'])}: the paper's metrics rank it "
        f"below {_above(row, models, 'HQCR')} and {_above(row, models, 'SREV')}."
    )


def _above(row: Row, models: Table, metric: str) -> str:
    better = [run for run, m in models.items() if m[metric] is not None and m[metric] > row[metric]]
    return f"{len(better)} of the {len(models)} runs by {metric}"


def _fixed_angles(table: Table, models: Table) -> Iterator[str]:
    row = table.get(f"{RESERVED}qaoa-fixed")
    if row is None:
        return
    likeness = "" if row["HQCR"] is None else f", with HQCR {_share(row['HQCR'])}"
    yield (
        "QAOA at angles that know nothing of the instance but its energy scale reaches an "
        f"approximation ratio of {share(row['approximation_ratio'], 3)}{likeness}: no less than "
        f"{_runs(_beaten(row, models, 'approximation_ratio'), len(models))}. A model is of "
        "use where it beats this."
    )


def _random_angles(table: Table, models: Table) -> Iterator[str]:
    row = table.get(f"{RESERVED}random-angles")
    if row is None:
        return
    yield (
        "The reference's gates with random angles reach an approximation ratio of "
        f"{share(row['approximation_ratio'], 3)}, no less than "
        f"{_runs(_beaten(row, models, 'approximation_ratio'), len(models))}: the structure alone, "
        "without angles, is worth little."
    )


def _references(table: Table) -> Iterator[str]:
    row = table.get(REFERENCE_RUN)
    if row is None:
        return
    yield (
        "The reference circuits themselves reach an approximation ratio of "
        f"{share(row['approximation_ratio'], 3)} and put {share(row['p_optimal'], 3)} of their "
        "probability on optimal states; a run that equalled them in every way would do no better."
    )


def _ranks(models: Table) -> Iterator[str]:
    """Whether likeness and quality agree on the best run."""
    if len(models) < 2:
        return
    by_quality = max(models, key=lambda run: models[run]["approximation_ratio"] or 0.0)
    known = {run: row for run, row in models.items() if row["SREV_bit_reversed"] is not None}
    if not known:
        return
    by_likeness = max(known, key=lambda run: known[run]["SREV_bit_reversed"])
    by_answer = max(models, key=lambda run: models[run]["top_is_optimal"] or 0.0)
    if by_quality == by_likeness == by_answer:
        yield f"Likeness and quality agree on the best run: {by_quality}."
        return
    yield (
        f"Best by the paper's SREV: {by_likeness}; by approximation ratio: {by_quality}; by how "
        f"often the most probable state is optimal: {by_answer}."
    )


def _runs(names: Sequence[str], total: int) -> str:
    if not names:
        return "none of the runs"
    if len(names) == total:
        return "every run" if total > 1 else names[0]
    return f"{len(names)} of the {total} runs ({', '.join(names)})"


def _share(value: float) -> str:
    return f"{100 * value:.2f}%"


def main() -> None:
    """Print the sentences of one evaluation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `quasar evaluate --out` wrote")
    table = json.loads((parser.parse_args().folder / "table.json").read_text(encoding="utf-8"))
    for sentence in reading(table):
        print(f"- {sentence}")


if __name__ == "__main__":
    main()

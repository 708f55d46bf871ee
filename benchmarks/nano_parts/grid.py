"""Part `grid`: can every combination that a prompt can name be answered?

Algorithm (none, qaoa, vqe, adaptive_vqe), layers (none, 1..8) and style (converged, agent-q), each
on a dozen problems of 2 to 16 variables, greedily and drawn as `quasar generate` draws. What is
measured is whether answers parse and are usable, not how good they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from typing import Any, get_args

from benchmarks.nano_parts.asking import Asked
from benchmarks.nano_parts.bench import Bench, Part, Tables, labelled
from benchmarks.nano_parts.intervals import Row, measured
from benchmarks.nano_parts.judging import Work, judge_all
from benchmarks.nano_parts.sets import Item, items, some

from quasar.models.protocol import Sampling
from quasar.prompts.chat import Request, Style
from quasar.recipes.spec import ALGORITHMS

SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)
LAYERS = (None, 1, 2, 3, 4, 5, 6, 7, 8)
SAMPLINGS = {
    "greedy": Sampling(temperature=0.0, max_tokens=1536),
    "drawn": Sampling(max_tokens=1536),
}


def combinations() -> list[Request]:
    """Every request that can be made."""
    choices = product(get_args(Style), (None, *ALGORITHMS), LAYERS)
    return [Request(algorithm, layers, style) for style, algorithm, layers in choices]


def problems(bench: Bench) -> list[Item]:
    """The first held-out problem of each of `SIZES`."""
    pool = items(bench.records["held-out"])
    first = [next(item for item in pool if item.problem.n_qubits == n) for n in SIZES]
    return some(first, bench.options.count(None))


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each way and way of drawing."""
    return {
        f"{label}, {way}": partial(_section, bench, label, way)
        for way in bench.options.ways
        for label in SAMPLINGS
    }


def _section(bench: Bench, label: str, way: str) -> list[Row]:
    chosen, requests = problems(bench), combinations()
    asked = [Asked(item.problem, request) for item in chosen for request in requests]
    answers = bench.asker.answers(f"grid, {label}", asked, SAMPLINGS[label], way)
    given = iter(answers)
    works = [
        Work(item.key, item.problem, {str(i): next(given)[0].text for i in range(len(requests))})
        for item in chosen
    ]
    found = judge_all(works, f"grid, {label}, {way}", bench.options.jobs)
    run = labelled("nano", way, bench.options.ways)
    return [
        {"style": request.style, "algorithm": request.algorithm, "layers": request.layers,
         "run": run, "n": item.problem.n_qubits, "way": label,
         "SCR": verdict.parses, "usable": verdict.usable}
        for item in chosen
        for i, request in enumerate(requests)
        for verdict in [found[item.key][str(i)]]
    ]  # fmt: skip


def tables(content: Mapping[str, Any]) -> Tables:
    """A row a combination, and a table of sums over the layers."""
    rows = [row for own in content.values() for row in own]
    return {
        "grid": _table(rows, ("run", "style", "algorithm", "layers")),
        "grid, summed up": _table(rows, ("run", "style", "algorithm")) + _table(rows, ("run",)),
    }


def _table(rows: list[Row], keys: tuple[str, ...]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    out = []
    for values, own in groups.items():
        named: Row = {"run": None, "style": "all", "algorithm": "all", "layers": "all"}
        named |= dict(zip(keys, values, strict=True))
        for key in ("algorithm", "layers"):
            named[key] = "none" if named[key] is None else str(named[key])
        named["answers"] = len(own)
        for way in SAMPLINGS:
            some = [row for row in own if row["way"] == way]
            for measurement in ("SCR", "usable"):
                values_ = [float(row[measurement]) for row in some]
                named |= measured(f"{measurement}, {way}", values_)
        out.append(named)
    return out


PART = Part(sections, tables)

"""Part `speed`: tokens and circuits a second, alone and in batches.

Problems of ten qubits, greedy answers, cut at the length of the shortest, so that every row of a
batch writes the same number of tokens and no figure hangs on the longest answer. Circuits a second
are tokens a second over the mean length of whole answers. Medians over repetitions; one call
before them is not counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.nano_parts.asking import MAX_TOKENS, Asked, answer
from benchmarks.nano_parts.bench import Bench, Part, Tables
from benchmarks.nano_parts.intervals import Row
from rich.progress import track

from quasar.models.protocol import Sampling
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request

QUBITS = 10
BATCHES = (1, 8, 16)
REPETITIONS = 3
ALONE = 4  # problems asked one by one
REQUESTS = {"free": Request(), "qaoa, p = 4": Request("qaoa", 4)}


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each request and way."""
    return {
        f"{label}, {way}": lambda label=label, way=way: _section(bench, label, way)  # type: ignore[misc]
        for label in REQUESTS
        for way in bench.options.ways
    }


def _section(bench: Bench, label: str, way: str) -> list[Row]:
    model = bench.asker.model
    own = [r for r in bench.records["held-out"] if int(r["number_of_qubits"]) == QUBITS]
    asked = [Asked(load_problem(r), REQUESTS[label]) for r in own[: max(BATCHES)]]
    whole = [row[0].completion_tokens for row in answer(model, asked, _greedy(MAX_TOKENS), way)]
    length, mean = max(1, min(whole)), statistics.fmean(whole)
    rows = []
    for batch in track(BATCHES, description=f"speed, {label}, {way}"):
        starts = range(ALONE) if batch == 1 else [0] * REPETITIONS
        rates = []
        for start in starts:
            begun = time.perf_counter()
            made = answer(model, asked[start : start + batch], _greedy(length), way)
            seconds = time.perf_counter() - begun
            rates.append(sum(one[0].completion_tokens for one in made) / seconds)
        rate = statistics.median(rates)
        rows.append(
            {"run": f"{label}, {way}", "batch": batch, "tokens each": length,
             "tokens_a_second": rate, "whole answer": mean,
             "circuits_a_second": rate / mean, "seconds_a_circuit": mean / rate}
        )  # fmt: skip
    return rows


def _greedy(max_tokens: int) -> Sampling:
    return Sampling(temperature=0.0, max_tokens=max_tokens)


def tables(content: Mapping[str, Any]) -> Tables:
    """One table."""
    return {"speed": [row for own in content.values() for row in own]}


PART = Part(sections, tables)

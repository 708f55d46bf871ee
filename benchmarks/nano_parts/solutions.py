"""Part `solutions`: is the answer right? Style `converged`, algorithm free or named.

Beside the model: guessing, greedy decimation (which orders the prompt's rows), and one descent by
single flips from the fields and from the greedy state. All of these write product states; so does
most of what the model writes, and every row says how much. One table by set, one by size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.nano_parts.asking import DEFAULT, GREEDY, Asked
from benchmarks.nano_parts.bench import Bench, Part, Tables, labelled
from benchmarks.nano_parts.classical import states
from benchmarks.nano_parts.judging import Verdict, Work, judge_all, summary
from benchmarks.nano_parts.sets import Item, some

from quasar.models.protocol import Sampling
from quasar.prompts.chat import Request

SIZES = ((2, 5), (6, 8), (9, 11), (12, 14), (15, 16), (17, 20), (21, 24))
ASKED: dict[str, tuple[Request, Sampling]] = {
    "free": (Request(), GREEDY),
    "free, one draw": (Request(), DEFAULT),
    "vqe": (Request("vqe"), GREEDY),
    "adaptive_vqe": (Request("adaptive_vqe"), GREEDY),
    "adaptive_vqe, one draw": (Request("adaptive_vqe"), DEFAULT),
}


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each set and way, and one for each set's baselines."""
    sets = {name: bench.items(name, None) for name in bench.records}
    sets["large"] = some(bench.large, bench.options.count(None))
    out: dict[str, Callable[[], Any]] = {}
    for name, items in sets.items():
        for way in bench.options.ways:
            out[f"{name}, {way}"] = partial(_asked, bench, items, name, way)
        out[f"{name}, baselines"] = partial(_baselines, bench, items, name)
    return out


def _asked(bench: Bench, items: list[Item], name: str, way: str) -> list[dict[str, Any]]:
    texts: dict[str, dict[str, str]] = {item.key: {} for item in items}
    for label, (request, sampling) in ASKED.items():
        asked = [Asked(item.problem, request) for item in items]
        run = labelled(f"nano, {label}", way, bench.options.ways)
        answers = bench.asker.answers(f"solutions, {name}, {label}", asked, sampling, way)
        for item, own in zip(items, answers, strict=True):
            texts[item.key][run] = own[0].text
    works = [Work(item.key, item.problem, texts[item.key]) for item in items]
    return _content(items, name, judge_all(works, f"{name}, {way}", bench.options.jobs))


def _baselines(bench: Bench, items: list[Item], name: str) -> list[dict[str, Any]]:
    works = []
    for item in items:
        references = {}
        if item.record is not None:
            references = {"references": item.record["circuit_with_params"]}
        ends = states(item.problem.hamiltonian)
        works.append(Work(item.key, item.problem, references, ends, guess=True))
    return _content(items, name, judge_all(works, f"{name}, baselines", bench.options.jobs))


def _content(
    items: list[Item], name: str, found: Mapping[str, Mapping[str, Verdict]]
) -> list[dict[str, Any]]:
    return [
        {"set": name, "n": item.problem.n_qubits, "run": run, **verdict._asdict()}
        for item in items
        for run, verdict in found[item.key].items()
    ]


def tables(content: Mapping[str, Any]) -> Tables:
    """By set and by size."""
    rows = [row for own in content.values() for row in own]
    by_set: dict[tuple[str, str], list[Verdict]] = {}
    by_size: dict[tuple[str, str], list[Verdict]] = {}
    for row in rows:
        verdict = Verdict(**{key: row[key] for key in Verdict._fields})
        by_set.setdefault((row["set"], row["run"]), []).append(verdict)
        by_size.setdefault((size_of(row["n"]), row["run"]), []).append(verdict)
    order = [f"{low}-{high}" for low, high in SIZES]
    sized = sorted(by_size, key=lambda key: order.index(key[0]))
    return {
        "solutions": [
            {"set": name, "run": run, **summary(own)} for (name, run), own in by_set.items()
        ],
        "solutions by size": [
            {"n": key[0], "run": key[1], **summary(by_size[key])} for key in sized
        ],
    }


def size_of(n: int) -> str:
    """The class of sizes that n variables belong to."""
    return next(f"{low}-{high}" for low, high in SIZES if low <= n <= high)


PART = Part(sections, tables)

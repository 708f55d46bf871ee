"""Part `likeness`: style `agent-q` by the paper's protocol, on the benchmark's records.

One greedy answer, one drawn as `quasar generate` draws, ten drawn, and ten with the greedy one
among them; metrics and energies in the paper's convention, beside its figures of QUASAR-4B on all
580 records. Skipped where the checkout has no records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.nano_parts.asking import DEFAULT, GREEDY, MAX_TOKENS, Asked, answer, lines
from benchmarks.nano_parts.bench import Bench, Part, Tables, labelled
from benchmarks.nano_parts.intervals import Row
from benchmarks.nano_parts.sets import Record, some

from quasar.evaluation.evaluate import evaluate
from quasar.models.protocol import Model, Sampling
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request

METRICS = ("SCR", "SREV", "RE", "HQCR", "approximation_ratio", "p_optimal")
PAPER = {
    "QUASAR-4B@1 (paper)": {"SCR": 0.9931, "SREV": 0.2241, "RE": 11.61, "HQCR": 0.1724},
    "QUASAR-4B@10 (paper)": {"SCR": 1.0, "SREV": 0.3310, "RE": 8.48, "HQCR": 0.2724},
}


def as_published(record: Record) -> Request:
    """Circuits like the record's: its layers, the algorithm free."""
    return Request(None, int(record["number_of_layers"]), "agent-q")


def drawn(samples: int, temperature: float) -> Sampling:
    """Several answers, as the paper's protocol draws them."""
    return Sampling(temperature=temperature, top_p=0.95, samples=samples, max_tokens=MAX_TOKENS)


def answers_to_the_benchmark(
    model: Model,
    records: Sequence[Record],
    run: str,
    samples: int = 10,
    temperature: float = 1.0,
    way: str = "free-running",
) -> list[Record]:
    """The paper's protocol: one greedy answer, and it with several drawn."""
    asked = [Asked(load_problem(r), as_published(r)) for r in records]
    once = lines(records, answer(model, asked, GREEDY, way), f"{run}@1")
    first = [{**line, "run": f"{run}@{samples}", "candidate": samples - 1} for line in once]
    more = answer(model, asked, drawn(samples - 1, temperature), way)
    return once + first + lines(records, more, f"{run}@{samples}")


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """One section a way."""
    if bench.folder is None:
        return {}
    return {way: partial(_section, bench, way) for way in bench.options.ways}


def _section(bench: Bench, way: str) -> list[Row]:
    records = some(bench.records["records"], bench.options.count(None))
    asked = [Asked(load_problem(r), as_published(r)) for r in records]
    samples = bench.options.samples
    kinds = {
        "greedy@1": GREEDY,
        "one drawn@1": DEFAULT,
        f"drawn@{samples}": drawn(samples, bench.options.temperature),
    }
    made: dict[str, list[Record]] = {}
    for label, sampling in kinds.items():
        answers = bench.asker.answers(f"likeness, {label}", asked, sampling, way)
        made[label] = lines(records, answers, label)
    last = samples - 1
    mixed = [line for line in made[f"drawn@{samples}"] if line["candidate"] != last]
    mixed += [{**line, "candidate": last} for line in made["greedy@1"]]
    made[f"greedy and drawn@{samples}"] = mixed
    named = [
        {**line, "run": labelled(f"nano, {label}", way, bench.options.ways)}
        for label, own in made.items()
        for line in own
    ]
    table = evaluate(records, named, energy_convention="agent-q", jobs=bench.options.jobs)
    return [
        {"run": run, "samples": own["samples"], "SREV_physical": own["SREV_physical"],
         **{metric: own[metric] for metric in METRICS}, "intervals": own["intervals"]}
        for run, own in table.items()
    ]  # fmt: skip


def tables(content: Mapping[str, Any]) -> Tables:
    """Every run beside the paper's."""
    out: list[Row] = []
    for row in (row for own in content.values() for row in own):
        shown: Row = {"run": row["run"]}
        for metric in METRICS:
            low, high = row["intervals"].get(metric) or (None, None)
            shown[metric] = row[metric]
            if low is not None:
                shown |= {f"{metric}_low": low, f"{metric}_high": high}
        out.append({**shown, "SREV_physical": row["SREV_physical"]})
    paper: list[Row] = [{"run": run, **own} for run, own in PAPER.items()]
    return {"likeness": [*out, *paper]} if out else {}


PART = Part(sections, tables)

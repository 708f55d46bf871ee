"""Two checkpoints on the same problems: what the second does better or worse, record by record.

    python -m benchmarks.before_after BEFORE AFTER --data data/nano-solutions data/nano-angles

Both answer problems of the data sets' test splits (`--split`), the held-out ones of this folder
(`--held-out`), and the benchmark's records where a checkout has them. What is asked goes by the
record:

- recipe `converged`, QAOA: QAOA by name at the record's depth, greedy;
- recipe `converged`, others: the algorithm free, `vqe` and `adaptive_vqe` by name, greedy, and the
  first and the last by one draw at temperature 1; the free choice also as `quasar generate` draws,
  the best of eight answers;
- recipe `agent-q`, the benchmark's records too: the paper's protocol, `@1` greedy and `@10` this
  answer with nine drawn; SREV in the paper's energy convention;
- dense random Ising models (`nano_parts.dense`, `--dense` of each size): the algorithm free.

`--way` says how answers are decoded, `guided` as in `quasar generate` by default.

Each metric is shown for both over the records that count in both, with the mean difference and its
95% bootstrap interval over records. Answers are kept in `--out`: interrupted, the same command goes
on. Writes `results/NAME.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks._common import ROOT, kept_answers, print_table, write_result
from benchmarks.nano_parts import dense
from benchmarks.nano_parts.asking import DEFAULT, DRAWN, GREEDY, WAYS, always, ask
from benchmarks.nano_parts.likeness import answers_to_the_benchmark, as_published
from benchmarks.nano_parts.sets import HELD_OUT, Record, agentq_folder, read, some

from quasar.evaluation.evaluate import evaluate
from quasar.models.protocol import Model
from quasar.models.registry import load_model
from quasar.prompts.chat import Request
from quasar.train.examples import style_of
from quasar.train.tokens import read_split

EIGHT = DEFAULT.model_copy(update={"samples": 8})
RUNS = ("before", "after")
BENCHMARK = "records"
METRICS = ("SCR", "SREV", "RE", "HQCR", "approximation_ratio", "p_optimal", "qaoa_gap")
_OWN = ("SCR", "approximation_ratio", "p_optimal", "qaoa_gap")
"""Without likeness, which `converged` does not ask for."""

Ask = Callable[[Model, Sequence[Record], str, str], list[Record]]
"""Answers of a model to records, by the name of the run and one of `asking.WAYS`."""


def by_name(model: Model, records: Sequence[Record], run: str, way: str) -> list[Record]:
    def request(record: Record) -> Request:
        return Request("qaoa", int(record["number_of_layers"]))

    return ask(model, records, request, run, GREEDY, way)


def asked(algorithm: str | None, *, drawn: bool) -> Ask:
    request = always(Request(algorithm))  # type: ignore[arg-type]
    sampling = DRAWN if drawn else GREEDY
    return lambda model, records, run, way: ask(model, records, request, run, sampling, way)


def best_of_eight(model: Model, records: Sequence[Record], run: str, way: str) -> list[Record]:
    return ask(model, records, always(Request()), run, EIGHT, way)


def protocol(samples: int) -> Ask:
    """The paper's, at one sample or several."""

    def answers(model: Model, records: Sequence[Record], run: str, way: str) -> list[Record]:
        if samples == 1:
            return ask(model, records, as_published, run, GREEDY, way)
        lines = answers_to_the_benchmark(model, records, run, samples, way=way)
        return [{**line, "run": run} for line in lines if line["run"] == f"{run}@{samples}"]

    return answers


ASKED: dict[str, Mapping[str, Ask]] = {
    "qaoa": {"qaoa": by_name},
    "solutions": {
        "free": asked(None, drawn=False),
        "free, one draw": asked(None, drawn=True),
        "free, best of eight": best_of_eight,
        "vqe": asked("vqe", drawn=False),
        "adaptive_vqe": asked("adaptive_vqe", drawn=False),
        "adaptive_vqe, one draw": asked("adaptive_vqe", drawn=True),
    },
    "agent-q": {"agent-q@1": protocol(1), "agent-q@10": protocol(10)},
    "dense": {
        "free": asked(None, drawn=False),
        "free, one draw": asked(None, drawn=True),
        "free, best of eight": best_of_eight,
    },
}


def kind(record: Record) -> str:
    """Which of `ASKED` a record is asked in."""
    if style_of(record) == "agent-q":
        return "agent-q"
    return "qaoa" if record["optimization_type"] == "qaoa" else "solutions"


def dense_records(n: int, count: int) -> list[Record]:
    """The first instances of a size, as records."""
    problems = [dense.instance(n, k) for k in range(count)]
    texts = [problem.hamiltonian.to_text() for problem in problems]
    return [
        {"sample_index": i, "hamiltonian": text, "cost_hamiltonian": text, "number_of_qubits": n}
        for i, text in enumerate(texts)
    ]


def sets_of(
    folders: Sequence[Path], split: str, limit: int, *, held_out: bool = False
) -> dict[tuple[str, str], list[Record]]:
    """Records by set and kind, numbered anew."""
    found: dict[tuple[str, str], list[Record]] = {}
    benchmark = agentq_folder()
    if benchmark is not None:
        found[BENCHMARK, "agent-q"] = read(benchmark / "records.jsonl.gz")
    given = {folder.name: read_split(folder, split) for folder in folders}
    if held_out:
        given["held out"] = [r for file in sorted(HELD_OUT.glob("*.jsonl.gz")) for r in read(file)]
    for of, records in given.items():
        for name in ASKED:
            own = [record for record in records if kind(record) == name]
            if own:
                found[of, name] = [
                    {**record, "sample_index": i} for i, record in enumerate(some(own, limit))
                ]
    return found


def compared(records: Sequence[Record], lines: Sequence[Record], way: str) -> list[Record]:
    """A row a metric."""
    table = evaluate(
        list(records), list(lines), energy_convention="agent-q", jobs=1, against="before"
    )
    rows = []
    for metric in METRICS if way.startswith("agent-q") else _OWN:
        found = table["after"]["difference"][metric]
        if found is not None:
            low, high = found["interval"]
            rows.append(
                {"metric": metric, "records": found["records"], "before": found["of_from"],
                 "after": found["of_run"], "difference": found["mean"], "low": low, "high": high}
            )  # fmt: skip
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("before", help="a model folder, or a packaged model by name")
    parser.add_argument("after")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="data sets, by folder")
    parser.add_argument("--kinds", nargs="*", choices=ASKED, default=list(ASKED), help="of records")
    parser.add_argument("--split", default="test")
    parser.add_argument("--way", choices=WAYS, default="guided", help="of decoding")
    parser.add_argument("--held-out", action="store_true", help="the held-out problems here too")
    parser.add_argument("--dense", type=int, default=0, help="dense instances of each size")
    parser.add_argument("--limit", type=int, default=400, help="records of each set and kind")
    parser.add_argument(
        "--drawn-limit", type=int, default=200, help="of those, answered often; 0: none"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "before-after")
    parser.add_argument("--name", default="before_after", help="of the result file")
    options = parser.parse_args(arguments)
    names = [BENCHMARK, *(folder.name for folder in options.data)]
    if len(set(names)) < len(names):
        parser.error(f"each set needs a name of its own, but these are {', '.join(names)}")
    specs = (options.before, options.after)
    models = [load_model(spec, {"batch_size": 32}) for spec in specs]
    rows: list[Record] = []
    sets = sets_of(options.data, options.split, options.limit, held_out=options.held_out)
    if options.dense:
        sets |= {
            (f"dense, n = {n}", "dense"): dense_records(n, options.dense) for n in dense.NUMBERS
        }
    for (name, of), records in sets.items():
        if of not in options.kinds:
            continue
        for way, answers in ASKED[of].items():
            often = way.endswith(("@10", "eight"))
            if often and not options.drawn_limit:
                continue
            drawn = often and name != BENCHMARK
            asked_about = records[: options.drawn_limit] if drawn else records
            lines: list[Record] = []
            for run, model, spec in zip(RUNS, models, specs, strict=True):
                make = partial(answers, model, asked_about, run, options.way)
                told = f"{way} {options.way} {run}"
                lines += kept_answers(options.out, spec, asked_about, told, make)
            found = compared(asked_about, lines, way)
            print_table([{"set": name, "asked": way, **row} for row in found])
            rows += [{"set": name, "asked": way, **row} for row in found]
    print_table(rows)
    settings = {
        "models": [Path(options.before).name, Path(options.after).name],
        "split": options.split,
        "way": options.way,
        "held_out": options.held_out,
        "dense": options.dense,
        "limit": options.limit,
        "drawn_limit": options.drawn_limit,
    }
    print(write_result(options.name, rows, {"settings": settings}))


if __name__ == "__main__":
    main()

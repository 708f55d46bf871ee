"""The packaged model beside archived answers of large models and the classical designer, one table.

All on the benchmark's records, judged by `quasar evaluate` with the paper's energy convention:

1. the archived answers of GPT-5, GPT-4o and DeepSeek-V3 (few-shot prompts), one and ten each;
2. the packaged model: greedy in style `converged`, and in style `agent-q` one greedy answer and ten
   drawn (`benchmarks.nano` has the greedy one among its ten); the algorithm is free and the layers
   are the record's in all of them;
3. the designer, in both styles (`converged` takes most of an hour: `--without`);
4. the trivial baselines and the benchmark's own circuits.

Answers are kept in `--store` and not made again. Run `python -m benchmarks.compare`; it needs the
benchmark's records and answers (`QUASAR_AGENTQ`), and writes `results/compare.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, print_table, write_result
from benchmarks.nano_parts.asking import MAX_TOKENS
from benchmarks.nano_parts.sets import agentq_folder

from quasar.agent.records import generate_records
from quasar.agent.settings import GenerationSettings
from quasar.cli.bar import Bar
from quasar.core.jsonl import read_jsonl
from quasar.evaluation.evaluate import evaluate
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Sampling
from quasar.prompts.chat import Request

Line = dict[str, Any]
_SHOWN = ("SCR", "SREV", "RE", "HQCR", "approximation_ratio", "p_optimal", "top_is_optimal")


def runs(model: str) -> dict[str, tuple[str, GenerationSettings]]:
    """Name of each run made here: who writes, and how."""
    greedy = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
    drawn = Sampling(temperature=1.0, top_p=0.95, samples=10, max_tokens=MAX_TOKENS)
    likeness = Request(None, None, "agent-q")
    name = Path(model).name
    return {
        f"{name} converged@1": (model, GenerationSettings(sampling=greedy)),
        f"{name} agent-q@1": (model, GenerationSettings(request=likeness, sampling=greedy)),
        f"{name} agent-q@10": (
            model,
            GenerationSettings(request=likeness, sampling=drawn, samples=10),
        ),
        "designer converged@1": ("designer", GenerationSettings(settings=DesignerSettings())),
        "designer agent-q@1": (
            "designer",
            GenerationSettings(settings=DesignerSettings(style="agent-q")),
        ),
    }


def made(records: Path, store: Path, model: str, without: Sequence[str]) -> Iterator[Line]:
    """All lines of the runs made here."""
    for run, (writer, settings) in runs(model).items():
        if run in without:
            continue
        path = store / f"{run.replace(' ', '-')}.jsonl"
        with Bar() as bar:
            bar.say(run)
            generate_records(records, path, writer, settings, progress=bar)
        for _, line in read_jsonl(path):
            yield {**line, "run": run}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--store", type=Path, default=ROOT / "runs" / "compare")
    parser.add_argument("--without", action="append", default=[], help="run to leave out")
    parser.add_argument("--out", type=Path, help="folder for report and plots too")
    options = parser.parse_args(arguments)
    folder = agentq_folder()
    if folder is None:
        raise SystemExit("the benchmark's records are not here: set QUASAR_AGENTQ to their folder.")
    records = folder / "records.jsonl.gz"
    options.store.mkdir(parents=True, exist_ok=True)
    archived = [line for _, line in read_jsonl(folder / "generations.jsonl.gz")]
    table = evaluate(
        records,
        [*archived, *made(records, options.store, options.model, options.without)],
        options.out,
        energy_convention="agent-q",
        baselines=True,
        force=True,
    )
    rows = [
        {"run": run, **{k: row[k] for k in _SHOWN}, "intervals": row["intervals"]}
        for run, row in table.items()
    ]
    print_table([{k: v for k, v in row.items() if k != "intervals"} for row in rows])
    settings = {"model": Path(options.model).name, "without": options.without}
    print(write_result("compare", rows, {"settings": settings, "energy_convention": "agent-q"}))


if __name__ == "__main__":
    main()

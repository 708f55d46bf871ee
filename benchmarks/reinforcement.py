"""Reinforcement of the packaged model under other rewards and losses, with equal budgets.

Each variant trains from the packaged weights for `--minutes` with `configs/grpo-nano-ablation.toml`
and one change:

- the five ablations of the published reward (`full`, `no_ev`, `no_re`, `no_opt`, `validity_only`)
  and the reward that needs no reference (`physical`);
- the loss: `grpo` as published (mean over tokens, advantages by the group's deviation), `dapo`
  (over all tokens, wider clipping upwards), `kl` (a KL term of 0.02); the others use `dr_grpo`;
- `cool`: answers drawn at temperature 0.5, nearer to the greedy one.

Then all answer the benchmark's records by the paper's protocol (algorithm free, the record's
layers; one greedy answer and ten drawn), beside the packaged model itself (`before`), with 95%
bootstrap intervals over records, and of the difference to `before` record by record. A training
that was interrupted goes on where it stopped; one that is finished is not repeated, and its answers
are not asked for again: `--out` keeps both. Run `python -m benchmarks.reinforcement`; it needs the
benchmark's records (`QUASAR_AGENTQ`), and writes `results/NAME.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, kept_answers, print_table, write_result
from benchmarks.nano_parts.likeness import answers_to_the_benchmark
from benchmarks.nano_parts.sets import Record, agentq_folder, read

from quasar.cli.train import configured
from quasar.evaluation.evaluate import evaluate
from quasar.models.registry import load_model
from quasar.train.grpo import train_grpo
from quasar.train.grpo_settings import GrpoSettings

CONFIG = ROOT / "configs" / "grpo-nano-ablation.toml"
VARIANTS: dict[str, tuple[str, ...]] = {
    **{
        name: (f"reward.stages.ablation={name}",)
        for name in ("full", "no_ev", "no_re", "no_opt", "validity_only")
    },
    "physical": ("reward.aim=physical",),
    "grpo": ("loss.kind=grpo", "loss.scale=group"),
    "dapo": ("loss.kind=dapo", "loss.scale=group"),
    "kl": ("loss.beta=0.02",),
    "cool": ("rollouts.temperature=0.5",),
}
BASE = "before"
_METRICS = ("SCR", "SREV", "RE", "HQCR", "approximation_ratio", "p_optimal")


def trained(name: str, out: Path, changes: Sequence[str]) -> tuple[Path, dict[str, Any]]:
    """The variant's model and manifest; trains what is missing."""
    folder = out / name
    manifest = folder / "model" / "manifest.json"
    if not manifest.is_file():
        asked = (*VARIANTS[name], *changes, f"out={folder}", f"model.name={name}")
        train_grpo(configured(GrpoSettings, CONFIG, asked))
    return folder / "model", json.loads(manifest.read_text(encoding="utf-8"))


def answers(model: str, records: Sequence[Record], run: str, out: Path) -> list[Record]:
    """Answers by the paper's protocol, kept in `out`."""

    def made() -> list[Record]:
        return answers_to_the_benchmark(load_model(model, {"batch_size": 32}), records, run)

    return kept_answers(out, model, records, run, made)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--variants", default=",".join(VARIANTS), help="which, parted by commas")
    parser.add_argument("--minutes", type=float, default=6.0, help="of training, each")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "reinforcement")
    parser.add_argument("--name", default="reinforcement", help="of the result file")
    parser.add_argument("--set", action="append", default=[], help="change a setting of all runs")
    options = parser.parse_args(arguments)
    names = options.variants.split(",")
    if unknown := set(names) - VARIANTS.keys():
        parser.error(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    folder = agentq_folder()
    if folder is None:
        raise SystemExit("the benchmark's records are not here: set QUASAR_AGENTQ to their folder.")
    records = read(folder / "records.jsonl.gz")
    changes = [f"schedule.max_minutes={options.minutes}", *options.set]
    base = configured(GrpoSettings, CONFIG, changes).model.base
    if base is None:
        raise SystemExit("model.base names the model that all variants start from.")
    lines = answers(base, records, BASE, options.out)
    about: dict[str, dict[str, Any]] = {}
    for name in names:
        path, manifest = trained(name, options.out, changes)
        about[name] = {key: manifest[key] for key in ("steps", "training_seconds", "examples_seen")}
        about[name]["minutes"] = manifest["settings"]["schedule"]["max_minutes"]
        lines += answers(str(path), records, name, options.out)
    rows = []
    for samples in ("@1", "@10"):
        own = [line for line in lines if line["run"].endswith(samples)]
        table = evaluate(
            records, own, energy_convention="agent-q", jobs=1, against=f"{BASE}{samples}"
        )
        rows += [
            {
                "run": run,
                **about.get(run.partition("@")[0], dict.fromkeys(next(iter(about.values())))),
                **{metric: row[metric] for metric in _METRICS},
                "intervals": {metric: row["intervals"][metric] for metric in _METRICS},
                "difference": {metric: row["difference"][metric] for metric in _METRICS}
                if "difference" in row
                else None,
            }
            for run, row in table.items()
        ]
    shown = ("run", "steps", *_METRICS)
    print_table([{name: row[name] for name in shown} for row in rows])
    settings = {"base": Path(base).name, "changes": options.set}
    print(write_result(options.name, rows, {"settings": settings}))


if __name__ == "__main__":
    main()

"""`quasar data`: build, check, compare, import and export data sets of circuits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from quasar.cli.bar import Bar
from quasar.cli.options import AsJson, OnExecutor, RayAddress, print_json
from quasar.core.errors import EXIT_INFEASIBLE, InputError

if TYPE_CHECKING:
    from quasar.data.validate import Validation

EXIT_WRONG = EXIT_INFEASIBLE
"""Exit code where a data set has faults, or shares instances with another."""

app = typer.Typer(
    help="Data sets of optimised circuits: build, check, compare, import.",
    no_args_is_help=True,
)

DataSet = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished data set.")]
Jobs = Annotated[
    int | None,
    typer.Option(help="Processes to use.", min=1, show_default="one for each core"),
]

MinQubits = Annotated[int | None, typer.Option(help="Smallest instance.", min=1, show_default="2")]
MaxQubits = Annotated[
    int | None, typer.Option(help="Largest instance.", min=2, max=5000, show_default="16")
]
Sizes = Annotated[
    str | None,
    typer.Option(
        metavar="LEAST-MOST",
        help="Numbers of qubits, each equally often, such as 4-10; or from 25 on, such as 30-200: "
        "QAOA records with exact energies and without distributions.",
    ),
]


@app.command()
def build(
    out: Annotated[
        Path, typer.Option(help="Folder of the data set; an interrupted build is resumed.")
    ],
    recipe: Annotated[
        Literal["converged", "agent-q"] | None,
        typer.Option(help="agent-q: like the benchmark's circuits. converged: as good as can be."),
    ] = None,
    count: Annotated[int | None, typer.Option(help="Records, all splits together.", min=1)] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Settings in TOML, or the manifest.json of a data set to make again; the options "
            "here take precedence over it."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of all randomness.", min=0, show_default="0")
    ] = None,
    min_qubits: MinQubits = None,
    max_qubits: MaxQubits = None,
    sizes: Sizes = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            help="Records file or data set whose instances must not occur; may be repeated."
        ),
    ] = None,
    jobs: Jobs = None,
    executor: OnExecutor = "local",
    ray_address: RayAddress = None,
    as_json: AsJson = False,
) -> None:
    """Build a data set, or resume one that was interrupted.

    The records depend on the settings alone, not on the number of processes or on interruptions.
    """
    from quasar.data.build import build as run
    from quasar.data.settings import BuildSettings, read_settings

    given: dict[str, Any] = {} if config is None else read_settings(config)
    options = {
        "recipe": recipe,
        "count": count,
        "seed": seed,
        "min_qubits": min_qubits,
        "max_qubits": max_qubits,
        "sizes": sizes,
        "exclude": [str(path) for path in exclude] if exclude else None,
    }
    given.update({name: value for name, value in options.items() if value is not None})
    if sizes is not None and (min_qubits is not None or max_qubits is not None):
        raise InputError("--sizes says both ends: leave --min-qubits and --max-qubits out.")
    for name in ("recipe", "count"):
        if name not in given:
            raise InputError(f"say --{name}, or give it in --config.")
    settings = BuildSettings.parse(given)
    with Bar() as bar:
        try:
            built = run(
                out,
                settings,
                engine=executor,
                jobs=jobs,
                ray_address=ray_address,
                progress=bar,
            )
        except KeyboardInterrupt:
            bar.stop()
            typer.echo(
                f"{bar.done:,} of {settings.count:,} records were made, of which all but the last "
                "few are on disk; run the same command again to resume.",
                err=True,
            )
            raise
    result = {
        "out": str(out),
        "records": built.manifest["records"],
        "resumed": built.resumed,
        "splits": {name: split["records"] for name, split in built.manifest["splits"].items()},
        "content_sha256": built.manifest["content_sha256"],
        "cost": built.manifest["cost"],
    }
    if as_json:
        print_json(result)
        return
    each = built.manifest["cost"]["core_seconds_per_circuit"]["all"]
    splits = ", ".join(f"{name} {count:,}" for name, count in result["splits"].items())
    typer.echo(f"{result['records']:,} records in {out} ({splits})")
    typer.echo(f"{each:.3f} s of one core each, dropped attempts included; see {out / 'README.md'}")


@app.command()
def validate(
    folder: DataSet,
    jobs: Jobs = None,
    sample: Annotated[
        int | None,
        typer.Option(
            help="Simulate only this many records again; everything else is checked on all.",
            min=1,
            show_default="all",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record by other means than those that made it.

    Read by the reference importer, simulated by Qiskit; energies, optimum, bit strings,
    probabilities, signature, instance, split, sizes, schema and hashes. Exit code 3 if anything is
    wrong.
    """
    from quasar.data.validate import validate as run

    with Bar() as bar:
        found = run(
            folder,
            jobs=jobs,
            sample=sample,
            start=lambda total: bar.start("checking", total),
            tick=bar.advance,
        )
    if as_json:
        print_json(
            {
                "records": found.records,
                "checked": found.checked,
                "faults": len(found.findings),
                "findings": [finding._asdict() for finding in found.findings],
            }
        )
    else:
        _print_validation(found)
    if found.findings:
        raise typer.Exit(EXIT_WRONG)


def _print_validation(found: Validation, limit: int = 50) -> None:
    for finding in found.findings[:limit]:
        typer.echo(str(finding))
    if len(found.findings) > limit:
        typer.echo(f"... and {len(found.findings) - limit:,} more; --json lists all.")
    state = "nothing wrong" if not found.findings else f"{len(found.findings):,} faults"
    typer.echo(f"{state}: {found.checked:,} of {found.records:,} records simulated again")


@app.command(name="import")
def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_HUB_ID",
            help="File (.jsonl, .jsonl.gz, .parquet, .arrow), folder of such, or owner/name on the "
            "Hugging Face hub.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new data set.")],
    jobs: Jobs = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing --out folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take over records in the public schema, and measure their circuits again."""
    from quasar.core.processes import cores
    from quasar.data.importing import REJECTED, import_records

    with Bar() as bar:
        bar.start("importing", None)
        found = import_records(source, out, jobs=jobs or cores(), force=force, tick=bar.advance)
    result = {
        "out": str(out),
        "records": found.manifest["records"],
        "rejected": found.manifest["rejected"],
        "encodings": found.manifest["encodings"],
        "splits": {name: split["records"] for name, split in found.manifest["splits"].items()},
    }
    if as_json:
        print_json(result)
        return
    typer.echo(f"{result['records']:,} records in {out}; figures in {out / 'README.md'}")
    for kind, records in result["encodings"].items():
        typer.echo(f"  {kind} order: {records:,}")
    if result["rejected"]:
        typer.echo(f"{result['rejected']:,} left out; reasons in {out / REJECTED}")


@app.command()
def leakage(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="Data set or records file, e.g. what is trained on.")
    ],
    second: Annotated[
        Path | None,
        typer.Argument(
            metavar="[B]", help="Another. Default: the splits of A are compared with each other."
        ),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only this split of A.")] = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Report problem instances that two sets share, names of nodes and order of edges aside.

    Exit code 3 if there are any.
    """
    from itertools import combinations

    from quasar.core.processes import cores
    from quasar.data.leakage import leakage as run
    from quasar.data.leakage import splits_of
    from quasar.data.source import Source

    if second is None and split is not None:
        raise InputError("--split picks a split of A to compare with B: name B too.")
    if second is None:
        pairs = [(Source(first, a), Source(first, b)) for a, b in combinations(splits_of(first), 2)]
    else:
        pairs = [(Source(first, split), Source(second))]
    results = []
    for one, other in pairs:
        found = run(one, other, jobs=jobs or cores())
        results.append((_name(one), _name(other), found))
    shared = sum(found.shared_instances for _, _, found in results)
    if as_json:
        print_json(
            {
                "shared_instances": shared,
                "comparisons": [
                    {
                        "first": a,
                        "second": b,
                        "first_records": found.first_records,
                        "second_records": found.second_records,
                        "shared_instances": found.shared_instances,
                        "leaking_records": len(found.pairs),
                        "look_alikes": found.look_alikes,
                        "pairs": [pair._asdict() for pair in found.pairs],
                    }
                    for a, b, found in results
                ],
            }
        )
    else:
        for a, b, found in results:
            typer.echo(
                f"{a} ({found.first_records:,} records) and {b} ({found.second_records:,}): "
                f"{found.shared_instances:,} shared instances, {len(found.pairs):,} records of the "
                "second"
            )
            for pair in found.pairs[:20]:
                typer.echo(f"  {pair.problem_type}: {pair.second} is {pair.first}")
            if len(found.pairs) > 20:
                typer.echo(f"  ... and {len(found.pairs) - 20:,} more; --json lists all.")
    if shared:
        raise typer.Exit(EXIT_WRONG)


@app.command()
def card(folder: DataSet) -> None:
    """Write the data card (README.md and plots) again from the data."""
    from quasar.data.build import read_manifest
    from quasar.data.card import write_card
    from quasar.data.storage import require_parquet

    require_parquet()
    manifest = read_manifest(folder)
    if manifest is None:
        raise InputError(f"{folder} holds no finished data set (no manifest.json).")
    write_card(folder, manifest)
    typer.echo(f"written: {folder / 'README.md'}")


@app.command()
def export(
    folder: DataSet,
    out: Annotated[Path, typer.Option(help="Records file to write (.jsonl or .jsonl.gz).")],
    split: Annotated[str | None, typer.Option(help="Only this split.", show_default="all")] = None,
    count: Annotated[
        int | None,
        typer.Option(help="Number of records, chosen at random.", min=1, show_default="all"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of that choice.", min=0)] = 0,
) -> None:
    """Write records as lines of JSON, as `quasar evaluate --records` takes them."""
    from quasar.data.export import export as run

    written = run(folder, out, split=split, count=count, seed=seed)
    typer.echo(f"{written:,} records written to {out}")


@app.command()
def tasks(
    out: Annotated[Path, typer.Option(help="File of JSON lines to write.")],
    count: Annotated[int, typer.Option(help="Pairs.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.", min=0)] = 0,
    split: Annotated[
        Literal["train", "held out"],
        typer.Option(help="Tasks to learn from, or the tenth left out for tests."),
    ] = "train",
    config: Annotated[
        Path | None,
        typer.Option(help="More settings in TOML (tasks, sizes, short_prompts, rewritten)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write prompts and answers for target tasks, each answer verified by its task's grader."""
    import json
    import tomllib
    from collections import Counter

    from quasar.core.files import write_text
    from quasar.data.task_pairs import TaskPairSettings, task_pairs

    given: dict[str, Any] = {}
    if config is not None:
        try:
            given = tomllib.loads(config.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise InputError(f"the settings {config} cannot be read: {error}.") from error
    settings = TaskPairSettings.parse({**given, "count": count, "seed": seed, "split": split})
    made = list(task_pairs(settings))
    write_text(out, "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in made))
    families = dict(sorted(Counter(pair["family"] for pair in made).items()))
    if as_json:
        print_json({"out": str(out), "pairs": len(made), "families": families})
        return
    shown = ", ".join(f"{family} {number}" for family, number in families.items())
    typer.echo(f"wrote {len(made)} pairs to {out}: {shown}")


def _name(source: Any) -> str:
    return str(source.path) if source.split is None else f"{source.path} [{source.split}]"

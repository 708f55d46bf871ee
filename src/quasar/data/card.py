"""The data card: counts, distributions, quality, plots, written as README.md next to the data.

Everything is counted on the finished files; what a build cost comes from the manifest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quasar.core.files import disk_errors, write_text
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.data.plots import draw_plots
from quasar.data.record import MEASURED
from quasar.data.schema import BEYOND, FIELDS, PUBLIC, Field
from quasar.data.summary import read_figures
from quasar.verifier.metrics import Metric, candidate_metrics, record_metrics

if TYPE_CHECKING:
    import pandas as pd

CARD = "README.md"
IMAGES = "images"


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write README.md and the plots of a data set.

    Args:
        manifest: as in its `manifest.json`.
    """
    figures = read_figures(folder)
    with disk_errors(folder):
        (folder / IMAGES).mkdir(exist_ok=True)
        pictures = draw_plots(figures, folder / IMAGES)
    text = card_text(figures, manifest, [f"{IMAGES}/{name}" for name in pictures])
    write_text(folder / CARD, text)


def card_text(figures: pd.DataFrame, manifest: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The card in Markdown, with the header that `datasets` reads.

    Args:
        figures: as from `read_figures`.
    """
    settings = manifest["settings"]
    splits = list(manifest["splits"])
    parts = [
        _header([name for name in splits if (figures["split"] == name).any()]),
        _opening(figures, manifest),
        _splits(figures, splits),
        f"## Quality\n\n{_how_measured(figures)}",
        _quality(figures),
        "Ratio: (E_max - E) / (E_max - E_min). P(opt): probability of measuring a ground state. "
        "Top optimal: the most probable state is one. Product state: no qubit of the final state "
        "is entangled. Basis state: one bit string has probability at least 1 - 1e-6. Gates, "
        "two-qubit gates and depth are medians.",
        *(f"![{Path(path).stem.replace('_', ' ')}]({path})" for path in pictures),
        "## Problem types",
        _types(figures),
        "Gates are medians.",
        "## Distributions",
        *_distributions(figures),
        "## Fields",
        _fields(FIELDS + BEYOND if _is_large(figures) else FIELDS),
        "## How it was made",
        _made(manifest, settings),
    ]
    return "\n\n".join(parts) + "\n"


def _header(splits: Sequence[str]) -> str:
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name in splits:
        lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    return "\n".join([*lines, "tags:", "- quantum", "- openqasm", "---"])


def _opening(figures: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    recipe = manifest["settings"].get("recipe", "imported")
    made = {
        "agent-q": "made like those of the Agent-Q benchmark",
        "converged": "optimised to convergence",
        "imported": f"imported from {manifest['settings'].get('source')}",
    }[recipe]
    large = _is_large(figures)
    product = figures["product_state"].astype(float).mean()
    kind = "" if large else f"{product:.1%} are product states, in which no qubit is entangled. "
    best = "what is known of the optimum" if large else "the exact optimum"
    instances, tasks = (figures[name].nunique() for name in ("instance_id", "signature"))
    leak = {
        "identity": "No instance occurs in two splits, however its nodes are called: the split is "
        "a function of the instance.",
        "source": "Splits are those of the source.",
    }[manifest["split_rule"]]
    return (
        f"# Circuits for graph optimisation, recipe `{recipe}`\n\n"
        f"{manifest['records']:,} OpenQASM 3 circuits {made}, each with its problem, its "
        f"Hamiltonian and {best}. Load with "
        '`datasets.load_dataset("path/of/this/folder")`.\n\n'
        f"{instances:,} different problem instances (names aside), {tasks:,} different "
        f"tasks (instance as written, algorithm, depth, encoding). {kind}{leak}\n\n"
        "Bit order: qubit 0 is the least significant bit; a qubit measured as 0 means that its "
        "variable is 1 (selected). Bit strings are in variable order, after that flip."
    )


def _splits(figures: pd.DataFrame, splits: Sequence[str]) -> str:
    import pandas as pd

    counts = pd.crosstab(figures["split"], figures["optimization_type"]).reindex(splits).fillna(0)
    rows = ([name, int(row.sum()), *map(int, row)] for name, row in counts.iterrows())
    return _table(["split", "records", *counts.columns], rows)


def _quality(figures: pd.DataFrame) -> str:
    metrics = [m for m in (*record_metrics(), *candidate_metrics()) if m.name in MEASURED]
    head = [f"mean {m.title}" if m.kind == "ratio" else m.title for m in metrics]
    rows = (
        [name, len(own), *(_average(own[m.name], m) for m in metrics)]
        for name, own in (*figures.groupby("optimization_type"), ("all", figures))
    )
    return _table(["algorithm", "records", *head], rows)


def _how_measured(figures: pd.DataFrame) -> str:
    if _is_large(figures):
        return (
            "Energies are exact, by causal cones of every circuit as it is written. Beyond 24 "
            "qubits there is no distribution: what needs one is a dash. The ratio is the mean over "
            "the records whose optimum is proven."
        )
    return "Measured by exact simulation of every circuit as it is written."


def _is_large(figures: pd.DataFrame) -> bool:
    return bool((figures["number_of_qubits"] > MAX_EXACT_QUBITS).any())


def _average(column: pd.Series, metric: Metric) -> Any:
    if column.isna().all():
        return "-"
    if metric.kind == "fraction":
        return f"{column.astype(float).mean():.1%}"
    return _median(column) if metric.kind == "count" else f"{column.mean():.4f}"


def _types(figures: pd.DataFrame) -> str:
    algorithms = sorted(figures["optimization_type"].unique())
    head = ["problem type", "records", "share", "mean ratio", "mean P(opt)"]
    kinds = sorted(figures.groupby("problem_type"), key=lambda kind: (-len(kind[1]), kind[0]))
    rows = []
    for name, own in kinds:
        gates = {a: _median(some["gates"]) for a, some in own.groupby("optimization_type")}
        share = f"{len(own) / len(figures):.1%}"
        rows.append([name, len(own), share, *_means(own), *(gates.get(a, "-") for a in algorithms)])
    return _table([*head, *(f"gates {a}" for a in algorithms)], rows)


def _means(figures: pd.DataFrame) -> list[str]:
    means = (figures[name].mean() for name in ("approximation_ratio", "p_optimal"))
    return ["-" if math.isnan(mean) else f"{mean:.4f}" for mean in means]


def _median(sizes: pd.Series) -> int:
    """The lower median, which is a size that occurs."""
    return int(sizes.quantile(interpolation="lower"))


def _distributions(figures: pd.DataFrame) -> list[str]:
    columns = {
        name: figures[name]
        for name in ("number_of_qubits", "encoding", "variable_order", "template")
    }
    for algorithm, own in figures.groupby("optimization_type"):
        columns[f"layers {algorithm}"] = own["number_of_layers"]
    return [_shares(name, column) for name, column in sorted(columns.items())]


def _shares(name: str, column: pd.Series) -> str:
    import pandas as pd

    shares = column.value_counts(normalize=True, dropna=False).sort_index()
    values = ("none" if pd.isna(value) else str(value) for value in shares.index)
    return _table(
        [name.replace("_", " "), *values], [["share", *(f"{share:.1%}" for share in shares)]]
    )


def _fields(fields: Sequence[Field]) -> str:
    own = {field.name for field in fields} - {field.name for field in PUBLIC}
    return (
        "The public schema of `Benyucong/graph-data-quantum-rl`, and our own fields marked *.\n\n"
        + _table(
            ["field", "type", "meaning"],
            [
                [
                    f.name + (" *" if f.name in own else ""),
                    f.kind + (" or null" if f.nullable else ""),
                    f.meaning,
                ]
                for f in fields
            ],
        )
    )


def _made(manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    lines = []
    if "recipe" in settings:
        lines.append(
            "Make it again, record for record, with the versions that `manifest.json` names, on a "
            "processor of the same kind:\n\n"
            "```\nquasar data build --config manifest.json --out FOLDER\n```"
        )
    lines.append(f"Hash of all records: `{manifest['content_sha256']}`.")
    cost = manifest.get("cost")
    if cost:
        each = cost["core_seconds_per_circuit"]
        lines.append(
            f"{cost['core_seconds'] / 3600:.2f} core hours on {manifest['machine']['processor']}; "
            "seconds of one core for each circuit kept, dropped attempts included: "
            + ", ".join(f"{name} {value:.3f}" for name, value in each.items())
            + "."
        )
        dropped = ", ".join(f"{reason} {count:,}" for reason, count in cost["dropped"].items())
        lines.append(f"Attempts dropped: {dropped or 'none'}.")
    lines.append(f"Settings:\n\n```json\n{json.dumps(settings, indent=1)}\n```")
    return "\n\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = (f"{v:,}" if isinstance(v, int) else str(v) for v in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)

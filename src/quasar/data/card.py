"""The data card: counts, distributions, quality, plots, written as README.md beside the data.

Everything is counted on the finished files, a thousand records in memory at a time; what a build
cost comes from the manifest.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quasar.core.files import disk_errors, write_text
from quasar.data import storage
from quasar.data.schema import FIELDS, PUBLIC

CARD = "README.md"
IMAGES = "images"
RATIO_BINS = 50
_COLUMNS = (
    "split", "problem_type", "optimization_type", "number_of_qubits", "number_of_layers",
    "encoding", "variable_order", "template", "instance_id", "signature", "approximation_ratio",
    "p_optimal", "top_is_optimal", "basis_state", "product_state", "gates", "two_qubit_gates",
    "depth",
)  # fmt: skip


@dataclass
class Group:
    """Figures of some records.

    Attributes:
        counts: records by gates, by two-qubit gates, by depth.
        ratios: records by approximation ratio, `RATIO_BINS` equal bins over [0, 1].
    """

    records: int = 0
    ratio: float = 0.0
    p_optimal: float = 0.0
    top_is_optimal: int = 0
    basis_state: int = 0
    product_state: int = 0
    counts: dict[str, Counter[int]] = field(
        default_factory=lambda: {
            "gates": Counter(),
            "two_qubit_gates": Counter(),
            "depth": Counter(),
        }
    )
    ratios: Counter[int] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count a record in."""
        self.records += 1
        self.ratio += record["approximation_ratio"]
        self.p_optimal += record["p_optimal"]
        self.top_is_optimal += record["top_is_optimal"]
        self.basis_state += record["basis_state"]
        self.product_state += record["product_state"]
        for name, counter in self.counts.items():
            counter[record[name]] += 1
        self.ratios[min(int(record["approximation_ratio"] * RATIO_BINS), RATIO_BINS - 1)] += 1

    def median(self, name: str) -> int:
        """The (lower) median of a count."""
        seen = 0
        for value, records in sorted(self.counts[name].items()):
            seen += records
            if 2 * seen >= self.records:
                return value
        return 0


@dataclass
class Summary:
    """Everything the card states.

    Attributes:
        groups: figures by algorithm and problem type, ("", "") for all.
        splits: records by split and algorithm.
        shares: records by value, for some columns.
    """

    groups: dict[tuple[str, str], Group] = field(default_factory=lambda: defaultdict(Group))
    splits: Counter[tuple[str, str]] = field(default_factory=Counter)
    shares: dict[str, Counter[Any]] = field(default_factory=lambda: defaultdict(Counter))
    _instances: array[int] = field(default_factory=lambda: array("Q"))
    _tasks: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, record: Mapping[str, Any]) -> None:
        """Count a record in."""
        algorithm, kind = record["optimization_type"], record["problem_type"]
        for key in (("", ""), (algorithm, ""), ("", kind), (algorithm, kind)):
            self.groups[key].add(record)
        self.splits[record["split"], algorithm] += 1
        self.splits[record["split"], ""] += 1
        for name in ("number_of_qubits", "encoding", "variable_order", "template"):
            self.shares[name][record[name]] += 1
        self.shares[f"layers {algorithm}"][record["number_of_layers"]] += 1
        self._instances.append(int(record["instance_id"][:16], 16))
        self._tasks.append(hash(record["signature"]) & (1 << 64) - 1)

    @property
    def instances(self) -> int:
        """Different problem instances, names aside."""
        return _distinct(self._instances)

    @property
    def tasks(self) -> int:
        """Different signatures."""
        return _distinct(self._tasks)


def _distinct(values: array[int]) -> int:
    import numpy as np

    return int(np.unique(np.frombuffer(values, dtype=np.uint64)).size) if values else 0


def summarise(folder: Path) -> Summary:
    """Count the finished files of a data set."""
    found = Summary()
    for record in _records(folder):
        found.add(record)
    return found


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "data").glob("*.parquet")):
        yield from storage.read_records(path, _COLUMNS)


def write_card(folder: Path, manifest: Mapping[str, Any]) -> Summary:
    """Write README.md and the plots of a data set.

    Args:
        manifest: as in its `manifest.json`.
    """
    from quasar.data.plots import draw_plots

    found = summarise(folder)
    with disk_errors(folder):
        (folder / IMAGES).mkdir(exist_ok=True)
        pictures = draw_plots(found, folder / IMAGES)
    text = card_text(found, manifest, [f"{IMAGES}/{name}" for name in pictures])
    write_text(folder / CARD, text)
    return found


def card_text(found: Summary, manifest: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The card in Markdown, with the header that `datasets` reads."""
    settings = manifest["settings"]
    splits = list(manifest["splits"])
    parts = [
        _header([name for name in splits if found.splits[name, ""]]),
        _opening(found, manifest),
        _table(
            ["split", "records", *_algorithms(found)],
            [
                [name, found.splits[name, ""], *(found.splits[name, a] for a in _algorithms(found))]
                for name in splits
            ],
        ),
        "## Quality\n\nMeasured by exact simulation of every circuit as it is written.",
        _table(
            [
                "algorithm",
                "records",
                "mean ratio",
                "mean P(opt)",
                "top state optimal",
                "product states",
                "basis states",
                "gates",
                "two-qubit gates",
                "depth",
            ],
            [_quality_row(found, algorithm) for algorithm in [*_algorithms(found), ""]],
        ),
        "Ratio: (E_max - E) / (E_max - E_min). P(opt): probability of measuring a ground state. "
        "Product states: no qubit of the final state is entangled. Basis states: one bit string "
        "has probability at least 1 - 1e-6. Gates, two-qubit gates and depth are medians.",
        *(f"![{Path(path).stem.replace('_', ' ')}]({path})" for path in pictures),
        "## Problem types",
        _table(
            [
                "problem type",
                "records",
                "share",
                "mean ratio",
                "mean P(opt)",
                *(f"gates {a}" for a in _algorithms(found)),
            ],
            [_type_row(found, kind) for kind in _types(found)],
        ),
        "Gates are medians.",
        "## Distributions",
        *(_share_table(name, counts) for name, counts in sorted(found.shares.items())),
        "## Fields",
        _fields(),
        "## How it was made",
        _made(manifest, settings),
    ]
    return "\n\n".join(parts) + "\n"


def _header(splits: Sequence[str]) -> str:
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name in splits:
        lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    return "\n".join([*lines, "tags:", "- quantum", "- openqasm", "---"])


def _opening(found: Summary, manifest: Mapping[str, Any]) -> str:
    recipe = manifest["settings"].get("recipe", "imported")
    made = {
        "agent-q": "made like those of the Agent-Q benchmark",
        "converged": "optimised to convergence",
        "imported": f"imported from {manifest['settings'].get('source')}",
    }[recipe]
    product = found.groups["", ""].product_state / max(1, found.groups["", ""].records)
    leak = {
        "identity": "No instance occurs in two splits, under whatever names: a split is a function "
        "of the instance.",
        "source": "Splits are those of the source.",
    }[manifest["split_rule"]]
    return (
        f"# Circuits for graph optimisation, recipe `{recipe}`\n\n"
        f"{manifest['records']:,} OpenQASM 3 circuits {made}, each with its problem, its "
        "Hamiltonian and the exact optimum. Load with "
        '`datasets.load_dataset("path/of/this/folder")`.\n\n'
        f"{found.instances:,} different problem instances (names aside), {found.tasks:,} different "
        f"tasks (instance as written, algorithm, depth, encoding). {product:.1%} are product "
        f"states, classical answers in disguise. {leak}\n\n"
        "Bit order: qubit 0 is the least significant bit; a qubit measured as 0 means that its "
        "variable is 1 (selected). Bit strings are in variable order, after that flip."
    )


def _quality_row(found: Summary, algorithm: str) -> list[Any]:
    group = found.groups[algorithm, ""]
    n = max(1, group.records)
    return [
        algorithm or "all",
        group.records,
        f"{group.ratio / n:.4f}",
        f"{group.p_optimal / n:.4f}",
        f"{group.top_is_optimal / n:.1%}",
        f"{group.product_state / n:.1%}",
        f"{group.basis_state / n:.1%}",
        group.median("gates"),
        group.median("two_qubit_gates"),
        group.median("depth"),
    ]


def _type_row(found: Summary, kind: str) -> list[Any]:
    group = found.groups["", kind]
    gates = [
        found.groups[a, kind].median("gates") if (a, kind) in found.groups else "-"
        for a in _algorithms(found)
    ]
    return [
        kind,
        group.records,
        f"{group.records / found.groups['', ''].records:.1%}",
        f"{group.ratio / group.records:.4f}",
        f"{group.p_optimal / group.records:.4f}",
        *gates,
    ]


def _algorithms(found: Summary) -> list[str]:
    return sorted(a for a, kind in found.groups if a and not kind)


def _types(found: Summary) -> list[str]:
    kinds = [kind for a, kind in found.groups if kind and not a]
    return sorted(kinds, key=lambda kind: (-found.groups["", kind].records, kind))


def _share_table(name: str, counts: Counter[Any]) -> str:
    total = sum(counts.values())
    values = sorted(counts, key=lambda value: (value is None, value))
    return _table(
        [name.replace("_", " "), *("none" if v is None else str(v) for v in values)],
        [["share", *(f"{counts[v] / total:.1%}" for v in values)]],
    )


def _fields() -> str:
    own = {field.name for field in FIELDS} - {field.name for field in PUBLIC}
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
                for f in FIELDS
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
            "seconds of one core for each circuit kept, dropped drafts included: "
            + ", ".join(f"{name} {value:.3f}" for name, value in each.items())
            + "."
        )
        dropped = ", ".join(f"{reason} {count:,}" for reason, count in cost["dropped"].items())
        lines.append(f"Drafts dropped: {dropped or 'none'}.")
    lines.append(f"Settings:\n\n```json\n{json.dumps(settings, indent=1)}\n```")
    return "\n\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = (f"{v:,}" if isinstance(v, int) else str(v) for v in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)

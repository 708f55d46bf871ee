"""What all benchmarks share: results with their circumstances, and tables on the terminal.

A result file says what was measured, on which processor, with which versions, at which commit, and
how long the run took (`run_s`, seconds).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.core.files import drop_torn_line
from quasar.core.jsonl import read_jsonl
from quasar.models.registry import checkpoint

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
_STARTED = time.monotonic()

LIBRARIES = (
    "quasar-synthesis",
    "numpy",
    "scipy",
    "qulacs",
    "qiskit",
    "qiskit-aer",
    "qiskit-qasm3-import",
    "networkx",
    "nlopt",
)

Row = Mapping[str, Any]


def write_result(name: str, rows: Sequence[Row], extra: Mapping[str, Any] | None = None) -> Path:
    """Write `results/NAME.json`.

    Args:
        rows: the measurements, JSON-able.
        extra: further keys for the top level, such as settings or totals.

    Returns:
        The file written.
    """
    content = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "run_s": round(time.monotonic() - _STARTED, 1),
        **(extra or {}),
        "rows": [dict(row) for row in rows],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def kept_rows(file: Path) -> list[dict[str, Any]]:
    """The rows that an earlier run has appended; a line that a kill cut short is dropped."""
    drop_torn_line(file)
    return [row for _, row in read_jsonl(file)] if file.exists() else []


def kept_answers(
    folder: Path,
    model: str,
    records: Sequence[Row],
    way: str,
    make: Callable[[], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Answers of a model to records, made when they are not kept in the folder.

    Args:
        model: as `load_model` takes it; what is kept goes by the weights, not by the name.
        way: how the records are asked, and as which run; for people too.
    """
    told = hashlib.sha256(_weights(model) + way.encode())
    for record in records:
        told.update(f"{record['sample_index']} {record['cost_hamiltonian']}\n".encode())
    file = folder / f"{way.replace(', ', '-').replace(' ', '-')}-{told.hexdigest()[:12]}.jsonl"
    if not file.is_file():
        text = "".join(json.dumps(line) + "\n" for line in make())
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _weights(model: str) -> bytes:
    """Fingerprint of a checkpoint's weights; the name itself where there is none."""
    try:
        folder = Path(checkpoint(model))
    except InputError:
        return model.encode()
    files = sorted(folder.glob("*.safetensors"))
    digests = (hashlib.sha256(file.read_bytes()).digest() for file in files)
    return b"".join(digests) or model.encode()


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "openblas_threads": os.environ.get("OPENBLAS_NUM_THREADS"),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Python and those of `LIBRARIES` that are installed."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Commit of the working tree, `+` after it if files differ; None outside a repository."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git("status", "--porcelain") else "")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def print_table(rows: Sequence[Row], title: str | None = None, *, width: int = 140) -> None:
    """Print rows with the keys of the first as columns; numbers to six digits, to the right.

    Args:
        width: characters of a line where the output is no terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=width)
    if not rows:
        console.print("no rows")
        return
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for key, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(key, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(text(row.get(key)) for key in rows[0]))
    console.print(table)


def markdown(rows: Sequence[Row], *, without: Sequence[str] = ()) -> str:
    """A table for a page of the documentation, columns `without` left out."""
    columns = [key for key in rows[0] if key not in without]
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for row in rows:
        cells = (text(row[key]).replace("|", "\\|") for key in columns)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_tables(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table between its pair of markers replaced."""
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        page = pattern.sub(lambda m, t=table: f"{m[1]}{t}\n{m[2]}", page)  # type: ignore[misc]
    return page


def text(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(map(text, value)) + ")"
    return str(value)

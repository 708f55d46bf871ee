"""`report.md`: an evaluation for people, with its pictures and what they say.

The numbers are those of `table.json`; nothing is computed here. No date and no machine: equal
measurements give equal reports (`manifest.json` has both).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from quasar.core.files import disk_errors, write_text
from quasar.evaluation import paper
from quasar.evaluation.plots import draw_all
from quasar.evaluation.result import Evaluation
from quasar.evaluation.rows import Row
from quasar.evaluation.run_style import Picture, short
from quasar.evaluation.store import PLOTS
from quasar.evaluation.table import Table
from quasar.verifier.metrics import (
    Metric,
    candidate_metrics,
    percent,
    record_metrics,
    shown,
    written,
)

Columns = Sequence[tuple[str, Callable[[Row], str]]]


def write_report(evaluation: Evaluation, folder: Path, *, against_paper: bool = False) -> None:
    """Write `report.md` and the pictures into the evaluation's folder.

    Raises:
        InputError: the folder cannot be written.
        InfrastructureError: the disk is full.
    """
    with disk_errors(folder):
        pictures = draw_all(
            evaluation.table,
            evaluation.measured,
            folder / PLOTS,
            alone=evaluation.settings.jobs == 1,
        )
        text = report_text(evaluation, pictures, against_paper=against_paper)
        write_text(folder / "report.md", text)


def report_text(
    evaluation: Evaluation, pictures: Sequence[Picture], *, against_paper: bool = False
) -> str:
    """The report as Markdown."""
    table = evaluation.table
    parts = [
        "# Evaluation",
        _introduction(evaluation),
        "## Results",
        markdown(table, results(beyond=has_large(table))),
        *_beyond(table),
        "95% bootstrap intervals over records:",
        markdown(
            table,
            [(m.title, _interval(m)) for m in shown("results", beyond=has_large(table))],
        ),
        *_differences(evaluation),
        *_without_solution(table),
        "## Circuits",
        markdown(table, circuits()),
        *_on_request(table),
        *_pass_at(table),
        *_faults(table),
    ]
    if against_paper:
        parts += ["## Beside the published figures", _paper_table(table)]
    parts.append("## Pictures")
    for picture in pictures:
        parts += [
            f"### {picture.title}",
            f"![{picture.title}]({PLOTS}/{picture.file})",
            picture.reading,
        ]
    parts += ["## What the columns mean", definitions(beyond=has_large(table))]
    return _join(parts) + "\n"


def _without_solution(table: Table) -> list[str]:
    """How many records have no valid solution; nothing counts as optimal there."""
    row = next(iter(table.values()), None)
    if row is None or not row["no_solution"]:
        return []
    count = row["no_solution"]
    have = "record has" if count == 1 else "records have"
    return [
        f"{count} of {row['samples']} {have} no valid solution (proved: all states were checked); "
        "nothing is optimal there, and P(opt) is 0."
    ]


def has_large(table: Table) -> bool:
    """Whether some records are beyond 24 qubits."""
    return any("beyond_24" in row for row in table.values())


def beyond_text(table: Table) -> str | None:
    """What counts of records beyond 24 qubits, in words; None where there are none."""
    row = next((row for row in table.values() if "beyond_24" in row), None)
    if row is None:
        return None
    found = row["beyond_24"]
    optima = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in found["optima"].items())
    records = f"{row['samples']} record{'' if row['samples'] == 1 else 's'}"
    return (
        f"{found['records']} of {records}: more than 24 qubits (optimum: {optima}). RE, HQCR, "
        "P(opt) and the top state are not defined there, and these records do not count in them; "
        "the ratio counts where the optimum is proven."
    )


def _beyond(table: Table) -> list[str]:
    """That, and how the energies of each run are known."""
    text = beyond_text(table)
    if text is None:
        return []
    known = []
    for run, row in table.items():
        energies = row.get("beyond_24", {}).get("energies", {})
        if energies:
            parts = ", ".join(f"{count} {name}" for name, count in energies.items())
            known.append(f"{run}: {parts}, {row['beyond_24']['sampled']} sampled")
    if not known:
        return [text]
    return [text, f"Energies of the usable candidates there: {'; '.join(known)}."]


def _join(parts: Sequence[str]) -> str:
    """Paragraphs apart, list items together."""
    out = ""
    for before, part in zip(["", *parts], parts, strict=False):
        gap = "\n" if before.startswith("- ") and part.startswith("- ") else "\n\n"
        out += (gap if out else "") + part
    return out


def results(*, beyond: bool = False) -> Columns:
    """The main table: heading and cell of each column.

    Args:
        beyond: some records are beyond 24 qubits, so that each metric says how many count.
    """
    columns = [("records", lambda r: str(r["samples"])), *_k()]
    for metric in shown("results", beyond=beyond):
        if metric.partial or beyond:
            columns.append((f"{metric.title} (records)", _counted(metric)))
        else:
            columns.append((metric.title, _cell(metric)))
    return columns


def terminal(*, beyond: bool = False) -> Columns:
    """The main table in 80 columns; with records beyond 24 qubits also what counts there."""
    metrics = shown("terminal")
    if beyond:
        metrics += [m for m in shown("results", beyond=True) if m.beyond]
    return [*_k(), *((m.short or m.title, _cell(m, brief=True)) for m in metrics)]


def circuits() -> Columns:
    """The table of what the circuits are."""
    return [
        ("candidates", lambda r: str(r["candidates"])),
        ("answered records", lambda r: f"{r['answered']} of {r['samples']}"),
        (
            "usable",
            lambda r: percent(r["usable"] / r["candidates"] if r["candidates"] else None, 1),
        ),
        *((m.title, _cell(m, brief=m.over == "usable")) for m in shown("circuits")),
    ]


def _k() -> Columns:
    return [("k", lambda r: str(r["candidates_per_record"]))]


def _cell(metric: Metric, *, brief: bool = False) -> Callable[[Row], str]:
    return lambda row: metric.text(row[metric.name], brief=brief)


def _counted(metric: Metric) -> Callable[[Row], str]:
    return lambda row: f"{metric.text(row[metric.name])} ({row[f'{metric.name}_samples']})"


def _interval(metric: Metric) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        bounds = row["intervals"][metric.name]
        if bounds is None:
            return "-"
        return " to ".join(metric.text(bound, brief=True) for bound in bounds)

    return text


def difference_rows(table: Table, *, intervals: bool) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the differences; no rows where no run was named to compare with.

    Args:
        intervals: write them out; otherwise a star says that one leaves out 0.
    """
    metrics, rows = shown("differences"), []
    for run, row in table.items():
        if "difference" in row:
            found = row["difference"]
            rows.append([run, *(_difference(found[m.name], m, intervals) for m in metrics)])
    return ["run", *(metric.title for metric in metrics)], rows


def _difference(found: Row | None, metric: Metric, intervals: bool) -> str:
    if found is None:
        return "-"
    low, high = found["interval"]
    if intervals:
        return f"{metric.change(found['mean'])} [{metric.change(low)}, {metric.change(high)}]"
    return metric.change(found["mean"]) + ("*" if low > 0 or high < 0 else " ")


def _differences(evaluation: Evaluation) -> list[str]:
    headings, rows = difference_rows(evaluation.table, intervals=True)
    if not rows:
        return []
    return [
        f"Differences to {evaluation.settings.against}, taken record by record, with 95% bootstrap "
        "intervals; fractions in percentage points. An interval without 0 is a difference that "
        "these records show, even where those of the two means overlap. Of RE lower is better, and "
        "only records that have one in both runs count:",
        _grid(headings, rows),
    ]


def markdown(table: Table, columns: Columns) -> str:
    """A Markdown table of all runs."""
    rows = [[run, *(cell(row) for _, cell in columns)] for run, row in table.items()]
    return _grid(["run", *(heading for heading, _ in columns)], rows)


def _grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in headings[1:])]
    lines = [headings, rule, *([_safe(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _safe(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def _introduction(evaluation: Evaluation) -> str:
    table = evaluation.table
    first = next(iter(table.values()))
    with_reference = sum(r.circuit is not None for r in evaluation.measured.references)
    limits = evaluation.settings.sandbox
    guard = (
        "outside the sandbox, without limits on time and memory"
        if limits is None
        else f"at most {limits.max_seconds:g} s and {limits.max_memory_mib:,} MiB a candidate"
    )
    return (
        f"{first['samples']} records, {with_reference} of them with a reference circuit; "
        f"{len(table)} runs, baselines included. SREV follows the "
        f"**{first['energy_convention']}** energy convention; the table of circuits has both. "
        f"Judged {guard}."
    )


def _on_request(table: Table) -> list[str]:
    parts = []
    warm = {run: row["warm_start"] for run, row in table.items() if "warm_start" in row}
    if warm:
        parts += [
            "Warm start: optimiser steps to 99% of what the circuit's own ansatz can reach, each "
            "record's best candidate, medians:",
            markdown(
                warm,
                (
                    ("records", lambda r: str(r["records"])),
                    ("from its angles", _count("steps")),
                    ("from random angles", _count("random_steps")),
                    ("faster than random", lambda r: percent(r["faster"], 1)),
                    ("reachable ratio", lambda r: written(r["reachable_ratio"], "ratio")),
                ),
            ),
        ]
    compiled = {run: row["compiled"] for run, row in table.items() if "compiled" in row}
    if compiled:
        one = next(iter(compiled.values()))
        parts += [
            f"Compiled for {one['basis']} gates on a {one['coupling']} map, each record's best "
            "candidate, medians:",
            markdown(
                compiled,
                (
                    ("records", lambda r: str(r["records"])),
                    ("gates", _count("gates")),
                    ("two-qubit gates", _count("two_qubit_gates")),
                    ("depth", _count("depth")),
                ),
            ),
        ]
    return parts + _on_device(table)


def _on_device(table: Table) -> list[str]:
    """Figures under noise, where they were asked for."""
    noisy = {run: row["device"] for run, row in table.items() if "device" in row}
    if not noisy:
        return []
    return [
        "Under noise (`settings.device` of manifest.json says which), each record's best "
        "candidate, means, and the median of two-qubit gates:",
        markdown(
            noisy,
            (
                ("records", lambda r: str(r["records"])),
                ("ratio, ideal", lambda r: written(r["ideal_ratio"], "ratio")),
                ("noisy", lambda r: written(r["ratio"], "ratio")),
                ("mitigated", lambda r: written(r["mitigated_ratio"], "ratio")),
                ("P(opt), ideal", lambda r: written(r["ideal_p_optimal"], "ratio")),
                ("noisy", lambda r: written(r["p_optimal"], "ratio")),
                ("two-qubit gates", _count("two_qubit_gates")),
            ),
        ),
    ]


def _count(key: str) -> Callable[[Row], str]:
    return lambda row: written(row[key], "count")


def _pass_at(table: Table) -> list[str]:
    """Estimates at fewer samples, for runs that have several."""
    metrics = shown("results", beyond=has_large(table))
    rows = [
        [f"{run} at {k}", *(metric.text(values.get(metric.name)) for metric in metrics)]
        for run, row in table.items()
        for k, values in row["pass_at"].items()
    ]
    if not rows:
        return []
    return [
        "## Fewer samples",
        "Expected figures of k candidates drawn from those of a record (unbiased Pass@k):",
        _grid(["run", *(metric.title for metric in metrics)], rows),
    ]


def _faults(table: Table) -> list[str]:
    kinds = sorted({kind for row in table.values() for kind in row["faults"]})
    if not kinds:
        return []

    def cell(kind: str) -> Callable[[Row], str]:
        return lambda row: str(row["faults"].get(kind, 0))

    failing: Table = {run: row for run, row in table.items() if row["faults"]}
    return [
        "## Why candidates fail",
        "Candidates by the kind of their fault (`qubits`: another number of them than the "
        "problem's):",
        markdown(failing, [(kind, cell(kind)) for kind in kinds]),
    ]


def paper_rows(table: Table) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the comparison; also printed on the terminal."""
    headings = ["run", "k", "SCR", "SREV agent-q", "SREV physical", "RE", "HQCR", "ratio"]
    rows: list[list[str]] = []
    for line in paper.lines(table):
        values: list[Any] = [line.scr, line.srev_paper, line.srev_physical, line.re, line.hqcr]
        cells = ["-" if value is None else f"{value:.2f}" for value in values]
        name = f"{line.name} *" if line.published else short(line.name)
        rows.append([name, str(line.samples), *cells, written(line.ratio, "ratio")])
    return headings, rows


def _paper_table(table: Table) -> str:
    return (
        f"Fractions in percent; \\* published, of {paper.RECORDS} records."
        f"\n\n{_grid(*paper_rows(table))}"
    )


_OPENING = """\
- **k**: candidates a record; of the metrics over records, each record counts by its best one.
- **Energy convention**: `physical` takes the Hamiltonian as it is; `agent-q` reverses its qubits, \
as the paper's tables do.
- **usable**: parses, simulates, and has the problem's number of qubits. Metrics of circuits are \
over the usable candidates.
- **SREV**, **RE** and **HQCR** measure likeness to the reference circuit, not quality."""


def definitions(*, beyond: bool = False) -> str:
    """What every column means, as a Markdown list."""
    every = [m for m in (*record_metrics(), *candidate_metrics()) if beyond or not m.beyond]
    rows = [f"- **{metric.title}**: {metric.meaning}" for metric in every if metric.meaning]
    return "\n".join([_OPENING, *rows])

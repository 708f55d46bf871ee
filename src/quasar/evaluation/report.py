"""`report.md`: an evaluation for people, with its pictures and what they say.

The numbers are those of `table.json`; nothing is computed here. No date and no machine: equal
measurements give equal reports (`manifest.json` has both).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from quasar.core.files import disk_errors, write_text
from quasar.core.numerals import share
from quasar.evaluation import paper
from quasar.evaluation.plots import Picture, draw_all, short
from quasar.evaluation.result import Evaluation
from quasar.evaluation.rows import Row
from quasar.evaluation.store import PLOTS
from quasar.evaluation.table import Table

Columns = Sequence[tuple[str, Callable[[Row], str]]]


def write_report(evaluation: Evaluation, folder: Path, *, against_paper: bool = False) -> None:
    """Write `report.md` and the pictures into the evaluation's folder.

    Raises:
        InputError: the folder cannot be written.
        InfrastructureError: the disk is full.
    """
    with disk_errors(folder):
        pictures = draw_all(evaluation.table, evaluation.measured, folder / PLOTS)
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
        markdown(table, RESULTS),
        "95% bootstrap intervals over records:",
        markdown(table, INTERVALS),
        *_differences(evaluation),
        *_without_solution(table),
        "## Circuits",
        markdown(table, CIRCUITS),
        *_on_request(table),
        *_pass_at(table),
        *_faults(table),
    ]
    if against_paper:
        parts += ["## Beside the published figures", _paper_table(table)]
        parts += [f"- {sentence}" for sentence in paper.reading(table)]
    parts.append("## Pictures")
    for picture in pictures:
        parts += [
            f"### {picture.title}",
            f"![{picture.title}]({PLOTS}/{picture.file})",
            picture.reading,
        ]
    parts += ["## What the columns mean", _DEFINITIONS]
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


def _join(parts: Sequence[str]) -> str:
    """Paragraphs apart, list items together."""
    out = ""
    for before, part in zip(["", *parts], parts, strict=False):
        gap = "\n" if before.startswith("- ") and part.startswith("- ") else "\n\n"
        out += (gap if out else "") + part
    return out


def percent(value: float | None, digits: int = 2) -> str:
    """A fraction as a percentage; a dash where it is not defined."""
    return "-" if value is None else f"{share(100 * value, digits, whole=100.0)}%"


def number(value: float | None, digits: int = 3) -> str:
    """A number; a dash where it is not defined."""
    return "-" if value is None else f"{value:.{digits}f}"


def ratio(value: float | None) -> str:
    """A probability, or a ratio in [0, 1]; a dash where it is not defined."""
    return share(value, 3)


def size(value: float | None) -> str:
    """A median of whole numbers."""
    return "-" if value is None else f"{value:g}"


def _interval(name: str, shown: Callable[[float | None], str]) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        bounds = row["intervals"][name]
        return "-" if bounds is None else f"{shown(bounds[0])} to {shown(bounds[1])}"

    return text


RESULTS: Columns = (
    ("records", lambda r: str(r["samples"])),
    ("k", lambda r: str(r["candidates_per_record"])),
    ("SCR", lambda r: percent(r["SCR"])),
    ("SREV", lambda r: percent(r["SREV"])),
    ("RE (records)", lambda r: f"{number(r['RE'], 2)} ({r['RE_samples']})"),
    ("HQCR", lambda r: percent(r["HQCR"])),
    ("ratio", lambda r: ratio(r["approximation_ratio"])),
    ("P(opt)", lambda r: ratio(r["p_optimal"])),
    ("top optimal", lambda r: percent(r["top_is_optimal"])),
    ("QAOA gap", lambda r: ratio(r["qaoa_gap"])),
)
"""The main table: heading and cell."""

TERMINAL: Columns = (
    ("k", lambda r: str(r["candidates_per_record"])),
    ("SCR", lambda r: percent(r["SCR"], 1)),
    ("SREV", lambda r: percent(r["SREV"], 1)),
    ("RE", lambda r: number(r["RE"], 2)),
    ("HQCR", lambda r: percent(r["HQCR"], 1)),
    ("ratio", lambda r: ratio(r["approximation_ratio"])),
    ("P(opt)", lambda r: ratio(r["p_optimal"])),
    ("top opt.", lambda r: percent(r["top_is_optimal"], 1)),
)
"""The main table in 80 columns."""

INTERVALS: Columns = (
    ("SCR", _interval("SCR", lambda v: percent(v, 1))),
    ("SREV", _interval("SREV", lambda v: percent(v, 1))),
    ("RE", _interval("RE", lambda v: number(v, 2))),
    ("HQCR", _interval("HQCR", lambda v: percent(v, 1))),
    ("ratio", _interval("approximation_ratio", ratio)),
    ("P(opt)", _interval("p_optimal", ratio)),
    ("top optimal", _interval("top_is_optimal", lambda v: percent(v, 1))),
    ("QAOA gap", _interval("qaoa_gap", ratio)),
)

COMPARED: Sequence[tuple[str, str, Callable[[float], str]]] = (
    ("SCR", "SCR", lambda v: f"{100 * v:+.1f}"),
    ("SREV", "SREV", lambda v: f"{100 * v:+.1f}"),
    ("RE", "RE", lambda v: f"{v:+.2f}"),
    ("HQCR", "HQCR", lambda v: f"{100 * v:+.1f}"),
    ("ratio", "approximation_ratio", lambda v: f"{v:+.3f}"),
    ("P(opt)", "p_optimal", lambda v: f"{v:+.3f}"),
)
"""Differences: heading, metric, and how it is written."""

CIRCUITS: Columns = (
    ("candidates", lambda r: str(r["candidates"])),
    ("answered records", lambda r: f"{r['answered']} of {r['samples']}"),
    ("usable", lambda r: percent(r["usable"] / r["candidates"] if r["candidates"] else None, 1)),
    ("product state", lambda r: percent(r["product_state"], 1)),
    ("basis state", lambda r: percent(r["basis_state"], 1)),
    ("dynamic", lambda r: percent(r["dynamic"], 1)),
    ("gates", lambda r: size(r["gates"])),
    ("two-qubit gates", lambda r: size(r["two_qubit_gates"])),
    ("depth", lambda r: size(r["depth"])),
    ("effective gates", lambda r: size(r["effective_gates"])),
    ("effective two-qubit gates", lambda r: size(r["effective_two_qubit_gates"])),
    ("degrees of freedom", lambda r: number(r["degrees_of_freedom"], 1)),
    ("from the Hamiltonian", lambda r: percent(r["from_hamiltonian"], 1)),
    ("shots to optimum", lambda r: size(r["shots_to_optimum"])),
    ("never optimal", lambda r: str(r["never_optimal"])),
    ("P(valid)", lambda r: ratio(r["p_feasible"])),
    ("ratio among valid", lambda r: ratio(r["feasible_ratio"])),
    ("entanglement", lambda r: ratio(r["entanglement"])),
    ("SREV physical", lambda r: percent(r["SREV_physical"])),
    ("SREV agent-q", lambda r: percent(r["SREV_bit_reversed"])),
)


def difference_rows(table: Table, *, intervals: bool) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the differences; no rows where no run was named to compare with.

    Args:
        intervals: write them out; otherwise a star says that one leaves out 0.
    """
    rows = []
    for run, row in table.items():
        if "difference" in row:
            cells = [
                _difference(row["difference"][name], shown, intervals)
                for _, name, shown in COMPARED
            ]
            rows.append([run, *cells])
    return ["run", *(heading for heading, _, _ in COMPARED)], rows


def _difference(found: Row | None, shown: Callable[[float], str], intervals: bool) -> str:
    if found is None:
        return "-"
    low, high = found["interval"]
    if intervals:
        return f"{shown(found['mean'])} [{shown(low)}, {shown(high)}]"
    return shown(found["mean"]) + ("*" if low > 0 or high < 0 else " ")


def _differences(evaluation: Evaluation) -> list[str]:
    headings, rows = difference_rows(evaluation.table, intervals=True)
    if not rows:
        return []
    return [
        f"Differences to {evaluation.settings.against}, taken record by record, with 95% bootstrap "
        "intervals; shares in percentage points. An interval without 0 is a difference that these "
        "records show, even where those of the two means overlap. Of RE lower is better, and only "
        "records that have one in both runs count:",
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
                    ("from its angles", lambda r: size(r["steps"])),
                    ("from random angles", lambda r: size(r["random_steps"])),
                    ("faster than random", lambda r: percent(r["faster"], 1)),
                    ("reachable ratio", lambda r: ratio(r["reachable_ratio"])),
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
                    ("gates", lambda r: size(r["gates"])),
                    ("two-qubit gates", lambda r: size(r["two_qubit_gates"])),
                    ("depth", lambda r: size(r["depth"])),
                ),
            ),
        ]
    return parts


def _pass_at(table: Table) -> list[str]:
    """Estimates at fewer samples, for runs that have several."""
    rows: list[list[str]] = []
    for run, row in table.items():
        for k, values in row["pass_at"].items():
            rows.append(
                [
                    f"{run} at {k}",
                    percent(values["SCR"]),
                    percent(values["SREV"]),
                    number(values.get("RE"), 2),
                    percent(values["HQCR"]),
                    ratio(values["approximation_ratio"]),
                    ratio(values["p_optimal"]),
                    percent(values["top_is_optimal"]),
                ]
            )
    if not rows:
        return []
    headings = ["run", "SCR", "SREV", "RE", "HQCR", "ratio", "P(opt)", "top optimal"]
    return [
        "## Fewer samples",
        "Expected figures of k candidates drawn from those of a record (unbiased Pass@k):",
        _grid(headings, rows),
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
        rows.append([name, str(line.samples), *cells, ratio(line.ratio)])
    return headings, rows


def _paper_table(table: Table) -> str:
    return (
        f"Shares in percent; \\* published, of {paper.RECORDS} records."
        f"\n\n{_grid(*paper_rows(table))}"
    )


_DEFINITIONS = """\
- **k**: candidates a record; a record counts when any of them does.
- **SCR**: parses. **RE**: relative entropy to the reference in bits, lowest candidate, mean over \
the records that have one. **HQCR**: RE under 0.1. **SREV**: energy within 0.2 of the reference's. \
These measure likeness to the reference circuit, not quality.
- **Energy convention**: `physical` takes the Hamiltonian as it stands; `agent-q` reverses its \
qubits, as the paper's tables do.
- **ratio**: (E_max - E)/(E_max - E_min), 1 at the optimum; **P(opt)**: probability of measuring \
an optimum; **top optimal**: the most probable state is one. Best candidate of a record, 0 where \
none is usable.
- **QAOA gap**: distance to the best energy known for QAOA at the record's depth, as a share of \
the energy range; over the records that ask for QAOA. Negative: better than QAOA at that depth.
- **usable**: parses, simulates, and has the problem's number of qubits. **product \
state**: no qubit of the final state is entangled, a classical answer in disguise whatever gates \
are written around it; **basis state**: one bit string has probability at least 1 - 1e-6. Shares \
of the usable candidates.
- **gates, two-qubit gates, depth**: medians over usable candidates. **effective**: without the \
gates that change nothing of the distribution. **entanglement**: mean Meyer-Wallach measure of the \
final state.
- **degrees of freedom**: mean number of different free angles, 2p for QAOA. **from the \
Hamiltonian**: share of circuits whose structure and angles follow from it (QAOA); the others \
carry numbers of their own, which can write down an answer found classically.
- **shots to optimum**: shots that show an optimum with probability 0.99, median over usable \
candidates; **never optimal**: those that never show one, infinitely many in that median.
- **P(valid)**: probability of a solution that obeys every constraint, over the usable candidates \
for constrained problems; **ratio among valid**: (C_max - <C>)/(C_max - C_min) of the cost over \
valid solutions alone, given that one is measured: no penalty counts."""

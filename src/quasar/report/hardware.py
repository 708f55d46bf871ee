"""What is shown of a run on a device: the summary, a page of HTML, a picture, a folder.

The picture has the most frequent answers as bars, with marks where the predictions are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quasar.core.errors import InputError
from quasar.core.numerals import share
from quasar.hardware.result import HardwareReport, MeasuredAnswer, Prediction
from quasar.problems.overlay import counted
from quasar.report import html, phrases, style
from quasar.report.histogram import solution_name
from quasar.report.phrases import amount
from quasar.report.plain_text import labelled
from quasar.report.style import BLUE, FAINT, GREEN, GREY, TEXT, VERMILLION
from quasar.verifier.estimates import Proportion
from quasar.verifier.quality import DecodedState

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BARS = 12
_ROW = 0.245  # inches


def hardware_text(report: HardwareReport) -> str:
    """The summary, 80 columns."""
    return "\n".join(labelled(label, text) for label, text in hardware_facts(report))


def hardware_facts(report: HardwareReport) -> Iterator[tuple[str, str]]:
    """Everything that the summary says, by label."""
    yield from phrases.answer_lines(report.best)
    yield "verdict", _verdict(report)
    where = "simulated here from its snapshot" if report.simulated else "on the device"
    yield "measured", f"{report.shots:,} shots on {report.backend} ({where})"
    if report.p_optimal is not None:
        yield "P(opt)", _interval(report.p_optimal)
    if report.p_feasible is not None and report.p_feasible.value < 1:
        yield "valid", f"with probability {_interval(report.p_feasible)}"
    top = report.answers[0]
    word = {True: "optimal", False: "not optimal", None: "unknown quality"}[top.optimal]
    yield "top answer", f"{top.bitstring}, {top.count:,} times of {report.shots:,}, {word}"
    yield "energy", f"{report.energy:.6g} ± {report.energy_error:.2g}"
    for found in report.predictions:
        yield found.kind, prediction_text(found)
        yield "", _agreement_text(found)
    size = report.compiled
    yield (
        "compiled",
        f"{counted(size.gates, 'gate')} ({size.two_qubit_gates or 'none'} on two qubits), depth "
        f"{size.depth}, on qubits {', '.join(map(str, size.qubits))}",
    )
    if report.job_id is not None:
        yield "job", report.job_id
    for note in report.notes:
        yield "note", note


def prediction_text(found: Prediction) -> str:
    """A prediction's figures."""
    best = "" if found.p_optimal is None else f", P(opt) {share(found.p_optimal, 3)}"
    return (
        f"prediction: energy {found.energy:.6g}{best}; the measured energy is "
        f"{found.energy_deviation:+.1f} standard errors away"
    )


def _agreement_text(found: Prediction) -> str:
    close = found.agreement
    low, high = close.fidelity_by_chance
    text = (
        f"Hellinger fidelity {share(close.hellinger_fidelity)} (by chance alone {share(low)} to "
        f"{share(high)})"
    )
    test = close.chi_square
    if test is None:
        return text
    return (
        f"{text}, chi-square {test.statistic:.1f} for {test.degrees} degrees of freedom "
        f"(p = {test.p_value:.2g})"
    )


def _verdict(report: HardwareReport) -> str:
    best = report.best
    if best.feasible is False:
        return "no measured answer obeys every constraint"
    if best.optimal is None:
        return "how good the answer is is not known: no optimum to compare with"
    seen = f"measured {counted(best.count, 'time')}"
    return f"optimal, {seen}" if best.optimal else f"not optimal, {seen}"


def _interval(found: Proportion) -> str:
    return f"{share(found.value)} [{share(found.low)}, {share(found.high)}]"


def counts_figure(report: HardwareReport) -> Figure:
    """The most frequent answers, beside what was predicted of all optima."""
    rows = report.answers[:_BARS]
    figure, axes = style.empty(6.8, 1.15 + _ROW * max(len(rows), 2), constrained=True)
    for place, row in enumerate(rows):
        colour = GREEN if row.optimal else VERMILLION if row.feasible is False else BLUE
        axes.barh([place], [row.count / report.shots], height=0.7, color=colour)
        value = "" if row.objective is None else f" ({amount(row.objective)})"
        axes.annotate(
            f"{share(row.count / report.shots, 3)}{value}",
            (row.count / report.shots, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=7.5,
            color=TEXT,
        )
    axes.set_ylim(max(len(rows), 2) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.3 * rows[0].count / report.shots)
    names = [solution_name(_decoded(row)) for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8, family=style.fonts(), parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("fraction of measurements (objective in brackets)", fontsize=8)
    figure.suptitle(_title(report), x=0.01, ha="left", fontsize=10, color=TEXT)
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", colors=GREY)
    return style.finished(figure)


def _decoded(row: MeasuredAnswer) -> DecodedState:
    return DecodedState(
        bitstring=row.bitstring,
        ket=row.ket,
        energy=row.energy,
        solution=row.solution,
        feasible=row.feasible,
        objective=row.objective,
        optimal=bool(row.optimal),
    )


def _title(report: HardwareReport) -> str:
    known = [
        f"{found.kind} {share(found.p_optimal, 3)}"
        for found in report.predictions
        if found.p_optimal is not None
    ]
    if report.p_optimal is None:
        return f"{report.shots:,} shots on {report.backend}"
    told = f"; predicted: {', '.join(known)}" if known else ""
    return f"{report.backend}: P(opt) {share(report.p_optimal.value, 3)}{told}"


def hardware_html(report: HardwareReport) -> str:
    """One piece of HTML: picture, facts, and a table of answers."""
    rows = [_row(answer, report.shots) for answer in report.answers]
    return html.document(
        f"{report.problem.problem_type} on {report.backend}",
        list(hardware_facts(report)),
        html.card(counts_figure(report), "the most frequent answers"),
        html.table(("answer", "measured", "objective", "valid", "optimal"), rows),
    )


def _row(answer: MeasuredAnswer, shots: int) -> Sequence[str]:
    words = {True: "yes", False: "no", None: "unknown"}
    return (
        answer.bitstring,
        f"{answer.count:,} ({share(answer.count / shots, 3)})",
        amount(answer.objective),
        words[answer.feasible],
        words[answer.optimal],
    )


def save_pictures(report: HardwareReport, folder: Path) -> list[str]:
    """Write report.html and counts.png."""
    from quasar.core.files import write_text

    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>quasar run</title>'
        f'<body style="max-width:60em;margin:2em auto">{hardware_html(report)}</body></html>\n'
    )
    write_text(folder / "report.html", page)
    style.save(counts_figure(report), folder / "counts.png")
    return ["report.html", "counts.png"]


class HardwareFace:
    """See `faces`."""

    def __init__(self, report: HardwareReport) -> None:
        self.report = report

    def text(self) -> str:
        """The summary."""
        return hardware_text(self.report)

    def line(self) -> str:
        """One line."""
        best = self.report.p_optimal
        told = "" if best is None else f", P(opt) {share(best.value, 3)}"
        return f"<HardwareReport: {self.report.shots:,} shots on {self.report.backend}{told}>"

    def html(self) -> str:
        """For notebooks."""
        return hardware_html(self.report)

    def plot(self, kind: str | None) -> Figure:
        """The counts.

        Raises:
            InputError: another kind than `histogram`.
        """
        if kind not in (None, "histogram"):
            raise InputError(f"a run on a device has the picture 'histogram', not {kind!r}.")
        return counts_figure(self.report)

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        """Report and pictures in a new folder."""
        from quasar.core.files import new_folder, write_json

        with new_folder(Path(folder), force=force) as made:
            write_json(made / "report.json", self.report.model_dump(mode="json"), allow_nan=False)
            return ["report.json", *save_pictures(self.report, made)]

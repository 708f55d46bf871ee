"""What a result looks like: the summary, the short line, HTML, pictures and the folder of each.

Called by the methods of `core.presented`, which every result has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from quasar.agent.candidate import Candidate
from quasar.agent.generate import Generation
from quasar.core.errors import InputError
from quasar.core.numerals import share
from quasar.core.settings import need_flags, wrong
from quasar.hardware.result import HardwareReport
from quasar.problems.base import EncodedProblem
from quasar.problems.overlay import counted
from quasar.report import ground_text, html, terminal
from quasar.report.gallery import Gallery
from quasar.report.hardware import HardwareFace
from quasar.verifier.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Face(Protocol):
    """What is shown of one result."""

    def text(self) -> str: ...

    def line(self) -> str: ...

    def html(self) -> str: ...

    def plot(self, kind: str | None) -> Figure: ...


def face(result: object) -> Face:
    """The face of a result, by its class."""
    for kind, maker in _FACES.items():
        if isinstance(result, kind):
            found: Face = maker(result)
            return found
    raise TypeError(f"{type(result).__name__} has no face")


class _Pictured:
    """A face with a gallery."""

    gallery: Gallery

    def plot(self, kind: str | None) -> Figure:
        return self.gallery.draw(kind)

    def _cards(self) -> str:
        """Answer, histogram, and energies under noise where there are any."""
        shown = (
            ("answer", "the best solution"),
            ("histogram", "the most probable measurements"),
            ("device", "energies without noise, with noise and with mitigation"),
        )
        return "".join(html.card(self.gallery.figure(kind), told) for kind, told in shown)


class _ReportFace(_Pictured):
    def __init__(self, report: Report) -> None:
        self.report = report
        judged = report.judged
        self.gallery = Gallery(judged.problem, report, judged.qasm, judged.parameters)

    def text(self) -> str:
        return terminal.report_text(self.report)

    def line(self) -> str:
        return f"<Report: {_gist(self.report)}>"

    def html(self) -> str:
        title = f"{self.report.problem.problem_type}, {_gist(self.report)}"
        return html.document(title, terminal.report_facts(self.report), self._cards())

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        from quasar.report.bundle import save_report

        return save_report(self.report, _new(folder, force), force=force)


class _CandidateFace(_Pictured):
    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        problem = candidate.report.judged.problem
        self.gallery = Gallery(
            problem, candidate.report, candidate.qasm, trace=candidate.trace, name=candidate.name
        )

    def text(self) -> str:
        return f"{self.candidate.name} ({self.candidate.origin})\n" + terminal.report_text(
            self.candidate.report
        )

    def line(self) -> str:
        return f"<Candidate {self.candidate.name!r}: {_gist(self.candidate.report)}>"

    def html(self) -> str:
        title = f"{self.candidate.name}, {_gist(self.candidate.report)}"
        return html.document(title, terminal.report_facts(self.candidate.report), self._cards())


class _GenerationFace(_Pictured):
    def __init__(self, found: Generation) -> None:
        self.found = found
        self.gallery = Gallery.of(found)

    def text(self) -> str:
        return terminal.generation_text(self.found)

    def line(self) -> str:
        found = self.found
        tried = counted(len(found.candidates), "circuit")
        return (
            f"<Generation by {found.model}: {tried}, best {found.best.name!r}, "
            f"{_gist(found.best.report)}>"
        )

    def html(self) -> str:
        tried = html.table(terminal.tried_headings(self.found), terminal.tried_rows(self.found))
        facts = terminal.generation_facts(self.found)
        return html.document(terminal.generation_title(self.found), facts, self._cards(), tried)

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        from quasar.report.bundle import save_generation

        return save_generation(self.found, _new(folder, force), force=force)


class _ProblemFace:
    def __init__(self, problem: EncodedProblem) -> None:
        self.problem = problem

    def text(self) -> str:
        return terminal.problem_text(self.problem)

    def line(self) -> str:
        source = self.problem.problem
        kind = "Hamiltonian" if source is None else source.problem_type
        size = counted(self.problem.n_qubits, "qubit")
        return f"<EncodedProblem: {kind}, {size}, {self.problem.encoding} encoding>"

    def html(self) -> str:
        title = terminal.problem_title(self.problem)
        return html.document(title, terminal.problem_facts(self.problem))

    def plot(self, kind: str | None) -> Figure:
        raise InputError(
            "a problem has no picture before it is solved: quasar.generate(problem).plot()."
        )


def _new(folder: object, force: object) -> Path:
    need_flags(force=force)
    if not isinstance(folder, str | os.PathLike):
        raise wrong("folder", "the name of a folder", folder)
    return Path(folder)


def _gist(report: Report) -> str:
    """The report in a few words."""
    if not report.feasible:
        return f"infeasible ({'no reason' if report.fault is None else report.fault.kind})"
    if report.no_solution:
        return "the problem has no valid solution"
    if report.stages.ground is not None:
        return ground_text.gist(report.stages.ground)
    if report.p_optimal is None:
        return "feasible"
    ratio = share(report.approximation_ratio)
    return f"P(opt) {share(report.p_optimal, 3)}, approximation ratio {ratio}"


_FACES: Mapping[type, Any] = {
    Report: _ReportFace,
    Generation: _GenerationFace,
    Candidate: _CandidateFace,
    EncodedProblem: _ProblemFace,
    HardwareReport: HardwareFace,
}

"""What a user is shown of a report on a target task: text, HTML, the circuit, a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quasar.agent.task_generation import TaskGeneration
from quasar.core.files import new_folder
from quasar.core.manifest import manifest
from quasar.core.numerals import share
from quasar.problems.overlay import counted
from quasar.report import html, style
from quasar.report.bundle import write_json, write_text
from quasar.report.gallery import Gallery
from quasar.report.plain_text import WIDTH, labelled, table, wrapped
from quasar.report.store import CIRCUIT, REPORT
from quasar.verifier.task_report import TaskCost, TaskReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TASK = "task.json"
"""In a folder: the task's JSON form."""


class TaskFace:
    """What is shown of one report; see `core.presented`."""

    def __init__(self, report: TaskReport) -> None:
        self.report = report

    def text(self) -> str:
        """The summary."""
        return task_report_text(self.report)

    def line(self) -> str:
        """One short line."""
        return f"<TaskReport {self.report.task['task']}: {gist(self.report)}>"

    def html(self) -> str:
        """The summary as a table."""
        title = f"{self.report.task['task']}, {gist(self.report)}"
        return html.document(title, _facts(self.report), "")

    def plot(self, kind: str | None) -> Figure:
        """The circuit."""
        return Gallery(None, None, self.report.qasm).draw(kind or "circuit")

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        """Report, task, circuit and manifest."""
        with new_folder(Path(folder), force=force) as made:
            return write_task_folder(self.report, made, manifest({}, None))


_NAMED = "the model chose this construction; its gates were written for it"


class TaskGenerationFace(TaskFace):
    """What is shown of one generation."""

    def __init__(self, found: TaskGeneration) -> None:
        super().__init__(found.report)
        self.found = found

    def text(self) -> str:
        """The summary."""
        return task_generation_text(self.found)

    def line(self) -> str:
        """One short line."""
        tried = counted(len(self.found.candidates), "circuit")
        return f"<TaskGeneration by {self.found.model}: {tried}, best {gist(self.report)}>"

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        """Everything that the command line writes."""
        stated = {"model": self.found.model, "task": self.found.task.to_json()}
        with new_folder(Path(folder), force=force) as made:
            return write_task_generation(self.found, made, manifest(stated, None))


def face(result: TaskReport | TaskGeneration) -> TaskFace:
    """The face of a result."""
    return TaskFace(result) if isinstance(result, TaskReport) else TaskGenerationFace(result)


def task_generation_text(found: TaskGeneration) -> str:
    """The task, the best circuit's report, and what was tried."""
    rows = []
    for made in found.candidates:
        cost = made.report.stages.utility
        own = None if cost is None else cost.own
        numbers = [] if own is None else [own.gates, own.cx_cost, own.depth, own.ancillas]
        name = f"{made.name} (named)" if made.named else made.name
        rows.append([name, gist(made.report), *map(str, numbers)])
    headings = ["tried", "verdict", "gates", "CX cost", "depth", "ancillas"]
    asked = "\n".join(wrapped(found.task.text().partition("\n")[0], WIDTH))
    lost = [labelled("lost", reason, indent=2) for reason in found.lost]
    if any(made.named for made in found.candidates):
        lost.append(labelled("named", _NAMED, indent=2))
    best = task_report_text(found.report, indent=2)
    return "\n".join([asked, best, table(headings, rows), *lost])


def task_generation_data(found: TaskGeneration) -> dict[str, Any]:
    """Content of `report.json`: the best circuit's report, and the ranking."""
    rows = []
    for made in found.candidates:
        cost = made.report.stages.utility
        rows.append(
            {
                "name": made.name,
                "named": made.named,
                "solved": made.report.solved,
                "score": made.report.score,
                "fault": None if made.report.fault is None else str(made.report.fault),
                "cost": None if cost is None else cost.own.model_dump(mode="json"),
            }
        )
    best = found.report.model_dump(mode="json")
    return {"model": found.model, "candidates": rows, "lost": list(found.lost), **best}


def write_task_generation(found: TaskGeneration, folder: Path, about: dict[str, Any]) -> list[str]:
    """Fill `folder`: as a report's, with the ranking, a model's answers, and a picture."""
    write_task_folder(found.report.about(found.best.qasm, {}), folder, about)
    write_json(folder / REPORT, task_generation_data(found))
    texts = [made.text for made in found.candidates if made.text is not None]
    if texts:
        lines = (json.dumps({"text": text}) for text in texts)
        write_text(folder / "answers.jsonl", "".join(f"{line}\n" for line in lines))
    if found.report.feasible:
        style.save(TaskFace(found.report).plot("circuit"), folder / "circuit.png", tight=False)
    return sorted(path.name for path in folder.iterdir())


def write_task_folder(report: TaskReport, folder: Path, about: dict[str, Any]) -> list[str]:
    """Fill `folder` with a report, its task, its circuit, and `about` as its manifest."""
    write_json(folder / REPORT, report.model_dump(mode="json"))
    write_json(folder / TASK, report.task)
    write_json(folder / "manifest.json", about)
    if report.qasm:
        write_text(folder / CIRCUIT, report.qasm)
    return sorted(path.name for path in folder.iterdir())


def gist(report: TaskReport) -> str:
    """The verdict in a few words."""
    score = report.stages.objective
    if not report.feasible or score is None:
        return "a rule broken" if broke_rule(report) else "not usable"
    verdict = "solved" if score.solved else "not solved"
    return f"{verdict}, {score.measure} {_value(score.measure, score.value)}"


def broke_rule(report: TaskReport) -> bool:
    """Whether the circuit does what the task forbids."""
    return report.fault is not None and report.fault.kind == "rule"


def task_report_text(report: TaskReport, *, indent: int = 0) -> str:
    """The summary: verdict, score, how it is known, likeness and cost."""
    return "\n".join(labelled(label, text, indent=indent) for label, text in _facts(report))


def _facts(report: TaskReport) -> list[tuple[str, str]]:
    lines = [("task", json.dumps(report.task, ensure_ascii=False))]
    if not report.feasible:
        verdict = "breaks a rule of the task" if broke_rule(report) else "not usable"
        lines += [("verdict", verdict), ("fault", str(report.fault))]
    score = report.stages.objective
    if score is not None and report.feasible:
        lines += [
            ("verdict", "solved" if score.solved else "not solved"),
            ("score", f"{score.measure} {_value(score.measure, score.value)}"),
        ]
        if score.known_by == "probes":
            lines.append(
                (
                    "known by",
                    f"random inputs; a circuit that is wrong by {score.probe_error} or more in "
                    f"operator norm passes with probability {score.failure_probability:.1e} at "
                    "most",
                )
            )
        if score.calls is not None:
            lines.append(("oracle", f"called {counted(score.calls, 'time')}"))
        for name, value in score.details.items():
            shown = value if isinstance(value, str) else f"{value:.6g}"
            lines.append(("detail", f"{name.replace('_', ' ')}: {shown}"))
    alike = report.stages.behaviour
    if alike is not None and report.feasible:
        lines.append(("likeness", f"{share(alike.score)} of the reference's distribution"))
    found = report.stages.utility
    if found is not None and report.feasible:
        lines += [
            ("circuit", _cost(found.own)),
            ("best known", _cost(found.best)),
            ("utility", f"{found.score:.3f}"),
        ]
    lines.append(("reward", f"{report.reward:.4f}"))
    return [*lines, *(("note", remark) for remark in report.remarks)]


def _value(measure: str, value: float) -> str:
    return f"{value:.3g}" if measure == "error" else share(value)


def _cost(cost: TaskCost) -> str:
    parts = [
        f"{counted(cost.gates, 'gate')} ({cost.two_qubit_gates} on two qubits or more, CX cost "
        f"{cost.cx_cost})",
        f"depth {cost.depth}",
    ]
    if cost.ancillas:
        parts.append(counted(cost.ancillas, "ancilla"))
    if cost.calls is not None:
        parts.append(counted(cost.calls, "call"))
    return ", ".join(parts)

"""Part `turns`: a second turn, for a model that was trained on them.

Answers that are not optimal yet are told the verifier's finding, and what comes back is measured
beside them and, where answers are drawn, beside another first answer to the same problems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.nano_parts.asking import DRAWN, GREEDY
from benchmarks.nano_parts.bench import Bench, Part, Tables
from benchmarks.nano_parts.intervals import Row, measured
from benchmarks.nano_parts.sets import Item
from rich.progress import track

from quasar.agent.propose import Proposal, Proposer
from quasar.problems.base import EncodedProblem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report

PROBLEMS = 120
MEASURED = ("approximation_ratio", "p_optimal")
_CHUNK = 32


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each set, greedy and drawn."""
    return {
        f"{name}, {way}": partial(_section, bench, bench.items(name, PROBLEMS), name, way)
        for name in bench.records
        for way in ("greedy", "drawn")
    }


def _section(bench: Bench, items: list[Item], name: str, way: str) -> list[Row]:
    problems = [item.problem for item in items]
    known = bench.asker.model.max_qubits or max(p.n_qubits for p in problems)
    problems = [p for p in problems if p.n_qubits <= known]
    proposer = Proposer(bench.asker.model, GREEDY if way == "greedy" else DRAWN)
    questions = [proposer.question(problem) for problem in problems]
    pairs: list[list[Proposal]] = []
    for start in track(range(0, len(questions), _CHUNK), description=f"turns, {name}, {way}"):
        chunk = questions[start : start + _CHUNK]
        pairs += proposer.propose(chunk, 1 if way == "greedy" else 2)
    first = [own[0] for own in pairs]
    reports = [judged(p, one) for p, one in zip(problems, first, strict=True)]
    open_ = [i for i, report in enumerate(reports) if not value(report, "p_optimal") > 0.5]
    told = [(first[i], proposer.style.reply(problems[i], reports[i])) for i in open_]
    second = dict(zip(open_, proposer.again(told, 1), strict=True)) if told else {}
    revised = {i: judged(problems[i], answer) for i, answer in second.items()}
    runs = {
        "first, not optimal": [reports[i] for i in open_],
        "second turn of these": [revised[i] for i in open_],
        "first, all": reports,
        "first or second, all": [revised.get(i, report) for i, report in enumerate(reports)],
    }
    if way == "drawn":
        again = [judged(problems[i], pairs[i][1]) for i in open_]
        runs["another first answer to these"] = again
    rows = [_row(name, f"{way}: {run}", found) for run, found in runs.items()]
    gains = [value(revised[i], MEASURED[0]) - value(reports[i], MEASURED[0]) for i in open_]
    gained: Row = {"set": name, "run": f"{way}: gain of the second turn", "answers": len(open_)}
    return [*rows, gained | measured(MEASURED[0], gains)]


def _row(name: str, run: str, found: Sequence[Report | None]) -> Row:
    row: Row = {"set": name, "run": run, "answers": len(found)}
    for key in MEASURED:
        row |= measured(key, [value(report, key) for report in found])
    return row


def judged(problem: EncodedProblem, answer: Proposal) -> Report | None:
    """The verifier's report; None where there is no program."""
    return Verifier(problem, None).verify(answer.qasm) if answer.qasm else None


def value(report: Report | None, key: str) -> float:
    """A measurement, 0 where the circuit is unusable."""
    return float(getattr(report, key) or 0.0) if report is not None and report.feasible else 0.0


def tables(content: Mapping[str, Any]) -> Tables:
    """One table."""
    return {"turns": [row for own in content.values() for row in own]}


PART = Part(sections, tables)

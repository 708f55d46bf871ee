"""Answers to verdicts: what tables need of the verifier's report, on all cores.

A problem's Hamiltonian is enumerated once for all that is asked of it. States, which need no
circuit, are judged by the same rules without one, and so is guessing (the uniform superposition).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.nano_parts.intervals import Row, measured, median
from rich.progress import track

from quasar.core.parallel import map_unordered
from quasar.core.processes import cores
from quasar.problems.base import EncodedProblem
from quasar.prompts.extract import extract
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings

SETTINGS = VerifierSettings(max_stage=3, decode_top_states=False)
_FEW = 24  # texts from which starting processes is worth it


class Verdict(NamedTuple):
    """What is measured of one answer; zeros where it is not usable.

    Attributes:
        parses: by the published rule.
        usable: it can be run and has the problem's number of qubits.
        ratio: approximation ratio.
        p_optimal: probability of an optimal state.
        top: the most probable state is optimal.
        product: the final state is a product state, a classical answer; None if unusable.
        shots: to an optimal state with probability 0.99; None: never.
        gates: as written; None if unusable or where no circuit was written.
    """

    parses: bool = False
    usable: bool = False
    ratio: float = 0.0
    p_optimal: float = 0.0
    top: bool = False
    product: bool | None = None
    shots: int | None = None
    gates: int | None = None


class Work(NamedTuple):
    """All that is to be judged for one problem."""

    key: str
    problem: EncodedProblem
    texts: Mapping[str, str]
    states: Mapping[str, int] = {}
    guess: bool = False


def judge_all(
    works: Sequence[Work], label: str, jobs: int | None = None
) -> dict[str, dict[str, Verdict]]:
    """Verdicts by problem and run; the guess is called `guessing`."""
    few = sum(len(work.texts) for work in works) < _FEW
    workers = 1 if few else jobs or cores()
    found = map_unordered(judge, works, jobs=workers)
    ordered = dict(track(found, total=len(works), description=f"verifying {label}"))
    return {work.key: ordered[work.key] for work in works}


def judge(work: Work) -> tuple[str, dict[str, Verdict]]:
    """Key and verdicts of one problem."""
    problem = work.problem.bare()  # so that what is computed goes when this is done
    verifier = Verifier(problem, None, SETTINGS)
    seen: dict[str, Verdict] = {}
    out: dict[str, Verdict] = {}
    for run, text in work.texts.items():
        if text not in seen:
            found = extract(text)
            seen[text] = of_report(verifier.verify(found.qasm) if found else None)
        out[run] = seen[text]
    for run, state in work.states.items():
        out[run] = of_state(problem, state)
    if work.guess:
        out["guessing"] = of_guessing(problem)
    return work.key, out


def of_report(report: Report | None) -> Verdict:
    """What a report says; None: there was no program."""
    if report is None or not report.feasible or report.quality is None:
        return Verdict(parses=report is not None and report.parses)
    size = report.quality.statistics
    return Verdict(
        parses=report.parses,
        usable=True,
        ratio=report.approximation_ratio or 0.0,
        p_optimal=report.p_optimal or 0.0,
        top=bool(report.top_is_optimal),
        product=report.quality.product_state,
        shots=report.shots_to_optimum,
        gates=None if size is None else size.gates,
    )


def of_state(problem: EncodedProblem, state: int) -> Verdict:
    """Of X gates that write one state."""
    spectrum = problem.hamiltonian.spectrum
    ratio = 1.0
    if spectrum.width > 0.0:
        ratio = (spectrum.e_max - problem.hamiltonian.energy(state)) / spectrum.width
    optimal = bool(problem.optimality.optimal[state])
    return Verdict(
        parses=True,
        usable=True,
        ratio=ratio,
        p_optimal=float(optimal),
        top=optimal,
        product=True,
        shots=1 if optimal else None,
        gates=state.bit_count(),
    )


def of_guessing(problem: EncodedProblem) -> Verdict:
    """Of Hadamards alone: all states are alike, so the most probable one is not optimal."""
    spectrum, n = problem.hamiltonian.spectrum, problem.n_qubits
    share = problem.optimality.n_optimal / 2**n
    ratio = spectrum.e_max / spectrum.width if spectrum.width > 0.0 else 1.0
    return Verdict(
        parses=True,
        usable=True,
        ratio=ratio,
        p_optimal=share,
        top=share == 1.0,
        product=True,
        shots=shots(share),
        gates=n,
    )


def shots(p_optimal: float) -> int | None:
    """Shots that show an optimal state with probability 0.99; None: never."""
    if p_optimal <= 0.0:
        return None
    if p_optimal >= 0.99:
        return 1
    return math.ceil(math.log(0.01) / math.log1p(-p_optimal))


def summary(verdicts: Iterable[Verdict]) -> Row:
    """Keys of a row: means over all answers, the unusable ones as 0."""
    own = list(verdicts)
    products = [float(v.product) for v in own if v.product is not None]
    row: dict[str, Any] = {"answers": len(own)}
    row |= measured("SCR", [float(v.parses) for v in own])
    row |= measured("usable", [float(v.usable) for v in own])
    row |= measured("ratio", [v.ratio for v in own])
    row |= measured("p_optimal", [v.p_optimal for v in own])
    row |= measured("top", [float(v.top) for v in own])
    row["product_state"] = sum(products) / len(products) if products else None
    row["shots_median"] = median([v.shots for v in own])
    gates = [v.gates for v in own if v.gates is not None]
    row["gates_median"] = median(gates)
    return row

"""Reports in words for a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from quasar.core.numerals import share

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from quasar.agent.generate import Generation
    from quasar.agent.refine import Step
    from quasar.verifier.quality import Reading
    from quasar.verifier.report import Report


def solution_text(solution: Any, limit: int = 300) -> str:
    """A solution on one line, cut where it would flood the terminal."""
    text = (
        ", ".join(
            str(v) if not isinstance(v, list) else json.dumps(v, ensure_ascii=False)
            for v in solution
        )
        if isinstance(solution, list)
        else json.dumps(solution, ensure_ascii=False)
    )
    return text if len(text) <= limit else text[: limit - 1] + "…"


def report_text(report: Report) -> str:
    """The verifier's report as a person reads it."""
    lines = []
    if not report.feasible:
        lines += [f"infeasible: {report.fault}", f"reward     {report.reward.value:.4f}"]
        return "\n".join(lines)
    lines.append("feasible")
    quality = report.quality
    if quality is not None and quality.statistics is not None:
        s = quality.statistics
        lines.append(
            f"circuit    {s.n_qubits} qubits, {s.gates} gates ({s.two_qubit_gates} on two or more "
            f"qubits), depth {s.depth}, {s.parameters} angles"
        )
    if report.energy is not None and report.optimum is not None:
        lines.append(
            f"energy     {report.energy:.6g}  (best possible {report.optimum.e_min:.6g}, worst "
            f"{report.optimum.e_max:.6g}; {report.energy_convention} convention)"
        )
    if report.approximation_ratio is not None and report.p_optimal is not None:
        top = "optimal" if report.top_is_optimal else "not optimal"
        lines.append(
            f"quality    approximation ratio {share(report.approximation_ratio)}, probability of "
            f"an optimum {share(report.p_optimal)}, most probable state {top}"
        )
    if report.stages.behaviour is not None:
        entropy = report.relative_entropy
        shown = "infinite" if entropy is None else f"{entropy:.4f} bits"
        lines.append(
            f"likeness   s2 {share(report.stages.behaviour.score)}, relative entropy to the "
            f"reference {shown}"
        )
    if report.stages.utility is not None:
        u = report.stages.utility
        lines.append(
            f"start      {u.evaluations} optimiser steps from its angles reach energy "
            f"{u.energy_optimised:.6g}"
        )
    if quality is not None and quality.top_states:
        lines.append(f"answer     {reading_text(quality.top_states[0])}")
    if report.optimum is not None:
        lines.append(
            f"optimum    {report.optimum.n_ground_states} state(s); e.g. "
            f"{reading_text(report.optimum.example)}"
        )
    lines.append(f"reward     {report.reward.value:.4f} ({report.reward.scheme})")
    cost = ", ".join(f"{stage} {seconds * 1e3:.1f} ms" for stage, seconds in report.cost_s.items())
    lines.append(f"cost       {cost}")
    lines += [f"note       {remark}" for remark in report.remarks]
    return "\n".join(lines)


def reading_text(reading: Reading) -> str:
    """One basis state: bits, probability, what it means."""
    parts = [reading.bitstring]
    if reading.probability is not None:
        parts.append(f"with probability {share(reading.probability)}")
    if reading.solution is not None:
        kind = "" if reading.feasible else "infeasible "
        value = f" (objective {reading.objective:g})" if reading.objective is not None else ""
        parts.append(f"= {kind}{solution_text(reading.solution)}{value}")
    return " ".join(parts)


def generation_text(found: Generation) -> None:
    """Print the best circuit's answer, all candidates, and each step of a refinement."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    report, problem = found.best.report, found.problem
    source = problem.problem
    title = "Find a state of lowest energy" if source is None else source.title
    console.print(f"[bold]{title}[/bold] ({problem.n_qubits} qubits, {problem.encoding} encoding)")
    if report.feasible:
        _print_best(console, found)
    else:
        console.print(f"  verdict     no usable circuit: {report.fault}", markup=False)
    console.print(_candidates(found))
    if found.trace:
        console.print(_trace(found))
    for remark in report.remarks:
        console.print(f"  note        {remark}", markup=False)
    for reason in found.lost:
        console.print(f"  note        An answer is missing: {reason}", markup=False)


def _print_best(console: Console, found: Generation) -> None:
    """Answer, verdict and size of the best circuit."""
    best, n_qubits = found.best, found.problem.n_qubits
    optimum, quality = best.report.optimum, best.report.quality
    if optimum is None or quality is None:
        return
    answer = quality.top_states[0]
    if answer.solution is not None:
        kind = "" if answer.feasible else " [red](breaks a constraint)[/red]"
        console.print(f"  answer      {solution_text(answer.solution)}{kind}", markup=True)
        console.print(f"  objective   {answer.objective:g}")
    proven = (
        f"proven optimal: best of all {2**n_qubits:,} states"
        if answer.optimal
        else f"not optimal: energy {answer.energy:g}, best possible {optimum.e_min:g}"
    )
    console.print(f"  verdict     {proven}")
    console.print(
        f"  measured    this answer with probability {share(answer.probability, 3)}, "
        f"any of {optimum.n_ground_states} optimal answers with {share(best.report.p_optimal, 3)}"
    )
    console.print(f"  ratio       {share(best.report.approximation_ratio)} of the energy range")
    size = quality.statistics
    if size is not None:
        console.print(
            f"  circuit     {best.name}: {size.gates} gates, "
            f"{size.two_qubit_gates} on two qubits, depth {size.depth}"
        )
    if best.proposal is not None:
        by = "its angles by the optimiser" if best.origin == "polished" else "as it stands"
        console.print(f"  written by  {found.model}, {by}", markup=False)


def _candidates(found: Generation) -> Table:
    """All candidates, best first."""
    from rich.table import Table

    table = Table("tried", "P(opt)", "ratio", "top", "gates", "2q", "depth", "evals", "s", box=None)
    for candidate in found.candidates:
        measured = candidate.report
        stats = None if measured.quality is None else measured.quality.statistics
        table.add_row(
            candidate.name + (" (out of time)" if candidate.out_of_time else ""),
            share(measured.p_optimal or 0.0, 3),
            share(measured.approximation_ratio or 0.0),
            "optimal" if measured.top_is_optimal else "-" if measured.feasible else "unusable",
            *(
                [str(stats.gates), str(stats.two_qubit_gates), str(stats.depth)]
                if stats
                else ["-"] * 3
            ),
            str(len(candidate.trace.energies)),
            f"{candidate.elapsed_s:.1f}",
        )
    return table


def _trace(found: Generation) -> Table:
    """What each step of a refinement gained."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for heading in ("step", "circuit", "ratio", "P(opt)", "top", "evals"):
        table.add_column(heading, no_wrap=True)
    noted = any(step.note for step in found.trace)
    if noted:
        table.add_column("note")
    for step in found.trace:
        after = step.after
        table.add_row(
            step.kind,
            step.candidate,
            _change(step, "approximation_ratio", 4),
            _change(step, "p_optimal", 3),
            "optimal" if after.top_is_optimal else "-",
            str(step.evaluations) if step.kind == "polished" else "",
            *([Text(step.note if len(step.note) <= 60 else step.note[:59] + "…")] if noted else []),
        )
    return table


def _change(step: Step, measure: str, decimals: int) -> str:
    """A measurement before and after a step."""
    standings = [step.after] if step.before is None else [step.before, step.after]
    values = [getattr(standing, measure) for standing in standings]
    shown = ("unusable" if value is None else share(value, decimals) for value in values)
    return " -> ".join(shown)

"""Reports in words for a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
            f"quality    approximation ratio {report.approximation_ratio:.4f}, probability of an "
            f"optimum {report.p_optimal:.4f}, most probable state {top}"
        )
    if report.stages.behaviour is not None:
        entropy = report.relative_entropy
        shown = "infinite" if entropy is None else f"{entropy:.4f} bits"
        lines.append(
            f"likeness   s2 {report.stages.behaviour.score:.4f}, relative entropy to the reference "
            f"{shown}"
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
        parts.append(f"with probability {reading.probability:.4f}")
    if reading.solution is not None:
        kind = "" if reading.feasible else "infeasible "
        value = f" (objective {reading.objective:g})" if reading.objective is not None else ""
        parts.append(f"= {kind}{solution_text(reading.solution)}{value}")
    return " ".join(parts)

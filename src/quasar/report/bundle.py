"""The folder a user takes away: circuit, report, pictures, manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quasar.agent.candidate import Candidate
from quasar.agent.generate import Generation
from quasar.circuits.qasm import parse
from quasar.problems.base import EncodedProblem
from quasar.report import charts
from quasar.report.circuit_picture import draw
from quasar.simulate.engine import Readout, get_engine


def summary(candidate: Candidate) -> dict[str, Any]:
    """One candidate as a row of the ranking."""
    report, design = candidate.report, candidate.design
    size = None if report.quality is None else report.quality.statistics
    acting = None if report.quality is None else report.quality.effective
    proposal = candidate.proposal
    return {
        "name": candidate.name,
        "origin": candidate.origin,
        "algorithm": None if design is None else design.algorithm,
        "ansatz": None if design is None else design.ansatz,
        "layers": None if design is None else design.layers,
        "feasible": report.feasible,
        "fault": None if report.fault is None else str(report.fault),
        "approximation_ratio": report.approximation_ratio,
        "p_optimal": report.p_optimal,
        "top_is_optimal": report.top_is_optimal,
        "shots_to_optimum": report.shots_to_optimum,
        "product_state": None if report.quality is None else report.quality.product_state,
        "basis_state": None if report.quality is None else report.quality.basis_state,
        "gates": None if size is None else size.gates,
        "two_qubit_gates": None if size is None else size.two_qubit_gates,
        "depth": None if size is None else size.depth,
        "effective_gates": None if acting is None else acting.gates,
        "effective_two_qubit_gates": None if acting is None else acting.two_qubit_gates,
        "tokens": None if proposal is None else proposal.completion_tokens,
        "evaluations": len(candidate.trace.energies),
        "elapsed_s": candidate.elapsed_s,
        "out_of_time": candidate.out_of_time,
    }


def report_data(generation: Generation) -> dict[str, Any]:
    """Content of `report.json`: the best circuit's report, the answer, ranking and trace."""
    best, compared = generation.best, generation.comparison
    answer = None
    if best.report.quality is not None:
        answer = best.report.quality.top_states[0].model_dump(mode="json")
    return {
        "model": generation.model,
        "origin": best.origin,
        "algorithm": None if best.design is None else best.design.algorithm,
        "ansatz": None if best.design is None else best.design.ansatz,
        "layers": None if best.design is None else best.design.layers,
        "answer": answer,
        "candidates": [summary(candidate) for candidate in generation.candidates],
        "trace": [step.model_dump(mode="json") for step in generation.trace],
        "comparison": None if compared is None else compared.model_dump(mode="json"),
        "lost": list(generation.lost),
        "interrupted": generation.interrupted,
        "reproducible": not generation.out_of_time,
        **best.report.model_dump(mode="json"),
    }


def answer_data(candidate: Candidate) -> dict[str, Any]:
    """One line of `answers.jsonl`: everything that was said and written for a candidate."""
    proposal = candidate.proposal
    return {
        "name": candidate.name,
        "origin": candidate.origin,
        "qasm": candidate.qasm,
        "written": candidate.written,
        "chat": None if proposal is None else list(proposal.chat),
        "text": None if proposal is None else proposal.text,
        "finish_reason": None if proposal is None else proposal.finish_reason,
    }


def write_folder(generation: Generation, folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Fill `folder` with everything about the best circuit.

    A language model's answers are kept in `answers.jsonl`; `written.qasm` is the best circuit as
    it was before its angles were polished. There are no pictures of a circuit that is not feasible.

    Returns:
        Names of the files written.
    """
    best = generation.best
    _write(folder / "report.json", report_data(generation))
    _write(folder / "manifest.json", manifest)
    if best.qasm:
        _write_text(folder / "circuit.qasm", best.qasm)
    if best.written is not None:
        _write_text(folder / "written.qasm", best.written)
    if any(candidate.proposal is not None for candidate in generation.candidates):
        lines = (json.dumps(answer_data(candidate)) for candidate in generation.candidates)
        _write_text(folder / "answers.jsonl", "".join(f"{line}\n" for line in lines))
    if best.report.feasible:
        _draw(best, generation.problem, folder)
    return sorted(path.name for path in folder.iterdir())


def _write(path: Path, data: dict[str, Any]) -> None:
    _write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    # A model's text may hold halves of surrogate pairs, which UTF-8 cannot.
    path.write_text(text, encoding="utf-8", errors="replace")


def _draw(best: Candidate, problem: EncodedProblem, folder: Path) -> None:
    program = parse(best.qasm)
    if program.circuit is not None:
        draw(program.circuit, folder / "circuit.png")
    probabilities = get_engine().run(program, Readout(problem.n_qubits)).distribution()
    charts.histogram(probabilities, problem, folder / "histogram.png")
    spectrum = problem.hamiltonian.spectrum
    charts.optimisation_curve(
        best.trace.energies,
        best.trace.stages,
        spectrum.e_min,
        spectrum.e_max,
        folder / "optimisation.png",
    )
    answer = None if best.report.quality is None else best.report.quality.top_states[0]
    if problem.problem is not None and answer is not None and answer.solution is not None:
        charts.solution_graph(problem.problem, answer.solution, folder / "graph.png")

"""The folder a user takes away: circuit, report, pictures, manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quasar.agent.generate import Candidate, Generation
from quasar.circuits.draw import draw
from quasar.circuits.qasm import parse
from quasar.evaluation import pictures
from quasar.simulate.engine import get_engine
from quasar.simulate.outcome import run


def summary(candidate: Candidate) -> dict[str, Any]:
    """One candidate as a row of the ranking."""
    report, design = candidate.report, candidate.design
    size = None if report.quality is None else report.quality.statistics
    return {
        "algorithm": design.algorithm,
        "ansatz": design.ansatz,
        "layers": design.layers,
        "feasible": report.feasible,
        "approximation_ratio": report.approximation_ratio,
        "p_optimal": report.p_optimal,
        "top_is_optimal": report.top_is_optimal,
        "basis_state": None if report.quality is None else report.quality.basis_state,
        "gates": None if size is None else size.gates,
        "two_qubit_gates": None if size is None else size.two_qubit_gates,
        "depth": None if size is None else size.depth,
        "evaluations": len(design.trace.energies),
        "elapsed_s": design.elapsed_s,
        "out_of_time": design.out_of_time,
    }


def report_data(generation: Generation) -> dict[str, Any]:
    """Content of `report.json`: the best circuit's report, the answer, and the ranking."""
    best = generation.best
    answer = None
    if best.report.quality is not None:
        answer = best.report.quality.top_states[0].model_dump(mode="json")
    return {
        "model": generation.model,
        "algorithm": best.design.algorithm,
        "ansatz": best.design.ansatz,
        "layers": best.design.layers,
        "answer": answer,
        "candidates": [summary(candidate) for candidate in generation.candidates],
        **best.report.model_dump(mode="json"),
    }


def write_folder(generation: Generation, folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Fill `folder` with everything about the best circuit.

    Returns:
        Names of the files written.
    """
    best = generation.best
    problem, design = generation.problem, best.design
    (folder / "circuit.qasm").write_text(design.qasm, encoding="utf-8")
    for name, data in (("report.json", report_data(generation)), ("manifest.json", manifest)):
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    program = parse(design.qasm)
    if program.circuit is not None:
        draw(program.circuit, folder / "circuit.png")
    probabilities = run(program, get_engine()).probabilities
    pictures.histogram(probabilities, problem, folder / "histogram.png")
    spectrum = problem.hamiltonian.spectrum
    pictures.optimisation_curve(
        design.trace.energies,
        design.trace.stages,
        spectrum.e_min,
        spectrum.e_max,
        folder / "optimisation.png",
    )
    answer = None if best.report.quality is None else best.report.quality.top_states[0]
    if problem.problem is not None and answer is not None and answer.solution is not None:
        pictures.solution_graph(problem.problem, answer.solution, folder / "graph.png")
    return sorted(path.name for path in folder.iterdir())

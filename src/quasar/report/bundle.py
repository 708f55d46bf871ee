"""The folder a user takes away: circuit, report, pictures, manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quasar.agent.candidate import Candidate
from quasar.agent.generate import Generation
from quasar.core.files import new_folder
from quasar.core.manifest import manifest
from quasar.problems.source import file_content
from quasar.report import style
from quasar.report.gallery import KINDS, Gallery
from quasar.report.on_device import device_data
from quasar.report.store import (
    CIRCUIT,
    COMPILED,
    GENERATION,
    INPUTS,
    PROBLEM,
    REPORT,
    generation_data,
)
from quasar.verifier.report import Report


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
        "energy_error": report.energy_error,
        "ground_space_fidelity": report.ground_space_fidelity,
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
        **_there(candidate),
    }


def _there(candidate: Candidate) -> dict[str, Any]:
    """The candidate on the device that was named, if any."""
    if candidate.obstacle is not None:
        return {"on_device": None, "obstacle": candidate.obstacle}
    found = candidate.on_device
    return {} if found is None else {"on_device": found.model_dump(mode="json")}


def report_data(generation: Generation) -> dict[str, Any]:
    """Content of `report.json`: the best circuit's report, the answer, ranking and trace."""
    best, compared = generation.best, generation.comparison
    answer = None
    estimates = best.report.estimates
    if estimates is not None and estimates.samples is not None:
        answer = estimates.samples.best.model_dump(mode="json")
    elif best.report.quality is not None and best.report.quality.top_states:
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
        **device_data(generation),
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


def write_folder(
    generation: Generation,
    folder: Path,
    about: dict[str, Any],
    more: Mapping[str, Any] | None = None,
) -> list[str]:
    """Fill `folder` with everything about the best circuit.

    A language model's answers are kept in `answers.jsonl`; `written.qasm` is the best circuit as
    it was before its angles were polished. There are no pictures of a circuit that is not feasible.
    `store.load_generation` reads the folder again.

    Args:
        about: content of `manifest.json`: how it was made.
        more: further fields of `report.json`.

    Returns:
        Names of the files written.
    """
    best = generation.best
    write_json(folder / REPORT, {**report_data(generation), **(more or {})})
    write_json(folder / PROBLEM, file_content(generation.problem))
    kept = json.dumps(generation_data(generation), allow_nan=False)  # with escapes for any text
    write_text(folder / GENERATION, f"{kept}\n")
    write_json(folder / "manifest.json", about)
    if best.qasm:
        write_text(folder / CIRCUIT, best.qasm)
    if generation.compiled is not None:
        write_text(folder / COMPILED, generation.compiled)
    if best.written is not None:
        write_text(folder / "written.qasm", best.written)
    if any(candidate.proposal is not None for candidate in generation.candidates):
        lines = (json.dumps(answer_data(candidate)) for candidate in generation.candidates)
        write_text(folder / "answers.jsonl", "".join(f"{line}\n" for line in lines))
    write_pictures(Gallery.of(generation), folder)
    return sorted(path.name for path in folder.iterdir())


def save_generation(found: Generation, path: Path, *, force: bool = False) -> list[str]:
    """Write the folder that the command line writes; see `Generation.save`."""
    stated = {"model": found.model, "samples": found.samples}
    with new_folder(path, force=force) as folder:
        return write_folder(found, folder, manifest(stated, None))


def save_report(report: Report, path: Path, *, force: bool = False) -> list[str]:
    """Write a report, and its circuit and pictures where it knows them; see `Report.save`."""
    judged = report.judged
    with new_folder(path, force=force) as folder:
        write_json(folder / REPORT, report.model_dump(mode="json"))
        write_json(folder / "manifest.json", manifest({}, None))
        if judged.problem is not None:
            write_json(folder / PROBLEM, file_content(judged.problem))
        if judged.qasm:
            write_text(folder / CIRCUIT, judged.qasm)
        if judged.parameters:
            write_json(folder / INPUTS, dict(judged.parameters))
        write_pictures(Gallery(judged.problem, report, judged.qasm, judged.parameters), folder)
        return sorted(file.name for file in folder.iterdir())


def write_pictures(gallery: Gallery, folder: Path) -> None:
    """Every picture that can be drawn of a feasible circuit; none of another one."""
    if gallery.report is None or not gallery.report.feasible:
        return
    names = {kind: f"{kind}.png" for kind in KINDS}
    names["answer"] = "graph.png" if gallery.has_graph else "solution.png"
    for kind, name in names.items():
        figure = gallery.figure(kind)
        if figure is not None:
            style.save(figure, folder / name, tight=kind in {"histogram", "optimisation"})


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write one JSON file, without numbers that JSON lacks."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write one UTF-8 file."""
    # A model's text may hold halves of surrogate pairs, which UTF-8 cannot.
    path.write_text(text, encoding="utf-8", errors="replace")

"""Results on disk and back without loss: a generation, a report.

`generation.json` holds every candidate with its report, its answer and the course of its
optimisation; `problem.json` is the problem file. The folder's other files are for people and other
programs (`bundle` writes them all). Not kept is what guided a language model (`Proposal.guide`),
which only a running one needs.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from quasar.agent.candidate import Candidate
from quasar.agent.comparison import Comparison
from quasar.agent.device_quality import DeviceQuality
from quasar.agent.generate import Generation
from quasar.agent.polish import Polish
from quasar.agent.propose import Proposal
from quasar.agent.refine import Step
from quasar.core.errors import InputError, QuasarError
from quasar.models.designer import Design
from quasar.optimize.trace import Trace
from quasar.problems.load import load_problem
from quasar.prompts.extract import Extraction
from quasar.verifier.estimates import SampledState
from quasar.verifier.report import Judged, Report

GENERATION, PROBLEM, REPORT = "generation.json", "problem.json", "report.json"
CIRCUIT, INPUTS, COMPILED = "circuit.qasm", "inputs.json", "compiled.qasm"
VERSION = 1
"""Of `generation.json`; raised when a key changes its meaning."""

_NOT_KEPT = ("guide", "within")  # fields of no use once the circuit is written


# --- writing -------------------------------------------------------------------------------------


def generation_data(found: Generation) -> dict[str, Any]:
    """Content of `generation.json`."""
    compared = found.comparison
    return {
        "version": VERSION,
        "model": found.model,
        "samples": found.samples,
        "polishing_evaluations": found.polishing_evaluations,
        "interrupted": found.interrupted,
        "lost": list(found.lost),
        "recursive": None if found.recursive is None else found.recursive.model_dump(mode="json"),
        "device": found.device,
        "compiled": found.compiled,
        "trace": [step.model_dump(mode="json") for step in found.trace],
        "comparison": None if compared is None else compared.model_dump(mode="json"),
        "candidates": [_candidate_data(candidate) for candidate in found.candidates],
    }


def _candidate_data(candidate: Candidate) -> dict[str, Any]:
    there = candidate.on_device
    return {
        "name": candidate.name,
        "origin": candidate.origin,
        "qasm": candidate.qasm,
        "written": candidate.written,
        "report": candidate.report.model_dump(mode="json"),
        "design": _plain(candidate.design),
        "polish": _plain(candidate.polish),
        "proposal": _plain(candidate.proposal),
        "on_device": there and there.model_dump(mode="json"),
        "obstacle": candidate.obstacle,
    }


def _plain(value: Any) -> Any:
    """A dataclass, array or number as JSON; what is not finite becomes text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = [field for field in dataclasses.fields(value) if field.name not in _NOT_KEPT]
        return {field.name: _plain(getattr(value, field.name)) for field in kept}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


# --- reading -------------------------------------------------------------------------------------


def load_generation(folder: str | os.PathLike[str]) -> Generation:
    """Read what `Generation.save` or `quasar generate --out` wrote.

    The result equals the one that was saved: every candidate, report, answer and trace.

    Args:
        folder: where it was saved.

    Raises:
        InputError: no such folder, or it holds no generation.
    """
    path = _folder(folder)
    data = _read(path / GENERATION, "a generation")
    problem = load_problem(path / PROBLEM)
    try:
        if data["version"] != VERSION:
            raise InputError(
                f"{path / GENERATION} has version {data['version']!r}; this quasar reads {VERSION}."
            )
        compared, recursive = data["comparison"], data.get("recursive")
        candidates = []
        for entry in data["candidates"]:
            report = Report.model_validate(entry["report"])
            report.about(Judged(entry["qasm"], problem))
            there = entry.get("on_device")
            candidates.append(
                Candidate(
                    name=entry["name"],
                    origin=entry["origin"],
                    qasm=entry["qasm"],
                    report=report,
                    design=_design(entry["design"]),
                    proposal=_proposal(entry["proposal"]),
                    polish=_polish(entry["polish"]),
                    written=entry["written"],
                    on_device=None if there is None else DeviceQuality.model_validate(there),
                    obstacle=entry.get("obstacle"),
                )
            )
        return Generation(
            problem=problem,
            candidates=tuple(candidates),
            model=data["model"],
            trace=tuple(Step.model_validate(step) for step in data["trace"]),
            lost=tuple(data["lost"]),
            interrupted=data["interrupted"],
            samples=data["samples"],
            polishing_evaluations=data["polishing_evaluations"],
            comparison=None if compared is None else Comparison.model_validate(compared),
            recursive=None if recursive is None else SampledState.model_validate(recursive),
            device=data.get("device"),
            compiled=data.get("compiled"),
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise _damaged(path / GENERATION, error) from error


def load_report(folder: str | os.PathLike[str]) -> Report:
    """Read what `Report.save` wrote, or the best circuit's report of a generation's folder.

    Args:
        folder: where it was saved.

    Raises:
        InputError: no such folder, or it holds no report.
    """
    path = _folder(folder)
    data = _read(path / REPORT, "a report")
    known = {key: value for key, value in data.items() if key in Report.model_fields}
    try:
        report = Report.model_validate(known)
    except ValidationError as error:
        raise _damaged(path / REPORT, error) from error
    problem = load_problem(path / PROBLEM) if (path / PROBLEM).exists() else None
    qasm = ""
    if (path / CIRCUIT).exists():
        qasm = (path / CIRCUIT).read_bytes().decode("utf-8")
    inputs = _read(path / INPUTS, "inputs") if (path / INPUTS).exists() else {}
    return report.about(Judged(qasm, problem, inputs))


def _folder(folder: str | os.PathLike[str]) -> Path:
    if not isinstance(folder, str | os.PathLike):
        raise InputError(f"folder must be the name of a folder, not {folder!r}.")
    path = Path(folder)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}: pass one that .save or --out wrote.")
    return path


def _read(path: Path, what: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"{path.parent} holds no {path.name}, so it is not {what} that was saved by this "
            "version: save it again."
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(data, dict):
        raise _damaged(path, TypeError("it is not an object"))
    return data


def _damaged(path: Path, error: Exception) -> QuasarError:
    if isinstance(error, InputError):
        return error
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path} is damaged ({type(error).__name__}: {reason}): save it again.")


def _number(value: Any) -> float:
    """A number that may be written as `nan` or `inf`."""
    return float(value)


def _trace(data: Mapping[str, Any]) -> Trace:
    return Trace(
        energies=[_number(energy) for energy in data["energies"]],
        best_energy=_number(data["best_energy"]),
        best_theta=np.array([_number(angle) for angle in data["best_theta"]], dtype=np.float64),
        stages=[(first, label) for first, label in data["stages"]],
    )


def _design(data: Mapping[str, Any] | None) -> Design | None:
    if data is None:
        return None
    theta = np.array([_number(angle) for angle in data["theta"]], dtype=np.float64)
    energy, trace = _number(data["energy"]), _trace(data["trace"])
    return Design(**{**data, "theta": theta, "energy": energy, "trace": trace})


def _polish(data: Mapping[str, Any] | None) -> Polish | None:
    if data is None:
        return None
    numbers = {key: _number(data[key]) for key in ("energy_before", "energy", "elapsed_s")}
    return Polish(**{**data, **numbers, "trace": _trace(data["trace"])})


def _proposal(data: Mapping[str, Any] | None) -> Proposal | None:
    if data is None:
        return None
    found = data["extraction"]
    extraction = None if found is None else Extraction(**found)
    return Proposal(**{**data, "chat": tuple(data["chat"]), "extraction": extraction})

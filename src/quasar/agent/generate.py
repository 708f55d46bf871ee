"""From a problem to the best verified circuit: propose, verify, rank.

The designer is the only model so far. Every proposal is judged by the same verifier that judges
anybody's circuit, from its text alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quasar.core.errors import InputError
from quasar.models.designer import Design, DesignerSettings, design
from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings

MODELS = ("designer",)
"""Names that `--model` takes."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One proposed circuit and what the verifier found."""

    design: Design
    report: Report


@dataclass(frozen=True, eq=False)
class Generation:
    """All candidates for a problem, best first.

    Attributes:
        problem: what was solved.
        candidates: ranked by what was measured; see `rank_key`.
        model: which generator wrote them.
    """

    problem: EncodedProblem
    candidates: tuple[Candidate, ...]
    model: str

    @property
    def best(self) -> Candidate:
        """The first of the ranking."""
        return self.candidates[0]


def rank_key(candidate: Candidate) -> tuple[float, ...]:
    """Sort key, smaller is better.

    First circuits whose most probable state is optimal, then those that are more than a basis
    state in disguise, then the probability of the optimum (in steps of 0.05: less is noise to a
    user who repeats a measurement), then fewer two-qubit gates, then the energy.
    """
    report = candidate.report
    if not report.feasible:
        return (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    quality = report.quality
    size = None if quality is None else quality.statistics
    return (
        0.0,
        0.0 if report.top_is_optimal else 1.0,
        1.0 if quality is not None and quality.basis_state else 0.0,
        -round((report.p_optimal or 0.0) / 0.05),
        0.0 if size is None else float(size.two_qubit_gates),
        -(report.approximation_ratio or 0.0),
    )


def generate(
    problem: str | os.PathLike[str] | Mapping[str, Any] | Problem | EncodedProblem,
    model: str = "designer",
    *,
    settings: DesignerSettings | None = None,
    samples: int = 1,
    first_sample: int = 0,
    verifier_settings: VerifierSettings | None = None,
    progress: Callable[[Candidate], None] | None = None,
) -> Generation:
    """Design circuits for a problem and return them verified, best first.

    Args:
        problem: path of a problem file, its content, or a problem.
        model: one of `MODELS`.
        samples: independent attempts.
        first_sample: number of the first attempt; each number has randomness of its own.
        verifier_settings: how to judge.
        progress: called with each candidate as soon as it is verified.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: unknown model or contradictory settings.
    """
    if model not in MODELS:
        raise InputError(f"unknown model {model!r}; known: {', '.join(MODELS)}.")
    if samples < 1:
        raise InputError("--samples must be at least 1.")
    encoded = load_problem(problem)
    verifier = Verifier(encoded, None, verifier_settings)
    found: list[Candidate] = []
    for sample in range(first_sample, first_sample + samples):
        for proposal in design(encoded.hamiltonian, settings, sample=sample):
            candidate = Candidate(proposal, verifier.verify(proposal.qasm))
            found.append(candidate)
            if progress is not None:
                progress(candidate)
    return Generation(encoded, tuple(sorted(found, key=rank_key)), model)

"""`quasar.verify`: judge one circuit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings


def verify(
    qasm: str | bytes,
    problem: str | os.PathLike[str] | Mapping[str, Any] | Problem | EncodedProblem,
    reference: str | None = None,
    settings: VerifierSettings | None = None,
) -> Report:
    """Judge one circuit for a problem. For many circuits of one problem, keep a `Verifier`.

    Args:
        qasm: OpenQASM 3 text.
        problem: path of a problem file, its content, or a problem.
        reference: QASM of a reference circuit; default: the problem file's own, if it has one.
        settings: see `VerifierSettings`; default: its defaults, but for `header`: any version
            statement of OpenQASM 3 will do.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: the reference is not a usable circuit.
        InfrastructureError: the machinery failed; says nothing about the circuit.
    """
    settings = settings or VerifierSettings(header="language")
    return Verifier(load_problem(problem), reference, settings).verify(qasm)

"""`quasar.verify`: judge one circuit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.load import load_problem
from quasar.verifier.bounded import verify_bounded
from quasar.verifier.report import Report
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings


def verify(
    qasm: str | bytes,
    problem: str | os.PathLike[str] | Mapping[str, Any] | Problem | EncodedProblem,
    reference: str | None = None,
    settings: VerifierSettings | None = None,
    limits: SandboxLimits | None = SandboxLimits(),  # noqa: B008 - immutable
) -> Report:
    """Judge one circuit for a problem, within limits on time and memory.

    For many circuits of one problem, keep a `Verifier` where their text is trusted, else a
    `Sandbox`.

    Args:
        qasm: OpenQASM 3 text.
        problem: path of a problem file, its content, or a problem.
        reference: QASM of a reference circuit; default: the problem file's own, if it has one.
        settings: see `VerifierSettings`.
        limits: what the circuit and the reference may use, 10 s and 2 GiB by default; None: no
            limits. Without `fork` (Windows), and for a problem class defined in `__main__`, there
            are none either.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: the reference is not a usable circuit.
        InfrastructureError: the machinery failed; says nothing about the circuit.
    """
    encoded = load_problem(problem, verifiable=True)
    return verify_bounded(qasm, encoded, reference, settings or VerifierSettings(), limits)

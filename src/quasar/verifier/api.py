"""`quasar.verify`: judge one circuit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from quasar.circuits.parameters import Values
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
    *,
    parameters: Values | None = None,
) -> Report:
    """Judge one circuit for a problem. For many circuits of one problem, keep a `Verifier`.

    Args:
        qasm: OpenQASM 3 text.
        problem: path of a problem file, its content, or a problem.
        reference: QASM of a reference circuit; default: the problem file's own, if it has one.
        settings: see `VerifierSettings`; default: its defaults, but for `header`: any version
            statement of OpenQASM 3 will do.
        parameters: values of the program's `input` parameters, as numbers or texts such as `pi/3`.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: the reference is not a usable circuit; a parameter that the program does not
            declare, or that is no finite number.
        InfrastructureError: the machinery failed; says nothing about the circuit.
    """
    settings = settings or VerifierSettings(header="language")
    return Verifier(load_problem(problem), reference, settings).verify(qasm, parameters=parameters)

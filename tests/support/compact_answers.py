"""Answers in the compact style, made for tests."""

from __future__ import annotations

from collections.abc import Sequence

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import SpinFix
from quasar.prompts.answer_plan import AnswerPlan, qaoa_plan
from quasar.prompts.compact_answer import answer_text


def qaoa_text(
    hamiltonian: IsingHamiltonian, gammas: Sequence[float], betas: Sequence[float]
) -> str:
    """A whole QAOA answer."""
    return answer_text(hamiltonian, qaoa_plan(hamiltonian, gammas, betas))


def grown_text(hamiltonian: IsingHamiltonian, decisions: tuple[SpinFix, ...]) -> str:
    """A whole adaptive answer."""
    return answer_text(hamiltonian, AnswerPlan("adaptive", decisions=decisions))

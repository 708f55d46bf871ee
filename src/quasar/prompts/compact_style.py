"""Prompt style `compact`: the packaged model's own, as the registry has it.

The prompt is in `compact`, what answers decide in `answer_plan`, what follows from it in
`compact_answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from quasar.optimize.decimation import largest_coefficient
from quasar.problems.base import EncodedProblem
from quasar.prompts.answer_plan import decided_part
from quasar.prompts.chat import AngleSource, Message, Request
from quasar.prompts.compact import UNUSABLE, compact_prompt, verdict_text
from quasar.prompts.plan_guide import PlanGuide

if TYPE_CHECKING:
    from quasar.verifier.report import Report


class Compact:
    """See the module's header, and `PromptStyle` for the methods."""

    name = "compact"

    def render(self, problem: EncodedProblem, request: Request) -> list[Message]:
        """One turn: the Hamiltonian, row by row."""
        return [{"role": "user", "content": compact_prompt(problem.hamiltonian, request)}]

    def guide(
        self, problem: EncodedProblem, request: Request, angles: Sequence[AngleSource] = ()
    ) -> Callable[[], Any]:
        """Holds answers to plans that fit the problem, and writes their programs."""
        asked, hamiltonian = request.checked(), problem.hamiltonian
        sources = [cache(partial(source, hamiltonian)) for source in angles]
        return lambda: PlanGuide(hamiltonian, asked, sources)

    def recalled(self, answer: str) -> str:
        """The plan alone, which is all that was decided."""
        return decided_part(answer) or answer

    def reply(self, problem: EncodedProblem, report: Report | None) -> str:
        """The ratio reached and the energy above the lowest."""
        measured = None if report is None else report.stages.objective
        if measured is None:
            return UNUSABLE
        hamiltonian = problem.hamiltonian
        gap = max(measured.energy - hamiltonian.spectrum.e_min, 0.0)
        return verdict_text(measured.score, gap / largest_coefficient(hamiltonian))

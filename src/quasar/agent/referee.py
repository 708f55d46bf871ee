"""Reports on a model's answers: its text is untrusted and judged in a process with limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property

from quasar.agent.propose import Proposal
from quasar.core.interrupt import Interrupt
from quasar.problems.base import EncodedProblem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.feasibility import Fault


class Referee(AbstractContextManager["Referee"]):
    """Judges circuits for one problem; use it in a `with` statement.

    Args:
        sandbox: limits for untrusted text; None judges it in this process, without limits on time
            and memory.
        interrupt: the user's wish to end, for all the work on this problem.

    Raises:
        ProblemError: more qubits than can be enumerated exactly.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        settings: VerifierSettings | None = None,
        sandbox: SandboxLimits | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self.problem = problem
        self.interrupt = interrupt or Interrupt()
        self.verifier = Verifier(problem, None, settings)
        self._limits = sandbox
        self._stack = ExitStack()

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @cached_property
    def _box(self) -> Sandbox | None:
        """The workers, started when there is something to judge."""
        if self._limits is None:
            return None
        settings = self.verifier.settings
        box = Sandbox([self.problem], settings, limits=self._limits, workers=1)
        return self._stack.enter_context(box)

    def verify(self, qasm: str) -> Report:
        """The report on a circuit of our own making; without the last stage, which takes longest,
        once the user wants an end.

        Raises:
            InfrastructureError: no verdict could be had.
        """
        try:
            with self.interrupt.at_once():
                return self.verifier.verify(qasm)
        except KeyboardInterrupt:
            if not self.interrupt.requested:
                raise
        settings = self.verifier.settings
        early = settings.model_copy(update={"max_stage": min(settings.max_stage, 3)})
        return Verifier(self.problem, None, early).verify(qasm)

    def judge(self, proposals: Sequence[Proposal]) -> list[Report]:
        """The report on each answer, in order; one without a program is infeasible.

        Raises:
            InfrastructureError: no verdict could be had; says nothing about the circuits.
        """
        texts = {i: p.qasm for i, p in enumerate(proposals) if p.qasm is not None}
        reports = dict(self._judge(texts.items()))
        return [
            reports[i] if i in reports else self.verifier.refuse(_no_circuit(proposal))
            for i, proposal in enumerate(proposals)
        ]

    def _judge(self, texts: Iterable[tuple[int, str]]) -> Iterable[tuple[int, Report]]:
        jobs = list(texts)
        if self._limits is None or not jobs or self._box is None:
            return [(i, self.verifier.verify(text)) for i, text in jobs]
        return self._box.run(Job(i, 0, text) for i, text in jobs)


def _no_circuit(proposal: Proposal) -> Fault:
    if proposal.error is not None:
        return Fault(kind="syntax", message=f"there is no answer: {proposal.error}")
    hint = None
    if proposal.finish_reason == "length":
        hint = "The answer was cut off: allow more tokens (--max-tokens)."
    return Fault(
        kind="syntax", message="there is no OpenQASM program in the model's answer.", hint=hint
    )

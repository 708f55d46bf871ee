"""Reports on a model's answers: its text is untrusted and verified in a process with limits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from quasar.agent.propose import Proposal
from quasar.core.interrupt import Interrupt
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import EngineSource
from quasar.verifier.pipeline import Verifier
from quasar.verifier.pool import VerifierPool
from quasar.verifier.report import Judged, Report
from quasar.verifier.sandbox import Job, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.feasibility import Fault


class ProposalVerifier(AbstractContextManager["ProposalVerifier"]):
    """Verifies circuits for one problem; use it in a `with` statement.

    Args:
        limits: for untrusted text; None verifies it in this process, without limits on time and
            memory.
        interrupt: the user's wish to end, for all the work on this problem.
        engine: what measures circuits; default: the settings' own. Untrusted text is first found
            usable within `limits`, by the settings' engine, and measured in this process then.

    Raises:
        ProblemError: more qubits than can be enumerated exactly.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        settings: VerifierSettings | None = None,
        limits: SandboxLimits | None = None,
        interrupt: Interrupt | None = None,
        engine: EngineSource | None = None,
    ) -> None:
        self.problem = problem
        self.interrupt = interrupt or Interrupt()
        self.engine = engine
        self.verifier = Verifier(problem, None, settings, engine)
        self._pool = VerifierPool([problem], self.verifier.settings, limits=limits, workers=1)

    def __exit__(self, *exception: object) -> None:
        self._pool.close()

    def verify(self, qasm: str) -> Report:
        """The report on a circuit of our own making; without the last stage, which takes longest,
        once the user wants an end.

        Raises:
            InfrastructureError: no verdict could be had.
        """
        try:
            with self.interrupt.at_once():
                return self._about(self.verifier.verify(qasm), qasm)
        except KeyboardInterrupt:
            if not self.interrupt.requested:
                raise
        settings = self.verifier.settings
        early = settings.model_copy(update={"max_stage": min(settings.max_stage, 3)})
        return self._about(Verifier(self.problem, None, early).verify(qasm), qasm)

    def judge(self, proposals: Sequence[Proposal]) -> list[Report]:
        """The report on each answer, in order; one without a program is infeasible.

        Raises:
            InfrastructureError: no verdict could be had; says nothing about the circuits.
        """
        jobs = [Job(i, 0, p.qasm) for i, p in enumerate(proposals) if p.qasm is not None]
        if self._pool.limits is None:
            reports = {job.key: self.verifier.verify(job.text) for job in jobs}
        else:
            reports = dict(self._pool.run(jobs))
            if self.engine is not None:
                usable = [job for job in jobs if reports[job.key].feasible]
                reports |= {job.key: self.verifier.verify(job.text) for job in usable}
        return [
            self._about(reports[i], proposal.qasm or "")
            if i in reports
            else self.verifier.refuse(_no_circuit(proposal))
            for i, proposal in enumerate(proposals)
        ]

    def _about(self, report: Report, qasm: str) -> Report:
        return report.about(Judged(qasm, self.problem))


def _no_circuit(proposal: Proposal) -> Fault:
    if proposal.error is not None:
        return Fault(kind="syntax", message=f"there is no answer: {proposal.error}")
    hint = None
    if proposal.finish_reason == "length":
        hint = "The answer was cut off: allow more tokens (--max-tokens)."
    return Fault(
        kind="syntax", message="there is no OpenQASM program in the model's answer.", hint=hint
    )

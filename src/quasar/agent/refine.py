"""From first proposals to better ones: a turn with the verifier's report, then polished angles.

Every step is kept with what was measured before and after it, so that nobody takes what an
optimiser reached for what a model wrote.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from quasar.agent.candidate import Candidate, rank_key
from quasar.agent.polish import Levels, Polish, polish
from quasar.agent.proposal_verifier import ProposalVerifier
from quasar.agent.propose import Proposal, Proposer
from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import parse
from quasar.core.documented import Documented
from quasar.core.errors import QuasarError
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.models.protocol import Model
from quasar.optimize.trace import Budget, affordable_evaluations
from quasar.simulate.state_engine import answer_circuit
from quasar.verifier.report import Report

PROPOSALS = 8
"""Answers of a model that a refinement begins with, where nothing else is said."""
SINGLE_TURN_STYLES = frozenset({"compact"})
"""Prompt styles whose models have seen no second turn, unless they say so."""

_EVALUATIONS = 2000
_SOLVED = 1 - 1e-3  # approximation ratio from which a conversation has nothing left to say


class RefineSettings(Settings):
    """How a refinement goes on from first answers: more turns, then polished angles.

    Raises:
        InputError: an unknown field, or a value out of range.
    """

    turns: int = Field(default=2, ge=1, le=10)
    """Answers in a conversation, the first included; models of one turn give one."""
    multi_turn: bool | None = None
    """Whether to tell the model what the verifier found; None: unless it was trained on single
    turns."""
    polished: int = Field(default=3, ge=0)
    """How many of the best candidates have their angles polished."""
    max_evaluations: int | None = Field(default=None, ge=1)
    """Energy evaluations for polishing, all candidates together; None: 2000, fewer on large
    circuits (see `affordable_evaluations`)."""
    max_seconds: float | None = Field(default=None, gt=0)
    """Seconds for polishing, all candidates together; None: no limit. What it cuts short can differ
    between runs, and says so."""
    decimals: int = Field(default=4, ge=1, le=15)
    """Digits of polished angles."""
    seed: int = Field(default=0, ge=0)
    """Root of the polishing's randomness."""


class Standing(Documented):
    """How good a circuit is, in short."""

    feasible: bool
    """It parses, runs, and has the problem's number of qubits."""
    energy: float | None
    """Energy, without the constant."""
    approximation_ratio: float | None
    """r in [0, 1]."""
    p_optimal: float | None
    """Probability of measuring an optimal state."""
    top_is_optimal: bool | None
    """Whether the most probable state is optimal."""

    @classmethod
    def of(cls, report: Report) -> Standing:
        """The gist of a report."""
        return cls.model_validate(report, from_attributes=True)


class Step(Documented):
    """One step of a refinement."""

    kind: Literal["designed", "wrote", "revised", "polished"]
    """`designed` by the designer, `wrote`: a model's first answer, `revised`: its next one after
    the verifier's report, `polished`: angles set by the optimiser."""
    candidate: str
    """Name of the candidate that came of it, or that nothing could be gained for."""
    before: Standing | None = None
    """Where it started; None for first proposals."""
    after: Standing
    """What was measured afterwards."""
    evaluations: int = 0
    """Energy evaluations used by polishing."""
    elapsed_s: float = 0.0
    """Seconds used by polishing."""
    note: str = ""
    """Why nothing came of it, or what is wrong."""
    out_of_time: bool = False
    """The time limit, or the user, cut it short: another run may end elsewhere."""


Seen = Callable[[Candidate], None]
"""Told of each candidate as soon as it is verified."""


def is_multi_turn(model: Model, settings: RefineSettings) -> bool:
    """Whether to feed the verifier's report back to this model.

    What the settings say goes first, then the model's own attribute `multi_turn` where it has one,
    then its prompt style.
    """
    if settings.multi_turn is not None:
        return settings.multi_turn
    own: bool | None = getattr(model, "multi_turn", None)
    return model.prompt_style not in SINGLE_TURN_STYLES if own is None else own


def first_step(candidate: Candidate) -> Step:
    """The step that a first proposal is."""
    return Step(
        kind="wrote" if candidate.origin == "model" else "designed",
        candidate=candidate.name,
        after=Standing.of(candidate.report),
        note=_fault(candidate.report),
    )


def answered(proposal: Proposal, report: Report) -> Candidate:
    """A model's answer as a candidate."""
    return Candidate(proposal.name, "model", proposal.qasm or "", report, proposal=proposal)


def feed_back(
    proposer: Proposer,
    verifier: ProposalVerifier,
    first: Sequence[Candidate],
    turns: int,
    seen: Seen | None = None,
) -> tuple[list[Candidate], list[Step]]:
    """Tell the model what the verifier found, until `turns` are over or nothing is left to say.

    Conversations whose circuit is as good as can be end, and so do those in which nothing came
    back. Trouble with the model in a later turn is noted and loses nothing of what is there, and
    neither does an end that the user asks for.

    Args:
        first: the first answer of each conversation.

    Returns:
        The later answers, and a step for each.

    Raises:
        InfrastructureError: no verdict on an answer could be had.
    """
    found: list[Candidate] = []
    steps: list[Step] = []
    going = [candidate for candidate in first if _has_more_to_say(candidate)]
    for _ in range(1, turns):
        replies = [
            (c.proposal, proposer.style.reply(verifier.problem, c.report if c.qasm else None))
            for c in going
            if c.proposal is not None
        ]
        if not replies:
            break
        try:
            with verifier.interrupt.at_once():
                proposals = proposer.again(replies, verifier.problem.n_qubits)
        except KeyboardInterrupt:
            if not verifier.interrupt.requested:
                raise
            break
        except QuasarError as error:
            steps += [_nothing_came(candidate, str(error)) for candidate in going]
            break
        pairs = list(zip(going, proposals, strict=True))
        steps += [_nothing_came(c, str(p.error)) for c, p in pairs if p.outage]
        kept = [(c, p) for c, p in pairs if not p.outage]
        going = []
        reports = verifier.judge([p for _, p in kept])
        for (before, proposal), report in zip(kept, reports, strict=True):
            candidate = answered(proposal, report)
            found.append(candidate)
            steps.append(_revised(before, candidate))
            if seen is not None:
                seen(candidate)
            if _has_more_to_say(candidate):
                going.append(candidate)
    return found, steps


def polish_best(
    verifier: ProposalVerifier,
    candidates: Sequence[Candidate],
    settings: RefineSettings,
    seen: Seen | None = None,
) -> tuple[list[Candidate], list[Step], int]:
    """Polish the best few, equal circuits once.

    Each may use an even share of the evaluations that are left.

    Returns:
        Those that became better, a step for each that was tried, and the evaluations allowed.

    Raises:
        InfrastructureError: no verdict could be had.
    """
    started = time.monotonic()
    used = 0
    found: list[Candidate] = []
    steps: list[Step] = []
    best = _different(sorted((c for c in candidates if c.report.feasible), key=rank_key))
    best = best[: settings.polished]
    n_variables = verifier.problem.n_qubits
    programs = [answer_circuit(parse(candidate.qasm), n_variables) for candidate in best]
    total = settings.max_evaluations or _affordable(programs)
    for number, (candidate, program) in enumerate(zip(best, programs, strict=True)):
        if verifier.interrupt.requested:
            break
        share = (total - used) // (len(best) - number)
        seconds = settings.max_seconds
        if seconds is not None:
            seconds = max(seconds - (time.monotonic() - started), 1e-3) / (len(best) - number)
        rng = generator(settings.seed, "polish", candidate.qasm)
        done = polish(
            program,
            verifier.problem.hamiltonian,
            rng,
            budget=Budget(share, seconds, stop=lambda: verifier.interrupt.requested),
            decimals=settings.decimals,
            levels=Levels.of(verifier.problem),
            freedom=None if candidate.design is None else candidate.design.within,
        )
        used += len(done.trace.energies)
        polished = _polished(candidate, done, verifier)
        steps.append(_polish_step(candidate, done, polished))
        if polished is not None:
            found.append(polished)
            if seen is not None:
                seen(polished)
    return found, steps, total


def _affordable(programs: Sequence[Circuit | None]) -> int:
    """Evaluations for all of these together, where the settings name no number."""
    sizes = [(program.n_qubits, len(program.gates)) for program in programs if program is not None]
    return affordable_evaluations(*max(sizes, default=(0, 0)), _EVALUATIONS)


def _polished(candidate: Candidate, done: Polish, verifier: ProposalVerifier) -> Candidate | None:
    if done.qasm is None:
        return None
    return Candidate(
        name=f"{candidate.name}, polished",
        origin="polished",
        qasm=done.qasm,
        report=verifier.verify(done.qasm),
        design=candidate.design,
        proposal=candidate.proposal,
        polish=done,
        written=candidate.qasm,
    )


def _polish_step(candidate: Candidate, done: Polish, polished: Candidate | None) -> Step:
    shown = polished or candidate
    note = f"{done.note} Cut short." if done.out_of_time else done.note
    return Step(
        kind="polished",
        candidate=shown.name,
        before=Standing.of(candidate.report),
        after=Standing.of(shown.report),
        evaluations=len(done.trace.energies),
        elapsed_s=done.elapsed_s,
        note=note.strip(),
        out_of_time=done.out_of_time,
    )


def _revised(before: Candidate, after: Candidate) -> Step:
    return Step(
        kind="revised",
        candidate=after.name,
        before=Standing.of(before.report),
        after=Standing.of(after.report),
        note=_fault(after.report),
    )


def _nothing_came(candidate: Candidate, why: str) -> Step:
    standing = Standing.of(candidate.report)
    return Step(kind="revised", candidate=candidate.name, before=standing, after=standing, note=why)


def _fault(report: Report) -> str:
    return "" if report.fault is None else str(report.fault)


def _has_more_to_say(candidate: Candidate) -> bool:
    """Whether another turn makes sense."""
    if candidate.proposal is None or candidate.proposal.error is not None:
        return False
    report = candidate.report
    solved = (report.approximation_ratio or 0.0) >= _SOLVED and report.top_is_optimal
    return not (report.feasible and solved)


def _different(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The first of each circuit text."""
    return list({candidate.qasm: candidate for candidate in reversed(candidates)}.values())[::-1]

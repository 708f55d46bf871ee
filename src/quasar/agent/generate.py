"""From a problem to the best verified circuit: propose, verify, refine, rank.

A language model's text and the designer's are judged by the same verifier that judges anybody's
circuit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quasar.agent.candidate import Candidate, rank_key
from quasar.agent.propose import NoAnswer, Proposer, check_known
from quasar.agent.referee import Referee
from quasar.agent.refine import (
    PROPOSALS,
    RefineSettings,
    Step,
    answered,
    feed_back,
    first_step,
    is_multi_turn,
    polish_best,
)
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.hamiltonian import require_exact
from quasar.models.designer import DesignerSettings, design
from quasar.models.protocol import Model, Sampling
from quasar.models.registry import known_limit, load_model
from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import VerifierSettings

DESIGNER = "designer"
"""The classical designer, which is no language model."""
DEFAULT_MODEL = "nano"
"""What writes circuits where nothing else is said."""


@dataclass(frozen=True, eq=False)
class Generation:
    """All candidates for a problem, best first.

    Attributes:
        problem: what was solved.
        candidates: ranked by what was measured; see `rank_key`.
        model: which generator wrote them.
        trace: each step of a refinement, in order; empty without one.
        lost: why answers are missing, where the machinery failed.
    """

    problem: EncodedProblem
    candidates: tuple[Candidate, ...]
    model: str
    trace: tuple[Step, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def best(self) -> Candidate:
        """The first of the ranking."""
        return self.candidates[0]


def resolve_model(model: str | Model, options: Mapping[str, Any] | None = None) -> Model | None:
    """A language model by its name; None for the designer.

    Raises:
        InputError: unknown name or option, or the model cannot be loaded.
        InfrastructureError: no memory for it.
    """
    if not isinstance(model, str):
        return model
    if model != DESIGNER:
        return load_model(model, options)
    if options:
        raise InputError(f"the designer takes no model options: {', '.join(options)}.")
    return None


def check_size(
    problem: EncodedProblem, model: str | Model, options: Mapping[str, Any] | None = None
) -> None:
    """Refuse what the verifier or the model cannot take, before the model is loaded.

    Raises:
        ProblemError: more qubits than can be verified exactly.
        InputError: more than the model was trained on, or no such model.
    """
    require_exact(problem.n_qubits)
    if isinstance(model, str):
        limit = None if model == DESIGNER else known_limit(model, options)
        check_known(problem.n_qubits, model, limit)


def generate(
    problem: str | os.PathLike[str] | Mapping[str, Any] | Problem | EncodedProblem,
    model: str | Model = DEFAULT_MODEL,
    *,
    request: Request | None = None,
    settings: DesignerSettings | None = None,
    samples: int | None = None,
    first_sample: int = 0,
    sampling: Sampling | None = None,
    constrained: bool = False,
    refine: RefineSettings | None = None,
    model_options: Mapping[str, Any] | None = None,
    verifier_settings: VerifierSettings | None = None,
    sandbox: SandboxLimits | None = SandboxLimits(),  # noqa: B008 - immutable
    progress: Callable[[Candidate], None] | None = None,
) -> Generation:
    """Have circuits for a problem written, and return them verified, best first.

    Args:
        problem: path of a problem file, its content, or a problem.
        model: `designer`, a name that `load_model` knows, or a language model.
        request: which algorithm, layers and style of angles are wanted.
        settings: how the designer works, in place of a request.
        samples: independent attempts; default 1, or 8 of a language model to refine.
        first_sample: number of the designer's first attempt; each has randomness of its own.
        sampling: how a language model's answers are drawn; its `samples` does not count.
        constrained: hold a language model to the grammar of circuits on the problem's qubits.
        refine: feed the verifier's reports back and polish angles; None: take what was written.
        model_options: of a model given by name, see `load_model`.
        verifier_settings: how to judge.
        sandbox: limits for a language model's text; None judges it without any.
        progress: called with each candidate as soon as it is verified.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: unknown model, contradictory settings, or a problem or request that the model
            cannot be asked for; `NoAnswer` where it was asked and cannot answer.
        InfrastructureError: the model gave no answer, or the verifier no verdict, through no fault
            of theirs.
    """
    if samples is not None and samples < 1:
        raise InputError("--samples must be at least 1.")
    encoded = load_problem(problem, verifiable=True)
    check_size(encoded, model, model_options)
    writer = resolve_model(model, model_options)
    seen = progress or (lambda _: None)
    if writer is None:
        found = _designed(
            encoded,
            _designer_settings(request, settings),
            samples or 1,
            first_sample,
            verifier_settings,
            seen,
        )
        referee = Referee(encoded, verifier_settings)
        return _refined(found, referee, None, refine, seen)
    if settings is not None:
        raise InputError("settings are the designer's; a language model takes request, sampling.")
    proposer = Proposer(writer, sampling, constrained=constrained)
    count = samples or (1 if refine is None else PROPOSALS)
    with Referee(encoded, verifier_settings, sandbox) as referee:
        found = _answered(proposer, referee, request, count, seen)
        return _refined(found, referee, proposer, refine, seen)


def _designer_settings(
    request: Request | None, settings: DesignerSettings | None
) -> DesignerSettings | None:
    if request is None:
        return settings
    if settings is not None:
        raise InputError("give the designer either a request or settings, not both.")
    request = request.checked()
    return DesignerSettings.parse(request._asdict())


def _designed(
    problem: EncodedProblem,
    settings: DesignerSettings | None,
    samples: int,
    first_sample: int,
    verifier_settings: VerifierSettings | None,
    seen: Callable[[Candidate], None],
) -> Generation:
    """The designer's circuits, unranked."""
    verifier = Referee(problem, verifier_settings).verifier
    found: list[Candidate] = []
    for sample in range(first_sample, first_sample + samples):
        for made in design(problem.hamiltonian, settings, sample=sample):
            report = verifier.verify(made.qasm)
            found.append(Candidate(made.ansatz, "designer", made.qasm, report, design=made))
            seen(found[-1])
    return Generation(problem, tuple(found), DESIGNER)


def _answered(
    proposer: Proposer,
    referee: Referee,
    request: Request | None,
    samples: int,
    seen: Callable[[Candidate], None],
) -> Generation:
    """A language model's first answers, unranked."""
    question = proposer.question(referee.problem, request)
    (proposals,) = proposer.propose([question], samples)
    lost = [str(p.error) for p in proposals if p.lost]
    kept = [p for p in proposals if not p.lost]
    if not kept:
        raise InfrastructureError(lost[0])
    if all(p.error is not None for p in kept):
        raise NoAnswer(f"'{proposer.model.name}' gave no answer: {kept[0].error}")
    found = []
    for proposal, report in zip(kept, referee.judge(kept), strict=True):
        found.append(answered(proposal, report))
        seen(found[-1])
    name = proposer.model.name
    return Generation(referee.problem, tuple(found), name, lost=tuple(dict.fromkeys(lost)))


def _refined(
    generation: Generation,
    referee: Referee,
    proposer: Proposer | None,
    settings: RefineSettings | None,
    seen: Callable[[Candidate], None],
) -> Generation:
    """Ranked, and refined where that is asked for."""
    found = list(generation.candidates)
    steps: list[Step] = []
    if settings is not None:
        steps = [first_step(candidate) for candidate in found]
        if proposer is not None and is_multi_turn(proposer.model, settings):
            later, more = feed_back(proposer, referee, found, settings.turns, seen)
            found += later
            steps += more
        polished, more = polish_best(referee, found, settings, seen)
        found += polished
        steps += more
    ranked = tuple(sorted(found, key=rank_key))
    return Generation(generation.problem, ranked, generation.model, tuple(steps), generation.lost)

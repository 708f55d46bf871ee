"""From a problem to the best verified circuit: propose, verify, refine, rank.

A language model's text and the designer's are judged by the same verifier that judges anybody's
circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quasar.agent.arguments import need_kinds, need_numbers, refuse_beyond
from quasar.agent.candidate import Candidate, rank_key
from quasar.agent.comparison import Comparison, qaoa_designs
from quasar.agent.comparison import compare as compare_problem
from quasar.agent.device_judge import DeviceJudge, every_depth, several_depths
from quasar.agent.large import energy_key, is_designed, is_large, large_candidates, recursive_answer
from quasar.agent.large_refine import polish_large
from quasar.agent.names import DEFAULT_MODEL, DESIGNER
from quasar.agent.proposal_verifier import ProposalVerifier
from quasar.agent.propose import NoAnswer, Proposer, check_known
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
from quasar.circuits.exports import Exportable, ProgramText
from quasar.core.errors import InfrastructureError, InputError, ProblemError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.interrupt import Interrupt
from quasar.core.presented import Kept
from quasar.core.settings import need_flags, wrong
from quasar.devices.load import DeviceSource
from quasar.devices.load import device as load_device
from quasar.models.designer import DesignerSettings
from quasar.models.ground_designer import check_designable, design_any
from quasar.models.protocol import Model, Sampling
from quasar.models.registry import known_limit, load_model
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.source import ProblemSource
from quasar.prompts.chat import Request
from quasar.simulate.engine import EngineSource
from quasar.verifier.estimates import SampledState
from quasar.verifier.large import LargeVerifier
from quasar.verifier.sandbox import SandboxLimits, start_early
from quasar.verifier.settings import VerifierSettings


@dataclass(frozen=True, eq=False, repr=False)
class Generation(Exportable, Kept):
    """All candidates for a problem, best first.

    `str()` is the summary, `plot()` and notebooks show pictures, `save()` writes the folder that
    the command line writes, and `quasar.load_generation` reads it again.

    Attributes:
        problem: what was solved.
        candidates: ranked by what was measured; see `rank_key`.
        model: which generator wrote them.
        trace: each step of a refinement, in order; empty without one.
        lost: why answers are missing, where the machinery failed.
        interrupted: the user ended it; this is what there was.
        samples: how many attempts were asked for.
        polishing_evaluations: the budget of polishing, all candidates together; None without.
        comparison: guessing and classical search on the problem; None unless `compare` was set.
        recursive: beyond 24 qubits, the solution of recursive QAOA, where it applies.
        device: what the candidates are ranked on; None without one.
        compiled: the best circuit compiled for it, OpenQASM 3; None where that cannot be.
    """

    problem: EncodedProblem
    candidates: tuple[Candidate, ...]
    model: str
    trace: tuple[Step, ...] = ()
    lost: tuple[str, ...] = ()
    interrupted: bool = False
    samples: int = 1
    polishing_evaluations: int | None = None
    comparison: Comparison | None = None
    recursive: SampledState | None = None
    device: str | None = None
    compiled: str | None = None

    @property
    def out_of_time(self) -> bool:
        """Whether a clock, or the user, cut some optimisation short, so that another run with the
        same seed may give another circuit.
        """
        cut = [made.out_of_time for made in self.candidates]
        return self.interrupted or any(cut + [step.out_of_time for step in self.trace])

    @property
    def best(self) -> Candidate:
        """The first of the ranking."""
        return self.candidates[0]

    def _source(self) -> ProgramText:
        return ProgramText(self.best.qasm)


def resolve_model(model: str | Model, options: Mapping[str, Any] | None = None) -> Model | None:
    """A language model by its name; None for the designer.

    Raises:
        InputError: unknown name or option, or the model cannot be loaded.
        InfrastructureError: no memory for it.
    """
    if not isinstance(model, str):
        if not callable(getattr(model, "complete", None)):
            raise wrong("model", "a name or a model from load_model", model)
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
        ProblemError: more qubits than language models write for.
        InputError: more than the model was trained on.
    """
    if is_designed(problem):
        if is_large(problem) and model not in (DESIGNER, DEFAULT_MODEL):
            raise ProblemError(
                f"the problem has {problem.n_qubits:,} qubits, and language models write circuits "
                f"of up to {MAX_EXACT_QUBITS}: leave --model out, or take --model designer."
            )
        if isinstance(problem, EncodedObservable):
            check_designable(problem, by_model=model not in (DESIGNER, DEFAULT_MODEL))
        return
    if isinstance(model, str):
        limit = None if model == DESIGNER else known_limit(model, options)
        check_known(problem.n_qubits, model, limit)


def generate(
    problem: ProblemSource,
    model: str | Model = DEFAULT_MODEL,
    *,
    request: Request | str | Mapping[str, Any] | None = None,
    settings: DesignerSettings | Mapping[str, Any] | None = None,
    samples: int | None = None,
    first_sample: int = 0,
    sampling: Sampling | Mapping[str, Any] | None = None,
    constrained: bool = False,
    guided: bool | None = None,
    refine: RefineSettings | Mapping[str, Any] | bool | None = None,
    model_options: Mapping[str, Any] | None = None,
    verifier_settings: VerifierSettings | Mapping[str, Any] | None = None,
    sandbox: SandboxLimits | Mapping[str, Any] | bool | None = SandboxLimits(),  # noqa: B008 - immutable
    compare: bool = False,
    with_qaoa: bool = False,
    progress: Callable[[Candidate], None] | None = None,
    interrupt: Interrupt | None = None,
    engine: EngineSource | None = None,
    device: DeviceSource | None = None,
) -> Generation:
    """Have circuits for a problem written, and return them verified, best first.

    Settings are objects, or dicts of their fields.

    Args:
        problem: path of a problem file, its content, or a problem; see `load_problem`.
        model: `designer`, a name that `load_model` knows, or a language model. Beyond 24 qubits
            the designer writes QAOA in any case, see `agent.large`.
        request: which algorithm, layers and style of angles are wanted; the name of an algorithm
            will do.
        settings: how the designer works, in place of a request.
        samples: independent attempts; default 1, or 8 of a language model to refine.
        first_sample: number of the designer's first attempt, which decides its randomness.
        sampling: how a language model's answers are drawn; its `samples` does not count.
        constrained: hold a language model to the grammar of circuits on the problem's qubits.
        guided: leave to a language model what takes thought, and write out what follows from it
            (`propose.Proposer`); None: where the model can, unless it is constrained.
        refine: feed the verifier's reports back and polish angles; True: as by default.
        model_options: of a model given by name, see `load_model`.
        verifier_settings: how to judge.
        sandbox: limits for a language model's text; None: none.
        compare: also say what guessing and classical search give.
        with_qaoa: the designer's QAOA is among a language model's candidates (`comparison`).
        progress: called with each candidate as soon as it is verified.
        interrupt: where the user's wish to end is noted.
        engine: what measures the circuits, as in `quasar.verify`; angles are found exactly.
        device: what it is to run on, as `quasar.device` takes it. Candidates are compiled for it,
            of several depths where the request names none, and ranked by their noisy P(opt).

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: unknown model or device, contradictory settings, an argument of another kind,
            or a problem or request that the model cannot be asked for; `NoAnswer` where it was
            asked and cannot answer.
        InfrastructureError: the machinery failed, so that there is no answer or no verdict.
        KeyboardInterrupt: the user wants an end, and there is no circuit yet.
    """
    asked = Request.given(request)
    designing = DesignerSettings.given(settings, "settings")
    refining = RefineSettings.given(refine, "refine", switch=True)
    judging = VerifierSettings.given(verifier_settings, "verifier_settings")
    drawing = Sampling.given(sampling, "sampling")
    limits = SandboxLimits.given(sandbox, "sandbox", switch=True)
    need_numbers(samples, first_sample)
    flags = {"constrained": constrained, "compare": compare, "with_qaoa": with_qaoa}
    need_flags(**flags, **({} if guided is None else {"guided": guided}))
    need_kinds(model_options, progress, interrupt)
    ending, seen = interrupt or Interrupt(), progress or (lambda _: None)
    with ending.at_once():
        encoded = load_problem(problem)
        model = _writer_of(encoded, model, model_options)
        judge = None if device is None else DeviceJudge(load_device(device), encoded)
        if is_large(encoded):
            idle = {"constrained": constrained, "guided": guided, "model_options": model_options}
            refuse_beyond(encoded.n_qubits, drawing, engine, **idle)
        if limits is not None and model != DESIGNER:
            start_early()
        writer = resolve_model(model, model_options)
    if writer is None:
        how, tries = _designer_settings(asked, designing), (first_sample, samples or 1)
        if is_large(encoded):  # not at once: an interrupt ends with the best so far
            return _large(encoded, how, judging, refining, tries, seen, ending)
        with ending.at_once():
            verifier = ProposalVerifier(encoded, judging, interrupt=ending, engine=engine)
        found = _designed(verifier, how, samples or 1, first_sample, seen, judge)
        found = _refined(found, verifier, None, refining, seen, judge)
        return _compared(_settled(found, judge), compare)
    if designing is not None:
        raise InputError("settings are the designer's; a language model takes request, sampling.")
    proposer = Proposer(writer, drawing, constrained=constrained, guided=guided)
    with ending.at_once():
        verifier = ProposalVerifier(encoded, judging, limits, ending, engine)
    with verifier:
        count = samples or default_samples(writer, refining)
        found = _answered(proposer, verifier, several_depths(asked, judge), count, seen)
        found = _refined(found, verifier, proposer, refining, seen, judge)
        found = _joined_by_qaoa(found, verifier, seen, judge) if with_qaoa else found
        return _compared(_settled(found, judge), compare)


def _writer_of(
    problem: EncodedProblem, model: str | Model, options: Mapping[str, Any] | None
) -> str | Model:
    """The model that is asked for, or the designer where no language model writes."""
    check_size(problem, model, options)
    return DESIGNER if is_designed(problem) else model


def _large(
    problem: EncodedProblem,
    settings: DesignerSettings | None,
    judging: VerifierSettings | None,
    refine: RefineSettings | None,
    attempts: tuple[int, int],
    seen: Callable[[Candidate], None],
    interrupt: Interrupt,
) -> Generation:
    """Circuits beyond exact enumeration: the designer's QAOA.

    Args:
        attempts: number of the first, and how many.
    """
    numbers = range(attempts[0], sum(attempts))
    designing = settings or DesignerSettings()
    large = (judging or VerifierSettings()).large.model_copy(update={"seed": designing.seed})
    verifier = LargeVerifier(problem, judging, large, stop=lambda: interrupt.requested)
    found = large_candidates(
        problem, designing, numbers=numbers, seen=seen, interrupt=interrupt, verifier=verifier
    )
    steps: list[Step] = []
    evaluations = None
    if refine is not None:
        steps = [first_step(candidate) for candidate in found]
        polished, more, evaluations = polish_large(found, verifier, refine, interrupt)
        for candidate in polished:
            seen(candidate)
        steps += more
        found = sorted([*found, *polished], key=energy_key)
    return Generation(
        problem,
        tuple(found),
        DESIGNER,
        recursive=recursive_answer(problem, interrupt),
        trace=tuple(steps),
        interrupted=interrupt.requested,
        samples=len(numbers),
        polishing_evaluations=evaluations,
    )


def default_samples(writer: Model | None, refine: RefineSettings | None) -> int:
    """How many attempts are made by default."""
    return 1 if writer is None or refine is None else PROPOSALS


def _joined_by_qaoa(
    generation: Generation,
    verifier: ProposalVerifier,
    seen: Callable[[Candidate], None],
    judge: DeviceJudge | None,
) -> Generation:
    """With the designer's QAOA among the candidates."""
    found: list[Candidate] = []
    ending = verifier.interrupt
    for name, made in qaoa_designs(
        verifier.problem, lambda: ending.requested, every_depth=judge is not None
    ):
        report = verifier.verify(made.qasm)
        found.append(Candidate(name, "designer", made.qasm, report, design=made))
        seen(found[-1])
    return _ranked(generation, [*generation.candidates, *_scored(found, judge)])


def _ranked(generation: Generation, candidates: Sequence[Candidate]) -> Generation:
    return replace(generation, candidates=tuple(sorted(candidates, key=rank_key)))


def _scored(candidates: list[Candidate], judge: DeviceJudge | None) -> list[Candidate]:
    """With their quality on the device, where there is one."""
    return candidates if judge is None else judge.scored(candidates)


def _settled(generation: Generation, judge: DeviceJudge | None) -> Generation:
    """With the best circuit on the best qubits, and compiled."""
    if judge is None:
        return generation
    best, *others = generation.candidates
    best = judge.settled(best)
    return replace(
        generation,
        candidates=(best, *others),
        device=judge.device.name,
        compiled=judge.compiled(best.qasm),
    )


def _compared(generation: Generation, wanted: bool) -> Generation:
    """With guessing and classical search beside the candidates."""
    if not wanted or isinstance(generation.problem, EncodedObservable):
        return generation
    return replace(generation, comparison=compare_problem(generation.problem))


def _designer_settings(
    request: Request | None, settings: DesignerSettings | None
) -> DesignerSettings | None:
    if request is None:
        return settings
    if settings is not None:
        raise InputError("give the designer either a request or settings, not both.")
    return DesignerSettings.given(request._asdict(), "request")


def _designed(
    verifier: ProposalVerifier,
    settings: DesignerSettings | None,
    samples: int,
    first_sample: int,
    seen: Callable[[Candidate], None],
    judge: DeviceJudge | None,
) -> Generation:
    """The designer's circuits, unranked."""
    if judge is not None:
        settings = every_depth(settings or DesignerSettings())
    found: list[Candidate] = []
    ending = verifier.interrupt
    for sample in range(first_sample, first_sample + samples):
        if ending.requested and found:
            break
        for made in design_any(verifier.problem, settings, sample, lambda: ending.requested):
            report = verifier.verify(made.qasm)
            found.append(Candidate(made.ansatz, "designer", made.qasm, report, design=made))
            seen(found[-1])
    return Generation(verifier.problem, tuple(found), DESIGNER, samples=samples)


def _answered(
    proposer: Proposer,
    verifier: ProposalVerifier,
    requests: Sequence[Request | None],
    samples: int,
    seen: Callable[[Candidate], None],
) -> Generation:
    """A language model's first answers to each request, unranked."""
    questions = [proposer.question(verifier.problem, request) for request in requests]
    with verifier.interrupt.at_once():
        rows = proposer.propose(questions, samples)
    proposals = [
        replace(made, sample=number)
        for number, made in enumerate((made for row in rows for made in row), start=1)
    ]
    lost = [str(p.error) for p in proposals if p.outage]
    kept = [p for p in proposals if not p.outage]
    if not kept:
        raise InfrastructureError(lost[0])
    if all(p.error is not None for p in kept):
        raise NoAnswer(f"'{proposer.model.name}' gave no answer: {kept[0].error}")
    found = []
    for proposal, report in zip(kept, verifier.judge(kept), strict=True):
        found.append(answered(proposal, report))
        seen(found[-1])
    name = proposer.model.name
    return Generation(
        verifier.problem, tuple(found), name, lost=tuple(dict.fromkeys(lost)), samples=samples
    )


def _refined(
    generation: Generation,
    verifier: ProposalVerifier,
    proposer: Proposer | None,
    settings: RefineSettings | None,
    seen: Callable[[Candidate], None],
    judge: DeviceJudge | None,
) -> Generation:
    """Ranked, and refined where that is asked for."""
    found = _scored(list(generation.candidates), judge)
    steps: list[Step] = []
    evaluations = None
    if settings is not None:
        steps = [first_step(candidate) for candidate in found]
        if proposer is not None and is_multi_turn(proposer.model, settings):
            later, more = feed_back(proposer, verifier, found, settings.turns, seen)
            found += _scored(later, judge)
            steps += more
        polished, more, evaluations = polish_best(verifier, found, settings, seen)
        found += _scored(polished, judge)
        steps += more
    return replace(
        _ranked(generation, found),
        trace=tuple(steps),
        interrupted=verifier.interrupt.requested,
        polishing_evaluations=evaluations,
    )

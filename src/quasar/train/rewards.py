"""What reinforcement rewards: the aim of each style, and how completions are verified for it.

Three aims. `stages` is the reward of the verifier itself, with its schemes and its five ablations;
`physical` asks for circuits of use, whether or not they resemble a reference; `ranking` for what
`quasar generate` puts first. Nothing is weighed here: all are formulas of
`quasar.verifier.reward`. The raw measurements stay beside the number that GRPO maximises.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.prompts.chat import Style
from quasar.verifier.measurement import Measurement
from quasar.verifier.report import Report
from quasar.verifier.reward import (
    UNPARSED,
    UNUSABLE,
    DeviceScores,
    PhysicalScores,
    PhysicalWeights,
    RankingWeights,
    RewardWeights,
    physical_reward,
    ranking_reward,
)
from quasar.verifier.settings import DeviceSettings, StageGate, UtilitySettings, VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.estimates import Estimates

Aim = Literal["stages", "physical", "ranking"]


class RewardSettings(Settings):
    """What is rewarded, and which stages are worth their cost."""

    aim: Aim = "stages"
    """`stages`: the verifier's reward; `physical`: useful circuits; `ranking`: entangled ones
    first, then by energy and P(opt). The last two need no reference."""
    aims: dict[Style, Aim] = Field(default_factory=dict)
    """Another aim for the prompts of a style, where one run mixes them. Stages that one aim needs
    are computed for all answers."""
    stages: RewardWeights = RewardWeights()
    """Scheme, ablation and weights of the aim `stages`."""
    physical: PhysicalWeights = PhysicalWeights()
    """Weights of the aim `physical`."""
    ranking: RankingWeights = RankingWeights()
    """Weights of the aim `ranking`."""
    device: DeviceSettings | None = None
    """What `physical.device` weighs: each circuit is also compiled for this device and simulated
    with its noise, which takes a second or more of a worker. None: not."""
    gate: StageGate = StageGate()
    """When the later, more expensive stages run."""
    utility: UtilitySettings = UtilitySettings()
    """The optimiser run of stage 4."""
    budget_s: float | None = Field(default=None, gt=0)
    """Seconds of the workers' time for all completions of a step on one process. Each completion
    has an equal part of it; once that is spent, no further stage of it begins. None: no limit. With
    a budget rewards depend on the machine's speed."""

    @model_validator(mode="after")
    def _named(self) -> RewardSettings:
        if self.physical.device > 0 and (self.device is None or self.device.device is None):
            raise ValueError("physical.device is weighed, but device.device names none")
        return self

    def aim_for(self, style: Style) -> Aim:
        """What is rewarded in answers to prompts of a style."""
        return self.aims.get(style, self.aim)

    def compares(self, style: Style) -> bool:
        """Whether the reference circuit takes part for prompts of a style.

        It does not without likeness (`no_re`) under the published gate, which goes by likeness.
        """
        hidden = self.stages.ablation == "no_re" and self.gate.mode == "published"
        return self.aim_for(style) == "stages" and not hidden


@dataclass(frozen=True)
class Signals:
    """The reward of one completion, and what it was made from.

    None where a stage was not computed.

    Attributes:
        measured: raw measurements of the circuit.
        behaviour: score of stage 2.
        utility: score of stage 4.
        mismatch: penalty for another number of qubits.
        optimiser_steps: evaluations of stage 4.
        cost_s: seconds of verification, by stage.
        out_of_budget: whether a stage was left out because the time was spent.
    """

    reward: float
    measured: Measurement
    behaviour: float | None
    utility: float | None
    mismatch: float
    optimiser_steps: int | None
    cost_s: dict[str, float]
    out_of_budget: bool

    @property
    def objective(self) -> float | None:
        """Score of stage 3: the approximation ratio; beyond 24 qubits the least that is proven."""
        if self.measured.energy_known is not None:
            return self.measured.ratio_low
        return self.measured.approximation_ratio

    def row(self) -> dict[str, Any]:
        """A flat JSON object: everything here, and every field of the measurement.

        Scores have the names that curves have too: `s2`, `s3`, `s4`.
        """
        written = {"behaviour": "s2", "utility": "s4"}
        own = {
            written.get(f.name, f.name): getattr(self, f.name)
            for f in fields(self)
            if f.name != "measured"
        }
        return own | {"s3": self.objective} | asdict(self.measured)


def verifier_settings(settings: RewardSettings, completions: int, workers: int) -> VerifierSettings:
    """How completions are verified for these rewards.

    The objective is measured under every ablation, because curves and baselines need it; it costs
    microseconds. An ablated signal never opens or shuts the gate for another one.

    Args:
        completions: of a step on this process, which share the budget.
        workers: processes that verify them.
    """
    styles: tuple[Style, ...] = get_args(Style)
    aims = {settings.aim_for(style) for style in styles}
    ablation = settings.stages.ablation if "stages" in aims else "full"
    gate = settings.gate
    if settings.budget_s is not None:
        each = settings.budget_s * workers / completions
        if gate.mode == "off":
            gate = StageGate(
                mode="thresholds", behaviour_threshold=0, objective_threshold=0, budget_s=each
            )
        else:
            gate = gate.model_copy(update={"budget_s": min(each, gate.budget_s or each)})
    optimises = "stages" in aims and ablation not in {"no_opt", "validity_only"}
    if "physical" in aims and settings.physical.warm_start > 0:
        optimises = True
    if gate.mode == "thresholds" and ablation == "no_re":
        gate = gate.model_copy(update={"behaviour_threshold": 0.0})
    if gate.mode == "thresholds" and ablation == "no_ev":
        gate = gate.model_copy(update={"objective_threshold": 0.0})
    return VerifierSettings(
        max_stage=4 if optimises else 3,
        decode_top_states=False,
        # Likeness in training needs no agreement with published figures to the last digit.
        reference_engine="qulacs",
        gate=gate,
        reward=settings.stages,
        utility=settings.utility,
        device=settings.device if settings.physical.device > 0 else None,
    )


def signals_of(report: Report, settings: RewardSettings, style: Style) -> Signals:
    """Reward and measurements of one circuit, which answers a prompt of this style."""
    stages, reward = report.stages, report.reward.value
    if settings.aim_for(style) != "stages":
        reward = _without_reference(report, settings, settings.aim_for(style))
    return Signals(
        reward=reward,
        measured=Measurement.from_report(report),
        behaviour=None if stages.behaviour is None else stages.behaviour.score,
        utility=None if stages.utility is None else stages.utility.score,
        mismatch=report.reward.mismatch,
        optimiser_steps=None if stages.utility is None else stages.utility.evaluations,
        cost_s=report.cost_s,
        out_of_budget=report.out_of_budget,
    )


def physical_scores(report: Report) -> PhysicalScores | None:
    """What the aim `physical` goes by; None where it was not measured."""
    if report.estimates is not None:
        return _estimated_scores(report, report.estimates)
    measured, utility, quality = report.stages.objective, report.stages.utility, report.quality
    if measured is None or quality is None:
        return None
    size = quality.statistics
    hits = report.ground_space_fidelity if measured.p_optimal is None else measured.p_optimal
    return PhysicalScores(
        n_qubits=report.problem.n_qubits,
        ratio=measured.score,
        p_optimal=hits or 0.0,
        utility=None if utility is None else utility.score,
        two_qubit_gates=None if size is None else size.two_qubit_gates,
        entanglement=quality.entanglement,
        entropy_bits=quality.entropy_bits,
        basis_state=quality.basis_state,
        device=_device_scores(report),
    )


def _device_scores(report: Report) -> DeviceScores | None:
    """What a device makes of the circuit; None where none was named or it cannot run there."""
    there = report.device
    if there is None or there.compiled is None:
        return None
    return DeviceScores(
        n_qubits=report.problem.n_qubits,
        ratio=there.ideal.approximation_ratio,
        noisy_ratio=there.noisy.approximation_ratio,
        two_qubit_gates=there.compiled.two_qubit_gates,
        esp=1.0 if there.compiled.esp is None else there.compiled.esp,
    )


def _estimated_scores(report: Report, found: Estimates) -> PhysicalScores | None:
    """The same beyond 24 qubits: the least ratio that is proven, the chance of the best solution
    known by samples, and of the guard what a bond dimension of 1 tells. Utility is left out.
    """
    if found.ratio_low is None:
        return None
    samples, size = found.samples, found.statistics
    hits = None if samples is None else samples.p_best_known
    two_qubit_gates = None if size is None else size.two_qubit_gates
    bond = None if samples is None else samples.bond
    entangled = bool(two_qubit_gates) if bond is None else bond > 1
    single = not entangled and samples is not None and len(samples.histogram) == 1
    return PhysicalScores(
        n_qubits=report.problem.n_qubits,
        ratio=found.ratio_low,
        p_optimal=0.0 if hits is None else hits.value,
        utility=None,
        two_qubit_gates=two_qubit_gates,
        entanglement=1.0 if entangled else 0.0,
        entropy_bits=0.0 if single else math.inf,
        basis_state=single,
    )


def _without_reference(report: Report, settings: RewardSettings, aim: Aim) -> float:
    if not report.feasible:
        return UNUSABLE if report.parses else UNPARSED
    scores = physical_scores(report)
    if scores is None:
        return 0.0
    if aim == "ranking":
        return ranking_reward(scores, settings.ranking)
    return physical_reward(scores, settings.physical)

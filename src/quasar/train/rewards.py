"""From the verifier's report to the number that GRPO maximises, raw measurements beside it.

Two aims. `stages` is the reward of the verifier itself (SPEC: reward), with its schemes and its
five ablations: nothing is weighed here. `physical` asks for circuits of use, whatever a reference
did:

    a (w_e r + w_p P + r (w_s s + w_w t)) / (w_e + w_p + w_s + w_w)

r approximation ratio, P probability of an optimum, s = 1/(1 + g/(c n)) for g gates on two or more
of n qubits, t = s4 / 2 for the warm-start value (SPEC: utility). Size and warm start pay in
proportion to r, or the empty circuit would be a good one. The factor a is the guard against
classical answers in disguise: a diagonal Hamiltonian is solved by writing one bit string, and
gates that entangle nothing hide that from a count of gates. So the guard looks at the final state:
a product state earns a share only, and one that is a single bit string a smaller one. A deep
circuit that converged to the single optimum ends in such a state too, and is paid no better.

Circuits that cannot be used earn -1 (no valid OpenQASM) or -0.5 (valid, but not for this problem).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from pydantic import Field

from quasar.core.settings import Settings
from quasar.prompts.chat import Style
from quasar.verifier.measurement import Measurement
from quasar.verifier.quality import Quality
from quasar.verifier.report import Report
from quasar.verifier.settings import Gate, Utility, VerifierSettings
from quasar.verifier.settings import Reward as StageWeights

UNPARSED = -1.0
UNUSABLE = -0.5

Aim = Literal["stages", "physical"]


class PhysicalWeights(Settings):
    """Weights of the aim `physical`; only their proportions matter."""

    energy: float = Field(default=0.5, gt=0)
    """Of the approximation ratio."""
    p_optimal: float = Field(default=0.25, ge=0)
    """Of the probability of an optimum."""
    size: float = Field(default=0.1, ge=0)
    """Of few gates on two or more qubits."""
    warm_start: float = Field(default=0.15, ge=0)
    """Of what an optimiser makes of the angles."""
    gates_per_qubit: float = Field(default=4.0, gt=0)
    """Gates on two or more qubits, for each qubit, at which size is worth one half."""
    entangled_from: float = Field(default=0.02, gt=0, le=1)
    """Meyer-Wallach measure of the final state from which it counts as entangled; below it the
    guard falls linearly to `product_share`."""
    product_share: float = Field(default=0.5, ge=0, le=1)
    """What a product state keeps of its reward."""
    single_below_bits: float = Field(default=0.15, ge=0)
    """Entropy under which an unentangled final state counts as one bit string, whatever gates led
    to it; 0.15 bits is a largest probability of about 0.98."""
    single_share: float = Field(default=0.25, ge=0, le=1)
    """What one bit string keeps of its reward."""


class RewardSettings(Settings):
    """What is rewarded, and which stages are worth their cost."""

    aim: Aim = "stages"
    """`stages`: the verifier's reward; `physical`: useful circuits, no reference needed."""
    aims: dict[Style, Aim] = Field(default_factory=dict)
    """Another aim for the prompts of a style, where one run mixes them. Stages that one aim needs
    are computed for all answers."""
    stages: StageWeights = StageWeights()
    """Scheme, ablation and weights of the aim `stages`."""
    physical: PhysicalWeights = PhysicalWeights()
    """Weights of the aim `physical`."""
    gate: Gate = Gate()
    """When the later, dearer stages run."""
    utility: Utility = Utility()
    """The optimiser run of stage 4."""
    budget_s: float | None = Field(default=None, gt=0)
    """Seconds of the workers' time for all completions of a step on one process. Each completion
    has an equal share; once that is spent, no further stage of it begins. None: no limit. With a
    budget rewards depend on the machine's speed."""

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
        s2: behaviour score.
        s4: utility score.
        mismatch: penalty for another number of qubits.
        optimiser_steps: evaluations of stage 4.
        cost_s: seconds of verification, by stage.
        out_of_budget: whether a stage was left out because the time was spent.
    """

    reward: float
    measured: Measurement
    s2: float | None
    s4: float | None
    mismatch: float
    optimiser_steps: int | None
    cost_s: dict[str, float]
    out_of_budget: bool

    @property
    def s3(self) -> float | None:
        """Objective score: the approximation ratio."""
        return self.measured.approximation_ratio

    def row(self) -> dict[str, Any]:
        """A flat JSON object: everything here, and every field of the measurement."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "measured"}
        return own | {"s3": self.s3} | asdict(self.measured)


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
            gate = Gate(
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
        readings=False,
        # Likeness in training needs no agreement with published figures to the last digit.
        reference_engine="qulacs",
        gate=gate,
        reward=settings.stages,
        utility=settings.utility,
    )


def signals_of(report: Report, settings: RewardSettings, style: Style) -> Signals:
    """Reward and measurements of one circuit, which answers a prompt of this style."""
    stages, reward = report.stages, report.reward.value
    if settings.aim_for(style) == "physical":
        reward = physical_reward(report, settings.physical)
    return Signals(
        reward=reward,
        measured=Measurement.from_report(report),
        s2=None if stages.behaviour is None else stages.behaviour.score,
        s4=None if stages.utility is None else stages.utility.score,
        mismatch=report.reward.mismatch,
        optimiser_steps=None if stages.utility is None else stages.utility.evaluations,
        cost_s=report.cost_s,
        out_of_budget=report.out_of_budget,
    )


def physical_reward(report: Report, weights: PhysicalWeights) -> float:
    """The aim `physical`; see the module's header. In [-1, 1]."""
    if not report.feasible:
        return UNUSABLE if report.parses else UNPARSED
    measured, utility, quality = report.stages.objective, report.stages.utility, report.quality
    if measured is None or quality is None:
        return 0.0
    n = report.problem.n_qubits
    size = 0.0
    if quality.statistics is not None:
        load = quality.statistics.two_qubit_gates / (weights.gates_per_qubit * n)
        size = 1.0 / (1.0 + load)
    warm = 0.0 if utility is None else utility.score / 2.0
    extra = measured.score * (weights.size * size + weights.warm_start * warm)
    earned = weights.energy * measured.score + weights.p_optimal * measured.p_optimal + extra
    total = weights.energy + weights.p_optimal + weights.size + weights.warm_start
    return earned / total * own_share(quality, n, weights)


def own_share(quality: Quality, n_qubits: int, weights: PhysicalWeights) -> float:
    """The guard's factor in [0, 1]; 1 for an entangled state and for a single qubit.

    A dynamic program has no final state to look at and counts as a product state.
    """
    if n_qubits == 1:
        return 1.0
    entangled = min(1.0, (quality.entanglement or 0.0) / weights.entangled_from)
    single = quality.entropy_bits < weights.single_below_bits
    floor = weights.single_share if single or quality.basis_state else weights.product_share
    return floor + (1.0 - floor) * entangled

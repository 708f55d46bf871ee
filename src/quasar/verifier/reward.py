"""Every reward scheme and all of its weights: raw stage scores to one number (SPEC: reward).

`paper` is a weighted sum of behaviour, objective and utility; `gated` the schedule of the published
training code. `physical` asks for circuits of use, whether or not they resemble a reference:

    a (w_e r + w_p P + r (w_s s + w_w t) + w_d d) / (w_e + w_p + w_s + w_w + w_d)

r approximation ratio, P probability of an optimum, s = 1/(1 + g/(c n)) for g gates on two or more
of n qubits, t half the utility score, for the warm-start value, d what a device makes of the
circuit (`device_score`), with w_d = 0 unless it is asked for. Size and warm start pay in
proportion to r, or the empty circuit would be a good one. The factor a guards against classical
answers written as circuits: a diagonal Hamiltonian is solved by one bit string, and gates that
entangle nothing hide that from a count of gates. So the guard looks at the final state: a product
state keeps a fraction of its reward, and a single bit string a smaller one, with or without a
little entanglement added. A deep circuit that converged to the single optimum ends in such a state
too, and is paid no better. No guard tells a bit string that was spread over as many outcomes as a
good circuit leaves from that circuit.

`ranking` pays by what `quasar generate` ranks circuits by. With q = (w_e r + w_p P) / (w_e + w_p)
an entangled circuit earns (1 + q) / 2, a classical answer written as gates q / 2: any circuit that
entangles comes before any that does not, and within either the better one is paid more.

Deviations from the published training code:
1. Without a reference the likeness terms are left out and the other weights renormalise.
2. The same renormalisation serves the ablations, so that rewards of ablations keep one scale.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from quasar.core.documented import Documented
from quasar.core.settings import Settings
from quasar.simulate.state_facts import ENTANGLED_FROM

Scheme = Literal["paper", "gated"]
Ablation = Literal["full", "no_ev", "no_re", "no_opt", "validity_only"]

UNPARSED = -1.0
"""Of what is not valid OpenQASM (`physical`), and of any infeasible circuit in `paper`."""
UNUSABLE = -0.5
"""Of a valid program that does not fit the problem (`physical`), and of any infeasible circuit in
`gated`."""
GATED_ALIKE = 0.9  # behaviour score above which likeness and utility are paid
GATED_UNLIKE = 0.1  # behaviour score below which the energy is paid instead
GATED_GOOD = 0.9  # objective score above which utility is paid too


def _spelled(name: str, old: str, **rules: Any) -> Any:
    """A field that is still written under the name by which files and requests know it."""
    return Field(validation_alias=AliasChoices(old, name), serialization_alias=old, **rules)


class RewardWeights(Settings):
    """How raw measurements become one number."""

    model_config = ConfigDict(serialize_by_alias=True)

    scheme: Scheme = "paper"
    """`paper`: weighted sum; `gated`: the schedule of the published training code."""
    ablation: Ablation = "full"
    """Which signal to leave out: objective (`no_ev`), likeness (`no_re`), utility (`no_opt`)."""
    behaviour_weight: float = _spelled("behaviour_weight", "w2", default=1 / 3, ge=0)
    """Weight of the behaviour score in `paper`."""
    objective_weight: float = _spelled("objective_weight", "w3", default=1 / 3, ge=0)
    """Weight of the objective score in `paper`."""
    utility_weight: float = _spelled("utility_weight", "w4", default=1 / 3, ge=0)
    """Weight of the utility score in `paper`."""


class DeviceWeights(Settings):
    """How `device_score` is made up; only the proportions of the first three matter."""

    noisy_ratio: float = Field(default=1.0, ge=0)
    """Of the approximation ratio with the device's noise."""
    success: float = Field(default=0.0, ge=0)
    """Of the estimated success probability, in proportion to the ideal ratio. Off by default, as
    `size` is: among circuits for one problem both go against the noisy P(opt)
    (`benchmarks.device_synthesis`), since circuits that do little have few gates."""
    size: float = Field(default=0.0, ge=0)
    """Of few compiled gates on two qubits, likewise."""
    gates_per_qubit: float = Field(default=8.0, gt=0)
    """Compiled gates on two qubits, for each qubit, at which size is worth one half."""

    @model_validator(mode="after")
    def _positive(self) -> DeviceWeights:
        if self.noisy_ratio + self.success + self.size <= 0.0:
            raise ValueError("at least one weight must be above 0")
        return self


class PhysicalWeights(Settings):
    """Weights of the scheme `physical`; only their proportions matter."""

    energy: float = Field(default=0.5, gt=0)
    """Of the approximation ratio."""
    p_optimal: float = Field(default=0.25, ge=0)
    """Of the probability of an optimum."""
    size: float = Field(default=0.1, ge=0)
    """Of few gates on two or more qubits."""
    warm_start: float = Field(default=0.15, ge=0)
    """Of what an optimiser makes of the angles."""
    device: float = Field(default=0.0, ge=0)
    """Of what a device makes of the circuit, where one is named; see `device_score`."""
    on_device: DeviceWeights = DeviceWeights()
    """What that consists of."""
    gates_per_qubit: float = Field(default=4.0, gt=0)
    """Gates on two or more qubits, for each qubit, at which size is worth one half."""
    entangled_from: float = Field(default=0.02, gt=0, le=1)
    """Meyer-Wallach measure of the final state from which it counts as entangled; below it the
    guard falls linearly to `product_share`."""
    product_share: float = Field(default=0.5, ge=0, le=1)
    """Fraction of its reward that a product state keeps."""
    single_below_bits: float = Field(default=0.15, ge=0)
    """Entropy under which a final state counts as one bit string, whichever gates led to it; 0.15
    bits is a largest probability of about 0.98."""
    spread_from_bits: float = Field(default=0.5, gt=0)
    """Entropy from which a final state is no bit string any more, and its entanglement counts in
    full; from `single_below_bits` on it gets there linearly."""
    single_share: float = Field(default=0.25, ge=0, le=1)
    """Fraction of its reward that one bit string keeps."""


class RankingWeights(Settings):
    """Weights of the scheme `ranking`; only their proportions matter."""

    energy: float = Field(default=0.5, ge=0)
    """Of the approximation ratio."""
    p_optimal: float = Field(default=0.5, ge=0)
    """Of the probability of an optimum, by which the shots until one is seen go."""

    @model_validator(mode="after")
    def _positive(self) -> RankingWeights:
        if self.energy + self.p_optimal <= 0.0:
            raise ValueError("at least one weight must be above 0")
        return self


class Reward(Documented):
    """The scalar and where it comes from; JSON calls the scores `s2`, `s3` and `s4`."""

    model_config = ConfigDict(serialize_by_alias=True)

    value: float
    """The reward."""
    scheme: str
    """`paper` or `gated`."""
    ablation: str
    """Which signals were left out."""
    behaviour: float | None = _spelled("behaviour", "s2")
    """Behaviour score used, None if left out or not computed."""
    objective: float | None = _spelled("objective", "s3")
    """Objective score used, None if left out or not computed."""
    utility: float | None = _spelled("utility", "s4")
    """Utility used (of the schedule in `gated`), None if left out or not computed."""
    mismatch: float
    """Penalty for another number of qubits, in [-1, 0]."""


class Scores(NamedTuple):
    """What the schemes `paper` and `gated` are computed from.

    Attributes:
        feasible: stage 1: parses and can be simulated.
        behaviour: behaviour score; None without a reference or when not computed.
        objective: objective score; None when not computed.
        utility: utility score; None when not computed.
        schedule_utility: utility of the gated schedule; None when not computed.
        has_reference: whether likeness to a reference is part of the task.
        qubit_difference: candidate's qubits minus the reference's.
        active_extra_qubits: extra qubits that some gate acts on.
    """

    feasible: bool
    behaviour: float | None = None
    objective: float | None = None
    utility: float | None = None
    schedule_utility: float | None = None
    has_reference: bool = False
    qubit_difference: int = 0
    active_extra_qubits: int = 0


class DeviceScores(NamedTuple):
    """What `device_score` is computed from, for a circuit of `n_qubits` compiled for a device.

    Attributes:
        ratio: approximation ratio without noise.
        noisy_ratio: with the device's noise.
        two_qubit_gates: of the compiled circuit.
        esp: its estimated success probability.
    """

    n_qubits: int
    ratio: float
    noisy_ratio: float
    two_qubit_gates: int
    esp: float


class PhysicalScores(NamedTuple):
    """What the scheme `physical` is computed from, for a circuit of `n_qubits` that fits.

    Attributes:
        ratio: approximation ratio.
        utility: score of stage 4, in [0, 2]; None when not computed.
        two_qubit_gates: gates on two or more qubits; None for a dynamic program.
        entanglement: Meyer-Wallach measure of the final state; None for a dynamic program.
        entropy_bits: of the distribution.
        basis_state: the final state is one bit string.
        device: on a device; None where none is named, or the circuit cannot run on it.
    """

    n_qubits: int
    ratio: float
    p_optimal: float
    utility: float | None
    two_qubit_gates: int | None
    entanglement: float | None
    entropy_bits: float
    basis_state: bool
    device: DeviceScores | None = None


def mismatch_penalty(qubit_difference: int, active_extra_qubits: int) -> float:
    """Return clip(-0.2 - 0.05 |Δn| - 0.1 a, -1, 0); 0 when Δn = 0."""
    if qubit_difference == 0:
        return 0.0
    return max(-1.0, -0.2 - 0.05 * abs(qubit_difference) - 0.1 * active_extra_qubits)


def compute(scores: Scores, weights: RewardWeights) -> Reward:
    """The reward of one candidate, by `paper` or `gated`."""
    ablation, paper = weights.ablation, weights.scheme == "paper"
    likeness = scores.has_reference and ablation not in {"no_re", "validity_only"}
    energy = ablation not in {"no_ev", "validity_only"}
    optimised = ablation not in {"no_opt", "validity_only"}
    utility = scores.utility if paper else scores.schedule_utility
    used = (
        scores.behaviour if likeness else None,
        scores.objective if energy else None,
        utility if optimised else None,
    )
    mismatch = mismatch_penalty(scores.qubit_difference, scores.active_extra_qubits)
    if not scores.feasible:
        value, mismatch = (UNPARSED if paper else UNUSABLE), 0.0
    elif ablation == "validity_only":
        value = 1.0 + mismatch
    elif paper:
        value = _weighted(used, (likeness, energy, optimised), weights) + mismatch
    else:
        value = _gated(used, (likeness, energy, optimised)) + mismatch
    behaviour, objective, utility = used
    return Reward.whole(
        {
            "value": value,
            "scheme": weights.scheme,
            "ablation": ablation,
            "behaviour": behaviour,
            "objective": objective,
            "utility": utility,
            "mismatch": mismatch,
        }
    )


_Used = tuple[float | None, float | None, float | None]
"""Scores of behaviour, objective and utility; None: left out, or not reached."""
_Weights = tuple[float, float, float]
_Counts = tuple[bool, bool, bool]
"""Whether each of them is part of the task."""


def _weighted(used: _Used, counts: _Counts, weights: RewardWeights) -> float:
    """Weighted sum; a stage that is part of the task but was not reached earns nothing."""
    own, scale = _scaled(
        (weights.behaviour_weight, weights.objective_weight, weights.utility_weight), counts
    )
    first, second, third = (score or 0.0 for score in used)
    return scale * (own[0] * first + own[1] * second + own[2] * third)


@lru_cache(maxsize=64)
def _scaled(weights: _Weights, counts: _Counts) -> tuple[_Weights, float]:
    """Weights of the stages that count, and what makes their sum that of all."""
    first, second, third = (w * count for w, count in zip(weights, counts, strict=True))
    own = first + second + third
    return (first, second, third), 0.0 if own == 0.0 else sum(weights) / own


def _gated(used: _Used, counts: _Counts) -> float:
    behaviour, objective, utility = (score or 0.0 for score in used)
    likeness, energy, optimised = counts
    if likeness:
        if behaviour > GATED_ALIKE:
            return 0.6 * behaviour + 0.4 * utility if optimised else behaviour
        if behaviour >= GATED_UNLIKE:
            return behaviour
        value = 0.3 * behaviour
        if energy:
            value += 0.3 * objective + (0.4 * utility if objective > GATED_GOOD else 0.0)
        return value
    parts = 0.3 * energy + 0.4 * optimised
    if parts == 0.0:
        return 0.0
    value = 0.3 * objective if energy else 0.0
    if optimised and (not energy or objective > GATED_GOOD):
        value += 0.4 * utility
    return value / parts


def physical_reward(scores: PhysicalScores, weights: PhysicalWeights) -> float:
    """The scheme `physical`, in [0, 1]; `UNPARSED` and `UNUSABLE` are what other circuits earn."""
    size = 0.0
    if scores.two_qubit_gates is not None:
        size = 1.0 / (1.0 + scores.two_qubit_gates / (weights.gates_per_qubit * scores.n_qubits))
    warm = (scores.utility or 0.0) / 2.0
    extra = scores.ratio * (weights.size * size + weights.warm_start * warm)
    earned = weights.energy * scores.ratio + weights.p_optimal * scores.p_optimal + extra
    total = weights.energy + weights.p_optimal + weights.size + weights.warm_start + weights.device
    if scores.device is not None:
        earned += weights.device * device_score(scores.device, weights.on_device)
    return earned / total * entanglement_factor(scores, weights)


def ranking_reward(scores: PhysicalScores, weights: RankingWeights) -> float:
    """The scheme `ranking`, in [0, 1]; `UNPARSED` and `UNUSABLE` are what other circuits earn.

    Classical is what the ranking calls so: a final state that is a product, or all but one
    (Meyer-Wallach measure below `ENTANGLED_FROM`). A dynamic program has no final state to look at
    and counts as one. On a single qubit nothing can entangle, and nothing is asked to.
    """
    earned = weights.energy * scores.ratio + weights.p_optimal * scores.p_optimal
    quality = earned / (weights.energy + weights.p_optimal)
    entangled = scores.n_qubits == 1 or (scores.entanglement or 0.0) >= ENTANGLED_FROM
    return (quality + entangled) / 2.0


def device_score(scores: DeviceScores, weights: DeviceWeights) -> float:
    """The device's term of `physical`, in [0, 1].

        (w_n r_noisy + r (w_s ESP + w_g / (1 + g/(c n)))) / (w_n + w_s + w_g)

    for g compiled gates on two of n qubits. Size and success pay in proportion to the ideal ratio,
    or the empty circuit would be a good one.
    """
    size = 1.0 / (1.0 + scores.two_qubit_gates / (weights.gates_per_qubit * scores.n_qubits))
    cheap = scores.ratio * (weights.success * scores.esp + weights.size * size)
    total = weights.noisy_ratio + weights.success + weights.size
    return (weights.noisy_ratio * scores.noisy_ratio + cheap) / total


def estimated_noisy_ratio(ratio: float, esp: float, uniform_ratio: float) -> float:
    """The noisy approximation ratio without a simulation: what fails gives the uniform state.

    Args:
        uniform_ratio: of the uniform superposition, `e_max / width` of the spectrum.
    """
    return esp * ratio + (1.0 - esp) * uniform_ratio


def entanglement_factor(scores: PhysicalScores, weights: PhysicalWeights) -> float:
    """The guard's factor in [0, 1]; 1 for an entangled state and for a single qubit.

    A dynamic program has no final state to look at and counts as a product state.
    """
    if scores.n_qubits == 1:
        return 1.0
    entangled = min(1.0, (scores.entanglement or 0.0) / weights.entangled_from)
    above = scores.entropy_bits - weights.single_below_bits
    room = weights.spread_from_bits - weights.single_below_bits
    spread = min(1.0, max(0.0, above / room)) if room > 0 else float(above >= 0)
    if scores.basis_state:
        spread = 0.0
    floor = weights.single_share + spread * (weights.product_share - weights.single_share)
    return floor + (1.0 - floor) * spread * entangled

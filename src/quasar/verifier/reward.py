"""All reward weights: raw stage scores to one number (SPEC: reward).

Deviations from the published training code:
1. Without a reference the likeness terms are left out and the other weights renormalise.
2. The same renormalisation serves the ablations, so that rewards of ablations keep one scale.
"""

from __future__ import annotations

from pydantic import BaseModel

from quasar.verifier.settings import Reward as RewardSettings

PAPER_INFEASIBLE = -1.0
GATED_INFEASIBLE = -0.5
GATED_ALIKE = 0.9  # s2 above which likeness and utility are paid
GATED_UNLIKE = 0.1  # s2 below which the energy is paid instead
GATED_GOOD = 0.9  # s3 above which utility is paid too


class Reward(BaseModel):
    """The scalar and where it comes from."""

    value: float
    """The reward."""
    scheme: str
    """`paper` or `gated`."""
    ablation: str
    """Which signals were left out."""
    s2: float | None
    """Behaviour score used, None if left out or not computed."""
    s3: float | None
    """Objective score used, None if left out or not computed."""
    s4: float | None
    """Utility used (s4 in `paper`, u in `gated`), None if left out or not computed."""
    mismatch: float
    """Penalty for another number of qubits, in [-1, 0]."""


class Scores(BaseModel):
    """What the reward is computed from."""

    feasible: bool
    """Stage 1: parses and can be simulated."""
    s2: float | None = None
    """Behaviour score; None without a reference or when not computed."""
    s3: float | None = None
    """Objective score; None when not computed."""
    s4: float | None = None
    """Utility score; None when not computed."""
    u: float | None = None
    """Utility of the gated schedule; None when not computed."""
    has_reference: bool = False
    """Whether likeness to a reference is part of the task."""
    qubit_difference: int = 0
    """Candidate's qubits minus the reference's."""
    active_extra_qubits: int = 0
    """Extra qubits that some gate acts on."""


def mismatch_penalty(qubit_difference: int, active_extra_qubits: int) -> float:
    """Return clip(-0.2 - 0.05 |Δn| - 0.1 a, -1, 0); 0 when Δn = 0."""
    if qubit_difference == 0:
        return 0.0
    return max(-1.0, -0.2 - 0.05 * abs(qubit_difference) - 0.1 * active_extra_qubits)


def compute(scores: Scores, settings: RewardSettings) -> Reward:
    """The reward of one candidate."""
    ablation = settings.ablation
    use2 = scores.has_reference and ablation not in {"no_re", "validity_only"}
    use3 = ablation not in {"no_ev", "validity_only"}
    use4 = ablation not in {"no_opt", "validity_only"}
    fourth = scores.s4 if settings.scheme == "paper" else scores.u
    mismatch = mismatch_penalty(scores.qubit_difference, scores.active_extra_qubits)
    if not scores.feasible:
        value = PAPER_INFEASIBLE if settings.scheme == "paper" else GATED_INFEASIBLE
        mismatch = 0.0
    elif ablation == "validity_only":
        value = 1.0 + mismatch
    elif settings.scheme == "paper":
        weights = (settings.w2 * use2, settings.w3 * use3, settings.w4 * use4)
        value = _weighted(weights, (scores.s2, scores.s3, fourth), settings) + mismatch
    else:
        value = _gated(scores, use2, use3, use4) + mismatch
    return Reward(
        value=value,
        scheme=settings.scheme,
        ablation=ablation,
        s2=scores.s2 if use2 else None,
        s3=scores.s3 if use3 else None,
        s4=fourth if use4 else None,
        mismatch=mismatch,
    )


def _weighted(
    weights: tuple[float, float, float],
    scores: tuple[float | None, float | None, float | None],
    settings: RewardSettings,
) -> float:
    """Weighted sum; a stage that is part of the task but was not reached earns nothing."""
    used = sum(weights)
    if used == 0.0:
        return 0.0
    scale = (settings.w2 + settings.w3 + settings.w4) / used
    return scale * sum(w * (s or 0.0) for w, s in zip(weights, scores, strict=True))


def _gated(scores: Scores, use2: bool, use3: bool, use4: bool) -> float:
    s2 = scores.s2 or 0.0
    s3 = scores.s3 or 0.0
    u = (scores.u or 0.0) if use4 else 0.0
    if use2:
        if s2 > GATED_ALIKE:
            return 0.6 * s2 + 0.4 * u if use4 else s2
        if s2 >= GATED_UNLIKE:
            return s2
        value = 0.3 * s2
        if use3:
            value += 0.3 * s3 + (0.4 * u if s3 > GATED_GOOD else 0.0)
        return value
    parts = 0.3 * use3 + 0.4 * use4
    if parts == 0.0:
        return 0.0
    value = 0.3 * s3 if use3 else 0.0
    if use4 and (not use3 or s3 > GATED_GOOD):
        value += 0.4 * u
    return value / parts

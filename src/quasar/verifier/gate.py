"""Which stages are worth their cost for a circuit (`VerifierSettings.gate`)."""

from __future__ import annotations

from quasar.verifier.context import Context
from quasar.verifier.reward import GATED_ALIKE, GATED_GOOD, GATED_UNLIKE
from quasar.verifier.stages.stage import Skipped


class OverBudget(Skipped):
    """The gate's seconds are spent."""


def closed(stage: str, context: Context) -> Skipped | None:
    """Why the gate keeps a stage from running; None when it is open.

    Only the stages that the rules of a mode name are held back by them; the budget is for all but
    the comparison with the reference, which costs next to nothing.
    """
    gate = context.settings.gate
    if gate.mode == "off" or stage == "behaviour":
        return None
    if gate.budget_s is not None and sum(context.cost_s.values()) >= gate.budget_s:
        return OverBudget(f"the budget of {gate.budget_s} s is spent")
    likeness, ratio = context.score("behaviour"), context.score("objective")
    if gate.mode == "published":
        needed = _is_paid(stage, likeness, ratio or 0.0)
        return None if needed else Skipped("the reward schedule does not need it")
    if stage == "objective" and likeness is not None and likeness < gate.behaviour_threshold:
        return Skipped(f"s2 is under {gate.behaviour_threshold}")
    if stage == "utility" and (ratio is None or ratio < gate.objective_threshold):
        return Skipped(f"s3 is under {gate.objective_threshold} or was not computed")
    return None


def _is_paid(stage: str, likeness: float | None, ratio: float) -> bool:
    """Whether the `gated` reward of a circuit can depend on a stage."""
    if stage == "objective":
        return likeness is None or likeness < GATED_UNLIKE
    if stage == "utility":
        alike = likeness is not None and likeness > GATED_ALIKE
        unlike = likeness is None or likeness < GATED_UNLIKE
        return alike or (unlike and ratio > GATED_GOOD)
    return True

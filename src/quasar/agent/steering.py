"""What steered a generation, with every default settled, for its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.agent.propose import angles_of, is_guided
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Model, Sampling
from quasar.recipes.spec import ALGORITHMS

if TYPE_CHECKING:
    from quasar.agent.generate import Generation
    from quasar.agent.settings import GenerationSettings

WRITERS_CHOICE = "the model's choice"
"""Stands where nothing was asked for and only the model knows what it chose."""


def steering(
    writer: Model | None, how: GenerationSettings, *, samples: int, found: Generation | None = None
) -> dict[str, Any]:
    """The settings as they were used.

    Args:
        writer: the language model; None for the designer.
        samples: attempts made of each problem.
        found: what came of it, for numbers that depend on the problem; None for many problems.
    """
    if writer is None:
        used = _designing(how.settings or DesignerSettings(), found)
    else:
        used = _asking(writer, how)
    polishing = None
    if how.refine is not None:
        polishing = how.refine.model_dump()
        if found is not None and found.polishing_evaluations is not None:
            polishing["max_evaluations"] = found.polishing_evaluations
    return {**used, "samples": samples, "refine": polishing}


def _designing(settings: DesignerSettings, found: Generation | None) -> dict[str, Any]:
    how = settings.model_dump()
    if settings.style == "converged":
        how["algorithm"] = how["algorithm"] or list(ALGORITHMS)
    if found is not None:
        designs = [c.design for c in found.candidates if c.origin == "designer" and c.design]
        how["algorithm"] = list(dict.fromkeys(design.algorithm for design in designs))
        how["layers"] = {design.ansatz: design.layers for design in designs}
        how["max_evaluations"] = {design.ansatz: design.max_evaluations for design in designs}
        if len(how["algorithm"]) == 1:
            (how["algorithm"],) = how["algorithm"]
    return how


def _asking(writer: Model, how: GenerationSettings) -> dict[str, Any]:
    drawing = (how.sampling or Sampling()).model_dump(exclude={"samples"})
    asked = {key: value or WRITERS_CHOICE for key, value in how.request._asdict().items()}
    if how.request.algorithm == "adaptive_vqe":
        asked["layers"] = None
    guided = is_guided(writer, how.constrained, how.guided)
    back_end = dict(getattr(writer, "resolved", {}))
    if "angles" in back_end and not (guided and angles_of(writer, how.request)):
        back_end["angles"] = "model"  # a network decides those of guided answers only
    return {
        **drawing,
        "max_tokens": drawing["max_tokens"] or "what the context leaves",
        "constrained": how.constrained,
        "guided": guided,
        **asked,
        "prompt_style": writer.prompt_style,
        "back_end": back_end,
    }

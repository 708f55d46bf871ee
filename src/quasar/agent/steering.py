"""What steered a generation, with every default settled, for its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.agent.propose import is_guided
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Model, Sampling
from quasar.prompts.chat import Request
from quasar.recipes.spec import ALGORITHMS

if TYPE_CHECKING:
    from quasar.agent.generate import Generation
    from quasar.agent.refine import RefineSettings

WRITERS_CHOICE = "the model's choice"
"""Stands where nothing was asked for and only the model knows what it chose."""


def steering(
    writer: Model | None,
    request: Request,
    *,
    settings: DesignerSettings | None = None,
    sampling: Sampling | None = None,
    constrained: bool = False,
    guided: bool | None = None,
    refine: RefineSettings | None = None,
    samples: int,
    found: Generation | None = None,
) -> dict[str, Any]:
    """The settings as they were used.

    Args:
        writer: the language model; None for the designer.
        samples: attempts made of each problem.
        found: what came of it, for numbers that depend on the problem; None for many problems.
    """
    if writer is None:
        how = _designing(settings or DesignerSettings(), request, found)
    else:
        how = _asking(writer, sampling or Sampling(), request, constrained, guided)
    polishing = None
    if refine is not None:
        polishing = refine.model_dump()
        if found is not None and found.polishing_evaluations is not None:
            polishing["max_evaluations"] = found.polishing_evaluations
    return {**how, "samples": samples, "refine": polishing}


def _designing(
    settings: DesignerSettings, request: Request, found: Generation | None
) -> dict[str, Any]:
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


def _asking(
    writer: Model, sampling: Sampling, request: Request, constrained: bool, guided: bool | None
) -> dict[str, Any]:
    how = sampling.model_dump(exclude={"samples"})
    asked = {key: value or WRITERS_CHOICE for key, value in request._asdict().items()}
    if request.algorithm == "adaptive_vqe":
        asked["layers"] = None
    return {
        **how,
        "max_tokens": how["max_tokens"] or "what the context leaves",
        "constrained": constrained,
        "guided": is_guided(writer, constrained, guided),
        **asked,
        "prompt_style": writer.prompt_style,
        "back_end": dict(getattr(writer, "resolved", {})),
    }

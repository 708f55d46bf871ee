"""What an answer in the compact style decides: one comment line, from which its program follows.

    // qaoa p2: 0.9 -1.1 1.4 -0.6
    // warm p2: @q0 f+3 q0=1 @q2 f-2 q2=0 @q1 f+1 q1=1
    // vqe t10 p1: @q0 f+3 q0=1 ...
    // adaptive: @q0 f+3 q0=1 ...

The head names the structure: QAOA; QAOA warm-started at a solution (`optimize.warm_start`); a
template of Sim et al. (`circuits.sim19`) that writes a solution; an adaptive circuit grown to one.
QAOA states its angles, layer by layer 2γ in units of 1/σ(E) and 2β in radians (`qaoa c`: 2γ in
units of 1/max|c|). The others state decisions in the order of `optimize.decimation`: the qubit, the
strength of the field on it, and its bit.

`compact_answer` writes the program that follows; `plan_guide` holds a model to such lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import SpinFix, largest_coefficient
from quasar.optimize.qaoa import sigma
from quasar.prompts.numbers import MAGNITUDES, number_text

Structure = Literal["qaoa", "warm", "vqe", "adaptive"]

HEADS = ("// qaoa ", "// qaoa c ", "// warm ", "// vqe ", "// adaptive: ")
"""How a plan begins."""
PLAN = "// plan: "
"""How the decisions begin that stand before a circuit written gate by gate."""

STRENGTHS = (0.0, 0.03, 0.12, 0.3, 0.6, 1.0, 2.0, 4.0)
"""Sizes of fields that a plan tells apart, in units of the largest coefficient."""


class AnswerPlan(NamedTuple):
    """What the model decides.

    Attributes:
        structure: see the module's header.
        layers: of QAOA or of the template; 1 for adaptive circuits.
        template: number of the Sim circuit, for `vqe` only.
        decisions: all qubits in the plan's order; empty for `qaoa`.
        angles: 2γ_1, 2β_1, 2γ_2, ... as they are written; empty for others.
        per_coefficient: 2γ is in units of 1/max|c|.
    """

    structure: Structure
    layers: int = 1
    template: int | None = None
    decisions: tuple[SpinFix, ...] = ()
    angles: tuple[float, ...] = ()
    per_coefficient: bool = False

    @property
    def state(self) -> int:
        """The basis state that the decisions lead to."""
        return sum(decision.bit << decision.qubit for decision in self.decisions)


def qaoa_plan(
    hamiltonian: IsingHamiltonian, gammas: Sequence[float], betas: Sequence[float]
) -> AnswerPlan:
    """The plan of QAOA with layers exp(-iγH) and exp(-iβΣX).

    Args:
        gammas: one a layer, in 1/energy.
        betas: one a layer, radians.
    """
    scale, unit = sigma(hamiltonian), largest_coefficient(hamiltonian)
    largest = 2.0 * max((abs(gamma) for gamma in gammas), default=0.0)
    small = largest * scale <= MAGNITUDES[-1] or largest * unit > MAGNITUDES[-1]
    scale = scale if small else unit
    pairs = zip(gammas, betas, strict=True)
    angles = tuple(value for gamma, beta in pairs for value in (2 * gamma * scale, 2 * beta))
    return AnswerPlan("qaoa", len(gammas), angles=angles, per_coefficient=not small)


def plan_line(plan: AnswerPlan) -> str:
    """The comment line of a plan, its end included."""
    return f"{plan_head(plan)}{_body(plan)}\n"


def plan_head(plan: AnswerPlan) -> str:
    """The beginning of the line, up to the colon."""
    if plan.structure == "adaptive":
        return "// adaptive: "
    unit = "c " if plan.per_coefficient else ""
    template = f"t{plan.template} " if plan.structure == "vqe" else ""
    return f"// {plan.structure} {unit}{template}p{plan.layers}: "


def _body(plan: AnswerPlan) -> str:
    if plan.structure == "qaoa":
        return "".join(f"{number_text(angle)} " for angle in plan.angles)
    return steps_text(plan.decisions)


def steps_text(decisions: Iterable[SpinFix]) -> str:
    """Decisions as a plan states them."""
    return "".join(f"@q{d.qubit} {field_text(d.field)} q{d.qubit}={d.bit} " for d in decisions)


def field_text(field: float) -> str:
    """Sign and strength of a field, e.g. `f-3`: the nearest of `STRENGTHS` on a log scale."""
    sizes = [abs(math.log((s + 0.01) / (abs(field) + 0.01))) for s in STRENGTHS]
    strength = sizes.index(min(sizes))
    return f"f{'-' if field < 0 and strength else '+'}{strength}"


def decided_part(text: str) -> str | None:
    """An answer up to the end of its plan; None where it has none."""
    for head in (*HEADS, PLAN):
        if head in text:
            end = text.find("\n", text.index(head))
            return None if end < 0 else text[: end + 1]
    return None

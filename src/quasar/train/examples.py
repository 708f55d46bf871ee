"""Records to chats: what a model is asked, and the answer it is to learn.

For the compact style the answer is rewritten in that style's form; every other style learns the
record's own circuit. What is told and what is left to the model (algorithm, layers) is drawn for
each record, so that the model can be asked either way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field, field_validator

from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import parse
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.optimize.decimation import (
    SpinFix,
    guided_decimation,
    largest_coefficient,
    perturbed,
    state_index,
)
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.answer_plan import AnswerPlan, decided_part, plan_line, qaoa_plan
from quasar.prompts.chat import Message, Request, Style
from quasar.prompts.compact import verdict_text
from quasar.prompts.compact_answer import HEADER, answer_text, circuit_text
from quasar.prompts.plan_guide import TEMPLATES
from quasar.prompts.styles import get_style
from quasar.recipes.spec import Algorithm

Share = Annotated[float, Field(ge=0, le=1)]
_TOLD: dict[Style, dict[Algorithm, float]] = {
    "converged": {"qaoa": 1.0, "vqe": 0.6, "adaptive_vqe": 0.6},
    "agent-q": {"qaoa": 0.3, "vqe": 0.9, "adaptive_vqe": 0.9},
}


DEFAULT_LAYERS = {"qaoa": 4, "warm": 2, "vqe": 1}
"""What is written where no number of layers is asked for."""


class ExampleSettings(Settings):
    """How records become examples."""

    prompt_style: str = "compact"
    """Style of the prompts, see `quasar.prompts.styles`."""
    algorithm_told: dict[Style, dict[Algorithm, Share]] = Field(default=_TOLD)
    """Fraction of examples that name the algorithm; what is left out keeps its default. The rest
    teaches what to write when it is free: in style `converged` what solves the problem; in style
    `agent-q` mostly QAOA, whose circuits follow from the problem, while those of the others hang on
    random starts as well."""
    likeness_from: int = Field(default=5, ge=2)
    """Qubits from which converged circuits also stand in for free ones of style `agent-q`: many
    circuits of the benchmark, and most large ones, end near one bit string, so that of several
    answers one should be solved."""
    likeness_share: float = Field(default=0.06, ge=0, le=1)
    """Fraction of those circuits that do."""
    layers_told: float = Field(default=0.7, ge=0, le=1)
    """Fraction of examples that name the number of layers."""
    grown_share: float = Field(default=0.4, ge=0, le=1)
    """Fraction of solved VQE circuits of style `converged` that are asked for as an adaptive
    circuit instead, and written as one."""
    plan_only: float = Field(default=0.0, ge=0, le=1)
    """Fraction of examples that end with the plan: what follows is copied from it, so most of the
    tokens can go where the thinking is."""
    second_turn: float = Field(default=0.0, ge=0, le=1)
    """Fraction of solved circuits of style `converged` that are a second answer: the first had gone
    wrong (`optimize.decimation.perturbed`), and the chat goes on with what the verifier found."""
    seed: int = Field(default=0, ge=0)
    """Of what is told."""

    @field_validator("algorithm_told")
    @classmethod
    def _complete(
        cls, told: dict[Style, dict[Algorithm, float]]
    ) -> dict[Style, dict[Algorithm, float]]:
        return {style: {**shares, **told.get(style, {})} for style, shares in _TOLD.items()}


class TrainingExample(NamedTuple):
    """One chat and its answer.

    Attributes:
        whole: the answer ends here; otherwise it is the beginning of one.
    """

    chat: list[Message]
    answer: str
    whole: bool = True


def style_of(record: Mapping[str, Any]) -> Style:
    """The style that a record's circuit is an example of; imported ones are `agent-q`."""
    return "converged" if record["recipe"] == "converged" else "agent-q"


def request_of(record: Mapping[str, Any], settings: ExampleSettings) -> Request:
    """What the record's prompt asks for."""
    rng = generator(settings.seed, "request", str(record["recipe"]), int(record["index"]))
    style = style_of(record)
    algorithm: Algorithm = record["optimization_type"]
    told, with_layers, as_likeness, as_grown = rng.random(4) < (
        settings.algorithm_told[style][algorithm],
        settings.layers_told,
        settings.likeness_share,
        settings.grown_share,
    )
    layers = int(record["number_of_layers"]) if with_layers else None
    if style == "converged":
        if algorithm == "adaptive_vqe":
            layers = None
        large = int(record["number_of_qubits"]) >= settings.likeness_from
        if as_likeness and large and algorithm != "qaoa":
            return Request(None, layers, "agent-q")
        grown = algorithm == "adaptive_vqe" or (algorithm == "vqe" and as_grown)
        if grown and settings.prompt_style == "compact":
            return Request("adaptive_vqe", None, style)
    return Request(algorithm if told else None, layers, style)


def make_example(record: Mapping[str, Any], settings: ExampleSettings) -> TrainingExample | None:
    """The example of a record; None where the style has no words for its circuit or size."""
    style, request = get_style(settings.prompt_style), request_of(record, settings)
    if settings.prompt_style != "compact":
        return TrainingExample(
            style.render(load_problem(record), request), record["circuit_with_params"]
        )
    n = int(record["number_of_qubits"])
    hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n, rounded=True)
    problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
    rng = generator(settings.seed, "plan", str(record["recipe"]), int(record["index"]))
    try:
        chat = style.render(problem, request)
        answer = _compact(record, request, hamiltonian)
        solves = request.style == "converged" and record["optimization_type"] != "qaoa"
        if rng.random() < settings.second_turn and solves:
            turns = first_turn(hamiltonian, request, _decisions(record, hamiltonian), rng)
            if turns:
                chat.append({"role": "assistant", "content": turns[0]})
                chat.append({"role": "user", "content": turns[1]})
    except (CircuitError, InputError):
        return None
    planned = decided_part(answer)
    if planned is not None and rng.random() < settings.plan_only:
        return TrainingExample(chat, planned, whole=False)
    return TrainingExample(chat, answer)


def _compact(record: Mapping[str, Any], request: Request, hamiltonian: IsingHamiltonian) -> str:
    if record["optimization_type"] == "qaoa":
        angles = json.loads(record["solution"])["params"]
        return answer_text(hamiltonian, qaoa_plan(hamiltonian, *angles))
    decisions = _decisions(record, hamiltonian)
    if style_of(record) == "converged":
        return answer_text(hamiltonian, solution_plan(request, decisions))
    return circuit_text(_circuit(record), decisions)


def solution_plan(request: Request, decisions: tuple[SpinFix, ...]) -> AnswerPlan:
    """The plan in which a solution is written for a request.

    A free choice is the warm-started QAOA, which needs the fewest shots of what entangles; of style
    `agent-q`, where circuits are to be like solved references, the template.
    """
    if request.algorithm == "adaptive_vqe":
        return AnswerPlan("adaptive", decisions=decisions)
    if request.algorithm is None and request.style == "converged":
        return AnswerPlan("warm", request.layers or DEFAULT_LAYERS["warm"], decisions=decisions)
    layers = request.layers or DEFAULT_LAYERS["vqe"]
    return AnswerPlan("vqe", layers, template=TEMPLATES[0], decisions=decisions)


def first_turn(
    hamiltonian: IsingHamiltonian,
    request: Request,
    right: tuple[SpinFix, ...],
    rng: np.random.Generator,
) -> list[str]:
    """A first answer's plan that had gone wrong, and the verdict on it; empty where it had not."""
    wrong = perturbed(hamiltonian, right, rng)
    diagonal = hamiltonian.diagonal
    low, width = float(diagonal.min()), float(np.ptp(diagonal))
    gap = float(diagonal[state_index(wrong)]) - low
    if gap <= 1e-6 * width:
        return []
    first = f"{HEADER}{plan_line(solution_plan(request, wrong))}"
    return [first, verdict_text(1.0 - gap / width, gap / largest_coefficient(hamiltonian))]


def _decisions(record: Mapping[str, Any], hamiltonian: IsingHamiltonian) -> tuple[SpinFix, ...]:
    top = bitstring_to_index(json.loads(record["solution"])["bitstrings"][-1])
    return guided_decimation(hamiltonian, np.array([top]))


def _circuit(record: Mapping[str, Any]) -> Circuit:
    circuit = parse(record["circuit_with_params"]).circuit
    if circuit is None:
        raise CircuitError("the compact style has no dynamic circuits.")
    return circuit

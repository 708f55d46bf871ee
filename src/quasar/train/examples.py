"""Records to chats: what a model is asked, and the answer it is to learn.

For the compact style the answer is written anew in that style's form; every other style learns the
record's own circuit. What is told and what is left to the model (algorithm, layers) is drawn for
each record, so that the model can be asked either way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field, field_validator

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import parse
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.optimize.choice import Algorithm
from quasar.optimize.plan import Decision, largest_coefficient, plan, state_index, stray
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request, Style
from quasar.prompts.compact import verdict_text
from quasar.prompts.compact_answer import (
    PLAN,
    circuit_text,
    grown_text,
    plan_alone,
    qaoa_text,
)
from quasar.prompts.styles import get_style
from quasar.simulate.engine import get_engine, probabilities

Share = Annotated[float, Field(ge=0, le=1)]
_TOLD: dict[Style, dict[Algorithm, float]] = {
    "converged": {"qaoa": 1.0, "vqe": 0.6, "adaptive_vqe": 0.6},
    "agent-q": {"qaoa": 0.3, "vqe": 0.9, "adaptive_vqe": 0.9},
}


_CERTAIN = 0.99  # probability of the state that a circuit is said to write


class ExampleSettings(Settings):
    """How records become examples."""

    prompt_style: str = "compact"
    """Style of the prompts, see `quasar.prompts.styles`."""
    algorithm_told: dict[Style, dict[Algorithm, Share]] = Field(default=_TOLD)
    """Share of examples that name the algorithm; shares left out keep their defaults. The rest
    teaches what to write when it is free: in style `converged` what solves the problem; in style
    `agent-q` mostly QAOA, whose circuits follow from the problem, while those of the others hang on
    random starts as well."""
    likeness_from: int = Field(default=5, ge=2)
    """Qubits from which converged circuits also stand in for free ones of style `agent-q`: many
    circuits of the benchmark, and most large ones, end near one bit string, so that of several
    answers one should be solved."""
    likeness_share: float = Field(default=0.06, ge=0, le=1)
    """Share of those circuits that do."""
    layers_told: float = Field(default=0.7, ge=0, le=1)
    """Share of examples that name the number of layers."""
    grown_share: float = Field(default=0.4, ge=0, le=1)
    """Share of solved VQE circuits of style `converged` whose solution is asked for, and written,
    as an adaptive circuit (`compact_answer.grown_text`) instead."""
    plan_only: float = Field(default=0.0, ge=0, le=1)
    """Share of examples that end with the plan: what follows is copied from it, so most of the
    tokens can go where the thinking is."""
    second_turn: float = Field(default=0.0, ge=0, le=1)
    """Share of solved circuits of style `converged` that are a second answer: the first had gone
    wrong (`optimize.plan.stray`), and the chat goes on with what the verifier found."""
    seed: int = Field(default=0, ge=0)
    """Of what is told."""

    @field_validator("algorithm_told")
    @classmethod
    def _complete(
        cls, told: dict[Style, dict[Algorithm, float]]
    ) -> dict[Style, dict[Algorithm, float]]:
        return {style: {**shares, **told.get(style, {})} for style, shares in _TOLD.items()}


class Example(NamedTuple):
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


def make_example(record: Mapping[str, Any], settings: ExampleSettings) -> Example | None:
    """The example of a record; None where the style has no words for its circuit or size."""
    style, request = get_style(settings.prompt_style), request_of(record, settings)
    if settings.prompt_style != "compact":
        return Example(style.render(load_problem(record), request), record["circuit_with_params"])
    n = int(record["number_of_qubits"])
    hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n, rounded=True)
    problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
    rng = generator(settings.seed, "plan", str(record["recipe"]), int(record["index"]))
    try:
        chat = style.render(problem, request)
        answer = _compact(record, request, hamiltonian)
        solves = request.style == "converged" and record["optimization_type"] != "qaoa"
        if rng.random() < settings.second_turn and solves:
            chat += _first_turn(record, request, hamiltonian, rng)
    except CircuitError:
        return None
    if PLAN in answer and rng.random() < settings.plan_only:
        return Example(chat, plan_alone(answer), whole=False)
    return Example(chat, answer)


def _compact(record: Mapping[str, Any], request: Request, hamiltonian: IsingHamiltonian) -> str:
    if record["optimization_type"] == "qaoa":
        return qaoa_text(hamiltonian, *json.loads(record["solution"])["params"])
    decisions = _decisions(record, hamiltonian)
    if _grown(request):
        return grown_text(hamiltonian, decisions)
    return circuit_text(_circuit(record), decisions)


def _first_turn(
    record: Mapping[str, Any],
    request: Request,
    hamiltonian: IsingHamiltonian,
    rng: np.random.Generator,
) -> list[Message]:
    """A first answer that had gone wrong, and the verdict on it; empty where none can be made."""
    right = _decisions(record, hamiltonian)
    wrong = stray(hamiltonian, right, rng)
    spectrum, reached = hamiltonian.spectrum, state_index(wrong)
    gap = float(hamiltonian.diagonal[reached]) - spectrum.e_min
    width = spectrum.e_max - spectrum.e_min
    if gap <= 1e-6 * width:
        return []
    if _grown(request):
        text = grown_text(hamiltonian, wrong)
    else:
        circuit = _rewritten(_circuit(record), state_index(right) ^ reached)
        if circuit is None:
            return []
        text = circuit_text(circuit, wrong)
    verdict = verdict_text(1.0 - gap / width, gap / largest_coefficient(hamiltonian))
    return [{"role": "assistant", "content": text}, {"role": "user", "content": verdict}]


def _decisions(record: Mapping[str, Any], hamiltonian: IsingHamiltonian) -> tuple[Decision, ...]:
    top = bitstring_to_index(json.loads(record["solution"])["bitstrings"][-1])
    return plan(hamiltonian, np.array([top]))


def _circuit(record: Mapping[str, Any]) -> Circuit:
    circuit = parse(record["circuit_with_params"]).circuit
    if circuit is None:
        raise CircuitError("the compact style has no dynamic circuits.")
    return circuit


def _grown(request: Request) -> bool:
    return request.style == "converged" and request.algorithm == "adaptive_vqe"


def _rewritten(circuit: Circuit, turned: int) -> Circuit | None:
    """A circuit that writes one bit string, made to write another; None where it is not that clear.

    Args:
        turned: the bits that change, as an index.
    """
    gates = list(circuit.gates)
    for qubit in range(circuit.n_qubits):
        if turned >> qubit & 1:
            places = [
                place
                for place, gate in enumerate(gates)
                if gate.name in {"rx", "ry"} and gate.qubits == (qubit,) and _quarter(gate)
            ]
            if not places:
                return None
            angle = 0.0 if abs(gates[places[-1]].params[0]) > 1.0 else math.pi
            gates[places[-1]] = gates[places[-1]]._replace(params=(angle,))
    changed = Circuit(circuit.n_qubits, tuple(gates))
    engine = get_engine()
    before, after = (probabilities(engine.state(c)) for c in (circuit, changed))
    top = int(np.argmax(before)) ^ turned
    return changed if after[top] > _CERTAIN else None


def _quarter(gate: Gate) -> bool:
    """Whether it leaves a bit as it is or turns it."""
    return min(abs(gate.params[0]), abs(abs(gate.params[0]) - math.pi)) < 1e-3

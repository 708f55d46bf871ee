"""Records to chats: what a model is asked, and the answer it is to learn.

For the compact style the answer is written anew in that style's form; every other style learns the
record's own circuit. What is told and what is left to the model (algorithm, layers) is drawn for
each record, so that the model can be asked either way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from quasar.circuits.qasm import parse
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.optimize.plan import plan
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request
from quasar.prompts.compact_answer import circuit_text, qaoa_text
from quasar.prompts.styles import get_style

SOLVERS = ("vqe", "adaptive_vqe")
"""Algorithms that a model takes by itself in style `converged`: QAOA is asked for by name."""


class ExampleSettings(Settings):
    """How records become examples."""

    prompt_style: str = "compact"
    """Style of the prompts, see `quasar.prompts.styles`."""
    algorithm_told: float = Field(default=0.6, ge=0, le=1)
    """Share of examples that name the algorithm; converged QAOA always does."""
    layers_told: float = Field(default=0.7, ge=0, le=1)
    """Share of examples that name the number of layers."""
    seed: int = Field(default=0, ge=0)
    """Of what is told."""


class Example(NamedTuple):
    """One chat and its answer."""

    chat: list[Message]
    answer: str


def request_of(record: Mapping[str, Any], settings: ExampleSettings) -> Request:
    """What the record's prompt asks for."""
    rng = generator(settings.seed, "request", str(record["recipe"]), int(record["index"]))
    style = "agent-q" if record["recipe"] != "converged" else "converged"
    algorithm = record["optimization_type"]
    told, with_layers = rng.random(2) < (settings.algorithm_told, settings.layers_told)
    if style == "converged":
        told |= algorithm not in SOLVERS
        with_layers &= algorithm != "adaptive_vqe"
    layers = int(record["number_of_layers"]) if with_layers else None
    return Request(algorithm if told else None, layers, style)  # type: ignore[arg-type]


def make_example(record: Mapping[str, Any], settings: ExampleSettings) -> Example | None:
    """The example of a record; None where the style has no words for its circuit or size."""
    style, request = get_style(settings.prompt_style), request_of(record, settings)
    if settings.prompt_style != "compact":
        return Example(style.render(load_problem(record), request), record["circuit_with_params"])
    n = int(record["number_of_qubits"])
    hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n)
    problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
    try:
        return Example(style.render(problem, request), _compact(record, hamiltonian))
    except CircuitError:
        return None


def _compact(record: Mapping[str, Any], hamiltonian: IsingHamiltonian) -> str:
    solution = json.loads(record["solution"])
    if record["optimization_type"] == "qaoa":
        return qaoa_text(hamiltonian, *solution["params"])
    circuit = parse(record["circuit_with_params"]).circuit
    if circuit is None:
        raise CircuitError("the compact style has no dynamic circuits.")
    top = bitstring_to_index(solution["bitstrings"][-1])
    return circuit_text(circuit, plan(hamiltonian, np.array([top])))

"""The prompts that the published checkpoints were trained on.

The form is in the model card of `Benyucong/rl_quantum_4b`:

    Design a QASM 3.0 quantum circuit with N qubits and L layers to solve the TYPE DETAILS given the
    graph: GRAPH. Provide valid QASM 3.0 code with optimal parameters.

TYPE is the problem type's name, DETAILS the attributes in words (`Problem.prompt_details`), GRAPH
the node-link JSON of the data set, letter for letter. The system message is the one of the public
training scripts. Their quirks are kept, as a model that has seen nothing else does best on them:
an empty DETAILS leaves two spaces, and "1 layers" is not made singular.

What this form cannot say, and what happens then:

1. The algorithm: a request for one has no effect.
2. That the number of layers is free: it then asks for 1, the most frequent in the data.
3. Encoding, order of the variables, style of the angles: the checkpoints know one of each.
4. A problem without a graph (knapsack, a Hamiltonian, ...): "given the graph: GRAPH" is left out,
   as DETAILS holds all there is. No published checkpoint was trained on these types, nor on maxcut,
   max_independent_set and tsp.
"""

from __future__ import annotations

import json

from quasar.core.errors import InputError
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Message, Request
from quasar.prompts.observation import InWords

SYSTEM = (
    "You are a helpful quantum circuit design assistant. Provide a quantum circuit in valid QASM "
    "3.0 code with optimal gate parameters so that the output state encodes the solution, ensuring "
    "that the measurement outcomes have a high probability of reflecting the correct answer."
)

_DEFAULT_LAYERS = 1


class Published(InWords):
    """Style `published`: a system message and one user turn."""

    name = "published"

    def render(self, problem: EncodedProblem, request: Request) -> list[Message]:
        """The chat, see `PromptStyle`.

        Raises:
            InputError: a request that cannot be met, or a graph that JSON cannot hold.
        """
        return [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": published_prompt(problem, request)},
        ]


def published_prompt(problem: EncodedProblem, request: Request | None = None) -> str:
    """The user's turn alone; `read_back.read_prompt` reads it.

    Raises:
        InputError: a request that cannot be met, or a graph that JSON cannot hold.
    """
    layers = (request or Request()).checked().layers or _DEFAULT_LAYERS
    return (
        f"Design a QASM 3.0 quantum circuit with {problem.n_qubits} qubits and {layers} layers "
        f"to solve the {_task(problem)}. Provide valid QASM 3.0 code with optimal parameters."
    )


def graph_text(graph: object) -> str:
    """A graph of a problem file as the data set writes it: JSON with a space after `,` and `:`.

    Raises:
        InputError: an attribute of the graph that JSON cannot hold.
    """
    try:
        return json.dumps(graph, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the graph cannot be written as JSON ({error}): give its nodes and edges plain "
            "numbers and texts as attributes."
        ) from None


def _task(problem: EncodedProblem) -> str:
    source = problem.problem
    if source is None:
        return f"ising of the Hamiltonian {problem.hamiltonian.to_text()}"
    task = f"{source.problem_type} {source.prompt_details()}"
    graph = source.to_data().get("graph")
    return task.rstrip() if graph is None else f"{task} given the graph: {graph_text(graph)}"

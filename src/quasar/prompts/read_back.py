"""A prompt in the published form back to a problem and a request.

    Design a QASM 3.0 quantum circuit with N qubits and L layers to solve the TYPE DETAILS given the
    graph: GRAPH. Provide valid QASM 3.0 code with optimal parameters.

The wording around the facts is free (the checkpoints were trained on several): what counts is "N
qubits", "L layers", a type name, the details in the words of `Problem.prompt_details`, and a graph.
Types may be spelt with spaces or hyphens ("vertex cover", "k-clique", "max cut"). The graph is
node-link JSON or a Python dict of it, with edges as objects or as pairs; or a list of edges ("edges
[(0, 1), (1, 2)]"), before which a list of nodes may stand ("nodes [0, 1, 2]"). Attributes may also
come as an object, as in a problem file.

Left open by a prompt, and decided so (`open_choices` tells which of it made a difference):

1. The encoding: `exact`, as for any user's problem, unless only `agent-q` has N qubits.
2. The order of the variables: natural.
3. The algorithm, unless it is named outright (QAOA, VQE, adaptive VQE).

Covers problems on graphs. Those without one are stated by a problem file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quasar.core.errors import InputError, ProblemError
from quasar.core.json_text import RepeatedKeyError
from quasar.core.labels import Label, VariableOrder, from_json, to_json
from quasar.problems.base import EncodedProblem, Encoding, Problem, encode
from quasar.problems.load import build_problem, same_hamiltonian
from quasar.problems.registry import PROBLEMS
from quasar.problems.words import COUNT, FILE, Names, only
from quasar.prompts.chat import Request
from quasar.prompts.details import find_algorithm, find_type, require
from quasar.prompts.literals import find_literals, read_literal

_FORM = 'given the graph: {"nodes": [{"id": 0}, …], "edges": [{"source": 0, …}, …]}'
_GRAPH_KEYS = ("edges", "links", "hyperedges")
_SECOND = "autoisomorphic_graph"
_BEFORE_GRAPH = re.compile(
    r"\b(second\s+)?(?:hyper)?(?:graph|edges)(?:\s+(?:being|is|as|with))?\s*[:=]?\s*$",
    re.IGNORECASE,
)
_BEFORE_NODES = re.compile(r"\bnodes\s*[:=]?\s*$", re.IGNORECASE)
_SEEN_BEFORE = 60  # characters that may say what a literal is


def read_prompt(
    text: str,
    *,
    encoding: Encoding | None = None,
    variable_order: VariableOrder | None = None,
) -> tuple[EncodedProblem, Request]:
    """The problem and the request that a prompt states.

    Args:
        encoding: encode the graph this way; default: see above.
        variable_order: order of the variables; default `natural`.

    Raises:
        InputError: something is missing, cut off, contradictory or stated twice; the message says
            what, and how to write it.
    """
    words, graphs, second, attributes = _parts(_unescaped(text))
    problem_type = find_type(words)
    if not graphs:
        raise InputError(
            f"the prompt has no graph: write '{_FORM}'. A problem without a graph cannot be read "
            f"from a prompt: {FILE}."
        )
    if len(graphs) > 1:
        raise InputError(
            f"the prompt has {len(graphs)} graphs where one is expected: keep one; the second "
            "graph of an isomorphism is introduced by 'with the second graph being'."
        )
    graph = _node_link(graphs[0], problem_type)
    if second is not None:
        attributes.setdefault(_SECOND, _node_link(second, problem_type))
    details = PROBLEMS[problem_type].read_details(words, _node_names(graph))
    attributes = {**details, **attributes}
    require(problem_type, attributes)
    problem = build_problem(
        {"problem_type": problem_type, "graph": graph, "problem_specific_attributes": attributes},
        record=encoding == "agent-q",  # a benchmark prompt states its record's graph unchanged
    )
    n_qubits = only(words, COUNT + r"[-\s]*qubits?\b", "numbers of qubits")
    return _encoded(problem, n_qubits, encoding, variable_order or "natural"), _request(words)


def open_choices(problem: EncodedProblem) -> list[str]:
    """What a prompt for this problem leaves open and was decided for it, in sentences.

    Empty where every choice leads to the same Hamiltonian.
    """
    source = problem.problem
    if source is None or problem.encoding == "given":
        return []
    said = []
    for other in source.encodings:
        if other == problem.encoding:
            continue
        encoded = _try_encode(source, other, problem.variable_order)
        if (
            encoded is not None
            and encoded.n_qubits == problem.n_qubits
            and not same_hamiltonian(encoded.hamiltonian, problem.hamiltonian)
        ):
            said.append(
                f"The prompt does not name the encoding: {problem.encoding!r} was taken; "
                f"{other!r} has as many qubits and another Hamiltonian. A problem file chooses "
                'with "encoding" (--problem FILE).'
            )
    swapped: VariableOrder = "lexicographic" if problem.variable_order == "natural" else "natural"
    if encode(source, problem.encoding, swapped).variables != problem.variables:
        said.append(
            "The prompt does not say which qubit is which variable: they are numbered in "
            f"{problem.variable_order} order; some benchmark records follow the {swapped} one. A "
            "record file states its own Hamiltonian (--problem FILE)."
        )
    return said


# --- the parts of the text ------------------------------------------------------------------------


def _unescaped(text: str) -> str:
    """The text itself, or without the escapes of a JSON string that it was pasted out of."""
    inside = text.strip()
    if len(inside) > 1 and inside[0] == inside[-1] == '"':
        inside = inside[1:-1]
    if '{\\"' not in inside or re.search(r'(?<!\\)"', inside):
        return text
    return inside.replace('\\"', '"')


def _parts(text: str) -> tuple[str, list[Any], Any, dict[str, Any]]:
    """Prose without literals, graphs, the second graph of an isomorphism, attributes."""
    literals, unclosed = find_literals(text)
    if unclosed is not None:
        raise InputError(
            f"the bracket {text[unclosed]!r} at character {unclosed + 1} of the prompt is never "
            f"closed: the prompt seems cut off or a bracket is missing. Complete it, or {FILE}."
        )
    prose: list[str] = []
    graphs: list[Any] = []
    second = nodes = None
    attributes: dict[str, Any] = {}
    position = 0
    for start, end in literals:
        prose.append(text[position:start])
        position = end
        seen_from = max(0, start - _SEEN_BEFORE)
        cue = _BEFORE_GRAPH.search(text, seen_from, start)
        try:
            value = read_literal(text[start:end])
        except RepeatedKeyError as error:
            raise InputError(error.sentence("an object of the prompt")) from None
        except ValueError:
            if cue is None and text[start] == "[":
                prose[-1] += text[start:end]  # a remark in brackets
                continue
            raise InputError(
                f"the {'graph' if cue else 'object'} at character {start + 1} of the prompt is "
                f"neither JSON nor a Python literal: write '{_FORM}', or {FILE}."
            ) from None
        is_graph = isinstance(value, dict) and any(key in value for key in _GRAPH_KEYS)
        if is_graph or (cue is not None and isinstance(value, list)):
            if cue is not None and cue[1]:
                second = value
            else:
                graphs.append(value)
        elif cue is not None and isinstance(value, dict):
            raise InputError(
                f"the graph of the prompt has no list 'edges' (or 'hyperedges'): write '{_FORM}'."
            )
        elif isinstance(value, list) and _BEFORE_NODES.search(text, seen_from, start):
            nodes = value
        elif isinstance(value, dict):
            attributes.update((key, inner) for key, inner in value.items() if isinstance(key, str))
    if nodes is not None:
        graphs = [{"nodes": nodes, "edges": g} if isinstance(g, list) else g for g in graphs]
    return " … ".join([*prose, text[position:]]), graphs, second, attributes


def _node_link(value: Any, problem_type: str) -> dict[str, Any]:
    """A graph of any accepted form as a problem file has it."""
    reads = PROBLEMS[problem_type].reads
    if isinstance(value, list):
        value = {"hyperedges" if reads.hypergraph else "edges": value}
    graph = dict(value)
    key = next(key for key in _GRAPH_KEYS if key in graph)
    edges = graph.pop(key)
    if not isinstance(edges, list | tuple):
        raise InputError(f"{key!r} of the graph must be a list, not {edges!r}.")
    if key == "hyperedges":
        graph[key] = [to_json(edge) for edge in edges]
        members = [e.get("nodes") if isinstance(e, Mapping) else e for e in graph[key]]
        ends = [node for edge in members if isinstance(edge, list) for node in edge]
    else:
        number = next(iter(reads.edges), "weight")
        graph["edges"] = [_edge(edge, number) for edge in edges]
        ends = [edge[end] for edge in graph["edges"] for end in ("source", "target")]
    if "nodes" not in graph:
        try:
            graph["nodes"] = [to_json(node) for node in dict.fromkeys(map(from_json, ends))]
        except TypeError:
            raise InputError("a node of the graph must be a number or a string.") from None
    elif isinstance(graph["nodes"], tuple):
        graph["nodes"] = list(graph["nodes"])
    return graph


def _edge(edge: Any, number: str) -> dict[str, Any]:
    """An edge as an object; `number` is what the third entry of a list means."""
    if isinstance(edge, Mapping) and "source" in edge and "target" in edge:
        return dict(edge)
    if not isinstance(edge, list | tuple) or len(edge) not in (2, 3):
        raise InputError(
            f"edge {edge!r} of the graph must be an object with 'source' and 'target', or a list "
            f"of two nodes and perhaps a {number}."
        )
    third = edge[2] if len(edge) == 3 else {}
    extra = dict(third) if isinstance(third, Mapping) else {number: third}
    return {**extra, "source": to_json(edge[0]), "target": to_json(edge[1])}


def _node_names(graph: Mapping[str, Any]) -> Names:
    names: dict[str, list[Label]] = {}
    for node in graph["nodes"] if isinstance(graph["nodes"], list) else []:
        label = from_json(node.get("id") if isinstance(node, Mapping) else node)
        names.setdefault(str(label), []).append(label)
    return names


def _request(words: str) -> Request:
    algorithm = find_algorithm(words)
    layers = only(words, COUNT + r"[-\s]*layers?\b", "numbers of layers")
    # An adaptive circuit has no layers; the benchmark's prompts state a number all the same.
    return Request(algorithm, None if algorithm == "adaptive_vqe" else layers).checked()


# --- the Hamiltonian ------------------------------------------------------------------------------


def _try_encode(
    problem: Problem, encoding: Encoding, order: VariableOrder
) -> EncodedProblem | None:
    try:
        return encode(problem, encoding, order)
    except ProblemError:
        return None


def _encoded(
    problem: Problem, n_qubits: int | None, encoding: Encoding | None, order: VariableOrder
) -> EncodedProblem:
    """The problem in the wanted encoding, or in the first that has the wanted number of qubits."""
    first = encode(problem, encoding or problem.encodings[0], order)
    tried = [first]
    if encoding is None:
        others = (_try_encode(problem, other, order) for other in problem.encodings[1:])
        tried += [other for other in others if other is not None]
    for encoded in tried:
        if n_qubits in (None, encoded.n_qubits):
            return encoded
    counts = " and ".join(f"{one.n_qubits} as {one.encoding!r}" for one in tried)
    raise InputError(
        f"the prompt asks for {n_qubits} qubits, but this {problem.problem_type} takes {counts}: "
        f"one for each variable. Correct the number, or {FILE}."
    )

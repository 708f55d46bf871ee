"""Facts in the words of a prompt: problem type, counts, algorithm, attributes.

The words are those of `Problem.prompt_details` and near relatives; a type is recognised with blanks
or hyphens for its underscores, in the plural, and in a few other spellings. A new problem type
without attributes is known here by its name alone; one with attributes takes a reader in `_DETAILS`
(until it has one, its attributes are read where the prompt has them as an object).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from quasar.core.errors import InputError
from quasar.core.labels import Label, to_json
from quasar.problems.matching import KINDS
from quasar.problems.registry import PROBLEMS
from quasar.recipes.spec import Algorithm

FILE = "state the problem in a file instead (--problem FILE)"
"""What to do where a prompt is not enough."""
COUNT = r"(?<![\d.])(\d{1,9})"
"""A whole number in words."""

Names = Mapping[str, list[Label]]
"""Nodes by how they are written in a sentence: usually one each, but 3 and "3" look alike."""

# "_" stands for any separator or none; other types are spelt as they are called.
_SPELLINGS = {
    "connected_components": "connected_component",
    "graph_coloring": "graph_colou?ring",
    "hypermaxcut": "hyper(?:graph)?_max_cut",
    "kclique": "k_clique",
    "maxcut": "max_cut",
    "tsp": "(?:tsp|travell?ing_sales(?:person|man))",
}


@cache
def _type_pattern() -> re.Pattern[str]:
    """Every type name in every spelling; the group that matched is the type."""
    longest_first = sorted(PROBLEMS, key=len, reverse=True)
    one = "|".join(f"(?P<{name}>{_spelling(name)})" for name in longest_first)
    return re.compile(rf"(?<![A-Za-z_])(?:{one})s?(?![A-Za-z])", re.IGNORECASE)


def _spelling(name: str) -> str:
    spelling = _SPELLINGS.get(name, name)
    spelling = spelling.replace("max_", "max(?:imum)?_").replace("min_", "min(?:imum)?_")
    return spelling.replace("_", r"[-_\s]*")


_ASKED = re.compile(r"(?:solv\w*|address\w*)\s+(?:the|a|an)\s*$", re.IGNORECASE)


def find_type(words: str) -> str:
    """The type that the prompt names; one right behind "solve the" outweighs others."""
    found = [(match.lastgroup, match.start()) for match in _type_pattern().finditer(words)]
    asked = {kind for kind, at in found if _ASKED.search(words, max(0, at - 30), at)}
    kinds = asked or {kind for kind, _ in found}
    if len(kinds) == 1:
        return str(kinds.pop())
    if kinds:
        named = " and ".join(sorted(map(str, kinds)))
        raise InputError(
            f"the prompt names several problem types ({named}): write 'to solve the TYPE', or "
            f"{FILE}."
        )
    raise InputError(
        "the prompt names no problem type: write 'to solve the TYPE', with one of "
        f"{', '.join(PROBLEMS)}."
    )


def only(words: str, pattern: str, what: str) -> int | None:
    """The one number that a pattern finds, None without a match.

    Raises:
        InputError: different numbers.
    """
    found = {
        int(next(filter(None, match.groups())))
        for match in re.finditer(pattern, words, re.IGNORECASE)
    }
    if len(found) > 1:
        raise InputError(
            f"the prompt names different {what} ({', '.join(map(str, sorted(found)))}): keep one."
        )
    return found.pop() if found else None


def find_algorithm(words: str) -> Algorithm | None:
    """The algorithm if exactly one is named."""
    named: set[Algorithm] = set()
    for match in re.finditer(r"\b(?:(adaptive[-_\s]*vqe)|(qaoa)|(vqe))\b", words, re.IGNORECASE):
        named.add("adaptive_vqe" if match[1] else "qaoa" if match[2] else "vqe")
    return named.pop() if len(named) == 1 else None


def _node(words: str, names: Names, introductions: Iterable[str], what: str) -> Label | None:
    """The node behind the first introduction that has one, None if none has.

    Raises:
        InputError: it is no node of the graph, or it is not clear which.
    """
    written = sorted((name for name in names if name), key=lambda name: (-len(name), name))
    known = "|".join(map(re.escape, written)) or "(?!)"
    for introduction in introductions:
        before = rf"(?i:\b(?:{introduction})(?:\s+node)?)\s+"
        name = rf"(?:({known})|([\"'`])({known})\2)(?![\w-]|\.\d)"
        found = {match[1] or match[3] for match in re.finditer(before + name, words)}
        if len(found) > 1:
            raise InputError(
                f"the prompt names several nodes as {what} ({', '.join(sorted(found))}): keep one."
            )
        if found:
            return _the_one(found.pop(), names)
    for introduction in introductions:
        stranger = re.search(rf"(?i:\b(?:{introduction})\s+node)\s+[\"'`]?([\w.-]*\w)", words)
        if stranger:
            raise InputError(
                f"the prompt names {stranger[1]!r} as {what}, which is not a node of the graph."
            )
    return None


def _the_one(name: str, names: Names) -> Label:
    """The only node that can be meant by a name, and by none of the punctuation behind it."""
    bare = name
    labels = list(names[name])
    while bare and bare[-1] in ".,;:!?\"'`":
        bare = bare[:-1]
        labels += names.get(bare, []) if bare else []
    if len(labels) > 1:
        raise InputError(
            f"the nodes {' and '.join(map(repr, labels))} of the graph read alike in a prompt: "
            f"{FILE}."
        )
    return labels[0]


def _found(**values: Any) -> dict[str, Any]:
    """The attributes that were found, nodes as JSON has them."""
    return {name: to_json(value) for name, value in values.items() if value is not None}


def _kclique(words: str, names: Names) -> dict[str, Any]:
    pattern = (
        rf"{COUNT}[-\s]*sized\s+clique|cliques?\s+of\s+size\s+(\d{{1,9}})\b"
        rf"|\bk\s*=\s*(\d{{1,9}})\b|{COUNT}[-\s]cliques?\b"
    )
    return _found(k=only(words, pattern, "sizes of the clique"))


def _connected_components(words: str, names: Names) -> dict[str, Any]:
    return _found(node=_node(words, names, ["(?:for|of|from|containing)(?=\\s+node)"], "the node"))


def _graph_coloring(words: str, names: Names) -> dict[str, Any]:
    colors = only(words, COUNT + r"[-\s]*colou?rs?\b", "numbers of colors")
    return _found(number_of_colors=colors)


def _community_detection(words: str, names: Names) -> dict[str, Any]:
    return _found(
        communities_size=only(words, COUNT + r"[-\s]*sized\s+communities\b", "community sizes"),
        number_of_communities=only(words, COUNT + r"[-\s]*communities\b", "numbers of communities"),
    )


def _hamiltonian_path(words: str, names: Names) -> dict[str, Any]:
    starts = [r"start(?:s|ing)?(?:\s+(?:from|at|in|on|with))?", "from"]
    ends = [r"end(?:s|ing)?(?:\s+(?:at|in|on|with))?", r"to(?=\s+node)"]
    return _found(
        start_node=_node(words, names, starts, "the start"),
        end_node=_node(words, names, ends, "the end"),
    )


def _terminals(words: str, names: Names) -> dict[str, Any]:
    return _found(
        source=_node(words, names, ["source", r"from(?=\s+node)"], "the source"),
        sink=_node(words, names, ["sink", "target", r"to(?=\s+node)"], "the sink"),
    )


def _matching(words: str, names: Names) -> dict[str, Any]:
    """The kind, None where the words say only "matching": the file's default then holds."""
    kinds = sorted(KINDS, key=len, reverse=True)
    spelt = "|".join(kind.replace("_", r"[-_\s]+") for kind in kinds)
    found = {
        re.sub(r"[-\s]+", "_", kind.lower())
        for kind in re.findall(rf"\b({spelt})[-\s]+matching\b", words, re.IGNORECASE)
    }
    if len(found) > 1:
        raise InputError(
            f"the prompt names several kinds of matching ({', '.join(sorted(found))}): keep one."
        )
    stranger = re.search(r"\busing\s+(?:a\s+|the\s+)?(\S+)\s+matching\b", words, re.IGNORECASE)
    if stranger and not found:
        raise InputError(
            f"the prompt asks for {stranger[1]!r} matching; known kinds: {', '.join(KINDS)}."
        )
    return _found(matching=found.pop() if found else None)


_DETAILS: dict[str, Callable[[str, Names], dict[str, Any]]] = {
    "kclique": _kclique,
    "connected_components": _connected_components,
    "graph_coloring": _graph_coloring,
    "community_detection": _community_detection,
    "hamiltonian_path": _hamiltonian_path,
    "min_cut": _terminals,
    "max_flow": _terminals,
    "matching": _matching,
}
"""Readers of the attributes; that of graph_isomorphism is a literal, not words."""

_WORDING = {
    "kclique": {"k": "with 3 sized clique"},
    "connected_components": {"node": "for node 3"},
    "graph_coloring": {"number_of_colors": "with 3 colors"},
    "community_detection": {"number_of_communities": "with 2 communities"},
    "graph_isomorphism": {"autoisomorphic_graph": "with the second graph being {…}"},
    "hamiltonian_path": {
        "start_node": "starting from node 0 and ending at node 5",
        "end_node": "starting from node 0 and ending at node 5",
    },
    "min_cut": dict.fromkeys(("source", "sink"), "from source node 0 to sink node 5"),
    "max_flow": dict.fromkeys(("source", "sink"), "from source node 0 to sink node 5"),
}
"""How to write the attributes that a type cannot do without."""


def read_details(problem_type: str, words: str, names: Names) -> dict[str, Any]:
    """The attributes that the words state, as a problem file has them.

    Args:
        words: the prompt without its literals.
        names: the nodes of the graph by how they are written.

    Raises:
        InputError: one is stated twice, or names a node that the graph lacks.
    """
    reader = _DETAILS.get(problem_type)
    return {} if reader is None else reader(words, names)


def require(problem_type: str, attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that lack one the type cannot do without.

    Raises:
        InputError: one is absent; the message shows how a prompt states it.
    """
    for name, wording in _WORDING.get(problem_type, {}).items():
        if attributes.get(name) is None:
            raise InputError(
                f"the prompt does not state {name!r} of the {problem_type}: write e.g. "
                f"'{problem_type} {wording} given the graph: …'."
            )

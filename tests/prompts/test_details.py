"""Facts in the words of a prompt."""

from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.problems.registry import PROBLEMS
from quasar.prompts.details import find_algorithm, find_type, require


@pytest.mark.parametrize("kind", sorted(PROBLEMS))
def test_every_type_is_known_by_its_name_in_every_spelling(kind: str) -> None:
    for spelt in (kind, kind.replace("_", " "), kind.replace("_", "-"), kind.replace("_", "")):
        for written in (spelt, spelt.upper(), spelt.title()):
            assert find_type(f"to solve the {written} given the graph") == kind
            assert find_type(f"{written}.") == kind


@pytest.mark.parametrize("kind", sorted(PROBLEMS))
def test_details_of_other_types_do_not_hide_the_type(kind: str) -> None:
    details = PROBLEMS[kind].sample(generator(2, "details"), 9).prompt_details()
    assert find_type(f"to solve the {kind} {details} given the graph: . Provide") == kind


def test_the_type_that_is_asked_for_outweighs_others() -> None:
    assert find_type("to solve the vertex_cover, not the edge_cover") == "vertex_cover"
    with pytest.raises(InputError, match="edge_cover and vertex_cover"):
        find_type("vertex_cover or edge_cover")


@pytest.mark.parametrize("word", ["minimising", "mismatching", "intsps", "my_maxcut"])
def test_parts_of_other_words_are_no_type(word: str) -> None:
    with pytest.raises(InputError, match="no problem type"):
        find_type(word)


def test_algorithms() -> None:
    assert find_algorithm("use qaoa") == "qaoa"
    assert find_algorithm("a VQE circuit") == "vqe"
    assert find_algorithm("an Adaptive-VQE circuit") == "adaptive_vqe"
    assert find_algorithm("an ADAPTIVE_VQE circuit") == "adaptive_vqe"
    assert find_algorithm("VQE or QAOA") is None
    assert find_algorithm("") is None


def test_only_types_with_attributes_require_some() -> None:
    require("maxcut", {})
    require("kclique", {"k": 2})
    with pytest.raises(InputError, match=r"does not state 'k' .* with 3 sized clique"):
        require("kclique", {"k": None})

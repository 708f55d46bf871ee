"""Target tasks from free wording, and from the texts that they give of themselves."""

from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.prompts.details import find_type
from quasar.prompts.task_prompt import names_task, read_task_prompt, task_chat
from quasar.tasks.registry import sample_task

READ_BACK = (
    "ghz w dicke cluster graph_state cat uniform qft adder comparator encoder syndrome".split()
)


@pytest.mark.parametrize("name", READ_BACK)
def test_own_texts_are_read_back(name: str) -> None:
    for seed in range(12):
        task = sample_task(name, seed)
        chat = task_chat(task)
        assert [turn["role"] for turn in chat] == ["system", "user"]
        assert names_task(chat[1]["content"])
        assert read_task_prompt(chat[1]["content"]) == task


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Prepare a W state on four qubits", {"task": "w", "qubits": 4}),
        ("a 5-qubit GHZ state, please", {"task": "ghz", "qubits": 5}),
        ("Dicke state, k = 2, on 5 qubits", {"task": "dicke", "qubits": 5, "k": 2}),
        ("cluster state on a 2 x 3 grid", {"task": "cluster", "qubits": 6, "rows": 2}),
        ("inverse QFT on three qubits", {"task": "qft", "qubits": 3, "inverse": True}),
        ("Grover search with 0110 marked", {"task": "grover", "marked": ["0110"]}),
        ("GHZ state of eleven qubits", {"task": "ghz", "qubits": 11}),
        ("a Dicke state with k = 2 and 5 qubits", {"task": "dicke", "qubits": 5, "k": 2}),
        ("Grover on 3 qubits, 011 marked", {"task": "grover", "marked": ["011"]}),
        ("Simon's algorithm, period 011", {"task": "simon", "secret": "011"}),
        ("Bernstein-Vazirani, secret 101", {"task": "bernstein_vazirani", "secret": "101"}),
        (
            "Deutsch-Jozsa on 3 qubits for f(x) = x0*x1 + x2",
            {"task": "deutsch_jozsa", "qubits": 3, "function": "x0*x1 + x2"},
        ),
        ('do {"task": "ghz", "qubits": 2}', {"task": "ghz", "qubits": 2}),
    ],
)
def test_free_wording_is_read(text: str, wanted: dict[str, object]) -> None:
    assert read_task_prompt(text).to_json() == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Prepare a W state", "the number of qubits"),
        ("a GHZ state and a W state on 3 qubits", "names ghz and w"),
        ("a GHZ state on 3 qubits, I mean 4 qubits", "3 and 4 qubits"),
        ("a Dicke state on 5 qubits", "how many ones"),
        ("a Dicke state on 5 qubits with two ones or with 3 ones", "more than once"),
        ("a graph state on 5 qubits", "the edges"),
        ("Grover's algorithm on 4 qubits", "the marked items"),
        ("make me rich", "names none"),
        ("a GHZ state on 3 or 4 qubits", "3 and 4 qubits"),
        ("a GHZ state on 3-4 qubits", "3 and 4 qubits"),
        ("a GHZ state on between three and five qubits", "3 and 5 qubits"),
        ("a GHZ state on twenty-one qubits", "not 21"),
        ("a GHZ state on -3 qubits", "not -3"),
        ("a GHZ state on 2.5 qubits", "2.5 qubits: write an integer"),
        ("a cluster state on a 2 x 3 grid of 7 qubits", "7 qubits, and .* makes 6"),
        ("Bernstein-Vazirani with secret 101 on 7 qubits", "a string of 3 bits"),
    ],
)
def test_what_is_left_open_is_not_guessed(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_task_prompt(text)


def test_prompts_about_graphs_are_left_alone() -> None:
    assert not names_task('solve the maxcut given the graph: {"nodes": [], "edges": []}')


def test_tasks_that_are_not_said_in_a_sentence_are_named() -> None:
    with pytest.raises(InputError, match="use --task phase_estimation"):
        find_type("phase estimation with 3 qubits")
    with pytest.raises(InputError, match="no problem type and no target task"):
        find_type("make me rich")

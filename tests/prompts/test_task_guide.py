"""Programs that the guide lets through are well formed, and every taught answer is let through."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.qasm import parse
from quasar.core.seeds import generator
from quasar.models.word_tokens import WordTokens
from quasar.prompts.task_answer import known_answer, task_program
from quasar.prompts.task_guide import TaskGuide
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import TAUGHT, task_tokens
from quasar.prompts.vocabulary import END
from quasar.tasks.registry import sample_task
from quasar.tasks.task import Submission

WORDS = WordTokens(task_tokens())
QUBITS = 3


@pytest.mark.parametrize("name", TAUGHT)
def test_known_answers_are_followed_word_by_word_and_solve(name: str) -> None:
    for seed, qubits in ((1, QUBITS), (2, 5)):
        if (name, qubits) == ("diagonal", QUBITS):
            qubits = 2
        task = sample_task(name, seed, qubits)
        answer = known_answer(task)
        assert answer is not None
        prompt = WORDS.encode(task_prompt(task))
        assert WORDS.decode(prompt) == task_prompt(task)
        guide = TaskGuide(task)
        left = answer
        while left:
            allowed = guide.allowed() or ()
            # What is forced may be several tokens.
            text = allowed[0] if len(allowed) == 1 else WORDS.words[WORDS.encode(left)[0]]
            assert text in allowed
            assert left.startswith(text)
            guide.advance(text)
            left = left[len(text) :]
        assert END in (guide.allowed() or ())
        program, _ = task_program(task, answer)
        score = task.grade(Submission(program, parse(program, header="language")))
        assert score.solved


@pytest.mark.parametrize(
    "name", ["ghz", "grover", "cat", "graph_state", "evolution", "diagonal", "permutation"]
)
def test_any_walk_ends_in_a_program(name: str) -> None:
    task = sample_task(name, 1, 2)
    rng = generator(4, "walks", name)
    for _ in range(8):
        text = walked(task, rng)
        program, _ = task_program(task, text)
        assert parse(program, header="language").n_qubits >= task.n_qubits


def walked(task: object, rng: np.random.Generator) -> str:
    """A random answer; it ends as soon as it may once it has some statements."""
    guide = TaskGuide(task)  # type: ignore[arg-type]
    text = ""
    for step in range(400):
        allowed = guide.allowed()
        assert allowed
        assert len(allowed) == 1 or set(allowed) <= WORDS.ids.keys()
        assert all(WORDS.decode(WORDS.encode(one)) == one for one in allowed if one != END)
        closing = [token for token in allowed if token in ("x ", "cz ", "}\n", END)]
        token = str(rng.choice(closing if closing and step > 30 else allowed))
        if token == END:
            return text
        text += token
        guide.advance(token)
    raise AssertionError("the walk does not end")

"""Prompts of target tasks in nano's style, and what follows from answers."""

from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.prompts.task_answer import task_program
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import angle, number, task_tokens
from quasar.prompts.vocabulary import SPECIAL
from quasar.tasks.registry import read_task


def test_a_prompt_states_what_the_answer_depends_on() -> None:
    assert task_prompt(read_task("dicke", qubits=5, k=2)) == "dicke n5 k2 "
    assert task_prompt(read_task("cat", string="011", phase=0.5)) == "cat n3 b1b1b0, 0.5"
    graph = read_task("graph_state", qubits=3, edges=[(0, 1), (1, 2)])
    assert task_prompt(graph) == "graph_state n3 q[0],q[1];\nq[1],q[2];\n"
    chain = read_task("evolution", observable="0.5*Z0*Z1 + X0 + X1", time=1)
    assert task_prompt(chain) == "evolution n2 t 1.0e 0.01; 0.5, Z0Z1; 1.0, X0, X1"


def test_an_oracle_is_not_told() -> None:
    prompts = {task_prompt(read_task("simon", secret=secret)) for secret in ("011", "110")}
    assert prompts == {"simon n3 "}


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"task": "ghz", "qubits": 12}, "up to 8 qubits"),
        ({"task": "evolution", "observable": "X0*Y1", "time": 1}, "pairs of equal letters"),
        (
            {"task": "evolution", "observable": "+".join(f"{k}*X{k}" for k in range(1, 8)),
             "time": 1},
            "different coefficients",
        ),
    ],
)  # fmt: skip
def test_what_has_no_words_is_said(task: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        task_prompt(read_task(task))


def test_definitions_and_constructions_follow() -> None:
    simon = read_task("simon", secret="11")
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
    program, named = task_program(simon, f"{head}qubit[4] q;\n")
    assert program == f"{head}{simon.oracle()}\nqubit[4] q;\n"  # type: ignore[attr-defined]
    assert not named
    given = read_task("amplitudes", amplitudes=[0.6, 0.8])
    program, named = task_program(given, f"{head}// multiplexed rotations\n")
    assert named
    assert program.endswith(given.reference())
    assert task_program(given, "no program") == ("no program", False)


def test_numbers_are_spelled_as_they_are_read() -> None:
    assert [number(v) for v in (0.5, -3, 1.91063324, -1e-9)] == ["0.5", "-3.0", "1.910633", "0.0"]
    assert [angle(v) for v in (3.141592653589793, -0.7853981633974483, 0.25)] == [
        "pi",
        "-pi/4",
        "0.25",
    ]


def test_tokens_are_different() -> None:
    words = task_tokens()
    assert len(set(words)) == len(words)
    assert tuple(words[: len(SPECIAL)]) == SPECIAL

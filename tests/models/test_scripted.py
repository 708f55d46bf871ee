from __future__ import annotations

import pytest

from quasar.core.errors import InputError
from quasar.models.protocol import Completion, Model, Sampling
from quasar.models.scripted import ScriptedModel
from quasar.prompts.chat import Message

HELLO: list[Message] = [{"role": "user", "content": "hello"}]
BYE: list[Message] = [{"role": "user", "content": "bye"}]


def test_answers_in_order() -> None:
    bad = Completion("", "error", error="lost")
    model: Model = ScriptedModel(["a", bad, "c", "d"], max_qubits=5)
    answers = model.complete([HELLO, BYE], Sampling(samples=2), qubits=[None, 3])
    assert answers == [
        [Completion("a", "stop"), bad],
        [Completion("c", "stop"), Completion("d", "stop")],
    ]
    assert (model.name, model.prompt_style, model.max_qubits) == ("scripted", "few-shot", 5)


def test_answers_by_a_function_and_remembers_what_it_was_asked() -> None:
    model = ScriptedModel(lambda chat, sample: f"{chat[-1]['content']} {sample}")
    answers = model.complete([HELLO, BYE], Sampling(samples=2), qubits=[None, 3])
    assert [[c.text for c in some] for some in answers] == [
        ["hello 0", "hello 1"],
        ["bye 0", "bye 1"],
    ]
    assert (model.chats, model.qubits) == ([HELLO, BYE], [None, 3])


def test_a_script_ends() -> None:
    model = ScriptedModel(["a"])
    model.complete([HELLO], Sampling())
    with pytest.raises(InputError, match="1 answers, all used up"):
        model.complete([HELLO], Sampling())
    with pytest.raises(InputError, match="qubits names 1 chats"):
        model.complete([HELLO, BYE], Sampling(), qubits=[2])

"""How a call to a back end is read: streams, qubits, guides."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quasar.core.errors import InputError
from quasar.models.back_end import Ask, BackEnd
from quasar.models.protocol import Completion, Sampling
from quasar.prompts.chat import Message


class Recording(BackEnd):
    """Keeps what it is asked."""

    name = "recording"
    prompt_style = "few-shot"
    max_qubits = None

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        self.asks = asks
        return [[Completion("", "stop")] * sampling.samples for _ in asks]


class Guided(Recording):
    follows_guides = True


def chat(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def streams(*chats: list[Message]) -> list[str]:
    model = Recording()
    model.complete(chats, Sampling())
    return [ask.stream for ask in model.asks]


def test_streams_follow_the_content_and_how_often_it_came() -> None:
    a, b = chat("a"), chat("b")
    first, second, third, fourth = streams(a, b, a, a)
    assert len({first, second, third, fourth}) == 4
    assert streams(b, a) == [second, first]
    assert streams(a, a) == [first, third]


@pytest.mark.parametrize("what", ["qubits", "guides"])
def test_each_chat_has_an_entry(what: str) -> None:
    with pytest.raises(InputError, match=f"{what} names 1 chats, but there are 2"):
        Guided().complete([chat("a"), chat("b")], Sampling(), **{what: [None]})  # type: ignore[arg-type]


def test_a_guide_takes_precedence_over_the_grammar() -> None:
    model = Guided()
    guide = object
    model.complete(
        [chat("a"), chat("b")],
        Sampling(),
        qubits=[3, 4],
        guides=[guide, None],  # type: ignore[list-item]
    )
    assert [ask.n_qubits for ask in model.asks] == [None, 4]
    assert [ask.guide for ask in model.asks] == [guide, None]


def test_a_guide_is_refused_where_it_cannot_be_followed() -> None:
    with pytest.raises(InputError, match="'recording' cannot be guided"):
        Recording().complete([chat("a")], Sampling(), guides=[object])  # type: ignore[list-item]
    assert Recording().complete([chat("a")], Sampling(samples=2), guides=[None]) == [
        [Completion("", "stop")] * 2
    ]

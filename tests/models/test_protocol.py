from __future__ import annotations

from quasar.models.protocol import chat_streams
from quasar.prompts.chat import Message


def chat(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def test_streams_follow_the_content_and_how_often_it_came() -> None:
    a, b = chat("a"), chat("b")
    first, second, third, fourth = chat_streams([a, b, a, a])
    assert len({first, second, third, fourth}) == 4
    assert chat_streams([b, a]) == [second, first]
    assert chat_streams([a, a]) == [first, third]

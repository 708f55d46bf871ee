"""Language models that a run asks in another process, for it may open no file and no connection.

`AskedModel` stands in the run, `Answering` in the serving process; between them go lines of JSON.
What comes from the run is checked as any request is. Covers chats and completions; guides, which
are code, stay in the run: models of the packaged one's form are loaded there (`generation`).
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.back_end import Ask, BackEnd
from quasar.models.protocol import Completion, Model, Sampling
from quasar.prompts.chat import Message

Exchange = Callable[[dict[str, Any]], dict[str, Any]]
"""Sends an event and returns what is answered."""
ASK = b'{"event": "ask"'
"""How the line of a question begins."""


class _Said(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str = Field(max_length=4 << 20)


class _Question(BaseModel):
    chats: list[list[_Said]] = Field(max_length=64)
    sampling: Sampling


class AskedModel(BackEnd):
    """A `quasar.models.protocol.Model` that somebody else runs.

    Args:
        profile: of `Answering.profile`.
        exchange: asks it.
    """

    def __init__(self, profile: dict[str, Any], exchange: Exchange) -> None:
        self.name = profile["name"]
        self.prompt_style = profile["prompt_style"]
        self.max_qubits = profile["max_qubits"]
        self.multi_turn = profile["multi_turn"]
        self._exchange = exchange

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """See `BackEnd.answer`."""
        chats = [list(ask.chat) for ask in asks]
        question = {"event": "ask", "chats": chats, "sampling": sampling.model_dump(mode="json")}
        said = self._exchange(question)
        if "fault" in said:
            raise InputError(said["fault"])
        if "outage" in said:
            raise InfrastructureError(said["outage"])
        return [[Completion(**made) for made in row] for row in said["rows"]]


@dataclass(frozen=True, eq=False)
class Answering:
    """Answers a run's questions to a language model.

    Attributes:
        model: that is asked.
        complete: its method of this name, or what calls it.
        most: completions that one question may ask for.
    """

    model: Model
    complete: Callable[[list[list[Message]], Sampling], list[list[Completion]]]
    most: int = 64

    @property
    def profile(self) -> dict[str, Any]:
        """What a run has to know of the model."""
        return {
            "name": self.model.name,
            "prompt_style": self.model.prompt_style,
            "max_qubits": self.model.max_qubits,
            "multi_turn": getattr(self.model, "multi_turn", None),
        }

    def answer(self, line: bytes) -> bytes:
        """A line for a line; blocks for as long as the model takes."""
        said: dict[str, Any]
        try:
            asked = _Question.model_validate_json(line)
            if len(asked.chats) * asked.sampling.samples > self.most:
                raise InputError(f"more than {self.most} answers at once.")
            chats: list[list[Message]] = [
                [{"role": one.role, "content": one.content} for one in chat] for chat in asked.chats
            ]
            rows = self.complete(chats, asked.sampling)
            said = {"rows": [[asdict(made) for made in row] for row in rows]}
        except (InputError, ValueError) as error:
            said = {"fault": str(error)}
        except Exception as error:  # a run waits for some answer
            if not isinstance(error, InfrastructureError):
                traceback.print_exc()
            said = {"outage": str(error) or type(error).__name__}
        return json.dumps(said).encode("ascii") + b"\n"

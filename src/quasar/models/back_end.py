"""What all back ends of this package share: who they are, and how a call is read.

A back end answers `Ask`s; the arguments of `quasar.models.protocol.Model.complete` are checked and
laid out here. A model from elsewhere need only follow that protocol.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from quasar.core.errors import InputError
from quasar.models.angle_network import AngleNetwork, find_angle_networks
from quasar.models.guide import GuideFactory
from quasar.models.profile import Profile
from quasar.models.protocol import Completion, Sampling
from quasar.prompts.chat import AngleSource, Message, Style

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """A chat to answer.

    Attributes:
        stream: name of its stream of randomness.
        n_qubits: what the grammar holds its answers to; None: free, or guided.
        guide: what makes the guide of each answer; None: there is none.
    """

    chat: Sequence[Message]
    stream: str
    n_qubits: int | None
    guide: GuideFactory | None


class BackEnd(ABC):
    """A `quasar.models.protocol.Model`.

    Attributes:
        multi_turn: whether it can go on from what the verifier says; None: by its style.
    """

    follows_guides = False
    name: str
    prompt_style: str
    max_qubits: int | None
    multi_turn: bool | None = None
    _networks: Mapping[Style, AngleNetwork] = MappingProxyType({})

    def complete(
        self,
        chats: Sequence[Sequence[Message]],
        sampling: Sampling,
        *,
        qubits: Sequence[int | None] | None = None,
        guides: Sequence[GuideFactory | None] | None = None,
    ) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`, and the class for what is its own."""
        makers = _an_entry_each(chats, guides, "guides")
        widths = _an_entry_each(chats, qubits, "qubits")
        if not self.follows_guides and any(maker is not None for maker in makers):
            raise InputError(
                f"'{self.name}' cannot be guided: use a local model, or generate without a guide."
            )
        asks = [
            Ask(chat, stream, width if maker is None else None, maker)
            for chat, stream, width, maker in zip(
                chats, _streams(chats), widths, makers, strict=True
            )
        ]
        return self.answer(asks, sampling)

    def angle_sources(self, style: Style) -> tuple[AngleSource, ...]:
        """What decides angles of QAOA in the first samples of guided answers; in further ones, and
        where this is empty, the model itself does.
        """
        network = self._networks.get(style)
        return () if network is None else (network.angles, network.other_angles)

    @abstractmethod
    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """`sampling.samples` completions of each chat, in order; raises as `complete`."""

    def _is(self, profile: Profile) -> None:
        """Take name, style and limits from a profile that `find_profile` completed."""
        self.name = str(profile.name)
        self.prompt_style = str(profile.prompt_style)
        self.max_qubits = profile.max_qubits
        self.multi_turn = profile.multi_turn

    def _take_networks(self, profile: Profile, folder: Path) -> None:
        """Let the networks beside the weights decide angles, unless the profile says otherwise.

        Raises:
            InputError: one lies there and cannot be read.
        """
        if profile.angles != "model":
            self._networks = find_angle_networks(folder)


def _an_entry_each(
    chats: Sequence[Sequence[Message]], given: Sequence[T | None] | None, what: str
) -> Sequence[T | None]:
    """`given`, or None for each chat.

    Raises:
        InputError: as many entries as chats are needed.
    """
    if given is None:
        return [None] * len(chats)
    if len(given) != len(chats):
        raise InputError(f"{what} names {len(given)} chats, but there are {len(chats)}.")
    return given


def _streams(chats: Sequence[Sequence[Message]]) -> list[str]:
    """A name for each chat's stream of randomness: its content, and how often it came before.

    So an answer does not depend on the other chats of a call, and asking the same twice in one
    call gives two different answers.
    """
    seen: Counter[str] = Counter()
    names = []
    for chat in chats:
        digest = hashlib.sha256(json.dumps(list(chat), sort_keys=True).encode()).hexdigest()
        names.append(f"{digest}/{seen[digest]}")
        seen[digest] += 1
    return names

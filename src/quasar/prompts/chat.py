"""What every prompt style takes and gives: a request for a circuit, and chat messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypedDict, get_args

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.settings import need_whole, one_of, wrong
from quasar.problems.base import EncodedProblem
from quasar.recipes.spec import ALGORITHMS, Algorithm
from quasar.simulate.engine import FloatVector

if TYPE_CHECKING:
    from quasar.verifier.report import Report

Style = Literal["converged", "agent-q"]
"""`converged`: as good as can be; `agent-q`: like the benchmark's references, weak ones too."""


class Message(TypedDict):
    """One turn of a chat, as `transformers` and the OpenAI API take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(NamedTuple):
    """What circuit is wanted.

    Attributes:
        algorithm: None leaves the choice to the model.
        layers: p of QAOA or L of a template; None leaves it to the model.
        style: which kind of angles.
    """

    algorithm: Algorithm | None = None
    layers: int | None = None
    style: Style = "converged"

    def checked(self) -> Request:
        """This request, if it can be asked for.

        Raises:
            InputError: unknown algorithm or style, fewer than one layer.
        """
        if self.algorithm is not None and self.algorithm not in ALGORITHMS:
            raise wrong("algorithm", one_of(ALGORITHMS), self.algorithm)
        if self.style not in get_args(Style):
            raise wrong("style", one_of(get_args(Style)), self.style)
        if self.layers is not None:
            need_whole(self.layers, "layers", 1)
        return self

    @classmethod
    def given(cls, value: Request | str | Mapping[str, Any] | None) -> Request | None:
        """A request from what a caller passes: a request, the name of an algorithm, or a dict.

        Raises:
            InputError: anything else, an unknown field, or as for `checked`.
        """
        if value is None:
            return None
        if isinstance(value, str):
            value = {"algorithm": value}
        if isinstance(value, Mapping):
            unknown = [key for key in value if key not in cls._fields]
            if unknown:
                known = ", ".join(cls._fields)
                raise InputError(f"a request has no {unknown[0]!r}; it has {known}.")
            value = cls(**value)
        if not isinstance(value, Request):
            taken = f"a Request, a dict of its fields, or an algorithm ({', '.join(ALGORITHMS)})"
            raise wrong("request", taken, value)
        return value.checked()


AngleSource = Callable[[IsingHamiltonian, int], FloatVector]
"""QAOA angles γ_1..γ_p (1/energy), β_1..β_p (radians) of a Hamiltonian and a depth p."""


class PromptStyle(Protocol):
    """A way of asking for a circuit; registered in `styles`."""

    name: str

    def render(self, problem: EncodedProblem, request: Request) -> list[Message]:
        """The chat that ends in the user's turn.

        Raises:
            InputError: the problem or request cannot be stated in this style; the message names
                one that can.
        """

    def guide(
        self, problem: EncodedProblem, request: Request, angles: Sequence[AngleSource] = ()
    ) -> Callable[[], Any] | None:
        """What makes a guide (`quasar.models.guide.Guide`) for each answer to `render`'s chat, and
        to later turns of it; None where this style has none.

        Args:
            angles: what decides the angles of QAOA in the first sample, the second, and so on; in
                further ones the model does.
        """

    def recalled(self, answer: str) -> str:
        """An answer as later turns of the chat repeat it."""

    def reply(self, problem: EncodedProblem, report: Report | None) -> str:
        """The user's next turn, once an answer was judged; None: there was no program in it."""

"""Examples for tests of streams: made at once, and simple enough to be learnt in a minute."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.prompts.vocabulary import ASSISTANT, END, USER, tokens


class FreshExample(NamedTuple):
    ids: list[int]
    start: int
    renamable: bool


class FreshKind(Settings):
    qubits: tuple[int, ...] = (3, 4, 5)
    """Sizes."""
    renamable: bool = True
    """Whether qubits may be renamed."""
    dies_after: int | None = None
    """Examples after which the process breaks down."""


def fresh_examples(
    kind: str, settings: FreshKind, seed: int, excluded: frozenset[str]
) -> Iterator[FreshExample]:
    """Registers named in the prompt's order, which the answer repeats."""
    assert "torch" not in sys.modules
    assert os.environ["OMP_NUM_THREADS"] == "1"
    number = {text: place for place, text in enumerate(tokens())}
    rng = generator(seed, kind)
    made = 0
    while True:
        if settings.dies_after is not None and made >= settings.dies_after:
            raise RuntimeError("the stub breaks down")
        n = int(rng.choice(settings.qubits))
        order = rng.permutation(n)
        prompt = [number[USER], number[f"n{n} s"], *(number[f";q{q}"] for q in order)]
        answer = [*(number[f"h q[{q}];\n"] for q in order), number[END]]
        made += 1
        start = len(prompt) + 1
        yield FreshExample([*prompt, number[ASSISTANT], *answer], start, settings.renamable)

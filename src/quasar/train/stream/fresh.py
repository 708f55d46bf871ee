"""Examples without end for the packaged model, each from an instance drawn for it.

What a record of `quasar data build` is made of (draw, split, exclusion, plan, angles) is made in
the same way, by the same functions, but for what an example of the compact style does not show: no
circuit is simulated, and no text of a record is written and read. Only instances of the split
`train` that are not excluded occur, so that nothing of other splits or of excluded sets is learnt.

Three kinds: `solutions` (plans of optimal states, asked for in every way that a prompt can),
`angles` (QAOA at every depth from `optimize.qaoa_many_search`, many instances at a time) and
`records` (circuits of a recipe of `quasar data build`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.data.identity import instance_id, split_of
from quasar.data.sampling import sample_spec
from quasar.data.settings import BuildSettings
from quasar.data.shard import build_record
from quasar.models.word_tokens import WordTokens
from quasar.optimize.decimation import guided_decimation
from quasar.optimize.qaoa import sigma
from quasar.optimize.qaoa_many_search import search_many
from quasar.problems.ising import Ising
from quasar.prompts.answer_plan import AnswerPlan, plan_line, qaoa_plan
from quasar.prompts.chat import Request
from quasar.prompts.compact import MAX_LAYERS, compact_prompt
from quasar.prompts.compact_answer import HEADER, answer_text
from quasar.prompts.vocabulary import ASSISTANT, END, USER, WRITTEN_QUBITS
from quasar.train.examples import (
    DEFAULT_LAYERS,
    ExampleSettings,
    first_turn,
    make_example,
    solution_plan,
)
from quasar.train.stream.random_hamiltonians import DISCRETE, sample_hamiltonian

SPLIT = "train"
_DEPTHS = {1: 5.0, 2: 5.0, 3: 2.0, 4: 4.0, 5: 1.0, 6: 1.0, 7: 1.0, 8: 2.0}
"""Layers that are asked for, where any may be."""
_SAME = 1e-9  # of the range of energies: states closer than this are one level
_FIRST = 6  # of a batch of angles is the first: a training waits for it
_SIZES = {2: 1, 3: 2, 4: 4, 5: 7, 6: 9, 7: 11, 8: 14, 9: 14, 10: 16, 11: 10, 12: 10, 13: 8, 14: 8,
          15: 6, 16: 7, 17: 1, 18: 1, 19: 0.5, 20: 0.5, 21: 0.1, 22: 0.1}  # fmt: skip


class FreshKind(Settings):
    """How one kind of example is made."""

    makes: Literal["solutions", "angles", "records"]
    """See the module's header."""
    problems: float = Field(default=0.5, ge=0, le=1)
    """Fraction of instances that are problems of all types; the rest are random Hamiltonians."""
    build: dict[str, Any] = Field(default_factory=dict)
    """Settings of `quasar data build` by which problems are drawn and records made."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict(_SIZES))
    """Weight of each number of qubits among random Hamiltonians."""
    plan_only: float = Field(default=0.92, ge=0, le=1)
    """Fraction of examples that end with the plan; those of more than `written_up_to` qubits do."""
    written_up_to: int = Field(default=12, ge=1, le=WRITTEN_QUBITS)
    """Most qubits of whole programs."""
    second_turn: float = Field(default=0.12, ge=0, le=1)
    """Fraction of solutions that are a second answer, to the verdict on a plan gone wrong."""
    likeness: float = Field(default=0.06, ge=0, le=1)
    """Fraction of solutions of 5 qubits and more that stand for free answers of style `agent-q`."""
    layers_told: float = Field(default=0.65, ge=0, le=1)
    """Fraction of examples that name the number of layers."""
    batch: int = Field(default=2000, ge=1)
    """Instances whose angles are looked for together."""
    device: str = "cpu"
    """Where angles are looked for, as PyTorch names it."""


class FreshExample(NamedTuple):
    """One example.

    Attributes:
        ids: tokens of prompt and answer.
        start: where the answer begins.
        renamable: it stays an example when its qubits are renamed.
    """

    ids: list[int]
    start: int
    renamable: bool


def fresh_examples(
    kind: str, settings: FreshKind, seed: int, excluded: frozenset[str]
) -> Iterator[FreshExample | None]:
    """Examples without end; None: the next ones take long.

    Args:
        kind: its name; kinds of one worker draw apart from each other.
        seed: of all that is drawn; workers of one training need different ones.
        excluded: ids of instances that must not occur.
    """
    words = WordTokens.packaged()
    assistant = words.ids[ASSISTANT]
    make: Callable[[FreshKind, int, frozenset[str]], Iterator[tuple[str, bool] | None]]
    make = {"solutions": _solutions, "angles": _angles, "records": _records}[settings.makes]
    seed = int(generator(seed, "fresh", kind).integers(1 << 31))
    for made in make(settings, seed, excluded):
        if made is None:
            yield None
            continue
        text, renamable = made
        ids = words.encode(text)
        start = len(ids) - ids[::-1].index(assistant)
        yield FreshExample(ids, start, renamable)


def instances(
    settings: FreshKind, seed: int, excluded: frozenset[str], split: str = SPLIT
) -> Iterator[IsingHamiltonian]:
    """Problems without end, of those kinds of `settings` that it draws from.

    Args:
        seed: of all that is drawn.
        excluded: ids of instances that must not occur.
        split: only instances of this split occur. Those of continuous laws belong to none: no such
            instance is ever drawn twice.
    """
    build = BuildSettings.parse(
        {"recipe": "converged", **settings.build, "count": 10**9, "seed": seed}
    )
    rng = generator(seed, "fresh", "instances")
    sizes = np.array([float(share) for share in settings.sizes.values()])
    index = 0
    while True:
        index += 1
        if rng.random() < settings.problems:
            spec = sample_spec(build, index, 0)
            if spec is not None and _kept(spec.instance_id, build, excluded, split):
                yield spec.encoded.hamiltonian
            continue
        n = int(rng.choice(list(settings.sizes), p=sizes / sizes.sum()))
        hamiltonian, law = sample_hamiltonian(rng, n)
        if not hamiltonian.terms:
            continue
        if law in DISCRETE:
            identifier = instance_id(Ising(hamiltonian))
            if not _kept(identifier, build, excluded, split):
                continue
        yield hamiltonian


def _kept(identifier: str, build: BuildSettings, excluded: frozenset[str], split: str) -> bool:
    found = split_of(identifier, build.split_shares(), build.split_salt)
    return found == split and identifier not in excluded


def _lowest(hamiltonian: IsingHamiltonian) -> np.ndarray | None:
    """Indices of the ground states; None where all states are."""
    diagonal = hamiltonian.diagonal
    low, high = float(diagonal.min()), float(diagonal.max())
    if high - low <= 0.0:
        return None
    return np.flatnonzero(diagonal <= low + _SAME * (high - low))


def _text(chat: list[str], answer: str, whole: bool) -> str:
    turns = [f"{ASSISTANT}{t}{END}" if k % 2 else f"{USER}{t}" for k, t in enumerate(chat)]
    return f"{''.join(turns)}{ASSISTANT}{answer}{END if whole else ''}"


def asked_layers(rng: np.random.Generator, told: float) -> int | None:
    """Layers that a request names; None, with probability 1 - `told`, where it names none."""
    if rng.random() >= told:
        return None
    shares = np.array(list(_DEPTHS.values()))
    return int(rng.choice(list(_DEPTHS), p=shares / shares.sum()))


def _solutions(
    settings: FreshKind, seed: int, excluded: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    rng = generator(seed, "fresh", "requests")
    for hamiltonian in instances(settings, seed, excluded):
        states = _lowest(hamiltonian)
        if states is None:
            continue
        request = _solution_request(settings, rng, hamiltonian.n_qubits)
        decisions = guided_decimation(hamiltonian, states)
        chat = [compact_prompt(hamiltonian, request)]
        if rng.random() < settings.second_turn and request.style == "converged":
            chat += first_turn(hamiltonian, request, decisions, rng)
        answer = solution_plan(request, decisions)
        small = hamiltonian.n_qubits <= settings.written_up_to
        whole = bool(small and len(chat) == 1 and rng.random() >= settings.plan_only)
        # A template's circuit and a warm start's do not follow the names of the qubits.
        renamable = not whole or answer.structure == "adaptive"
        yield _text(chat, _answer(hamiltonian, answer, whole), whole), renamable


def _solution_request(settings: FreshKind, rng: np.random.Generator, n: int) -> Request:
    place, layers = rng.random(), asked_layers(rng, settings.layers_told)
    if n >= 5 and place < settings.likeness:
        return Request(None, layers, "agent-q")
    place = rng.random()
    if place < 0.04:
        return Request("vqe" if place < 0.02 else "adaptive_vqe", layers, "agent-q")
    if place < 0.52:
        return Request(None, layers)
    return Request("vqe" if place < 0.76 else "adaptive_vqe", layers)


def _answer(hamiltonian: IsingHamiltonian, answer: AnswerPlan, whole: bool) -> str:
    return answer_text(hamiltonian, answer) if whole else f"{HEADER}{plan_line(answer)}"


def _angles(
    settings: FreshKind, seed: int, excluded: frozenset[str]
) -> Iterator[tuple[str, bool] | None]:
    rng = generator(seed, "fresh", "angles")
    source = instances(settings, seed, excluded)
    batch = max(1, settings.batch // _FIRST)
    while True:
        yield None
        by_size: dict[int, list[IsingHamiltonian]] = {}
        for _ in range(batch):
            hamiltonian = next(source)
            if _lowest(hamiltonian) is not None:
                by_size.setdefault(hamiltonian.n_qubits, []).append(hamiltonian)
        found = [
            example
            for _, group in sorted(by_size.items())
            for example in _with_angles(group, settings, rng)
        ]
        for place in rng.permutation(len(found)).tolist():
            yield found[place], True
        batch = settings.batch


def _with_angles(
    group: list[IsingHamiltonian], settings: FreshKind, rng: np.random.Generator
) -> Iterator[str]:
    sigmas = np.array([sigma(h) for h in group])
    diagonals = np.array([h.diagonal for h in group])
    depths = search_many(diagonals, sigmas, MAX_LAYERS, device=settings.device)
    for k, hamiltonian in enumerate(group):
        for layers, angles in enumerate(depths, start=1):
            scaled = angles.scaled[k]
            gammas = (scaled[:layers] / sigmas[k]).tolist()
            answer = qaoa_plan(hamiltonian, gammas, scaled[layers:].tolist())
            told = layers != DEFAULT_LAYERS["qaoa"] or rng.random() < settings.layers_told
            # Depths that the recipe `agent-q` has no circuits of.
            published = layers > 4 and rng.random() < 0.1
            style: Literal["converged", "agent-q"] = "agent-q" if published else "converged"
            request = Request("qaoa", layers if told else None, style)
            small = hamiltonian.n_qubits <= settings.written_up_to
            whole = bool(small and rng.random() >= settings.plan_only)
            prompt = compact_prompt(hamiltonian, request)
            yield _text([prompt], _answer(hamiltonian, answer, whole), whole)


def _records(
    settings: FreshKind, seed: int, excluded: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    build = BuildSettings.parse(
        {"recipe": "agent-q", **settings.build, "count": 10**9, "seed": seed}
    )
    how = ExampleSettings(plan_only=settings.plan_only, seed=seed)
    index = 0
    while True:
        index += 1
        record: Mapping[str, Any] = build_record(build, index, excluded)
        if record["split"] != SPLIT:
            continue
        example = make_example(record, how)
        if example is None:
            continue
        chat = [turn["content"] for turn in example.chat]
        qaoa = record["optimization_type"] == "qaoa"
        # What comes before a circuit gate by gate is a beginning as well, but one of few.
        yield _text(chat, example.answer, example.whole), qaoa or not example.whole

"""Which tokens of an answer were the model's to choose, and how likely it was to choose them.

An answer under a guide is mostly forced. What is forced tells nothing about the model and takes no
part in the loss. A choice is made among the tokens that the guide allows, so its probability is
that among them, p(a) / sum of p over the allowed set: that is the policy that draws, here and in
`quasar generate`, and the only one whose gradient is that of the expected reward. Over the whole
vocabulary the gradient would have a second part, about the mass outside the set, which no draw
depends on. New, old and reference probabilities in the ratio and the KL term are all computed by
`choice_log_probs`.

Answers to one prompt are computed together, as a tree: the prompt once, and once whatever several
answers begin with, up to the last choice of each; a token sees those before it in its own answer
and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from quasar.core.errors import InfrastructureError
from quasar.models.guide import Guide, GuidedRow, GuideIds

FORCED = 0
"""Number of the set of a token that was no choice."""


class Traced(NamedTuple):
    """An answer's tokens, with the set that each was chosen from.

    Attributes:
        ids: token ids; ends with a stop token where the answer has ended.
        sets: numbers of sets in `AllowedSets`, `FORCED` for tokens that were no choice.
    """

    ids: list[int]
    sets: list[int]


class AllowedSets:
    """Sets of token ids that guides allow, numbered as they come; 0 is `FORCED`.

    Args:
        vocabulary: scores of the model, V.
    """

    def __init__(self, vocabulary: int) -> None:
        self._vocabulary = vocabulary
        self._numbers: dict[tuple[int, ...] | None, int] = {}
        self._table: Any = None

    def number(self, ids: np.ndarray[Any, np.dtype[np.int64]] | None) -> int:
        """Number of a set; None: all tokens."""
        key = None if ids is None else tuple(ids.tolist())
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self._table = None
        return self._numbers[key]

    def table(self) -> Any:
        """Which tokens are in which set, booleans [sets + 1, V]."""
        import torch

        if self._table is None:
            self._table = torch.ones(len(self._numbers) + 1, self._vocabulary, dtype=torch.bool)
            for ids, number in self._numbers.items():
                if ids is not None:
                    self._table[number] = False
                    self._table[number, list(ids)] = True
        return self._table


def traced(
    guide: Guide,
    given: Sequence[int],
    ended: bool,
    ids: GuideIds,
    stop_ids: Sequence[int],
    sets: AllowedSets,
) -> Traced:
    """Find out which tokens of an answer were choices, by following its guide again.

    Args:
        guide: a fresh one of the kind that held the answer.
        given: the answer's tokens, without what the guide added at its end.
        ended: whether it came to its end, and was not cut off.

    Raises:
        InfrastructureError: the answer was not made under this guide.
    """
    row = GuidedRow(guide, ids, stop_ids)
    out: list[int] = []
    numbers: list[int] = []
    while True:
        forced = row.forced(len(given) + 1 - len(out))
        out += forced
        numbers += [FORCED] * len(forced)
        if row.rest is not None or (ended and not forced and len(out) >= len(given)):
            numbers.append(FORCED if row.rest is not None else sets.number(row.choice()))
            out.append(stop_ids[0])
            break
        if len(out) >= len(given):
            break
        allowed, token = row.choice(), int(given[len(out)])
        if allowed is not None and token not in allowed:
            raise InfrastructureError(
                "an answer holds a token that its guide does not allow: the model's tokenizer has "
                "no tokens of its own for all that guides name; set rollouts.guided = false."
            )
        out.append(token)
        numbers.append(sets.number(allowed))
        if token in stop_ids:
            break
        row.take(token, ids.text(token))
    most = len(given) + ended
    return Traced(out[:most], numbers[:most])


class ChoiceScores(NamedTuple):
    """Of the tokens [B, T] of some answers, 0 where a token was no choice or its row is left out.

    Attributes:
        log_probs: logarithm of the token's probability among those allowed.
        entropies: of the choice, nats.
    """

    log_probs: Any
    entropies: Any


class _Tree(NamedTuple):
    """Answers to one prompt as a tree of tokens: what several begin with is there once.

    Attributes:
        ids: token of each node, parents before children.
        places: how many tokens come before it.
        parents: node before it; of the first one itself.
        rows: of the choices, which answer each is in.
        columns: and where in it.
        read: and at which node its scores are read.
    """

    ids: list[int]
    places: list[int]
    parents: list[int]
    rows: list[int]
    columns: list[int]
    read: list[int]


def choice_log_probs(
    model: Any,
    input_ids: Any,
    attention_mask: Any,
    choice_sets: Any,
    table: Any,
    *,
    temperature: float,
    left_out: Sequence[bool] | None = None,
) -> ChoiceScores:
    """Probabilities of the choices, with the model's gradient where one is kept.

    Args:
        model: a causal LM of transformers that takes a mask of shape [1, 1, L, L].
        input_ids: prompts, padded on the left, then answers, [B, P + T].
        attention_mask: 0 where a token is padding, [B, P + T].
        choice_sets: numbers of sets, [B, T].
        table: of `AllowedSets`.
        temperature: that the scores are divided by.
        left_out: rows that need not be computed.
    """
    import torch

    width = choice_sets.shape[1]
    log_probs = torch.zeros(choice_sets.shape, dtype=torch.float32, device=input_ids.device)
    entropies = torch.zeros_like(log_probs)
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in range(len(input_ids)):
        if not (left_out and left_out[row]) and bool((choice_sets[row] != FORCED).any()):
            kept = attention_mask[row, :-width].bool()
            groups.setdefault(tuple(input_ids[row, :-width][kept].tolist()), []).append(row)
    found, spread, at = [], [], []
    for prompt, rows in groups.items():
        tree = _tree(prompt, rows, input_ids[:, -width:], choice_sets)
        scores = _scores(model, tree, input_ids.device).float() / temperature
        sets = choice_sets[tree.rows, tree.columns]
        own = torch.log_softmax(scores.masked_fill(~table[sets], float("-inf")), dim=-1)
        chosen = input_ids[tree.rows, [c - width for c in tree.columns]]
        found.append(own.gather(1, chosen[:, None])[:, 0])
        spread.append(-(own.exp() * own.masked_fill(~table[sets], 0.0)).sum(dim=-1).detach())
        at += list(zip(tree.rows, tree.columns, strict=True))
    if found:
        places = torch.tensor(at, device=input_ids.device).T
        log_probs = log_probs.index_put((places[0], places[1]), torch.cat(found))
        entropies = entropies.index_put((places[0], places[1]), torch.cat(spread))
    return ChoiceScores(log_probs, entropies)


def _tree(prompt: Sequence[int], rows: Sequence[int], answers: Any, sets: Any) -> _Tree:
    """The prompt, and each answer up to the token before its last choice."""
    begin = len(prompt)
    out = _Tree([*prompt], list(range(begin)), [0, *range(begin - 1)], [], [], [])
    children: dict[tuple[int, int], int] = {}
    for row in rows:
        chosen = (sets[row] != FORCED).nonzero()[:, 0].tolist()
        tokens, node, column = answers[row].tolist(), begin - 1, 0
        for choice in chosen:
            while column < choice:
                key = (node, tokens[column])
                if key not in children:
                    children[key] = len(out.ids)
                    out.ids.append(tokens[column])
                    out.places.append(begin + column)
                    out.parents.append(node)
                node, column = children[key], column + 1
            out.rows.append(row)
            out.columns.append(choice)
            out.read.append(node)
    return out


def _scores(model: Any, tree: _Tree, device: Any) -> Any:
    """Scores [choices, V] of the tokens that may follow where a choice was made."""
    import torch

    seen = torch.zeros(len(tree.ids), len(tree.ids), dtype=torch.bool)
    for node, parent in enumerate(tree.parents):
        seen[node] = seen[parent]
        seen[node, node] = True
    seen = seen.to(device)
    dtype = next(model.parameters()).dtype
    mask = torch.zeros(seen.shape, dtype=dtype, device=device)
    mask = mask.masked_fill(~seen, torch.finfo(dtype).min)
    return model(
        input_ids=torch.tensor([tree.ids], device=device),
        position_ids=torch.tensor([tree.places], device=device),
        attention_mask=mask[None, None],
        logits_to_keep=torch.tensor(tree.read, device=device),
        use_cache=False,
    ).logits[0]

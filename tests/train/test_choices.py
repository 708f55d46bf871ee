"""Choices under a guide: which tokens they are, and how likely the model was to make them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from quasar.core.errors import InfrastructureError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.guide import GuideIds
from quasar.models.word_tokens import WordTokens
from quasar.prompts.chat import Request
from quasar.prompts.plan_guide import PlanGuide
from quasar.prompts.vocabulary import END
from quasar.train.choices import FORCED, AllowedSets, Traced, choice_log_probs, traced
from quasar.train.new_model import make_model
from quasar.train.settings import ModelSettings

WORDS = WordTokens.packaged()
STOPS = (WORDS.ids[END],)
HAMILTONIAN = IsingHamiltonian(3, {(0,): 1.0, (0, 1): -0.5, (1, 2): 0.25})
HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PLAN = f"{HEADER}// adaptive: @q0 f+7 q0=1 @q1 f+4 q1=1 @q2 f-3 q2=0 \n"


def answer(plan: str = PLAN, ended: bool = True, algorithm: Any = "adaptive_vqe") -> Traced:
    guide = PlanGuide(HAMILTONIAN, Request(algorithm))
    ids = GuideIds(WORDS, STOPS)
    return traced(guide, WORDS.encode(plan), ended, ids, STOPS, AllowedSets(len(WORDS.words)))


def written(request: Request, choose: int) -> str:
    """A plan that takes the allowed token of this number at each choice."""
    guide, plan = PlanGuide(HAMILTONIAN, request), ""
    while guide.rest() is None:
        allowed = guide.allowed()
        assert allowed
        text = allowed[choose % len(allowed)]
        guide.advance(text)
        plan += text
    return plan


def test_only_what_the_guide_leaves_open_is_a_choice() -> None:
    plan = written(Request("adaptive_vqe"), 1)
    found = answer(plan)
    assert WORDS.decode(found.ids) == plan
    assert found.ids[-1] == STOPS[0]
    chosen = [WORDS.words[i] for i, s in zip(found.ids, found.sets, strict=True) if s != FORCED]
    assert chosen == ["q0=1 ", "q1=1 ", "q2=1 "]
    free = answer(written(Request(), 0), algorithm=None)
    first = next(i for i, s in zip(free.ids, free.sets, strict=True) if s != FORCED)
    assert WORDS.words[first] == "// qaoa "


def test_the_table_says_which_tokens_were_allowed() -> None:
    sets = AllowedSets(len(WORDS.words))
    guide = PlanGuide(HAMILTONIAN, Request("adaptive_vqe"))
    given = WORDS.encode(written(Request("adaptive_vqe"), 0))
    found = traced(guide, given, True, GuideIds(WORDS, STOPS), STOPS, sets)
    table = sets.table()
    for token, number in zip(found.ids, found.sets, strict=True):
        if number != FORCED:
            allowed = [WORDS.words[i] for i in table[number].nonzero()[:, 0].tolist()]
            bit = WORDS.words[token]
            assert sorted(allowed) == [f"{bit[:-2]}{b} " for b in "01"]
    everything = sets.number(None)
    assert bool(sets.table()[everything].all())


def test_an_answer_that_was_cut_off_has_no_end() -> None:
    plan = written(Request("adaptive_vqe"), 1)
    ids = WORDS.encode(plan)
    for length in range(1, len(ids)):
        found = answer(WORDS.decode(ids[:length]), ended=False)
        assert found.ids == ids[:length]
        assert len(found.sets) == length


def test_an_answer_of_another_guide_is_refused() -> None:
    with pytest.raises(InfrastructureError, match=r"guided = false"):
        answer(written(Request("qaoa", 1), 0).replace("// qaoa ", "// vqe "), algorithm=None)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_the_tree_gives_what_each_sequence_by_itself_gives(temperature: float) -> None:
    settings = ModelSettings.parse(
        {
            "attention": "eager",
            "new": {"hidden_size": 64, "layers": 2, "head_size": 32, "intermediate_size": 64},
        }
    )
    model, _ = make_model(settings, 0)
    sets = AllowedSets(model.config.vocab_size)
    ids = GuideIds(WORDS, STOPS)
    asked = [Request("adaptive_vqe"), Request("qaoa", 1), Request("vqe", 2), Request()]
    prompts, answers = [], []
    for number, request in enumerate(asked):
        for choose in (0, 1, 1, 5):
            prompts.append([5 + number] * (3 + number))
            given = WORDS.encode(written(request, choose))
            answers.append(traced(PlanGuide(HAMILTONIAN, request), given, True, ids, STOPS, sets))
    left, right = max(map(len, prompts)), max(len(a.ids) for a in answers)
    rows, mask, numbers = [], [], []
    for prompt, own in zip(prompts, answers, strict=True):
        before, after = left - len(prompt), right - len(own.ids)
        rows.append([0] * before + prompt + own.ids + [0] * after)
        mask.append([0] * before + [1] * (len(prompt) + len(own.ids)) + [0] * after)
        numbers.append(own.sets + [FORCED] * after)
    tokens, seen, chosen = torch.tensor(rows), torch.tensor(mask), torch.tensor(numbers)
    skipped = [i == 2 for i in range(len(rows))]
    found = choice_log_probs(
        model, tokens, seen, chosen, sets.table(), temperature=temperature, left_out=skipped
    )
    for i, (prompt, own) in enumerate(zip(prompts, answers, strict=True)):
        scores = model(input_ids=torch.tensor([prompt + own.ids])).logits[0] / temperature
        for k, (token, number) in enumerate(zip(own.ids, own.sets, strict=True)):
            if number == FORCED or skipped[i]:
                assert found.log_probs[i, k] == 0.0
                continue
            allowed = sets.table()[number].nonzero()[:, 0]
            shares = torch.softmax(scores[len(prompt) + k - 1][allowed], dim=-1)
            place = allowed.tolist().index(token)
            assert found.log_probs[i, k].item() == pytest.approx(
                shares[place].log().item(), abs=2e-4
            )
            entropy = -(shares * shares.log()).sum().item()
            assert found.entropies[i, k].item() == pytest.approx(entropy, abs=2e-4)
    assert found.log_probs[skipped].abs().sum() == 0.0


def test_what_no_choice_depends_on_has_no_gradient() -> None:
    """The mass outside the allowed set does not matter, nor do forced tokens."""
    table = torch.tensor([[True] * 4, [True, True, False, False]])
    logits = torch.zeros(1, 4, 4, requires_grad=True)

    class Fixed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.own = torch.nn.Parameter(torch.zeros(1))

        def forward(self, logits_to_keep: Any, **_: Any) -> Any:
            kept = logits[:, logits_to_keep]
            return type("Out", (), {"logits": kept})()

    ids, mask = torch.tensor([[3, 2, 1, 3]]), torch.ones(1, 4, dtype=torch.long)
    sets = torch.tensor([[FORCED, 1, FORCED]])
    found = choice_log_probs(Fixed(), ids, mask, sets, table, temperature=1.0)
    found.log_probs.sum().backward()
    assert logits.grad is not None
    assert logits.grad[0, 1].tolist() == [-0.5, 0.5, 0.0, 0.0]
    assert logits.grad.abs().sum() == 1.0

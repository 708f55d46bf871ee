"""Fresh examples: right answers, in the model's tokens, to every request that a prompt can name."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
import pytest

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.data.identity import instance_id
from quasar.models.word_tokens import WordTokens
from quasar.problems.ising import Ising
from quasar.prompts.vocabulary import ASSISTANT, END
from quasar.train.stream import fresh
from quasar.train.stream.fresh import FreshExample, FreshKind, fresh_examples

WORDS = WordTokens.packaged()
SMALL = {2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0}


def drawn(
    count: int, seed: int = 3, excluded: frozenset[str] = frozenset(), **settings: object
) -> list[FreshExample]:
    kind = FreshKind.parse(settings)
    examples = (e for e in fresh_examples("kind", kind, seed, excluded) if e is not None)
    return list(islice(examples, count))


def texts(example: FreshExample) -> tuple[str, str]:
    """Prompt and answer."""
    assert example.ids[example.start - 1] == WORDS.ids[ASSISTANT]
    return WORDS.decode(example.ids[: example.start]), WORDS.decode(example.ids[example.start :])


def stated(prompt: str) -> IsingHamiltonian:
    """The Hamiltonian of the first turn, in units of its largest coefficient."""
    first = prompt.split("OPENQASM")[0].split("\nr ")[0]
    n = int(re.search(r" n(\d+) ", first)[1])  # type: ignore[index]
    terms = {}
    for own, row in re.findall(r"@q(\d+) (.*?);q\d+", first):
        for others, number in re.findall(r"((?: q\d+ )*)(-?\d+\.\d+)", row):
            qubits = [int(q) for q in re.findall(r"\d+", others)] + [int(own)]
            terms[tuple(sorted(qubits))] = float(number)
    return IsingHamiltonian(n, terms)


@pytest.mark.parametrize("problems", [0.0, 1.0])
def test_solutions_are_lowest_states(problems: float) -> None:
    kinds = set()
    for example in drawn(
        60, makes="solutions", problems=problems, sizes=SMALL, build={"max_qubits": 6}, plan_only=1
    ):
        prompt, answer = texts(example)
        kinds.add((prompt.split()[0], prompt.split()[1]))
        plan = answer[answer.index("// ") :]
        state = sum(int(b) << int(q) for q, b in re.findall(r"q(\d+)=(\d)", plan))
        diagonal = stated(prompt).diagonal
        # The prompt rounds coefficients, so that close levels may change places.
        assert diagonal[state] <= diagonal.min() + 0.03 * np.ptp(diagonal)
        assert WORDS.unknown_id not in example.ids
    assert {("converged", "any"), ("converged", "vqe"), ("converged", "adaptive_vqe")} <= kinds


def test_every_request_of_solutions_occurs() -> None:
    heads = set()
    for example in drawn(1500, makes="solutions", problems=0.0, sizes={5: 1.0}, second_turn=0):
        heads.add(tuple(texts(example)[0].split()[:3]))
    depths = ["p?", *(f"p{p}" for p in range(1, 9))]
    for algorithm in ("any", "vqe", "adaptive_vqe"):
        assert {("converged", algorithm, p) for p in depths} <= heads
    assert {style for style, *_ in heads} == {"converged", "agent-q"}


def test_a_second_turn_follows_a_plan_that_went_wrong() -> None:
    found = 0
    for example in drawn(40, makes="solutions", problems=0.0, sizes=SMALL, second_turn=1.0):
        prompt, _ = texts(example)
        found += "\nr 0." in prompt or "r 0." in prompt
    assert found > 10


def test_whole_answers_end_and_beginnings_do_not() -> None:
    whole = drawn(20, makes="solutions", problems=0.0, sizes=SMALL, plan_only=0, second_turn=0)
    begun = drawn(20, makes="solutions", problems=0.0, sizes=SMALL, plan_only=1)
    end = WORDS.ids[END]
    assert all(example.ids[-1] == end for example in whole)
    assert not any(example.ids[-1] == end for example in begun)


def test_angles_of_every_depth() -> None:
    pytest.importorskip("torch")
    found = drawn(80, makes="angles", problems=0.0, sizes={3: 1.0, 4: 1.0}, batch=60)
    depths = set()
    for example in found:
        prompt, answer = texts(example)
        head = re.search(r"// qaoa (?:c )?p(\d): (.*) \n", answer)
        assert head is not None
        assert len(head[2].split()) == 2 * int(head[1])
        assert example.renamable
        assert f" p{head[1]} " in prompt or " p? " in prompt
        depths.add(int(head[1]))
    assert depths == set(range(1, 9))


def test_records_are_examples() -> None:
    for example in drawn(
        3, makes="records", build={"max_qubits": 5, "algorithms": {"qaoa": 1.0}}, plan_only=1
    ):
        prompt, answer = texts(example)
        assert prompt.startswith("agent-q ")
        assert "// qaoa " in answer


def test_excluded_instances_do_not_occur(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {2: 1.0}
    seen = {
        instance_id(Ising(hamiltonian))
        for hamiltonian in islice(
            fresh.instances(FreshKind(makes="solutions", problems=0, sizes=sizes), 1, frozenset()),
            60,
        )
    }
    monkeypatch.setattr(fresh, "DISCRETE", frozenset({"sign", "integer", "uniform", "gaussian"}))
    kind = FreshKind(makes="solutions", problems=0, sizes=sizes)
    again = {instance_id(Ising(h)) for h in islice(fresh.instances(kind, 1, frozenset(seen)), 60)}
    assert not again & seen


def test_equal_seeds_give_equal_examples_and_others_do_not() -> None:
    one, same, other = (
        drawn(5, seed=seed, makes="solutions", problems=0.5, sizes=SMALL) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other

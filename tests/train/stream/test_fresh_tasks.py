"""Fresh tasks: answers that solve them, in nano's tokens, and none of those held out."""

from __future__ import annotations

import tomllib
from itertools import islice
from pathlib import Path

from quasar.core.seeds import generator
from quasar.data.target_tasks import FEW_INSTANCES, held_out, sample_varied, solves
from quasar.models.word_tokens import WordTokens
from quasar.prompts.task_answer import task_program
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import TAUGHT
from quasar.prompts.vocabulary import ASSISTANT
from quasar.tasks.registry import read_task
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.fresh_tasks import (
    TaskKind,
    checked_answer,
    fresh_examples,
    tokens,
)
from quasar.train.stream.result import profile_of
from quasar.train.stream.training import vocabulary_of

WORDS = WordTokens(tokens())
QUICK = {"ghz": 1.0, "graph_state": 2.0, "cat": 2.0, "simon": 1.0, "evolution": 1.0}


def test_examples_are_prompts_and_answers() -> None:
    kind = TaskKind(tasks=QUICK, sizes={2: 1.0, 3: 1.0})
    made = list(islice(fresh_examples("kind", kind, 5, frozenset()), 40))
    assert made == list(islice(fresh_examples("kind", kind, 5, frozenset()), 40))
    names = set()
    for example in made:
        assert WORDS.ids[ASSISTANT] == example.ids[example.start - 1]
        names.add(WORDS.decode(example.ids[: example.start]).split()[0])
        answer = WORDS.decode(example.ids[example.start :])
        assert answer.startswith("OPENQASM 3.0;")
    assert names == QUICK.keys()


def test_what_is_held_out_is_a_tenth_of_what_has_many_instances() -> None:
    rng = generator(7, "held out")
    graphs = [sample_varied("graph_state", rng, 5) for _ in range(400)]
    fraction = sum(map(held_out, graphs)) / 400
    assert 0.04 < fraction < 0.18
    assert not any(held_out(sample_varied(name, rng, 4)) for name in FEW_INSTANCES)
    apart = [task for task in graphs if held_out(task)]
    kind = TaskKind(tasks={"graph_state": 1.0}, sizes={5: 1.0})
    examples = islice(fresh_examples("kind", kind, 8, frozenset()), 100)
    seen = {WORDS.decode(e.ids[1 : e.start - 1]) for e in examples}
    prompts = {task_prompt(task) for task in apart}
    assert not seen & prompts


def test_a_wrong_answer_is_not_kept() -> None:
    task = read_task("ghz", qubits=3)
    made = checked_answer(task)
    assert made is not None
    program, _ = task_program(task, made[1])
    assert solves(task, program)
    assert not solves(task, program.replace("h q[0];", "x q[0];"))
    judged = {made: False}
    assert checked_answer(task, judged) is None
    assert checked_answer(read_task("ghz", qubits=12)) is None


def test_the_packaged_recipe_covers_every_task() -> None:
    folder = Path(__file__).parents[3] / "configs"
    text = (folder / "sft-nano-tasks.toml").read_text(encoding="utf-8")
    settings = SftSettings.parse(tomllib.loads(text))
    named = [name for kind in settings.stream.kinds for name in kind.making["tasks"]]
    assert sorted(named) == sorted(TAUGHT)
    assert list(vocabulary_of(settings)) == tokens()
    profile = profile_of(settings)
    assert (profile.prompt_style, profile.max_qubits) == ("compact-tasks", 8)

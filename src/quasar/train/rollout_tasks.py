"""Records to tasks for reinforcement learning: what is asked, and what the answer is held against.

A task names its problem, its chat and the record's circuit as reference. What a chat tells and
leaves open, and whether it is about to be answered for the second time, is drawn as for supervised
examples. Which records become tasks is drawn once from the seed, equally often from each data set.
In place of records, problems may be drawn for the prompts (`fresh_prompts`); those have no
reference.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.data.storage import read_records
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request, Style
from quasar.prompts.styles import get_style
from quasar.prompts.task_style import TASK_STYLE
from quasar.prompts.task_vocabulary import TAUGHT
from quasar.recipes.spec import ALGORITHMS, Algorithm
from quasar.train.examples import ExampleSettings, make_example, request_of, style_of
from quasar.train.fresh_prompts import FreshPrompts, fresh_prompts
from quasar.train.rewards import RewardSettings
from quasar.train.stream.fresh_tasks import TaskKind
from quasar.train.tokens import split_files

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange

_SPARE = 1.5  # records read for each one wanted: some have no prompt in the style, or a long one
_OF_TASKS = {"tasks", "prompts"}
_OF_FRESH = {"fresh", "prompts", "max_prompt_length"}
_TRIES = 50  # problems drawn for each prompt that is wanted
_KEYS = ("recipe", "optimization_type", "number_of_qubits")


class TaskPrompts(TaskKind):
    """Which target tasks are asked, in place of records: the table `[data.tasks]`."""

    tasks: dict[str, float] = Field(default_factory=lambda: dict.fromkeys(TAUGHT, 1.0))
    """Weight of each task, by its name."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict.fromkeys(range(1, 7), 1.0))
    """Weight of each number of qubits that is asked for."""
    style: Literal["compact-tasks", "words"] = TASK_STYLE
    """`compact-tasks`: as nano is asked (`prompts.task_style`); `words`: the task's own text."""


class PromptSettings(Settings):
    """Which records, or which target tasks, are asked about."""

    paths: tuple[Path, ...] = ()
    """Data sets, as `quasar data build` writes them; one that is named twice counts twice."""
    tasks: TaskPrompts | None = None
    """Target tasks, in place of data sets."""
    fresh: FreshPrompts | None = None
    """Problems drawn for the prompts, in place of data sets; asked in the compact style."""
    prompts: int = Field(default=4096, ge=1)
    """Prompts at most, over all data sets; their order is drawn again each time round."""
    algorithms: tuple[Algorithm, ...] = Field(default=ALGORITHMS, min_length=1)
    """Records of these algorithms alone."""
    styles: tuple[Style, ...] = Field(default=("converged", "agent-q"), min_length=1)
    """Records of these recipes alone; imported ones count as `agent-q`."""
    max_qubits: int | None = Field(default=None, ge=1)
    """Largest problem; None: any."""
    max_prompt_length: int = Field(default=512, ge=16)
    """Longest prompt, tokens; longer ones are left out."""
    examples: ExampleSettings = ExampleSettings()
    """Prompt style, and what a prompt tells."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = (bool(self.paths), self.tasks is not None, self.fresh is not None)
        if sum(given) != 1:
            raise ValueError(
                "give one of paths (data sets), tasks (target tasks) and fresh (problems drawn)"
            )
        if self.tasks is not None and (others := self.model_fields_set - _OF_TASKS):
            raise ValueError(f"target tasks do not use {', '.join(sorted(others))}: leave that out")
        if self.fresh is not None and (others := self.model_fields_set - _OF_FRESH):
            raise ValueError(f"fresh prompts do not use {', '.join(sorted(others))}: leave it out")
        return self

    @property
    def prompt_style(self) -> str:
        """Style of the prompts."""
        return self.examples.prompt_style if self.tasks is None else self.tasks.style


class RolloutTask(NamedTuple):
    """One prompt and what an answer to it is held against.

    Attributes:
        reference: the record's circuit; None where there is no record.
        source: data set and number of the record.
        style: which circuits the prompt asks for.
        known: beyond 24 qubits, what the record says of the energies.
        request: what the prompt asks for.
    """

    problem: EncodedProblem
    reference: str | None
    chat: list[Message]
    source: str
    style: Style
    known: EnergyRange | None = None
    request: Request = Request()


def draw_tasks(
    settings: PromptSettings, tokenizer: Any, *, split: str, count: int, seed: int
) -> list[RolloutTask]:
    """At most `count` tasks of a split, the same ones for the same seed.

    Args:
        tokenizer: for the length of prompts; None: of any length.

    Raises:
        InputError: a data set cannot be read, has no such split, or no record fits.
    """
    if settings.fresh is not None:
        return _drawn_fresh(settings, settings.fresh, tokenizer, split, count, seed)
    shares = Counter(settings.paths)
    tasks: list[RolloutTask] = []
    for path, share in shares.items():
        wanted = -(-count * share // len(settings.paths))
        drawn = _draw(settings, path, split, int(_SPARE * wanted) + 8, seed)
        made = (task_of(record, settings, path.name) for record in drawn)
        fitting = (t for t in made if t is not None and _fits(t, tokenizer, settings))
        tasks += islice(fitting, wanted)
    if not tasks:
        raise InputError(
            f"no record of the split {split!r} fits [data]: check algorithms, styles, max_qubits "
            "and max_prompt_length."
        )
    return tasks[:count]


def _drawn_fresh(
    settings: PromptSettings, fresh: FreshPrompts, tokenizer: Any, split: str, count: int, seed: int
) -> list[RolloutTask]:
    style, tasks = get_style(settings.examples.prompt_style), list[RolloutTask]()
    drawn = islice(fresh_prompts(fresh, split=split, seed=seed), _TRIES * count)
    for number, (hamiltonian, request) in enumerate(drawn):
        problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
        try:
            chat = style.render(problem, request)
        except InputError:
            continue
        source = f"fresh/{number}"
        task = RolloutTask(problem, None, chat, source, request.style, request=request)
        if _fits(task, tokenizer, settings):
            tasks.append(task)
        if len(tasks) == count:
            break
    if not tasks:
        raise InputError(
            "no problem that was drawn fits [data]: check fresh.sizes, fresh.build and "
            "max_prompt_length."
        )
    return tasks


def task_of(
    record: Mapping[str, Any], settings: PromptSettings, name: str = "record"
) -> RolloutTask | None:
    """The task of a record; None where the prompt style cannot state it."""
    style = get_style(settings.examples.prompt_style)
    request = request_of(record, settings.examples)
    reference = record["circuit_with_params"]
    try:
        if style.name == "compact":
            example = make_example(record, settings.examples)
            if example is None:
                return None
            hamiltonian = IsingHamiltonian.from_text(
                record["cost_hamiltonian"], int(record["number_of_qubits"]), rounded=True
            )
            problem = EncodedProblem(None, hamiltonian, (), "given", "natural")
            chat = example.chat
        else:
            problem = load_problem(record)
            chat = style.render(problem, request)
    except InputError:
        return None
    return RolloutTask(
        problem,
        reference,
        chat,
        f"{name}/{record['index']}",
        request.style,
        _known(record, problem),
        request,
    )


def _known(record: Mapping[str, Any], problem: EncodedProblem) -> EnergyRange | None:
    """What a record beyond 24 qubits states of its energies."""
    stated = record.get("known")
    if stated is None:
        return None
    from quasar.verifier.energy_range import EnergyRange

    found = EnergyRange.from_json(json.loads(stated))
    if problem.problem is None:  # the optimum is in terms that are not known then
        return replace(found, optimum=None, sign=1.0, constant=problem.hamiltonian.constant)
    return found


def references_of(tasks: Sequence[RolloutTask], reward: RewardSettings) -> list[str | None]:
    """The reference circuits that take part in the rewards; None for the others."""
    return [task.reference if reward.compares(task.style) else None for task in tasks]


def _draw(
    settings: PromptSettings, path: Path, split: str, count: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Records of one data set in a drawn order, at most `count`."""
    files = split_files(path, split)
    places = [
        (number, row)
        for number, file in enumerate(files)
        for row, keys in enumerate(read_records(file, _KEYS))
        if _asked(keys, settings)
    ]
    order = generator(seed, "rollouts", path.name, split).permutation(len(places))[:count]
    chosen = [places[int(i)] for i in order]
    records = dict(_read(files, chosen))
    yield from (records[place] for place in chosen)


def _asked(record: Mapping[str, Any], settings: PromptSettings) -> bool:
    most = settings.max_qubits
    return (
        style_of(record) in settings.styles
        and record["optimization_type"] in settings.algorithms
        and (most is None or int(record["number_of_qubits"]) <= most)
    )


def _read(
    files: Sequence[Path], places: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Records at (file, row), in no order; only these rows become Python objects."""
    import pyarrow.parquet as pq

    for number, file in enumerate(files):
        rows = [row for f, row in places if f == number]
        if rows:
            for row, record in zip(rows, pq.read_table(file).take(rows).to_pylist(), strict=True):
                yield (number, row), record


def _fits(task: RolloutTask, tokenizer: Any, settings: PromptSettings) -> bool:
    if tokenizer is None:
        return True
    text = tokenizer.apply_chat_template(task.chat, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return len(ids) <= settings.max_prompt_length

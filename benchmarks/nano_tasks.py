"""The packaged model on target tasks that it never learnt from: one greedy answer each.

For each task and each size of 1 to 6 qubits some tasks are drawn. Those with many instances are
taken from the tenth that training leaves out (`data.target_tasks.held_out`); of those with few
instances (a GHZ state of n qubits) all are asked, and all were learnt. The column `unseen` says
which is which: `prompt` where nano never saw what it is asked; `task` where it saw other tasks with
the same prompt, as it is told no oracle's secret and no list of amplitudes; `no` where all were
learnt. Answers are guided (`prompts.task_guide`), and beside that left to the model `alone`.

    python -m benchmarks.nano_tasks                  # the packaged weights
    python -m benchmarks.nano_tasks --model FOLDER
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

from benchmarks._common import print_table, write_result

from quasar.agent.task_generation import TaskAnswer, task_answers
from quasar.core.seeds import generator
from quasar.data.target_tasks import held_out, many_instances, sample_varied
from quasar.models.protocol import Sampling
from quasar.models.registry import PACKAGED
from quasar.prompts.task_style import task_prompt
from quasar.prompts.task_vocabulary import TAUGHT
from quasar.tasks.registry import TASKS
from quasar.tasks.task import TargetTask
from quasar.train.stream.fresh_tasks import checked_answer
from quasar.verifier.bounded import verify_task
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.task_report import TaskReport

SIZES = range(1, 7)
_SEED = 2026
_DRAWS, _FEW_DRAWS = 2000, 100  # of each task and size, at most; where there are few instances
_MAX_TOKENS = 700
_TOLD = ("graph_state", "cat", "multi_controlled", "diagonal", "evolution")
"""Tasks whose prompts tell all parameters, where they tell more than the size."""
_Z = 1.959963984540054  # of a 95% interval


class Settings(NamedTuple):
    """What is asked."""

    model: str = PACKAGED
    each: int = 12  # tasks of one size, where there are so many


class Judged(NamedTuple):
    """One task with its two answers' verdicts, and the known circuit's."""

    task: TargetTask
    guided: TaskReport
    free: TaskReport
    reference: TaskReport
    named: bool


def drawn(name: str, each: int) -> list[TargetTask]:
    """Tasks of one name, of all sizes: held out, or all where there are few."""
    found: dict[str, TargetTask] = {}
    for qubits in SIZES:
        rng = generator(_SEED, "bench", name, qubits)
        count = 0
        for draw in range(_DRAWS):
            task = sample_varied(name, rng, qubits)
            many = many_instances(task)
            if count == each or (not many and draw > _FEW_DRAWS):
                break
            if task.n_qubits > SIZES[-1] or (many and not held_out(task)):
                continue
            if str(task.to_json()) in found or checked_answer(task) is None:
                continue
            found[str(task.to_json())] = task
            count += 1
    return list(found.values())


def unseen(task: TargetTask) -> str:
    """What of a task never occurred in training: see the module's header."""
    if not many_instances(task):
        return "no"
    return "prompt" if task.name in _TOLD and task_prompt(task) != _bare(task) else "task"


def _bare(task: TargetTask) -> str:
    return f"{task.name} n{task.n_qubits} "


def judged(tasks: Sequence[TargetTask], model: str) -> list[Judged]:
    """Both greedy answers to each task, judged."""
    greedy = Sampling(temperature=0.0, max_tokens=_MAX_TOKENS)
    guided = task_answers(tasks, model, greedy)
    free = task_answers(tasks, model, greedy, guided=False)
    limits, settings = SandboxLimits(), VerifierSettings(header="language")

    def report(task: TargetTask, answer: TaskAnswer) -> TaskReport:
        return verify_task(answer.qasm, task, settings, limits)

    return [
        Judged(
            task,
            report(task, own[0]),
            report(task, alone[0]),
            verify_task(task.reference(), task, settings, limits),
            own[0].named,
        )
        for task, own, alone in zip(tasks, guided, free, strict=True)
    ]


def wilson(solved: int, count: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share."""
    share, z = solved / count, _Z**2 / count
    middle = (share + z / 2) / (1 + z)
    half = _Z * math.sqrt(share * (1 - share) / count + z / (4 * count)) / (1 + z)
    return max(0.0, middle - half), min(1.0, middle + half)


def row(family: str, name: str, found: Sequence[Judged]) -> dict[str, Any]:
    """One line of the table."""
    solved = sum(one.guided.solved for one in found)
    low, high = wilson(solved, len(found))
    costs = [
        one.guided.stages.utility.score
        for one in found
        if one.guided.solved and one.guided.stages.utility is not None
    ]
    return {
        "family": family,
        "task": name,
        "unseen": ", ".join(sorted({unseen(one.task) for one in found})),
        "tasks": len(found),
        "prompts": len({task_prompt(one.task) for one in found}),
        "named": sum(one.named for one in found) / len(found),
        "solved": solved / len(found),
        "solved_low": low,
        "solved_high": high,
        "utility": fmean(costs) if costs else None,
        "feasible": sum(one.guided.feasible for one in found) / len(found),
        "free_solved": sum(one.free.solved for one in found) / len(found),
        "reference_solved": sum(one.reference.solved for one in found) / len(found),
        "by_size": {
            str(n): [sum(one.guided.solved for one in own), len(own)]
            for n in sorted({one.task.n_qubits for one in found})
            if (own := [one for one in found if one.task.n_qubits == n])
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, print the table, and write `results/nano_tasks.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=PACKAGED)
    parser.add_argument("--each", type=int, default=Settings().each)
    parser.add_argument("--name", default="nano_tasks", help="of the result's file")
    given = parser.parse_args(arguments)
    settings = Settings(given.model, given.each)
    begun, rows = time.monotonic(), []
    families: dict[str, list[Judged]] = {}
    everything: list[Judged] = []
    for name in TAUGHT:
        tasks = drawn(name, settings.each)
        assert not any(many_instances(task) and not held_out(task) for task in tasks)
        found = judged(tasks, settings.model)
        families.setdefault(TASKS[name].family, []).extend(found)
        everything += found
        rows.append(row(TASKS[name].family, name, found))
    rows += [row(family, "all", found) for family, found in families.items()]
    rows.append(row("all", "all", everything))
    for what in ("prompt", "task", "no"):
        own = [one for one in everything if unseen(one.task) == what]
        rows.append(row("all", f"unseen: {what}", own))
    print_table([_shown(one) for one in rows])
    extra = {"settings": settings._asdict(), "seconds": round(time.monotonic() - begun, 1)}
    print(write_result(given.name, rows, extra))


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    low, high = 100 * one["solved_low"], 100 * one["solved_high"]
    share = f"{100 * one['solved']:.0f}% [{low:.0f}, {high:.0f}]"
    return {
        "family": one["family"],
        "task": one["task"],
        "unseen": one["unseen"],
        "tasks": one["tasks"],
        "prompts": one["prompts"],
        "named": f"{100 * one['named']:.0f}%",
        "solved": share,
        "utility": "" if one["utility"] is None else f"{one['utility']:.2f}",
        "alone": f"{100 * one['free_solved']:.0f}%",
        "reference": f"{100 * one['reference_solved']:.0f}%",
    }


if __name__ == "__main__":
    main()

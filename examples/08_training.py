# %% [markdown]
# # Training with the verifier as reward
#
# A model that writes circuits can be trained in two ways. *Supervised fine-tuning* (SFT) shows it
# good circuits. *Reinforcement learning* (GRPO) lets it write, has the verifier judge, and makes
# the better answers more likely. This page runs both for seconds, so that you see every part; the
# last section has the commands for ten minutes and for real. It needs the extra `train`.

# %%
import json
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import quasar
from quasar.data.build import build
from quasar.data.settings import BuildSettings
from quasar.train.grpo import train_grpo
from quasar.train.grpo_settings import GrpoSettings
from quasar.train.sft import train_sft
from quasar.train.sft_settings import SftSettings

work = Path(tempfile.mkdtemp())

# %% [markdown]
# ## A reward, by hand
#
# The packaged model answers one question eight times, with some chance in it. The verifier's
# reward is higher for a lower energy, and -1 for a text that is no circuit:

# %%
problem = quasar.load_problem(nx.cycle_graph(5), problem_type="maxcut")
found = quasar.generate(
    problem, samples=8, request={"algorithm": "qaoa", "layers": 2}, sampling={"temperature": 1.5}
)
rewards = np.array([candidate.report.reward.value for candidate in found.candidates])
advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-9)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6))
left.bar(range(len(rewards)), rewards)
left.set(title="reward", xlabel="answer")
right.bar(range(len(advantages)), advantages)
right.set(title="advantage", xlabel="answer")
figure.tight_layout()

# %% [markdown]
# That is the idea of GRPO: an answer's *advantage* is its reward less the mean of its group.
# Answers with a positive advantage become more likely, the others less. No second model judges,
# and nobody has to know the right answer: the circuit is measured.
#
# ## Supervised: a small model from nothing
#
# First a data set, then a tiny model which has never seen a circuit:

# %%
made = build(
    work / "data",
    BuildSettings(
        recipe="converged", count=24, max_qubits=5, seed=5, search="canonical", max_basis_share=1.0
    ),
    jobs=1,
)

# %% tags=["remove-stderr"]
tiny = {"hidden_size": 64, "layers": 1, "head_size": 32, "intermediate_size": 64}
train_sft(
    SftSettings.parse(
        {
            "out": str(work / "sft"),
            "threads": 1,
            "model": {"name": "tiny", "attention": "eager", "new": tiny},
            "data": {"paths": [str(work / "data")], "cache": str(work / "cache"), "jobs": 1},
            "schedule": {
                "max_steps": 16,
                "batch_size": 4,
                "learning_rate": 3e-3,
                "optimizer": "muon",
            },
            "eval": {"problems": 0, "log_steps": 2},
        }
    )
)


def curve(run: str, name: str) -> tuple[list[int], list[float]]:
    """Steps and values of what a run logged for TensorBoard."""
    (log,) = (work / run / "checkpoints" / "runs").rglob("events.*")
    points = EventAccumulator(str(log)).Reload().Scalars(f"train/{name}")
    return [point.step for point in points], [point.value for point in points]


figure, axes = plt.subplots(figsize=(5.5, 2.6))
axes.plot(*curve("sft", "loss"), "o-")
axes.set(xlabel="step", ylabel="loss")
figure.tight_layout()

# %% [markdown]
# The loss says how surprised the model is by the next word of a good circuit. It falls fast at
# first, since all circuits have the same words. Whether its own circuits are any good takes
# thousands of steps, and is measured by verifying them, not by the loss
# ([training](../docs/training.md)).
#
# ## Reinforcement: the packaged model
#
# One step on the same problems: it draws a group of four answers to one question, verifies them in
# worker processes, and changes the model a little:

# %% tags=["remove-stderr"]
train_grpo(
    GrpoSettings.parse(
        {
            "out": str(work / "grpo"),
            "threads": 1,
            "model": {"name": "nano-grpo", "base": "nano", "attention": "eager"},
            "data": {"paths": [str(work / "data")], "prompts": 8, "max_prompt_length": 96},
            "reward": {"aim": "physical"},
            "verification": {"workers": 1},
            "rollouts": {"group": 4, "max_tokens": 96},
            "loss": {"kind": "dr_grpo"},
            "schedule": {"max_steps": 1, "batch_size": 4, "learning_rate": 1e-4},
            "eval": {"problems": 0, "log_steps": 1},
        }
    )
)
for name in ("signal/reward", "signal/parses", "signal/ratio"):
    print(name, [round(value, 3) for value in curve("grpo", name)[1]])

# %%
lines = (work / "grpo" / "completions.jsonl").read_text().splitlines()
kept = [json.loads(line) for line in lines]
shown = ("reward", "parses", "approximation_ratio", "p_optimal")
for line in kept:
    print({name: line.get(name) for name in shown})

# %% [markdown]
# Every answer is kept with all its measurements, so another reward can be tried on them later. An
# answer with a P(opt) of 1 and a small reward is the optimum written as one bit string: the reward
# `physical` pays a quarter for that, since it takes no quantum circuit. One step changes nothing
# that could be measured. None of this needs a GPU.
#
# ## Ten minutes, and for real
#
# These commands are *not* run on this page. Five minutes each, on two cores, in a clone:
#
# ```console
# $ quasar train sft configs/sft-nano.toml --set schedule.max_minutes=5
# $ quasar train grpo configs/grpo-nano-cpu.toml --set schedule.max_minutes=5
# ```
#
# The first builds its data sets before it trains, which takes half an hour. The configurations as
# they are take two hours and half an hour ([training](../docs/training.md), [reinforcement
# learning](../docs/grpo.md)). What reinforcement gave and what it did not, failures included, is
# in the [lab book](../docs/lab-book/reinforcement.md).
#
# Next: [the verifier as a tool](09_agents_and_service.py).

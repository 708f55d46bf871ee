"""The configurations for many GPUs, a few steps of each: two CPU processes and a tiny model.

The model is an untrained one of the same class as Qwen3-4B, with its chat template.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.small_rewards import qwen

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qwen") / "base"
    for part in qwen():
        part.save_pretrained(folder)
    return folder


def launch(kind: str, config: str, **changes: Any) -> None:
    arguments = [f"--set={name.replace('__', '.')}={value}" for name, value in changes.items()]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc_per_node", "2"),
            *("-m", "quasar", "train", kind, str(CONFIGS / config), *arguments),
        ],
        capture_output=True,
        text=True,
        # `accelerate launch --cpu` starts one process unless MPI is there; its library takes these.
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]


@pytest.mark.slow
def test_supervised_training_takes_a_batch_on_each_process(
    base: Path, training_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    launch(
        "sft",
        "sft-qwen3-4b.toml",
        out=out,
        threads=1,
        model__base=base,
        model__dtype="float32",
        data__paths=f"['{training_set}']",
        data__jobs=1,
        schedule__max_steps=2,
        schedule__accumulation=2,
        eval__problems=0,
        eval__log_steps=1,
    )
    manifest = json.loads((out / "model" / "manifest.json").read_text())
    assert manifest["steps"] == 2
    assert manifest["examples_seen"] == 2 * 2 * 2 * 2  # steps, accumulation, batch, processes


@pytest.mark.slow
def test_reinforcement_scores_whole_groups_over_both_processes(
    base: Path, training_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    launch(
        "grpo",
        "grpo-qwen3-4b.toml",
        out=out,
        threads=1,
        model__base=base,
        model__dtype="float32",
        data__paths=f"['{training_set}']",
        data__max_prompt_length=8000,
        verification__workers=1,
        rollouts__vllm="off",
        rollouts__group=4,
        rollouts__max_tokens=16,
        schedule__max_steps=2,
        schedule__accumulation=2,
    )
    manifest = json.loads((out / "model" / "manifest.json").read_text())
    assert (manifest["steps"], manifest["examples_seen"]) == (2, 2 * 2 * 2 * 2)
    logs = sorted(out.glob("completions*.jsonl"))
    assert len(logs) == 2
    kept = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    groups: dict[tuple[int, str], int] = {}
    for line in kept:
        assert not line["feasible"]  # an untrained model writes no program
        groups[line["step"], line["task"]] = groups.get((line["step"], line["task"]), 0) + 1
    assert set(groups.values()) == {4}

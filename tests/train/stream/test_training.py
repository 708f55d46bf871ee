"""Whole streaming trainings of a tiny model: it learns, goes on after a kill, loads by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from quasar.core.errors import InputError
from quasar.models.registry import load_model
from quasar.train.run import last_checkpoint
from quasar.train.settings import EvalSettings
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.checkpoint import _read_uses, load_checkpoint
from quasar.train.stream.training import compact_vocabulary, new_learner, train_stream
from support.small_stream import streaming

TESTS = Path(__file__).resolve().parents[2]
CHECK = """
import sys
from pathlib import Path
from train.stream.test_training import often_saved
from quasar.train.stream.training import train_stream
train_stream(often_saved(Path(sys.argv[1])))
"""


@pytest.fixture(autouse=True)
def _workers_find_the_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr("quasar.train.stream.training._AHEAD", 2)


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stream") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))
        train_stream(streaming(out))
    return out


def test_the_loss_falls_and_the_log_says_on_what(trained: Path) -> None:
    first, *_, last = lines(trained)
    assert last["step"] == 60
    assert last["loss"] < first["loss"] / 2
    for kind in ("short", "long"):
        assert last["kinds"][kind]["seen"] > 0
        assert last["kinds"][kind]["available"] > 0
        assert last["kinds"][kind]["repeats"] <= 4
    assert last["tokens_per_s"] > 0
    assert 0 <= last["waiting"] <= 1


def test_the_folder_loads_by_itself_and_gives_the_same_logits(trained: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    learner = new_learner(streaming(trained), compact_vocabulary())
    assert load_checkpoint(trained / "checkpoints", learner).step == 60
    model = AutoModelForCausalLM.from_pretrained(trained / "model", dtype=torch.float32).eval()
    with torch.no_grad():
        for weight in learner.model.parameters():
            weight.copy_(weight.bfloat16())  # as the folder has them
        ids = torch.randint(4, len(compact_vocabulary()), (2, 30))
        assert torch.allclose(learner.model.logits(ids), model(ids).logits, atol=1e-4)
    assert AutoTokenizer.from_pretrained(trained / "model").get_vocab() == compact_vocabulary()
    own = load_model(str(trained / "model"))
    assert (own.name, own.prompt_style) == ("tiny", "compact")
    assert json.loads((trained / "model" / "config.json").read_text())["dtype"] == "bfloat16"


def test_the_manifest_says_what_was_seen(trained: Path) -> None:
    manifest = json.loads((trained / "model" / "manifest.json").read_text())
    assert manifest["steps"] == 60
    assert manifest["examples_seen"] == sum(own["seen"] for own in manifest["kinds"].values())
    assert manifest["tokens_seen"] == lines(trained)[-1]["tokens"]
    assert manifest["worker_seeds"] == [1]
    assert manifest["settings"]["data"]["stream"]["kinds"][1]["qubits"] == [6, 7]
    assert "`short`, `long`" in (trained / "model" / "README.md").read_text()


def test_a_killed_training_leaves_no_worker_and_goes_on_where_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = subprocess.Popen([sys.executable, "-c", CHECK, str(out)], stderr=subprocess.DEVNULL)
    wait_for(lambda: list(out.glob("checkpoints/*/quasar_state.json")) or run.poll() is not None)
    workers = children(run.pid)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert workers
    wait_for(lambda: not any(map(alive, workers)), 5.0)

    checkpoint = last_checkpoint(out / "checkpoints")
    assert checkpoint is not None
    before = json.loads((checkpoint / "quasar_state.json").read_text())
    known = {path.name for path in (out / "chunks").glob("*.npz")}
    train_stream(often_saved(out))
    after = json.loads((out / "checkpoints" / "checkpoint-30" / "quasar_state.json").read_text())
    assert 0 < before["step"] < 30 == after["step"]
    assert after["seconds"] > before["seconds"] > 0
    assert after["totals"]["tokens"] > before["totals"]["tokens"] > 0
    assert after["seeds"] == [1, 2]
    uses = _read_uses(out / "checkpoints" / "checkpoint-30" / "uses.npz")
    assert known <= uses.keys()
    assert sum(int(own.sum()) for own in uses.values()) >= sum(after["totals"]["examples"].values())


def often_saved(out: Path) -> SftSettings:
    settings = streaming(out, max_steps=30)
    return settings.model_copy(update={"eval": EvalSettings(log_steps=5, save_minutes=1e-9)})


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_base_may_have_another_vocabulary(trained: Path, tmp_path: Path) -> None:
    from quasar.train.stream.light_base import from_base

    vocabulary = compact_vocabulary()
    turned = {text: len(vocabulary) - number for text, number in vocabulary.items()}
    turned["a new token"] = 0
    plain = from_base(str(trained / "model"), vocabulary, 1024)
    other = from_base(str(trained / "model"), turned, 1024)
    ids = torch.randint(4, len(vocabulary), (1, 12))
    with torch.no_grad():
        logits = plain.logits(ids)
        moved = other.logits(len(vocabulary) - ids)
    assert torch.allclose(logits, moved[..., 1:].flip(-1), atol=1e-5)


def test_folders_of_other_examples_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "chunks"
    train_stream(streaming(tmp_path / "a", data={"folder": str(folder)}, max_steps=1))
    with pytest.raises(InputError, match="other settings"):
        train_stream(
            streaming(tmp_path / "b", data={"folder": str(folder), "max_length": 99}, max_steps=1)
        )
    with pytest.raises(InputError, match="other settings"):
        train_stream(streaming(tmp_path / "a", max_steps=2))
    made = len(list(folder.glob("*.npz")))
    train_stream(
        streaming(
            tmp_path / "c", data={"folder": str(folder), "workers": 0, "repeats": 9}, max_steps=3
        )
    )
    assert len(list(folder.glob("*.npz"))) == made


def test_settings_of_the_other_way_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not use schedule\.batch_size"):
        streaming(tmp_path, batch_size=4)
    with pytest.raises(InputError, match="either paths"):
        streaming(tmp_path).parse({"out": "a", "data": {}, "schedule": {"max_steps": 1}})
    with pytest.raises(InputError, match=r"does not use schedule\.batch_tokens"):
        streaming(tmp_path).parse(
            {
                "out": "a",
                "data": {"paths": ["b"]},
                "schedule": {"max_steps": 1, "batch_tokens": 100},
            }
        )

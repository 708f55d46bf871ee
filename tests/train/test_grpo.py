"""Real GRPO on a tiny model: it runs, resumes, and leaves out what has no verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.train.grpo import COMPLETION_LOG, train_grpo
from quasar.train.grpo_settings import GrpoSettings
from quasar.train.new_model import make_model
from quasar.train.reward_function import VerifiedReward
from quasar.train.rollout_tasks import PromptSettings, draw_tasks
from quasar.train.run import QUALITY_LOG
from quasar.verifier.sandbox import Sandbox
from support.interrupted_training import interrupt, same_weights
from support.small_rewards import qwen
from support.tiny_model import save_checkpoint

GROUP = 4


def tiny(out: Path, data_set: Path, **tables: Any) -> GrpoSettings:
    base: dict[str, Any] = {
        "out": str(out),
        "threads": 1,
        "model": {
            "name": "tiny",
            "attention": "eager",
            "new": {"hidden_size": 64, "layers": 1, "head_size": 32, "intermediate_size": 64},
        },
        "data": {"paths": [str(data_set)]},
        "verification": {"workers": 1},
        "rollouts": {"group": GROUP, "max_tokens": 24, "guided": False},
        "loss": {"kind": "dr_grpo"},
        "schedule": {"max_steps": 2, "batch_size": 2 * GROUP, "learning_rate": 1e-3},
        "eval": {"problems": 2, "save_minutes": 1e-9, "log_steps": 1},
    }
    for name, table in tables.items():
        base[name] = {**base[name], **table} if name in base else table
    return GrpoSettings.parse(base)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def history(out: Path) -> list[dict[str, Any]]:
    newest = max((out / "checkpoints").glob("checkpoint-*"), key=lambda p: int(p.name[11:]))
    found: list[dict[str, Any]] = json.loads((newest / "trainer_state.json").read_text())[
        "log_history"
    ]
    return found


@pytest.fixture(scope="module")
def trained(training_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("grpo") / "run"
    result = train_grpo(tiny(out, training_set, schedule={"max_steps": 3}))
    assert set(result.before) >= {"reward", "parses", "ratio", "p_optimal"}
    names = {"reward", "parses", "ratio", "p_optimal"}
    assert set(result.after) >= names | {f"sampled/{name}" for name in names}
    return out


def test_the_folder_loads_by_itself_and_says_what_it_is(trained: Path) -> None:
    from transformers import AutoModelForCausalLM

    from quasar.models.registry import load_model

    AutoModelForCausalLM.from_pretrained(trained / "model")
    own = load_model(str(trained / "model"))
    assert (own.name, own.prompt_style, own.max_qubits) == ("tiny", "compact", 24)
    manifest = json.loads((trained / "model" / "manifest.json").read_text())
    assert (manifest["steps"], manifest["examples_seen"]) == (3, 3 * 2 * GROUP)
    assert manifest["before"]["reward"] == lines(trained / QUALITY_LOG)[0]["reward"]
    assert "# tiny" in (trained / "model" / "README.md").read_text()


def test_every_completion_is_kept_with_its_measurements(trained: Path) -> None:
    kept = lines(trained / COMPLETION_LOG)
    assert len(kept) == 3 * 2 * GROUP
    assert {line["step"] for line in kept} == {0, 1, 2}
    for line in kept:
        assert line["task"].startswith("small/")
        assert line["reward"] == (-1.0 if not line["feasible"] else pytest.approx(line["reward"]))
        assert line["cost_s"]["feasibility"] >= 0


def test_curves_show_signals_entropy_length_and_the_cost_of_verifying(trained: Path) -> None:
    points = [entry for entry in history(trained) if "loss" in entry]
    for name in (
        "signal/reward",
        "signal/parses",
        "signal/ratio",
        "signal/p_optimal",
        "entropy",
        "completions/mean_length",
        "verification/seconds",
        "verification/lost",
    ):
        assert name in points[0], name
    assert 0 < points[0]["verification/share_of_step"] < 1
    assert list((trained / "checkpoints" / "runs").rglob("events.*"))


def test_the_report_shows_the_curves_and_what_changed(trained: Path) -> None:
    text = (trained / "report" / "report.md").read_text()
    after = lines(trained / QUALITY_LOG)[-1]
    assert f"{after['reward']:.4f} |\n" in text
    assert "3 steps, 24 completions" in text
    assert "2 validation problems" in text
    for picture in ("reward.png", "quality.png", "policy.png"):
        assert f"({picture})" in text
        assert (trained / "report" / picture).read_bytes().startswith(b"\x89PNG")
    curves = json.loads((trained / "report" / "curves.json").read_text())
    assert [point for point in curves if "signal/reward" in point]


def test_a_killed_run_goes_on_to_the_weights_it_would_have_had(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import GRPOTrainer

    # A reward that tells the nonsense of an untrained model apart, so that weights move.
    monkeypatch.setattr(
        VerifiedReward,
        "__call__",
        lambda self, completions, **_: [len(str(c)) for c in completions],
    )
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    longer: dict[str, Any] = {"schedule": {"max_steps": 4}, "eval": {"problems": 0}}
    train_grpo(tiny(whole, training_set, **longer))

    interrupt(monkeypatch, GRPOTrainer, 2, lambda: train_grpo(tiny(broken, training_set, **longer)))
    train_grpo(tiny(broken, training_set, **longer))
    weights = same_weights(whole / "model", broken / "model")
    untrained, _ = make_model(tiny(whole, training_set).model, 0)
    moved = (weights[name].float() - w for name, w in untrained.state_dict().items())
    assert max(float(change.abs().max()) for change in moved) > 2e-3


def test_a_run_by_the_clock_ends_and_goes_round_its_prompts(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VerifiedReward, "__call__", lambda *_, **__: [0.5] * 2 * GROUP)
    settings = tiny(
        tmp_path / "run",
        training_set,
        data={"prompts": 2},
        rollouts={"max_tokens": 4},
        schedule={"max_steps": None, "max_minutes": 0.05},
        eval={"problems": 0, "save_minutes": 10.0},
    )
    assert train_grpo(settings) == ({}, {})
    manifest = json.loads((tmp_path / "run" / "model" / "manifest.json").read_text())
    assert 2.5 < manifest["training_seconds"] < 60  # the machine may be slow
    assert manifest["steps"] > 2  # each step is a whole round of the two prompts


def test_a_completion_without_a_verdict_is_left_out_of_the_update(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import GRPOTrainer

    def paid(self: Any, completions: Any, **_: Any) -> list[float | None]:
        rewards: list[float | None] = [float(i % GROUP) for i in range(len(completions))]
        rewards[1] = None
        self.lost_rows = [one is None for one in rewards]
        return rewards

    batches: list[dict[str, Any]] = []
    compute = GRPOTrainer._compute_loss

    def watched(self: Any, model: Any, inputs: dict[str, Any]) -> Any:
        batches.append({key: inputs[key].clone() for key in ("advantages", "completion_mask")})
        return compute(self, model, inputs)

    monkeypatch.setattr(VerifiedReward, "__call__", paid)
    monkeypatch.setattr(GRPOTrainer, "_compute_loss", watched)
    train_grpo(
        tiny(tmp_path / "run", training_set, schedule={"max_steps": 1}, eval={"problems": 0})
    )
    advantages, mask = batches[0]["advantages"], batches[0]["completion_mask"]
    left_out = (mask.sum(dim=1) == 0).nonzero().flatten().tolist()
    assert len(left_out) == 1
    assert advantages[left_out[0]] == 0.0
    # Its group's mean is that of the other three: 0, 2 and 3 around 5/3, not around 5/4.
    assert advantages.sum().abs() < 1e-4
    assert sorted(a > 0 for a in advantages.tolist()) == [False] * 4 + [True] * 4


def test_several_turns_and_a_base_to_stay_near_to(training_set: Path, tmp_path: Path) -> None:
    model, tokenizer = qwen()
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    settings = tiny(
        tmp_path / "run",
        training_set,
        model={"base": str(tmp_path / "base")},
        data={"examples": {"prompt_style": "published"}, "max_prompt_length": 4000},
        rollouts={"turns": 2},
        loss={"kind": "grpo", "beta": 0.1},
        reward={"aim": "physical"},
        schedule={"batch_size": GROUP},
        eval={"problems": 1},
    )
    result = train_grpo(settings)
    assert result.before["reward"] == -1.0
    point = next(entry for entry in history(tmp_path / "run") if "loss" in entry)
    assert point["tools/call_frequency"] >= 0
    assert "kl" in point
    profile = json.loads((tmp_path / "run" / "model" / "quasar.json").read_text())
    assert (profile["prompt_style"], profile["multi_turn"]) == ("published", True)


def test_several_turns_need_a_template_with_tools(training_set: Path, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "base")
    published = {"examples": {"prompt_style": "published"}, "max_prompt_length": 4000}
    with pytest.raises(InputError, match="template"):
        train_grpo(
            tiny(
                tmp_path / "run",
                training_set,
                model={"base": str(tmp_path / "base")},
                data=published,
                rollouts={"turns": 2},
            )
        )


def test_a_base_of_another_style_is_refused(training_set: Path, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "base")
    with pytest.raises(InputError, match="takes prompts in style"):
        train_grpo(tiny(tmp_path / "run", training_set, model={"base": str(tmp_path / "base")}))


def test_a_verifier_that_never_answers_stops_the_run(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(self: Sandbox, jobs: Any) -> Any:
        raise InfrastructureError("all workers died.")

    monkeypatch.setattr(Sandbox, "run", dead)
    monkeypatch.setattr(Sandbox, "__enter__", lambda self: self)  # nor does anything start
    monkeypatch.setattr(Sandbox, "__exit__", lambda *_: None)
    endless = {"max_steps": 50}
    with pytest.raises(InfrastructureError, match="in a row"):
        train_grpo(tiny(tmp_path / "run", training_set, schedule=endless, eval={"problems": 0}))


def test_tasks_are_the_same_each_time_and_of_what_was_asked(training_set: Path) -> None:
    tokenizer = build_tokenizer()
    wanted = PromptSettings(paths=(training_set,), algorithms=("qaoa",), max_qubits=4)
    first = draw_tasks(wanted, tokenizer, split="train", count=5, seed=3)
    again = draw_tasks(wanted, tokenizer, split="train", count=5, seed=3)
    assert [t.source for t in first] == [t.source for t in again]
    assert 0 < len(first) <= 5
    assert len({t.source for t in first}) == len(first)
    for task in first:
        assert task.problem.n_qubits <= 4
        assert task.chat[0]["content"].startswith(f"{task.style} ")
    with pytest.raises(InputError, match="no record"):
        draw_tasks(
            PromptSettings(paths=(training_set,), styles=("agent-q",)),
            tokenizer,
            split="train",
            count=5,
            seed=3,
        )
    with pytest.raises(InputError, match="no split 'holiday'"):
        draw_tasks(wanted, tokenizer, split="holiday", count=5, seed=3)


def test_a_solution_asked_for_as_a_likeness_counts_as_one(training_set: Path) -> None:
    examples = {"likeness_share": 1.0, "likeness_from": 2}
    wanted = PromptSettings.parse({"paths": [training_set], "examples": examples})
    tasks = draw_tasks(wanted, build_tokenizer(), split="train", count=40, seed=3)
    assert {task.style for task in tasks} == {"converged", "agent-q"}
    for task in tasks:
        assert task.chat[0]["content"].startswith(f"{task.style} ")


def test_a_task_may_be_a_second_turn(training_set: Path) -> None:
    examples = {"second_turn": 1.0, "likeness_share": 0.0}
    wanted = PromptSettings.parse({"paths": [training_set], "examples": examples})
    tasks = draw_tasks(wanted, build_tokenizer(), split="train", count=40, seed=3)
    second = [task.chat for task in tasks if len(task.chat) > 1]
    assert second
    for chat in second:
        assert [turn["role"] for turn in chat] == ["user", "assistant", "user"]
        assert chat[-1]["content"].startswith("r 0.")


def test_settings_say_what_is_wrong(training_set: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs an end"):
        tiny(tmp_path, training_set, schedule={"max_steps": None})
    with pytest.raises(InputError, match="one turn"):
        tiny(tmp_path, training_set, rollouts={"turns": 2})
    with pytest.raises(InputError, match="base model"):
        tiny(tmp_path, training_set, loss={"beta": 0.1})
    with pytest.raises(InputError, match="no multiple of rollouts"):
        train_grpo(tiny(tmp_path / "a", training_set, schedule={"batch_size": 3}))
    with pytest.raises(InputError, match="name more data"):
        train_grpo(tiny(tmp_path / "b", training_set, schedule={"batch_size": 400 * GROUP}))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "settings.json").write_text("{}")
    with pytest.raises(InputError, match="other settings"):
        train_grpo(tiny(tmp_path / "c", training_set))


def test_the_command_prints_before_and_after(
    training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from quasar.cli.train import app
    from quasar.train import grpo

    seen: list[GrpoSettings] = []

    def trained(settings: GrpoSettings) -> grpo.GrpoResult:
        seen.append(settings)
        print("a line of the trainer")
        before = {"reward": 0.41, "sampled/reward": 0.3, "ratio": 0.5}
        return grpo.GrpoResult(before, {"reward": 0.47, "sampled/reward": 0.4, "s2": 0.25})

    monkeypatch.setattr(grpo, "train_grpo", trained)
    config = tmp_path / "c.toml"
    config.write_text(
        f"out = 'runs/x'\n[model]\n[data]\npaths = ['{training_set}']\n[schedule]\nmax_steps = 1\n"
    )
    change = ["--set", "reward.stages.ablation=no_re"]
    plain = CliRunner().invoke(app, ["grpo", str(config), *change])
    assert "mean reward, one sample: 0.300 -> 0.400\n" in plain.stdout
    assert "mean reward, greedy: 0.410 -> 0.470\n" in plain.stdout
    assert "- -> 0.2500" in plain.stdout
    assert seen[0].reward.stages.ablation == "no_re"
    machine = CliRunner().invoke(app, ["grpo", str(config), "--json"])
    assert json.loads(machine.stdout)["after"]["reward"] == 0.47


@pytest.mark.parametrize(
    "name",
    [
        "grpo-nano-cpu",
        "grpo-nano-guided",
        "grpo-nano-mixed",
        "grpo-nano-gpu",
        "grpo-nano-ablation",
        "grpo-nano-device",
        "grpo-qwen3-4b",
    ],
)
def test_the_configurations_are_valid(name: str) -> None:
    from quasar.cli.train import read_config

    path = Path(__file__).resolve().parents[2] / "configs" / f"{name}.toml"
    settings = GrpoSettings.parse(read_config(path, ["schedule.max_steps=1"]))
    schedule = settings.schedule
    assert schedule.batch_size * schedule.accumulation % settings.rollouts.group == 0

"""Training a network of angles: it learns, resumes, and is what the runtime runs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `models`")

from quasar.core.errors import InputError  # noqa: E402
from quasar.models.angle_network import FILES, AngleNetwork  # noqa: E402
from quasar.optimize.angle_features import field_scale  # noqa: E402
from quasar.train.angles.instances import FOLDER, AngleInstances, hamiltonian_of  # noqa: E402
from quasar.train.angles.network import AngleModule  # noqa: E402
from quasar.train.angles.settings import AngleSettings  # noqa: E402
from quasar.train.angles.training import TRAIN_LOG, train_angles  # noqa: E402


class Silent:
    def start(self, what: str, total: int | None, done: int = 0) -> None: ...
    def advance(self, count: int = 1) -> None: ...
    def say(self, what: str) -> None: ...


def settings(out: Path, **more: object) -> AngleSettings:
    data = {"instances": 24, "chunk": 12, "jobs": 1, "sizes": {3: 1, 4: 1, 5: 1}, "seed": 3}
    return AngleSettings.parse(
        {
            "out": str(out),
            "data": {**data, **more.pop("data", {})},  # type: ignore[dict-item]
            "network": {"width": 32, "blocks": 1, "depth": 3},
            "schedule": {"max_steps": 60, "batch_size": 12, "log_steps": 10, "depths": [1, 1, 1]}
            | more,
        }
    )


def test_energies_fall_and_numpy_runs_the_same_network(tmp_path: Path):
    train_angles(settings(tmp_path, learning_rate=5e-3), Silent())
    lines = [json.loads(line) for line in (tmp_path / TRAIN_LOG).read_text().splitlines()]
    assert lines[-1]["lower choice"] < lines[0]["lower choice"]
    network = AngleNetwork(tmp_path / "model" / FILES["converged"])
    with np.load(tmp_path / FOLDER / "00000.npz") as found:
        features, terms = found["features"], found["terms"].tolist()
    whole = [np.load(path)["features"] for path in sorted((tmp_path / FOLDER).glob("*.npz"))]
    module = AngleModule(settings(tmp_path).network, np.concatenate(whole), False)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["module"]
    module.load_state_dict(state)
    with torch.no_grad():
        angles, energies = module(torch.from_numpy(features))
    for row, text in enumerate(terms[:4]):
        for p in (1, 3):
            found = network.choices(hamiltonian_of(text), p)
            own = slice(p * (p - 1), p * (p + 1))
            np.testing.assert_allclose(found.scaled, angles[row, :, own], atol=2e-3)
            np.testing.assert_allclose(found.expected, energies[row, :, p - 1], atol=2e-3)


def test_what_is_known_of_the_result(tmp_path: Path):
    found = train_angles(settings(tmp_path, max_steps=3), Silent())
    content = json.loads((tmp_path / "model" / "angles.json").read_text())
    assert content["steps"] == 3
    assert content["instances"] == 24
    assert content["measured"] == found
    assert content["versions"]["torch"]


def test_an_interrupted_training_ends_as_it_would_have(tmp_path: Path):
    def run(out: Path, steps: int) -> dict[str, torch.Tensor]:
        train_angles(settings(out, max_steps=40), Silent())
        return torch.load(out / "checkpoint.pt", weights_only=True)["module"]

    whole = run(tmp_path / "whole", 40)
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "import test_training as t\n"
        "from quasar.train.angles import training\n"
        "save = training._AngleRun._step\n"
        "def step(run):\n"
        "    save(run)\n"
        "    run._save()\n"
        "    print(run.progress.step, flush=True)\n"
        "training._AngleRun._step = step\n"
        "training.train_angles(t.settings(Path(sys.argv[1]), max_steps=40), t.Silent())\n"
    )
    cut = tmp_path / "cut"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(cut), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    while int(process.stdout.readline() or 99) < 7:
        time.sleep(0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    resumed = run(cut, 40)
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, atol=1e-6, rtol=1e-5)


def test_a_folder_of_other_settings(tmp_path: Path):
    train_angles(settings(tmp_path, max_steps=1), Silent())
    with pytest.raises(InputError, match="other settings"):
        train_angles(settings(tmp_path, max_steps=2), Silent())


def test_the_recipe_s_angles_are_learnt(tmp_path: Path):
    data = {"style": "agent-q", "problems": 1.0, "build": {"recipe": "agent-q"}, "instances": 12}
    made = settings(tmp_path, data=data, learning_rate=1e-2)
    train_angles(made, Silent())
    lines = [json.loads(line) for line in (tmp_path / TRAIN_LOG).read_text().splitlines()]
    assert lines[-1]["lower choice"] < 0.5 * lines[0]["lower choice"]
    with np.load(tmp_path / FOLDER / "00000.npz") as found:
        instances = AngleInstances(found["features"], found["terms"].tolist(), found["targets"])
    assert instances.targets.shape == (12, 12)
    for text, row in zip(instances.terms, instances.targets, strict=True):
        for p in (1, 2, 3):
            assert row[p * (p - 1) + p : p * (p + 1)].sum() <= 0
        assert abs(row[0]) / field_scale(hamiltonian_of(text)) < 7.0


def test_held_out_instances_never_occur(tmp_path: Path):
    from quasar.data.identity import instance_id
    from quasar.problems.ising import Ising
    from quasar.train.angles.instances import EXCLUDED, excluded_names, make_instances

    data = {"problems": 0.0, "sizes": {3: 1}, "instances": 12}

    def make(out: Path) -> AngleInstances:
        chosen = settings(out, data=data)
        return make_instances(chosen, out, excluded_names(chosen.data, out), Silent())

    free = make(tmp_path / "a")
    names = {instance_id(Ising(hamiltonian_of(text))) for text in free.terms}
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / EXCLUDED).write_text("\n".join(names), encoding="utf-8")
    other = make(tmp_path / "b")
    laws_that_recur = [t for t in other.terms if len({abs(c) for _, c in json.loads(t)[1]}) == 1]
    assert not {instance_id(Ising(hamiltonian_of(t))) for t in laws_that_recur} & names


def test_a_wrong_path_does_not_claim_the_folder(tmp_path: Path):
    with pytest.raises(InputError, match=r"nothing\.jsonl"):
        train_angles(settings(tmp_path, data={"exclude": ["nothing.jsonl"]}), Silent())
    with pytest.raises(InputError, match="nonsense"):
        train_angles(settings(tmp_path, data={"build": {"nonsense": 1}}), Silent())
    train_angles(settings(tmp_path, max_steps=1), Silent())
    assert (tmp_path / "model" / FILES["converged"]).is_file()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"depths": []}, "depths has no weight"),
        ({"depths": [0, 0, 0, 1]}, "p = 1 to 3"),
        ({"depths": [1, -1]}, "depths"),
        ({"data": {"sizes": {}}}, "sizes has no weight"),
        ({"data": {"sizes": {1: 1}}}, "sizes"),
        ({"data": {"sizes": {40: 1}}}, "sizes"),
    ],
)
def test_settings_that_leave_nothing_to_train_on(tmp_path: Path, more: dict, said: str):
    with pytest.raises(InputError, match=said):
        settings(tmp_path, **more)


def test_a_folder_that_cannot_be(tmp_path: Path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="no folder can be made"):
            train_angles(settings(out, max_steps=1), Silent())

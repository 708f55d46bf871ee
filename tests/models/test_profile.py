from __future__ import annotations

import json
from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.models.profile import Profile, find_profile


def test_published_checkpoints_are_known() -> None:
    found = find_profile("Benyucong/rl_quantum_4b")
    assert found == Profile(name="Benyucong/rl_quantum_4b", prompt_style="published")
    assert find_profile("Qwen/Qwen3-4B-Instruct-2507").prompt_style == "few-shot"


def test_the_user_goes_before_the_folder_before_the_default(tmp_path: Path) -> None:
    assert find_profile(str(tmp_path)) == Profile(name=tmp_path.name, prompt_style="few-shot")
    (tmp_path / "quasar.json").write_text(
        json.dumps({"prompt_style": "published", "max_qubits": 9})
    )
    assert find_profile(str(tmp_path), Profile(name="mine", max_qubits=4)) == Profile(
        name="mine", prompt_style="published", max_qubits=4
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a JSON file"),
        ("[1]", "one JSON object"),
        ('{"max_qubits": 0}', "max_qubits:? .*(greater|at least|above)"),
        ('{"style": "x"}', "style: no such setting"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "quasar.json").write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        find_profile(str(tmp_path))
    assert "quasar.json" in str(caught.value)


def test_wishes_about_turns_go_first() -> None:
    assert Profile(multi_turn=False).over(Profile(multi_turn=True)).multi_turn is False
    assert Profile().over(Profile(multi_turn=True)).multi_turn is True

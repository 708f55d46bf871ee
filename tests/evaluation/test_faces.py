"""What `quasar.evaluate` returns shows of itself: summary, HTML, folder."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import quasar
from quasar.core.errors import InputError
from quasar.evaluation.result import EvaluationTable
from support.command import quasar as command
from support.small_evaluation import generations, records, write
from support.warm import save_blank

LONG = "organisation/" + "model-of-many-words-" * 3


@pytest.fixture(scope="module")
def table() -> EvaluationTable:
    given = records(2)
    made = [*generations(given, "<b>a</b>"), *generations(given, LONG)]
    return quasar.evaluate(
        given, made, against=LONG, against_paper=True, baselines=True, jobs=1, sandbox=False
    )


def test_a_table_is_a_dictionary(table: EvaluationTable) -> None:
    assert isinstance(table, dict)
    assert list(table)[:2] == ["<b>a</b>", LONG]
    assert 0 <= table[LONG]["approximation_ratio"] <= 1
    assert json.loads(json.dumps(table)) == table
    for twin in (copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert twin == table
        assert str(twin) == str(table)


def test_the_summary_fits_80_columns_and_nothing_is_cut(table: EvaluationTable) -> None:
    lines = str(table).splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in str(table)
    assert "…" not in str(table)
    firsts = "".join(line.split("  ")[0].strip() for line in lines)
    assert firsts.count(LONG.replace(" ", "")) >= 2  # in both tables, broken into lines
    for text in ("qaoa-fixed", "top opt.", "Difference to", "QUASAR without RE *"):
        assert text in str(table)
    assert lines[0].startswith("run ")


def test_repr_is_one_short_line(table: EvaluationTable) -> None:
    assert repr(table) == "<EvaluationTable: 7 runs, 2 records>"


def test_html_escapes_the_names(table: EvaluationTable) -> None:
    page = table._repr_html_()
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "<b>" not in page
    assert page.count("<table") == page.count("</table>") == 3


def test_what_is_saved_is_what_out_writes(
    table: EvaluationTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Figure, "savefig", save_blank)  # pictures are looked at elsewhere
    names = table.save(tmp_path / "kept")
    assert {"table.json", "candidates.jsonl", "report.md", "plots/overview.png"} <= set(names)
    assert json.loads((tmp_path / "kept" / "table.json").read_text()) == table
    with pytest.raises(InputError, match="already exists"):
        table.save(tmp_path / "kept")
    table.save(tmp_path / "kept", force=True)
    given = records(2)
    # Nothing is judged again in a folder that was saved.
    again = quasar.evaluate(
        given,
        [*generations(given, "<b>a</b>"), *generations(given, LONG)],
        tmp_path / "kept",
        against=LONG,
        baselines=True,
        jobs=1,
        sandbox=False,
    )
    assert again == table
    assert again.evaluation is not None
    assert again.evaluation.distinct == 0


def test_wrong_calls_say_what_to_do(table: EvaluationTable) -> None:
    with pytest.raises(InputError, match=r"\.save\(folder\)"):
        table.plot()
    with pytest.raises(InputError, match="the name of a folder"):
        table.save(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="copy its folder"):
        EvaluationTable(table).save("anywhere")


def test_a_pipe_gets_whole_lines(tmp_path: Path) -> None:
    given = records(2)
    made = write(tmp_path / "g.jsonl", generations(given, LONG))
    files = ("--records", write(tmp_path / "r.jsonl", given), "--generations", made)
    code, out, err = command("evaluate", *files, "--out", tmp_path / "o", "--jobs", 1)
    assert code == 0, err
    assert "top opt." in out.splitlines()[0]
    code, shown, err = command("show", tmp_path / "o")
    assert code == 0, err
    assert shown.splitlines()[1:] == out.splitlines()[:-1]

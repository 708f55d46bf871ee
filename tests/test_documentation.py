"""The pages keep their word: blocks run and print what is shown, links lead somewhere, names exist.

`make docs-refresh` rewrites the shown output. How blocks are marked is in `support/pages.py`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from quasar.problems.registry import PROBLEMS
from quasar.verifier.sandbox import warm as sandbox_warm
from support.command_reference import every_command, options, render
from support.page_run import PageRun, Warm, prepare
from support.pages import ROOT, Block, agrees, blocks, commands, form, pages, refreshed
from support.warm import save_blank

RUN = [page for page in pages() if any("not run" not in b.marks for b in blocks(page))]
FOREIGN = {"--structured-outputs-config", "--probem"}  # vLLM's; an example of a slip
SLIPS = {"quasar improve"}
LANGUAGES = {"console", "python", "json", "toml", "text", "qasm", "csv"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module", params=["quick", pytest.param("deep", marks=pytest.mark.slow)])
def warm(request: pytest.FixtureRequest) -> Iterator[Warm]:
    process = Warm(deep=request.param == "deep")
    yield process
    process.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_blocks_of_a_page_run_and_print_what_is_shown(
    page: Path, warm: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path)
    if not warm.deep:  # Python blocks run here; all pages share one sandbox's processes
        monkeypatch.setattr(Figure, "savefig", save_blank)
        monkeypatch.setattr(sandbox_warm, "_surroundings", lambda: ("", (), frozenset()))
    run = PageRun(page, tmp_path, warm).run()
    assert not run.faults, "\n\n".join(["`make docs-refresh` may help.", *run.faults])


def test_make_run_prints_what_the_readme_shows_first(warm: Warm, tmp_path: Path) -> None:
    """The same command with small budgets: other numbers, the same lines."""
    shown = next(b for b in blocks(ROOT / "README.md") if "slow" in b.marks)
    assert commands(shown)[0].text == "make run"
    recipe = subprocess.run(
        ["make", "-n", "run", "BIN=."], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    echo, command = re.findall(r'^(?:echo ".+"|\./quasar .+)$', recipe, re.MULTILINE)[:2]
    assert shown.lines[1] == echo.removeprefix('echo "').removesuffix('"')
    arguments = shlex.split(command)[1:]
    small = ["--samples", "1", "--refine-evaluations", "20", "--out", str(tmp_path / "run")]
    output = tmp_path / "output"
    assert warm.run([*arguments, *small], ROOT, output) == 0
    printed = output.read_text(encoding="utf-8").splitlines()
    assert form(shown.lines[2]) == form(printed[0])
    labels = [line[2:14] for line in shown.lines[3:] if re.match(r"  \w", line)]
    assert len(labels) >= 8
    assert [line[2:14] for line in printed if line[2:14] in labels][: len(labels)] == labels


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_block_has_a_language_and_a_reason_not_to_run(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block.place}: {block.language!r}"
        assert block.marks.get("not run") != "", f"{block.place}: no reason is given"


def test_a_file_that_a_block_is_saved_to_is_named_above_it() -> None:
    for page in pages():
        lines = page.read_text(encoding="utf-8").splitlines()
        for block in blocks(page):
            if "file" in block.marks:
                assert f"`{block.marks['file']}`" in "\n".join(lines[: block.start]), block.place


def test_links_lead_to_files_and_headings() -> None:
    broken = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name) if name else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings as GitHub writes them in links."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.replace(" ", "-") for heading in plain}


def test_every_page_is_reached_from_the_readme_or_the_index() -> None:
    linked = set()
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        for name in re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8")):
            linked.add((page.parent / name).resolve())
    alone = {p for p in (ROOT / "docs").glob("*.md") if p.resolve() not in linked}
    assert {name_of(page) for page in alone} == set()


def test_no_page_and_no_message_installs_a_name_that_is_not_published() -> None:
    name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    sources = [*pages(), *(ROOT / "src").rglob("*.py")]
    found = [
        name_of(s)
        for s in sources
        if re.search(rf"(?<!_PACKAGE = \")\b{name}\b", s.read_text("utf-8"))
    ]
    assert found == []


def test_every_extra_that_is_named_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sources = [*pages(), *(ROOT / "src").rglob("*.py"), *(ROOT / "deploy").iterdir()]
    named = {
        extra.strip(): name_of(source)
        for source in sources
        for group in re.findall(r"'\.\[([a-z, ]+)\]'", source.read_text("utf-8"))
        for extra in group.split(",")
    }
    assert len(named) > 5
    assert set(named) - set(extras["optional-dependencies"]) == set(), named


def test_the_page_of_commands_is_that_of_the_command_line() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == render(), "make docs-refresh"


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{name} {spelling}"
        for name, command in every_command()
        for spelling, option in options(command).items()
        if not option.help
    ]
    assert silent == []


def test_commands_on_the_pages_exist_and_have_their_options() -> None:
    known = dict(every_command())
    wrong = []
    for place, text in quasar_commands():
        words = text.split()
        name = next((n for n in known if words[: len(n.split())] == n.split()), None)
        if name is None:
            group = any(n.startswith(f"{text} ") for n in known)
            wrong += [] if group or text in SLIPS else [f"{place}: {text}"]
        elif name != "quasar bench":  # further options are the benchmark's own
            spelt = set(re.findall(r"(?<=\s)--[a-z-]+", text)) - {"--help"}
            wrong += [f"{place}: {o}" for o in spelt if o not in options(known[name])]
    assert wrong == []


def quasar_commands() -> Iterator[tuple[str, str]]:
    """(place, command) of each `quasar COMMAND` in blocks and in running text."""
    for page in pages():
        for block in blocks(page):
            if block.language == "console":
                for command in commands(block):
                    for part in re.split(r"\s[|;&#]+\s", command.text.replace("\\\n", " ")):
                        if part.startswith("quasar ") and not part.startswith("quasar --"):
                            yield block.place, part
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for inline in re.findall(r"`(quasar [a-z][^`]*)`", text):
            if page.name != "commands.md" and not re.match(r"quasar [A-Z]", inline):
                yield name_of(page), " ".join(inline.split())


def test_options_in_running_text_exist() -> None:
    known = {"--help", "--version"}
    for _, command in every_command():
        known |= set(options(command))
    for source in [*(ROOT / "benchmarks").rglob("*.py"), ROOT / "tests" / "docs_refresh.py"]:
        known |= set(re.findall(r"\"(--[a-z-]+)\"", source.read_text(encoding="utf-8")))
    wrong = [
        f"{name_of(page)}: {option}"
        for page in pages()
        for option in re.findall(r"`(--[a-z-]+)", page.read_text(encoding="utf-8"))
        if option not in known and "lab-book" not in page.parts and option not in FOREIGN
    ]
    assert wrong == []


def test_the_number_of_problem_types_is_right() -> None:
    for page in pages():
        for count in re.findall(r"\b(\d+) (?:problem )?types\b", page.read_text("utf-8")):
            assert int(count) == len(PROBLEMS) or "lab-book" in page.parts, name_of(page)


def test_the_page_on_installing_lists_every_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(project["optional-dependencies"])


# The comparison itself.


def test_forms_agree_in_all_but_numbers_blanks_and_rules() -> None:
    assert form("  ratio    0.93   ──────") == form(" ratio >0.9999 ──")
    assert form("a 12 gates", exact=True) != form("a 13 gates", exact=True)
    assert form("took 12.1 ms", exact=True) == form("took 8 ms", exact=True)
    assert not agrees(["objective  17"], ["optimum  17"])
    assert agrees(["one 1", "…", "four 5"], ["one 2", "two", "three", "four 4"])
    assert not agrees(["one 1", "…", "four 5"], ["two 2", "four 4"])
    assert agrees(["written  a/ (b.json, …)"], ["written  a/ (b.json, c.json)"])
    assert not agrees(["one 1"], ["one 1", "two 2"])
    assert agrees(["of 15", "qubits", "…", "end"], ["of 5 qubits", "more", "end"])
    assert not agrees(["of 15", "bits"], ["of 5 qubits"])


def test_refreshed_output_leaves_out_as_much_as_before_and_keeps_times() -> None:
    real = ["first 1.0 ms", "second 2", "third", "last 9"]
    assert refreshed(["first 3.0 ms", "…", "last 8"], real) == ["first 3.0 ms", "…", "last 9"]
    assert refreshed(["first 3.0 ms", "…"], real) == ["first 3.0 ms", "…"]
    assert refreshed(["x"], real) == real


def test_commands_go_on_while_a_quote_or_a_backslash_is_open(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    lines = ("$ one 'a", "b' # said", "shown", "$ two \\", "  --x", "$ three")
    block = Block(page, 1, 7, "console", lines, {})
    assert [command.text for command in commands(block)] == [
        "one 'a\nb' # said",
        "two \\\n  --x",
        "three",
    ]
    assert [command.shown for command in commands(block)] == [("shown",), (), ()]

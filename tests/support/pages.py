"""Markdown pages as blocks of code, and shown output compared with real output.

A comment directly above a block says what is special about it:

    <!-- not run: REASON -->   the block is not run; the reason is for readers of the source
    <!-- slow -->              `make test-deep` runs the block, `make test` looks at its form
    <!-- file: NAME -->        the block is written to this file of the page's folder
    <!-- exit: N -->           the block's last command ends with this exit code
    <!-- exact -->             the output is the same everywhere, so its numbers are compared too
    <!-- output -->            a text block: what the Python block before it prints
    <!-- background -->        the command runs until the page's end, such as a server

A line `…` in shown output stands for any lines, `…` within a line for any text. Output is compared
in form: numbers, runs of blanks and lengths of rules do not count. A command under which nothing is
shown may print anything.

Running pages is in `page_run`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ELIDED = "…"
_MARK = re.compile(r"<!-- (not run|slow|file|exit|exact|output|background)(?:: (.+?))? -->")
_NUMBER = re.compile(r"[<>]?[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
_TIME = re.compile(r"[<>]?\d[\d,.]*(?= (?:ms|s|min|MiB)\b)")


@dataclass(frozen=True, eq=False)
class Block:
    """One fenced block: its lines are `page[start:end]`, the fences left out."""

    page: Path
    start: int
    end: int
    language: str
    lines: tuple[str, ...]
    marks: dict[str, str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.start}"


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the output shown under it: `lines[first:last]`."""

    text: str
    shown: tuple[str, ...]
    first: int
    last: int


def pages() -> list[Path]:
    """The pages for readers; data cards and the site's own pages are made from others."""
    made = {"datasets", "site"}
    docs = [page for page in (ROOT / "docs").rglob("*.md") if not made & set(page.parts)]
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
    return [ROOT / name for name in names] + sorted(docs)


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order; those within lists are indented."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    opened: int | None = None
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if opened is None:
            opened = number
            continue
        fence = lines[opened]
        margin = len(fence) - len(fence.lstrip())
        found.append(
            Block(
                page,
                opened + 1,
                number,
                fence.strip().removeprefix("```"),
                tuple(inner[margin:] for inner in lines[opened + 1 : number]),
                _marks(lines, opened),
            )
        )
        opened = None
    if opened is not None:
        raise ValueError(f"{page}:{opened + 1}: this block is never closed")
    return found


def _marks(lines: Sequence[str], fence: int) -> dict[str, str]:
    marks: dict[str, str] = {}
    above = fence - 1
    while above >= 0 and (mark := _MARK.fullmatch(lines[above].strip())):
        marks[mark[1]] = mark[2] or ""
        above -= 1
    return marks


def commands(block: Block) -> list[Command]:
    """The commands of a console block; one goes on over lines while a quote or `\\` is open."""
    found: list[Command] = []
    number = 0
    lines = block.lines
    while number < len(lines):
        if not lines[number].startswith("$ "):
            raise ValueError(f"{block.place}: a console block begins with '$ '")
        text = lines[number][2:]
        number += 1
        while _unfinished(text) and number < len(lines):
            text += "\n" + lines[number]
            number += 1
        first = number
        while number < len(lines) and not lines[number].startswith("$ "):
            number += 1
        found.append(Command(text, lines[first:number], first, number))
    return found


def _unfinished(text: str) -> bool:
    if text.rstrip().endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def form(line: str, exact: bool = False) -> str:
    """A line without what may differ: numbers (if exact: only times), blanks, lengths of rules."""
    line = (_TIME if exact else _NUMBER).sub("#", line)
    return re.sub(r"([─━-])\1+", r"\1", re.sub(r"\s+", " ", line)).strip()


def agrees(shown: Sequence[str], real: Sequence[str], exact: bool = False) -> bool:
    """Whether shown output has the form of the real one, with `…` for what is left out.

    Lines are compared one by one, or else all together: longer numbers move the places where long
    lines are broken.
    """
    pattern = ""
    for line in shown:
        if line.strip() == ELIDED:
            pattern += r"(?:.*\n)*"
        else:
            pieces = form(line, exact).split(ELIDED)
            if len(pieces) > 1 and not pieces[0]:  # the program's own "… 13 more"
                pieces = [ELIDED + pieces[1], *pieces[2:]]
            pattern += ".*".join(re.escape(piece) for piece in pieces) + r"\n"
    text = "".join(form(line, exact) + "\n" for line in real)
    if re.fullmatch(pattern, text):
        return True
    joined = re.sub(r"\\n(?!\)\*)|\\ ", r"\\s", pattern)
    return re.fullmatch(joined, text) is not None


def refreshed(shown: Sequence[str], real: Sequence[str]) -> list[str]:
    """What a page should show: the real output, with as many lines left out as now.

    Lines that differ in times alone stay as they are.
    """
    real = [line.rstrip() for line in real]
    gaps = [place for place, line in enumerate(shown) if line.strip() == ELIDED]
    if gaps:
        head, tail = gaps[0], len(shown) - gaps[-1] - 1
        kept = real[: max(len(real) - tail, 0)][:head]
        real = [*kept, ELIDED, *(real[len(real) - tail :] if tail else [])]
    old = list(shown)
    fresh: list[str] = []
    for line in real:
        match = next(
            (
                past
                for past in old
                if past != line
                and past.strip() != ELIDED
                and agrees([past], [line], exact=ELIDED not in past)
            ),
            None,
        )
        fresh.append(line if match is None or line == ELIDED else match)
    return fresh

"""Plain text for terminals and pipes: labelled lines and tables of 80 columns.

No colours, and nothing is cut: what does not fit goes on in the next line. Widths are those of a
terminal, where a Chinese character takes two columns.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 80
"""Columns of every summary."""
_LEAST_NAME = 16  # columns of a table's first column, however wide the others are


def printable(text: str) -> str:
    """Text on one line: control characters, which would move the cursor, as their escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def cells(text: str) -> int:
    """Columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def clipped(text: str, width: int) -> str:
    """The beginning of a text, with an ellipsis where there is more."""
    if cells(text) <= width:
        return text
    while cells(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces; a longer word has a line of its own."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split(" "):
        if line and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def labelled(label: str, text: str, *, indent: int = 0, width: int = WIDTH) -> str:
    """`label      text`, with further lines below the text."""
    room = 12 if indent else 11
    margin = " " * (indent + room)
    first, *others = wrapped(text, width - len(margin))
    head = f"{' ' * indent}{label:<{room - 1}} {first}".rstrip()
    return "\n".join([head, *(margin + line for line in others)])


def _broken(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces, and within words that are longer."""
    lines = []
    for line in wrapped(text, width):
        rest = line
        while cells(rest) > width:
            size = next(i for i in range(len(rest), 0, -1) if cells(rest[:i]) <= width)
            lines.append(rest[:size])
            rest = rest[size:]
        lines.append(rest)
    return lines


def _fitting(widths: Sequence[int], width: int, gap: int) -> int:
    """How many columns stand side by side; two at least, or the rest could never be placed."""
    used = min(widths[0], _LEAST_NAME)
    for place, own in enumerate(widths[1:], start=1):
        used += gap + own
        if used > width and place > 1:
            return place
    return len(widths)


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    indent: int = 1,
    width: int = WIDTH,
    right: bool = False,
) -> str:
    """Columns side by side, the first one broken into lines where all do not fit.

    Where even that is too wide, the last columns go below, in a table of their own that begins
    with the first column again.

    Args:
        rows: cells; missing ones at the end are empty.
        right: align the columns after the first to the right.
    """
    count = len(headings)
    full = [[printable(cell) for cell in (*row, *[""] * (count - len(row)))] for row in rows]
    listed = [list(headings), *full]
    widths = [max(cells(row[i]) for row in listed) for i in range(count)]
    gap = 2 if indent + sum(widths) + 2 * (count - 1) <= width else 1
    fit = _fitting(widths, width - indent, gap)
    if fit < count:
        below = [[row[0], *row[fit:]] for row in listed]
        above = [row[:fit] for row in listed]
        parts = (
            table(part[0], part[1:], indent=indent, width=width, right=right)
            for part in (above, below)
        )
        return "\n\n".join(parts)
    spare = width - indent - gap * (count - 1) - sum(widths[1:])
    widths[0] = min(widths[0], max(spare, _LEAST_NAME))

    def padded(cell: str, place: int) -> str:
        fill = " " * (widths[place] - cells(cell))
        return fill + cell if right and place else cell + fill

    lines = []
    for row in listed:
        for number, name in enumerate(_broken(row[0], widths[0])):
            shown = [name, *(row[1:] if number == 0 else [])]
            line = (" " * gap).join(padded(cell, place) for place, cell in enumerate(shown))
            lines.append((" " * indent + line).rstrip())
    return "\n".join(lines)

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


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    indent: int = 1,
    width: int = WIDTH,
    right: bool = False,
) -> str:
    """Columns side by side, the first one broken into lines where all do not fit.

    Args:
        rows: cells; missing ones at the end are empty.
        right: align the columns after the first to the right.
    """
    count = len(headings)
    full = [[printable(cell) for cell in (*row, *[""] * (count - len(row)))] for row in rows]
    listed = [list(headings), *full]
    widths = [max(cells(row[i]) for row in listed) for i in range(count)]
    gap = 2 if indent + sum(widths) + 2 * (count - 1) <= width else 1
    spare = width - indent - gap * (count - 1) - sum(widths[1:])
    widths[0] = min(widths[0], max(spare, _LEAST_NAME))

    def padded(cell: str, place: int) -> str:
        fill = " " * (widths[place] - cells(cell))
        return fill + cell if right and place else cell + fill

    lines = []
    for row in listed:
        for number, name in enumerate(wrapped(row[0], widths[0])):
            shown = [name, *(row[1:] if number == 0 else [])]
            line = (" " * gap).join(padded(cell, place) for place, cell in enumerate(shown))
            lines.append((" " * indent + line).rstrip())
    return "\n".join(lines)

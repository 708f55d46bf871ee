"""Results as HTML for notebooks: pictures and tables in one piece, without scripts or links.

Text takes the colour of the page, so that it can be read on light and dark ones; pictures stand on
a white card. All names are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from quasar.report.style import svg_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CARD = (
    "background:#fff;border-radius:6px;padding:6px;display:inline-block;max-width:100%;"
    "margin:4px 8px 4px 0;vertical-align:top;overflow:auto"
)
_TABLE = "border-collapse:collapse;background:none;color:inherit;"
_LINE = (
    "background:none;color:inherit;border:0;border-bottom:1px solid rgba(128,128,128,.35);"
    "padding:3px 10px 3px 0;"
)


def document(title: str, facts: Iterable[tuple[str, str]], *parts: str) -> str:
    """A heading, a table of facts, and whatever else there is.

    Args:
        facts: label and text of each, plain text.
        parts: HTML.
    """
    head = f"{_LINE}text-align:left;font-weight:600;white-space:nowrap;vertical-align:top"
    rows = "".join(
        f'<tr><th style="{head}">{escaped(label)}</th>'
        f'<td style="{_LINE}text-align:left">{escaped(text)}</td></tr>'
        for label, text in facts
    )
    table = f'<table style="{_TABLE}">{rows}</table>' if rows else ""
    return (
        '<div style="color:inherit;font-family:system-ui,sans-serif;font-size:13px;'
        f'line-height:1.4"><p style="font-size:14px;font-weight:600;margin:4px 0">'
        f"{escaped(title)}</p>{table}{''.join(parts)}</div>"
    )


def card(figure: Figure | None, description: str) -> str:
    """A picture on white; empty where there is none.

    Args:
        description: for those who cannot see it.
    """
    if figure is None:
        return ""
    label = escaped(description)
    return f'<div role="img" aria-label="{label}" style="{_CARD}">{svg_text(figure)}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a row of headings; all cells are plain text."""
    head = "".join(f'<th style="{_LINE}text-align:left">{escaped(h)}</th>' for h in headings)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_LINE}text-align:left">{escaped(cell)}</td>' for cell in row)
        + "</tr>"
        for row in rows
    )
    return (
        f'<table style="{_TABLE}margin:6px 0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def escaped(text: str) -> str:
    """Plain text as HTML."""
    return html.escape(text, quote=True).replace("\n", " ")

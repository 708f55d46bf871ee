"""The page of all commands and options, made from the command line itself: `docs/commands.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from quasar.cli.main import app

_VALUES = {"path": "PATH", "Path": "PATH", "str": "TEXT", "int": "INTEGER", "float": "NUMBER"}
_CONTEXT = None  # what kind of value an option takes does not depend on the call
_HEAD = """# Commands

Every option of every command, as `quasar COMMAND --help` prints it. [The command line](cli.md) says
what the commands are for, and what exit codes mean. This page is made by `make docs-refresh`.
"""


def every_command() -> Iterator[tuple[str, Any]]:
    """(`quasar data build`, its click command), groups left out."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        for part, inner in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {part}", inner)
        if not hasattr(command, "commands"):
            yield name, command

    yield from walk("quasar", get_command(app))


def options(command: Any) -> dict[str, Any]:
    """Every spelling of every option of a command, `--help` left out."""
    return {
        spelling: parameter
        for parameter in command.params
        for spelling in (*parameter.opts, *parameter.secondary_opts)
        if parameter.param_type_name == "option"
    }


def render() -> str:
    """The page."""
    parts = [_HEAD]
    for name, command in every_command():
        if command.hidden:
            continue
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = " ".join([name, *(_argument(p) for p in arguments)])
        parts.append(f"## {name}\n\n`{usage}`\n\n{_prose(command.help or '')}\n")
        panels: dict[str, list[str]] = {}
        for parameter in command.params:
            if not getattr(parameter, "hidden", False):
                panel = getattr(parameter, "rich_help_panel", None) or ""
                panels.setdefault(panel, []).append(_row(parameter))
        if "" in panels:
            panels["General"] = panels.pop("")
        for panel, rows in panels.items():
            title = f"{panel}:\n\n" if len(panels) > 1 else ""
            parts.append(title + "\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).strip("{}[]").upper()
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"| {_argument(parameter)} | {_cell(parameter.help)} |"
    spellings = ", ".join(f"`{spelling}`" for spelling in parameter.opts)
    if parameter.secondary_opts:
        spellings += " / " + ", ".join(f"`{spelling}`" for spelling in parameter.secondary_opts)
    if not parameter.is_flag:
        kind = parameter.display_type(_CONTEXT).strip("<>")
        value = parameter.metavar or _VALUES.get(re.sub(r"list\[|\]| range", "", kind), kind)
        spellings += " " + value.replace("|", "\\|")
    told = _cell(parameter.help)
    default = parameter.show_default if isinstance(parameter.show_default, str) else None
    if default is None and not parameter.is_flag and parameter.default not in (None, (), []):
        default = str(getattr(parameter.default, "value", parameter.default))
    if parameter.required:
        told += " Required."
    elif default and not callable(parameter.default):
        told += f" Default: {default}."
    return f"| {spellings} | {told} |"


def _prose(text: str) -> str:
    text = re.sub(r"\\\[", "[", text.replace("\b", ""))
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


def _cell(text: str | None) -> str:
    return _prose(text or "").replace("\n\n", " ").replace("|", "\\|")

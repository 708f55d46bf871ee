"""A Sphinx extension: what the site shows beyond docs/ (the README, the API, every setting)."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path

from pydantic_core import PydanticUndefined
from pygments.lexers.special import TextLexer
from site_examples import scripts, write_examples
from sphinx.application import Sphinx

import quasar
from quasar.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "readme",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "SECURITY.md": "security",
    "CODE_OF_CONDUCT.md": "conduct",
    "benchmarks/README.md": "benchmarks",
}
"""Pages of the repository that lie outside docs/, and their names in the site."""
_SHOWN = {ROOT / k: ROOT / "docs" / "site" / "pages" / f"{v}.md" for k, v in OUTSIDE.items()}
_SHOWN[ROOT / "docs" / "index.md"] = ROOT / "docs" / "site" / "index.md"
for _script in scripts(ROOT):
    _SHOWN[_script] = ROOT / "docs" / "site" / "pages" / "examples" / f"{_script.stem}.ipynb"
_FIELDS: set[str] = set()
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx reads them; Sphinx calls it."""
    write_pages(ROOT / "docs" / "site" / "pages")
    app.connect("source-read", _link_outside_pages)
    app.connect("autodoc-skip-member", _is_a_field)
    for name in ("csv", "qasm"):
        app.add_lexer(name, TextLexer)
    return {"parallel_read_safe": True}


def write_pages(folder: Path) -> None:
    """Write the pages that are made; those that did not change keep their time."""
    folder.mkdir(exist_ok=True)
    for source, name in OUTSIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        _write(folder / f"{name}.md", _linked(text, (ROOT / source).parent, folder))
    write_examples(ROOT, folder, _linked, _write)
    _write(folder / "api.md", _api())
    _write(folder / "settings.md", _settings())


def _link_outside_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Let a page of docs/ link to the site's copy of a page outside."""
    if not name.startswith("site/"):
        page = ROOT / "docs" / f"{name}.md"
        source[0] = _linked(source[0], page.parent, page.parent)


def _is_a_field(
    app: Sphinx, what: str, name: str, found: object, skip: bool, options: object
) -> bool:
    """Leave out members that a class's docstring lists as its fields."""
    return skip or (what == "class" and name in _FIELDS)


def _linked(text: str, linked_from: Path, shown_in: Path) -> str:
    """The text with its links as they are in the site."""

    def link(match: re.Match[str]) -> str:
        start, target, anchor, end = match.groups()
        if "://" in target:
            return match[0]
        path = (linked_from / target).resolve()
        own = _SHOWN.get(path)
        if own is not None:
            path = own
        elif shown_in == linked_from:
            return match[0]
        return f"{start}{os.path.relpath(path, shown_in)}{anchor or ''}{end}"

    return _LINK.sub(link, text)


def _api() -> str:
    """Every public name, from its docstring."""
    parts = ["# The Python interface", "", "`import quasar` has these names.", "", "```{eval-rst}"]
    for name in quasar.__all__:
        found = getattr(quasar, name)
        if inspect.isclass(found):
            parts += [f".. autoclass:: quasar.{name}", "   :members:", ""]
            _FIELDS.update(getattr(found, "model_fields", getattr(found, "_fields", ())))
        elif callable(found):
            parts += [f".. autofunction:: quasar.{name}", ""]
    return "\n".join([*parts, "```", ""])


def _settings() -> str:
    """Every settings class: its keys, defaults and meanings."""
    parts = [
        "# Every setting",
        "",
        "Keys of configuration files and fields of the classes of the same name; unknown keys are",
        "errors. A value that is another class has its table under that name.",
    ]
    for kind in _classes():
        doc = inspect.getdoc(kind) or ""
        parts += ["", f"## {kind.__name__}", "", f"`{kind.__module__}`. {doc.splitlines()[0]}", ""]
        parts += ["| key | default | meaning |", "|---|---|---|"]
        for key, field in kind.model_fields.items():
            meaning = " ".join((field.description or "").split()).replace("|", "\\|")
            parts.append(
                f"| `{field.serialization_alias or key}` | {_default(field)} | {meaning} |"
            )
    return "\n".join([*parts, ""])


def _classes() -> list[type[Settings]]:
    for module in pkgutil.walk_packages(quasar.__path__, "quasar."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ImportError:
                continue  # of an extra that is not installed
    found: list[type[Settings]] = []
    waiting = list(Settings.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("quasar.") and kind.model_fields:
            found.append(kind)
    return sorted(set(found), key=lambda kind: (kind.__module__, kind.__name__))


def _default(field: object) -> str:
    value = getattr(field, "default", None)
    factory = getattr(field, "default_factory", None)
    if factory is not None:
        value = factory()
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Settings):
        return f"[{type(value).__name__}](#{type(value).__name__.lower()})"
    return f"`{value!r}`".replace("|", "\\|")


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")

"""Rewrites the output shown on the pages: `make docs-refresh`, or this file with pages.

Runs every page as `test_documentation.py` does, puts real output in place of shown output, and
prints what went wrong. `--times` prints what took longest.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from support.command_reference import render
from support.page_run import PageRun, Warm, prepare
from support.pages import ROOT, pages


def main(arguments: list[str]) -> int:
    chosen = [Path(name).resolve() for name in arguments if not name.startswith("--")]
    faults = 0
    commands = ROOT / "docs" / "commands.md"
    if not chosen or commands in chosen:
        commands.write_text(render(), encoding="utf-8")
    warm = Warm()
    for page in chosen or pages():
        with tempfile.TemporaryDirectory(prefix="quasar-page-") as name:
            prepare(Path(name))
            run = PageRun(page, Path(name), warm).run()
        text = "\n".join(run.lines) + "\n"
        changed = text != page.read_text(encoding="utf-8")
        if changed:
            page.write_text(text, encoding="utf-8")
        faults += len(run.faults)
        took = sum(seconds for seconds, _ in run.seconds)
        print(f"{page.relative_to(ROOT)}: {took:.1f} s{', rewritten' if changed else ''}")
        for fault in run.faults:
            print(f"  {fault}")
        if "--times" in arguments:
            for seconds, place in sorted(run.seconds, reverse=True)[:8]:
                print(f"    {seconds:6.1f} s  {place}")
    warm.close()
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The `quasar` command in this process: what a script would see, without a process's start.

Interrupts, signals, and what a fresh interpreter loads need a real process, and are tested in one.
"""

from __future__ import annotations

import io
import sys
from typing import NamedTuple
from unittest import mock


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def quasar(*args: object, stdin: bytes = b"") -> Outcome:
    """Exit code and what was written, as text."""
    from quasar.cli.main import main

    arguments = ["quasar", *map(str, args)]
    given, out, err = (io.TextIOWrapper(io.BytesIO(b), "utf-8") for b in (stdin, b"", b""))
    with mock.patch.multiple(sys, argv=arguments, stdin=given, stdout=out, stderr=err):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Outcome(code, *texts)

"""The `quasar` command from its first moment: loading the commands may be interrupted, too."""

from __future__ import annotations

import sys

from quasar.core.errors import EXIT_INTERRUPTED


def main() -> None:
    """Load the commands and run the command line; see `main.main`."""
    try:
        from quasar.cli.main import main as run
    except KeyboardInterrupt:
        print("error: interrupted.", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    run()

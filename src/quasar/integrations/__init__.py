"""Quasar behind the interfaces of other libraries, which are imported when a name is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quasar.integrations.minimum_eigensolver import QuasarMinimumEigensolver
    from quasar.integrations.notebook import ReportView

__all__ = ["QuasarMinimumEigensolver", "ReportView"]

_HOMES = {
    "QuasarMinimumEigensolver": ("minimum_eigensolver", "optimization"),
    "ReportView": ("notebook", "notebook"),
}
"""Module and extra of each name."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'quasar.integrations' has no attribute {name!r}")
    module, extra = _HOMES[name]
    try:
        found = importlib.import_module(f"quasar.integrations.{module}")
    except ImportError as error:
        raise ImportError(
            f"{name} needs {error.name}: pip install -e '.[{extra}]' in your clone of quasar.",
            name=error.name,
        ) from error
    return getattr(found, name)

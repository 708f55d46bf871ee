"""Quasar behind the interfaces of other libraries, which are imported when a name is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quasar.integrations.minimum_eigensolver import QuasarMinimumEigensolver

__all__ = ["QuasarMinimumEigensolver"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'quasar.integrations' has no attribute {name!r}")
    try:
        from quasar.integrations import minimum_eigensolver
    except ImportError as error:
        raise ImportError(
            f"{name} needs {error.name}: pip install -e '.[optimization]' in your clone of quasar.",
            name=error.name,
        ) from error
    return getattr(minimum_eigensolver, name)

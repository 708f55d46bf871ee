"""The verifier over HTTP and MCP, and the client for it.

    client --HTTP--> middleware -> routes --+
    agent  --MCP---> mcp_server ------------+--> workers -- frames --> worker -> operations

Programs and problems that come from outside are read only in worker processes, under limits on time
and memory (`workers.py`, `worker.py`); the serving process checks shapes and passes bytes on.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quasar.service.client import AsyncClient, Client
    from quasar.service.client_batch import BatchItem, BatchResult
    from quasar.service.models import VerifyOptions

_MODULES = {
    "AsyncClient": "client",
    "BatchItem": "client_batch",
    "BatchResult": "client_batch",
    "Client": "client",
    "VerifyOptions": "models",
}

__all__ = ["AsyncClient", "BatchItem", "BatchResult", "Client", "VerifyOptions"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that the package stays light."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"quasar.service.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'quasar.service' has no attribute {name!r}")

"""The verifier over HTTP and MCP, and the client for it.

    client --HTTP--> guards -> app (routes) --+
    agent  --MCP---> mcp_server --------------+--> desk -> crew -- pipe --> worker -> operations

Text and problems that come from outside are only ever read in worker processes, under limits on
time and memory (`crew.py`, `worker.py`); the serving process checks shapes and passes bytes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quasar.service.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    """The clients, imported on first use, so that the package stays light."""
    if name in __all__:
        from quasar.service import client

        return getattr(client, name)
    raise AttributeError(f"module 'quasar.service' has no attribute {name!r}")

"""Where the service wants an API key, only the page itself is there without one."""

from __future__ import annotations

import asyncio

import httpx

from quasar.service.settings import ServiceSettings
from quasar.studio.app import create_studio
from quasar.studio.routes import open_paths

KEY = "0123456789abcdef"


def test_only_the_page_is_open() -> None:
    app = create_studio(ServiceSettings.parse({"api_keys": [KEY], "workers": 1}))

    async def look() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            html = {"accept": "text/html"}
            for path in open_paths():
                assert (await client.get(path, headers=html)).status_code == 200, path
            for path in ("/studio/about", "/v1/problems", "/metrics"):
                assert (await client.get(path)).status_code == 401, path
            for path in ("/studio/read", "/studio/generate", "/studio/cancel"):
                assert (await client.post(path, json={})).status_code == 401, path
            keyed = {"authorization": f"Bearer {KEY}"}
            assert (await client.get("/studio/about", headers=keyed)).status_code == 200

    asyncio.run(look())

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")

from quasar.service.crew import Crew
from small_service import Running, serving, small


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with serving(small()) as service:
        yield service


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    crew = Crew(small())
    crew.start()
    yield crew
    crew.close()

"""The page in a real browser: what a user does, and what a user sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.conftest import Running

ROOT = Path(__file__).resolve().parents[2]
CORNERS = ((120, 80), (330, 80), (225, 260))
LOST = 30_000  # ms for what may take long on a busy machine


@pytest.fixture
def page(browser: Any, studio: Running) -> Iterator[Any]:
    yield from opened(browser, studio.url)


def opened(browser: Any, url: str, **how: Any) -> Iterator[Any]:
    """A page in a context of its own, which must end without an error in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **how)
    found = context.new_page()
    found.set_default_timeout(LOST)
    said: list[str] = []
    found.on("pageerror", lambda error: said.append(str(error)))
    found.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    found.goto(url)
    found.wait_for_selector(".canvas")
    yield found
    context.close()
    assert [line for line in said if "ERR_" not in line] == []


def draw_triangle(page: Any) -> None:
    box = page.get_by_test_id("graph").bounding_box()
    points = [(box["x"] + x, box["y"] + y) for x, y in CORNERS]
    for count, point in enumerate(points, start=1):
        page.mouse.click(*point)
        page.wait_for_selector(f"text={count} nodes")
        page.wait_for_timeout(300)  # or it counts as a double click
    for count, (a, b) in enumerate(zip(points, points[1:] + points[:1], strict=True), start=1):
        page.mouse.move(*a)
        page.mouse.down()
        page.mouse.move((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, steps=3)
        page.mouse.move(*b, steps=3)
        page.mouse.up()
        page.wait_for_selector(f"text={count} edges")


def example(page: Any, name: str) -> None:
    page.get_by_label("Example").select_option(name)
    page.wait_for_selector(".facts")


def write(page: Any) -> None:
    page.get_by_role("button", name="Write circuits").click()
    page.wait_for_selector(".headline")
    page.wait_for_selector("text=Without a quantum computer")


def test_a_triangle_drawn_with_the_mouse_is_solved(page: Any) -> None:
    draw_triangle(page)
    page.wait_for_selector("text=3 qubits")
    write(page)
    assert "Cut of 2 of 3 edges" in page.locator("figcaption").first.inner_text()
    assert page.locator("[data-picture=circuit]").count() == 1


def test_the_keyboard_alone_draws_and_solves(page: Any) -> None:
    page.locator(".canvas").focus()
    for key in ("n", "n", "e", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("text=2 nodes, 1 edges")
    page.wait_for_selector("text=2 qubits")
    page.keyboard.press("Delete")
    page.wait_for_selector("text=1 nodes, 0 edges")
    page.keyboard.press("Control+z")
    page.wait_for_selector("text=2 nodes, 1 edges")

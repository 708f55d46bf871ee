"""The page in a real browser: what a user does, and what a user sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.conftest import Running, start

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
    assert [line for line in said if "Failed to load resource" not in line] == []


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


def test_a_click_after_a_drag_counts(page: Any) -> None:
    draw_triangle(page)
    box = page.get_by_test_id("graph").bounding_box()
    page.mouse.click(box["x"] + 420, box["y"] + 300)
    page.wait_for_selector("text=4 nodes, 3 edges")
    page.mouse.click(box["x"] + (CORNERS[0][0] + CORNERS[1][0]) / 2, box["y"] + CORNERS[0][1])
    weight = page.locator("fieldset.chosen input")
    weight.fill("3,5")
    weight.press("Enter")
    page.wait_for_selector("text=3,5 is not a number")
    held = page.evaluate("location.hash")
    weight.fill("3.5")
    weight.press("Enter")
    page.wait_for_function("held => location.hash !== held", arg=held)
    page.reload()
    page.wait_for_selector("text=4 nodes, 3 edges")


def test_another_type_takes_the_graph_with_what_it_reads(page: Any) -> None:
    example(page, "Weighted grid")
    chosen = page.locator(".problem select").first
    for name in ("min_cut", "vertex_cover", "graph_isomorphism", "tfim", "maxcut"):
        chosen.select_option(name)
        page.wait_for_function(
            "name => document.querySelector('.problem select').value === name", arg=name
        )
        page.wait_for_timeout(600)
        page.wait_for_selector(".facts")
        assert page.locator(".problem .failure").count() == 0, name


def test_what_was_pasted_stays_and_a_damaged_link_is_said(page: Any) -> None:
    page.get_by_role("tab", name="Verify").click()
    page.get_by_label("Circuit in OpenQASM").fill("mine")
    page.get_by_role("tab", name="Circuits").click()
    page.get_by_role("tab", name="Verify").click()
    assert page.get_by_label("Circuit in OpenQASM").input_value() == "mine"
    page.evaluate("location.hash = '#p=damaged'")
    page.wait_for_selector("text=The link is damaged")


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


def test_a_dropped_file_is_read(page: Any) -> None:
    text = "p edge 4 4\ne 1 2\ne 2 3\ne 3 4\ne 4 1\n"
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "ring.txt"));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
            document.querySelector(".problem").dispatchEvent(drop);
        }""",
        text,
    )
    page.wait_for_selector("text=4 nodes, 4 edges")
    page.get_by_test_id("file").set_input_files(
        {"name": "no.txt", "mimeType": "text/plain", "buffer": b"this is no graph"}
    )
    page.wait_for_selector(".failure")
    assert page.locator("text=4 nodes, 4 edges").count() == 1


def test_words_are_read(page: Any) -> None:
    page.locator("summary", has_text="In words").click()
    problem = "Max cut, graph with edges [(0, 1), (1, 2), (2, 0)]"
    page.locator(".problem textarea").last.fill(problem)
    page.get_by_role("button", name="Read it").click()
    page.wait_for_selector("text=3 nodes, 3 edges")


def test_a_stopped_run_shows_what_was_there(page: Any) -> None:
    example(page, "Weighted grid")
    page.get_by_label("Model").select_option("designer")
    page.locator("summary", has_text="Attempts").click()
    page.get_by_label("Attempts").fill("64")
    page.wait_for_selector("text=9 qubits")
    page.get_by_role("button", name="Write circuits").click()
    page.wait_for_selector(".headline")
    page.get_by_role("button", name="Stop, keep what is there").click()
    page.wait_for_selector("button:has-text('Write circuits')")
    assert page.locator(".headline").count() == 1
    assert page.locator(".ranking tbody tr").count() >= 1


def test_a_broken_circuit_is_marked_where_it_is_wrong(page: Any) -> None:
    example(page, "Square")
    page.get_by_role("tab", name="Verify").click()
    area = page.get_by_label("Circuit in OpenQASM")
    area.fill('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nrx(0.3 q[1];\n')
    page.get_by_role("button", name="Verify").click()
    page.wait_for_selector("[data-testid=marker]")
    assert page.locator(".gutter .wrong").inner_text() == "4"
    assert "column" in page.get_by_test_id("marker").inner_text()
    area.fill('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];\n')
    page.get_by_role("button", name="Verify").click()
    page.wait_for_selector("text=The most probable answer is optimal")
    page.wait_for_selector("text=it is a classical answer written as gates")


def test_sliders_and_the_map_change_the_answer_at_once(page: Any) -> None:
    from playwright.sync_api import expect

    example(page, "Square")
    page.get_by_role("tab", name="Angles").click()
    page.wait_for_selector(".heat")
    shown = page.get_by_test_id("angles-p")
    before = shown.inner_text()
    page.locator(".heat canvas").click(position={"x": 20, "y": 20})
    expect(shown).not_to_have_text(before)
    assert page.locator(".sliders input").count() == 2


def test_what_is_taken_away(page: Any, browser: Any, studio: Running) -> None:
    example(page, "Square")
    page.wait_for_selector("text=4 qubits")
    write(page)
    page.get_by_role("tab", name="Take away").click()
    page.wait_for_selector("text=Save circuit.qasm")
    for form, word in (("OpenQASM 2", "OPENQASM 2.0"), ("Qiskit", "QuantumCircuit"),
                       ("PennyLane", "qml.")):  # fmt: skip
        page.get_by_role("button", name=form, exact=True).click()
        page.wait_for_selector(f"pre:has-text('{word}')")
    pairs = page.locator(".pair")
    for i in range(2):
        for kind, head in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
            with page.expect_download() as saved:
                pairs.nth(i).get_by_role("button", name=kind).click()
            content = Path(saved.value.path()).read_bytes()
            assert content.startswith(head)
            assert len(content) > 1500
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report of the run (JSON)").click()
    assert json.loads(Path(saved.value.path()).read_text())["candidates"]
    link = page.locator(".take pre").first.inner_text()
    for other in opened(browser, link):
        other.wait_for_selector("text=4 nodes, 4 edges")


def test_a_server_that_dies_in_the_middle_of_a_run_is_said(browser: Any) -> None:
    dying = start()
    try:
        for page in opened(browser, dying.url):
            example(page, "Florentine families")
            page.get_by_label("Model").select_option("designer")
            page.wait_for_selector("text=15 qubits")
            page.get_by_role("button", name="Write circuits").click()
            page.wait_for_selector("text=searching")
            dying.kill()
            page.wait_for_selector(".failure:has-text('server')")
            page.wait_for_selector("button:has-text('Write circuits')")
            page.wait_for_selector("text=15 nodes")
    finally:
        dying.kill()


def test_a_thousand_nodes_can_be_looked_at(page: Any) -> None:
    edges = [(i, (i + d) % 1000) for i in range(1000) for d in (1, 7)]
    text = json.dumps(
        {
            "problem_type": "maxcut",
            "graph": {
                "nodes": [{"id": i} for i in range(1000)],
                "edges": [{"source": a, "target": b} for a, b in edges],
            },
        }
    )
    page.evaluate(LONG_TASKS)
    page.get_by_test_id("file").set_input_files(
        {"name": "large.json", "mimeType": "application/json", "buffer": text.encode()}
    )
    page.wait_for_selector("text=1000 nodes, 2000 edges")
    page.wait_for_selector("text=1000 qubits")
    page.get_by_role("button", name="Fit").click()
    assert page.evaluate("1 + 1") == 2  # it still answers


LONG_TASKS = """() => {
    window.longTasks = [];
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) window.longTasks.push(task.duration);
    }).observe({ type: "longtask", buffered: true });
}"""


def test_nothing_stands_in_the_way_of_assistive_technology(browser: Any, studio: Running) -> None:
    axe = ROOT / "studio" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("needs axe-core: npm ci in studio/")
    for page in opened(browser, studio.url, bypass_csp=True):
        page.add_script_tag(path=str(axe))
        example(page, "Square")
        page.wait_for_selector("text=4 qubits")
        write(page)
        for tab in ("Circuits", "Angles", "Verify", "Take away"):
            page.get_by_role("tab", name=tab).click()
            if tab == "Angles":
                page.wait_for_selector(".heat")
            if tab == "Take away":
                page.wait_for_selector("text=Save circuit.qasm")
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
                page.emulate_media(color_scheme=scheme)
                found = page.evaluate("rules => axe.run(document, rules)", rules)
                said = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
                assert said == [], (tab, scheme)


def test_a_phone_needs_no_scrolling_to_the_side(browser: Any, studio: Running) -> None:
    for page in opened(browser, studio.url):
        page.set_viewport_size({"width": 360, "height": 740})
        example(page, "Square")
        page.wait_for_selector("text=4 qubits")
        write(page)
        for tab in ("Circuits", "Angles", "Verify", "Take away"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(200)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, tab

"""How the studio feels: first paint, click to verdict, long tasks, memory over many runs.

A real browser (Debian's chromium by Playwright) uses the page that `quasar studio` serves, in
processes of its own. Times are wall-clock seconds on this machine, medians over `--rounds`. Run
`python -m benchmarks.studio`; it writes `results/studio.json`. With `--images` it writes the
pictures of docs/studio.md instead, and measures nothing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import networkx as nx
import psutil
from benchmarks._common import ROOT, write_result

IMAGES = ROOT / "docs" / "images"
BUNDLE = ROOT / "src" / "quasar" / "studio" / "static"
VERDICT = "text=Without a quantum computer"
WIDE = {"width": 1280, "height": 1000}


@contextmanager
def studio() -> Iterator[tuple[str, psutil.Process, dict[str, float]]]:
    """The studio's address, its process, and the seconds until it listened."""
    command = [sys.executable, "-m", "quasar", "studio", "--no-browser", "--port", "0"]
    begun = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split()[-1]
            server = psutil.Process(process.pid)
            times = [p.cpu_times() for p in (server, *server.children(recursive=True))]
            used = sum(t.user + t.system for t in times)
            took = time.perf_counter() - begun
            yield url, server, {"wall": round(took, 2), "processor": round(used, 2)}
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[Any]:
    """A headless chromium."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as api:
        found = api.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


def opened(chromium: Any, url: str, **how: Any) -> Any:
    """A page in a context of its own."""
    page = chromium.new_context(**{"viewport": WIDE, **how}).new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    page.locator(".canvas").first.wait_for()
    return page


def example(page: Any, name: str, qubits: int) -> None:
    """Take an example, and wait for what the server says of it."""
    page.get_by_label("Example").select_option(name)
    page.locator(f"text={qubits} qubits").first.wait_for()


def verdict(page: Any) -> float:
    """Seconds from the click to the whole verdict."""
    begun = time.perf_counter()
    page.get_by_role("button", name="Write circuits").click()
    page.locator("progress").first.wait_for()
    page.locator("button:has-text('Write circuits')").first.wait_for()
    page.locator(VERDICT).first.wait_for()
    return time.perf_counter() - begun


def first_paint(chromium: Any, url: str) -> tuple[float, float]:
    """Seconds until the first contentful paint, and until the editor is there."""
    begun = time.perf_counter()
    page = opened(chromium, url)
    ready = time.perf_counter() - begun
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.context.close()
    return paint / 1000, ready


def longest_task(chromium: Any, url: str, nodes: int) -> dict[str, float]:
    """The longest task of the page, ms, while a cubic graph is read, arranged and shown.

    Returns:
        `wall`, which counts waiting for a core, and `processor`, which does not.
    """
    page = opened(chromium, url)
    graph = nx.random_regular_graph(3, nodes, seed=1)
    problem = {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": node} for node in graph],
            "edges": [{"source": u, "target": v} for u, v in graph.edges],
        },
    }
    content = json.dumps(problem).encode()
    chromium.start_tracing(
        page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"]
    )
    page.get_by_test_id("file").set_input_files(
        {"name": "graph.json", "mimeType": "application/json", "buffer": content}
    )
    page.locator(f"text={nodes} qubits").first.wait_for()
    page.wait_for_timeout(4000)
    events = json.loads(chromium.stop_tracing())["traceEvents"]
    page.context.close()
    names = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }
    tasks = [
        event
        for event in events
        if event["name"].endswith("RunTask")
        and names.get((event["pid"], event["tid"])) == "CrRendererMain"
    ]
    return {
        "wall": max(event.get("dur", 0) for event in tasks) / 1000,
        "processor": max(event.get("tdur", 0) for event in tasks) / 1000,
    }


def memory(chromium: Any, url: str, server: psutil.Process, runs: int) -> dict[str, list[float]]:
    """MiB of the page's heap after collection, and of all the server's processes, over the runs."""
    page = opened(chromium, url)
    example(page, "Petersen graph", 10)
    client = page.context.new_cdp_session(page)
    heap, resident = [], []
    for number in range(runs + 1):
        verdict(page)
        if number % 10 == 0:
            client.send("HeapProfiler.collectGarbage")
            used = client.send("Runtime.getHeapUsage")["usedSize"]
            processes = [server, *server.children(recursive=True)]
            heap.append(round(used / 2**20, 2))
            resident.append(round(sum(p.memory_info().rss for p in processes) / 2**20, 1))
    page.context.close()
    return {"heap_mib": heap, "server_mib": resident}


def images(chromium: Any, url: str) -> None:
    """The pictures of docs/studio.md."""
    page = opened(chromium, url)
    example(page, "Florentine families", 15)
    verdict(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "studio.png")
    page.context.close()
    page = opened(chromium, url, color_scheme="dark", viewport={"width": 1280, "height": 860})
    example(page, "Petersen graph", 10)
    page.get_by_role("tab", name="Angles").click()
    page.locator(".heat").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "studio_angles.png")
    page.context.close()
    page = opened(chromium, url, viewport={"width": 390, "height": 844}, device_scale_factor=2)
    example(page, "Swiss towns", 8)
    verdict(page)
    page.locator(".verdict").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "studio_phone.png")
    page.context.close()


def main() -> None:
    """Measure, and write the figures down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--images", action="store_true")
    asked = parser.parse_args()
    with studio() as (url, server, start_s), browser() as chromium:
        if asked.images:
            images(chromium, url)
            return
        paints = [first_paint(chromium, url) for _ in range(asked.rounds)]
        page = opened(chromium, url)
        example(page, "Petersen graph", 10)
        verdict(page)  # the first waits for the process that runs are forked from
        verdicts = [verdict(page) for _ in range(asked.rounds)]
        page.context.close()
        found = {
            "start_s": start_s,
            "first_paint_s": round(statistics.median(p for p, _ in paints), 3),
            "ready_s": round(statistics.median(r for _, r in paints), 3),
            "verdict_s": round(statistics.median(verdicts), 3),
            "bundle_bytes": sum(len(gzip.compress(f.read_bytes(), 9)) for f in BUNDLE.iterdir()),
            "longest_task_ms": {n: longest_task(chromium, url, n) for n in (200, 1000)},
            **memory(chromium, url, server, asked.runs),
        }
    for name, value in found.items():
        print(f"{name:16} {value}")
    write_result("studio", [found])


if __name__ == "__main__":
    main()

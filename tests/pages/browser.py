"""A real Chromium for the tests of pages; what it takes is skipped where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
READY = 'html[data-ready="1"]'
PATIENCE = 120_000
"""Milliseconds until a search has ended, on a busy machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, script: str = "") -> Iterator[Page]:
    """A page that is open and ready; what it reports as wrong, or asks for, fails the test."""
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(script)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(path.as_uri()) else wrong.append(asked.url),
    )
    page.goto(path.as_uri())
    ready = page.locator(READY)
    while not ready.count() and not wrong:
        page.wait_for_timeout(50)
    assert not wrong, wrong
    yield page
    page.close()
    assert not wrong, wrong


FORMULA_CELLS = """() => {
    const {engine} = window.sheetsim;
    const out = [];
    for (let slot = 0; slot < engine.values.length; slot++) {
        const first = engine.home[slot] >= 0 ? engine.home[slot] : slot;
        const group = engine.formulas[first];
        if (!group || group.unknown) continue;
        const value = engine.values[slot];
        const shown = value !== null && typeof value === "object" ? {e: value.code} : value;
        out.push([engine.names[group.sheet], engine.rowOf[slot], engine.columnOf[slot], shown]);
    }
    return out;
}"""


def values_of(page: Page) -> dict[tuple[str, int, int], Any]:
    """What the page computes: sheet, row and column to value; an error as its code."""
    found = page.evaluate(FORMULA_CELLS)
    return {
        (sheet, row, column): value["e"] if isinstance(value, dict) else value
        for sheet, row, column, value in found
    }

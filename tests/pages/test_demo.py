"""``gemel demo`` to its end: at the page, in a real browser."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from gemel.pages.texts import Texts
from tests.pages.hand import draws_and_recognises

pytestmark = pytest.mark.slow

#: Milliseconds that an answer may take on a busy machine.
PATIENCE = 60_000

say = Texts("en")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the demo; its pictures and figures go nowhere, its remarks are to be read."""
    command = [sys.executable, "-c", "from gemel.cli import main; main()", "demo", "--quick", "--no-browser"]
    options = ["--port", "0", "--out", str(tmp_path / "runs" / "demo")]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def page() -> Iterator[Page]:
    """Return a page of a browser; its errors fail the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium on the path"
    errors: list[str] = []
    expect.set_options(timeout=PATIENCE)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page(locale="en-GB")
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []


def test_it_ends_at_the_page_where_one_draws_and_ctrl_c_is_no_failure(
    demo: subprocess.Popen[str], page: Page, tmp_path: Path
) -> None:
    assert demo.stderr is not None
    told = next(line for line in demo.stderr if line.startswith("Draw and recognise at "))
    address = told.split()[4]
    page.goto(address)
    draws_and_recognises(page)
    page.goto(f"{address}/gallery")
    support = tmp_path / "runs" / "demo" / "support"
    for label in (path.relative_to(support).as_posix() for path in support.glob("*/*")):
        expect(page.locator(".g-tile", has_text=label)).to_be_visible()
    page.goto(f"{address}/runs")
    expect(page.get_by_role("checkbox", name="demo", exact=True)).to_be_checked()
    demo.send_signal(signal.SIGINT)
    assert demo.wait(60) == 0
    assert "Traceback" not in demo.stderr.read()

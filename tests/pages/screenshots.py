"""Takes the pictures of the page for the documents: ``python -m tests.pages.screenshots docs/pictures [--runs RUNS]``.

Everything on them is generated: a gallery of nine made-up characters by five writers, and questions by others. RUNS is
a folder of trainings, of which the first two are held beside each other.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, expect, sync_playwright

import gemel
from gemel.data.sources.glyphs import draw_glyphs
from gemel.pages.pictures import png
from gemel.pages.texts import Texts
from tests.pages.hand import CHARACTERS, another_hand, draw

LABELS = ("ka", "mo", "zu", "le, a long name that needs a second line", "no", "ra", "shi", "ti", "vu")
WRITERS, SIZE, SEED = 8, 105, 5

#: Pixels of blur: of a picture that is almost the same, and of one that shows next to nothing.
ALMOST, BLURRED = 0.6, 4.0

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

say = Texts("en")
Act = Callable[[Page], None]


class Drawings:
    """The made-up characters, as files: ``file(class, writer)``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = draw_glyphs(2, len(LABELS), writers=WRITERS, size=SIZE, seed=SEED)

    def bytes(self, number: int, writer: int) -> bytes:
        return png(Image.fromarray(self.pages[number, writer]))

    def file(self, number: int, writer: int, blur: float = 0.0) -> Path:
        path = self.folder / f"{number}-{writer}-{blur:g}.png"
        picture = Image.fromarray(self.pages[number, writer]).filter(ImageFilter.GaussianBlur(blur))
        path.write_bytes(png(picture))
        return path


def fill(address: str, drawings: Drawings) -> None:
    """Enrol five writers of each character, of the last one two almost the same again, and ask about a seventh's."""
    with gemel.Gallery(address, gemel.load("characters")) as gallery:
        for number, label in enumerate(LABELS):
            gallery.enrol(label, [drawings.bytes(number, writer) for writer in range(5)])
        gallery.enrol(LABELS[-1], [str(drawings.file(len(LABELS) - 1, writer, ALMOST)) for writer in (0, 1)])
        for number in range(len(LABELS)):
            asked = drawings.bytes(number, 6)
            gallery.review.record(gallery.identify(asked), asked, who="line 3")


@contextmanager
def serving(gallery: str, runs: str) -> Iterator[str]:
    """Give the address of a page over a gallery."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.pages.serve", str(port), gallery, "--runs", runs])
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def learn_and_draw(page: Page) -> None:
    """Draw three characters, and one of them again."""
    words = Texts("zh" if page.locator("html").get_attribute("lang") == "zh-CN" else "en")
    for label in ("ka", "mo", "zu"):
        draw(page, CHARACTERS[label])
        page.get_by_label(words("draw.name")).fill(label)
        page.get_by_role("button", name=words("draw.keep")).click()
        expect(page.locator(".g-tile", has_text=label)).to_be_visible()
    draw(page, another_hand(CHARACTERS["mo"], 1))
    expect(page.locator(".g-answer")).to_have_text("mo")
    page.wait_for_timeout(800)


def acts(drawings: Drawings) -> dict[str, tuple[str, Act]]:
    """Return the tabs' addresses, and what is done there before the picture is taken."""

    def enrol(page: Page) -> None:
        page.get_by_label(say("enrol.label")).fill(LABELS[1])
        files = [drawings.file(1, 5), drawings.file(1, 6, blur=BLURRED), drawings.file(1, 0, blur=ALMOST)]
        page.locator("input[type=file]").set_input_files(files)
        page.get_by_role("button", name=say("enrol.do", count=3)).click()
        expect(page.get_by_text(say("enrol.fresh"), exact=True).first).to_be_visible()

    def recognise(page: Page) -> None:
        for place, (number, writer) in enumerate(((1, 5), (1, 5), (1, 6))):
            page.locator("input[type=file]").nth(place).set_input_files(drawings.file(number, writer))
            page.wait_for_timeout(2000)
        expect(page.locator(".g-answer")).to_have_count(2)

    def search(page: Page) -> None:
        page.locator("input[type=file]").first.set_input_files(drawings.file(1, 5))
        for name, label in (("search.like", LABELS[1]), ("search.dislike", LABELS[0])):
            page.get_by_role("button", name=say(name, label=label), exact=True).first.click()
            page.wait_for_timeout(1500)

    def mapped(page: Page) -> None:
        page.locator(".nicegui-echart").first.wait_for()
        page.wait_for_timeout(4000)

    def play(page: Page) -> None:
        page.get_by_role("button", name=say("playground.start")).click()
        page.wait_for_timeout(60_000)
        page.get_by_role("button", name=say("playground.stop")).click()

    def compare(page: Page) -> None:
        page.wait_for_timeout(4000)
        second = page.get_by_role("checkbox").nth(1)
        if second.count():
            second.click()

    def nothing(page: Page) -> None:
        pass

    return {
        "enrol": ("/enrol", enrol),
        "recognise": ("/recognise", recognise),
        "search": ("/search", search),
        "gallery": ("/gallery", nothing),
        "review": ("/review", nothing),
        "thresholds": ("/thresholds", mapped),
        "map": ("/map", mapped),
        "playground": ("/playground", play),
        "runs": ("/runs", compare),
        "draw": ("/", learn_and_draw),
    }


def take(browser: Browser, address: str, path: Path, act: Act, **options: object) -> None:
    """Open a tab, do something there, and keep its picture."""
    context = browser.new_context(**{"locale": "en-GB", "viewport": DESK, **options})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    act(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(2500)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--only", nargs="*", help="tabs; all by default")
    given = parser.parse_args()
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        drawings, gallery = Drawings(Path(folder)), f"{folder}/gallery.db"
        fill(gallery, drawings)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with serving(gallery, given.runs) as address:
            for tab, (path, act) in acts(drawings).items():
                if given.only and tab not in given.only:
                    continue
                colours = "dark" if tab == "search" else "light"
                take(browser, address + path, given.out / f"page_{tab}.png", act, color_scheme=colours)
            if not given.only or "draw" in given.only:
                take(browser, address, given.out / "page_draw_phone.png", learn_and_draw, viewport=PHONE)
                take(browser, address, given.out / "page_draw_zh.png", learn_and_draw, locale="zh-CN")
        browser.close()


if __name__ == "__main__":
    main()

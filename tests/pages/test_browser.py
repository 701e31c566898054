"""The page in a real browser: drawing, every tab, no request elsewhere, inert labels, keys."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nicegui
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

import gemel
from gemel.data.sources.glyphs import draw_glyphs
from gemel.pages.pictures import png
from gemel.pages.tabs import TABS
from gemel.pages.texts import Texts
from tests.pages.hand import draws_and_recognises

pytestmark = pytest.mark.slow

#: Milliseconds that an answer may take on a busy machine.
PATIENCE = 60_000

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>{{7*7}}${alert(1)}`"

say = Texts("en")
Serve = Callable[[str], str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Return what serves a gallery, and gives the page's address; all is stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def serving(gallery: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started.append(subprocess.Popen([sys.executable, "-m", "tests.pages.serve", str(port), gallery]))
        for _ in range(1500):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                return f"http://127.0.0.1:{port}"
            except OSError:
                assert started[-1].poll() is None, "the server ended"
                time.sleep(0.2)
        raise AssertionError("the server did not begin")

    yield serving
    for process in started:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium on the path"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> str:
    """Return the address of a page over a gallery of made-up characters, one class with a hostile name."""
    address = f"sqlite:///{tmp_path_factory.mktemp('gallery') / 'filled.db'}"
    with gemel.Gallery(address, gemel.load("characters")) as gallery:
        for label, pages in zip(["ka", "mo", HOSTILE], draw_glyphs(2, 3, writers=3, size=105, seed=5), strict=True):
            gallery.enrol(label, [png(Image.fromarray(page)) for page in pages], source=HOSTILE)
    return serve(address)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a drawing of the class with the hostile name, by another writer."""
    path = tmp_path_factory.mktemp("query") / "<b>query.png"
    path.write_bytes(png(Image.fromarray(draw_glyphs(2, 3, writers=4, size=105, seed=5)[2][3])))
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens an address in a fresh browser session; errors of the page fail the test."""
    contexts, errors = [], []

    def open_page(address: str, **options: object) -> Page:
        context = browser.new_context(**{"locale": "en-GB", **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        return page

    expect.set_options(timeout=PATIENCE)
    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def title(page: Page, tab: str, language: str = "en") -> None:
    """Wait until a tab is shown."""
    expect(page.get_by_role("heading", level=1, name=Texts(language)(f"{tab}.title"), exact=True)).to_be_visible()


def test_three_characters_are_drawn_recognised_and_a_stranger_is_unknown(filled: str, opened: Callable[..., Page]):
    page = opened(filled)
    draws_and_recognises(page)
    expect(page.locator(".g-candidate")).to_have_count(4)


def test_it_can_be_drawn_and_learnt_by_keyboard_alone(filled: str, opened: Callable[..., Page]):
    page = opened(filled)
    square = page.locator("canvas.g-square")
    square.focus()
    keys = [*["ArrowLeft"] * 6, " ", *["ArrowDown"] * 6, *["ArrowRight"] * 12, " "]
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "INPUT":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".g-tile")).to_have_count(1)
    page.keyboard.press("Shift+Tab")
    expect(page.locator(":focus")).to_be_visible()


@pytest.mark.parametrize("tab", [tab.name for tab in TABS])
@pytest.mark.parametrize("look", ["light", "dark", "phone", "zh"])
def test_every_tab_is_whole_and_asks_nobody_else(filled: str, opened: Callable[..., Page], tab: str, look: str):
    asked: list[str] = []
    size = {"width": 390, "height": 844} if look == "phone" else {"width": 1280, "height": 800}
    locale = "zh-CN" if look == "zh" else "en-GB"
    page = opened("about:blank", viewport=size, color_scheme="dark" if look == "dark" else "light", locale=locale)
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws:", "http:")))
    page.goto(filled + next(each.path for each in TABS if each.name == tab))
    title(page, tab, "zh" if look == "zh" else "en")
    page.wait_for_timeout(1500)
    expect(page.locator(".q-notification.bg-negative")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title() != "hacked"
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((filled, "data:", "blob:"))] == []


def test_the_navigation_and_the_back_button_lead_through_the_tabs(filled: str, opened: Callable[..., Page]):
    page = opened(filled)
    for tab in TABS[1:4]:
        page.get_by_role("link", name=say(f"{tab.name}.tab"), exact=True).click()
        title(page, tab.name)
        expect(page).to_have_url(filled + tab.path)
    page.go_back()
    title(page, TABS[2].name)
    page.goto(f"{filled}/nowhere")
    expect(page.get_by_text(say("error.lost"))).to_be_visible()


def test_language_and_theme_are_switched_and_kept(filled: str, opened: Callable[..., Page]):
    page = opened(filled)
    title(page, "draw")
    page.get_by_role("button", name="中文").click()
    title(page, "draw", "zh")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("button", name=Texts("zh")("theme")).click()
    page.get_by_role("button", name=Texts("zh")("theme")).click()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.goto(f"{filled}/gallery")
    title(page, "gallery", "zh")
    expect(page.locator("body.body--dark")).to_have_count(1)


def test_labels_are_inert_text_wherever_they_are_shown(filled: str, query: Path, opened: Callable[..., Page]):
    page = opened(f"{filled}/recognise")
    page.locator("input[type=file]").first.set_input_files(query)
    expect(page.locator(".g-answer")).to_have_text(HOSTILE)
    page.goto(f"{filled}/search")
    page.locator("input[type=file]").first.set_input_files(query)
    expect(page.locator(".g-tile").first).to_contain_text(HOSTILE)
    page.goto(f"{filled}/gallery")
    page.locator(".g-tile", has_text=HOSTILE).click()
    expect(page.locator(".g-answer")).to_have_text(HOSTILE)
    page.goto(f"{filled}/map")
    title(page, "map")
    box = page.locator(".nicegui-echart").bounding_box()
    assert box is not None
    for step in range(200):
        page.mouse.move(box["x"] + (step % 20) / 20 * box["width"], box["y"] + (step // 20) / 10 * box["height"])
    assert page.title() == "Gemel"
    assert page.locator("img[src=x]").count() == 0


def test_pictures_are_enrolled_and_bad_ones_refused(
    tmp_path: Path, serve: Serve, query: Path, opened: Callable[..., Page]
):
    page = opened(f"{serve(f'sqlite:///{tmp_path}/empty.db')}/enrol")
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    page.get_by_label(say("enrol.label")).fill(HOSTILE)
    page.locator("input[type=file]").set_input_files([bad, query])
    expect(page.get_by_role("button", name=say("enrol.do", count=1))).to_be_enabled()
    expect(page.locator(".q-notification.bg-negative")).to_contain_text("bad.png")
    page.get_by_role("button", name=say("enrol.do", count=1)).click()
    expect(page.get_by_text(say("enrol.fresh"), exact=True)).to_be_visible()
    page.goto(page.url.replace("/enrol", "/gallery"))
    expect(page.locator(".g-tile", has_text=HOSTILE)).to_be_visible()
    assert page.title() == "Gemel"


def test_the_gallery_is_handed_out_whole_and_nothing_stays(
    filled: str, opened: Callable[..., Page], tmp_path: Path
) -> None:
    before = set(Path(tempfile.gettempdir()).glob("gemel-export-*"))
    page = opened(f"{filled}/gallery")
    with page.expect_download() as found:
        page.get_by_role("button", name=say("gallery.export")).click()
    found.value.save_as(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert sum(name.endswith(".png") for name in archive.namelist()) == 9
    page.context.close()
    for _ in range(300):  # the server waits a while for a page that may come back
        if set(Path(tempfile.gettempdir()).glob("gemel-export-*")) <= before:
            return
        time.sleep(0.2)
    raise AssertionError("the exported file stayed")


def test_where_keys_are_needed_the_page_asks_and_keeps_to_the_scope(
    tmp_path: Path, serve: Serve, opened: Callable[..., Page], query: Path
):
    address = f"sqlite:///{tmp_path}/keys.db"
    with gemel.Gallery(address, gemel.load("characters")) as gallery:
        key = gallery.keys.create("reader", "read")
    page = opened(f"{serve(address)}/enrol")
    title(page, "key")
    assert page.get_by_role("link").count() == 0
    page.get_by_label(say("key.field"), exact=True).fill("gemel_wrong")
    page.get_by_role("button", name=say("key.open")).click()
    expect(page.get_by_text(say("key.wrong"))).to_be_visible()
    page.get_by_label(say("key.field"), exact=True).fill(key)
    page.get_by_label(say("key.field"), exact=True).press("Enter")
    title(page, "enrol")
    page.locator("input[type=file]").set_input_files(query)
    expect(page.locator(".q-notification")).to_contain_text(say("key.lacking", scope="enrol"))
    page.get_by_role("button", name=say("key.leave")).click()
    title(page, "key")


def status_of(address: str, headers: dict[str, str], method: str = "GET") -> int:
    """Return the status of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers, method=method)) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_the_keyless_get_nothing(tmp_path: Path, serve: Serve, query: Path):
    address = f"sqlite:///{tmp_path}/kept.db"
    with gemel.Gallery(address, gemel.load("characters")) as gallery:
        gallery.enrol("hush-hush", [query])
        gallery.keys.create("admin", "admin")
    served = serve(address)
    for tab in TABS:
        with urllib.request.urlopen(served + tab.path) as reply:
            text = reply.read().decode()
        assert say("key.title") in text
        assert not any(word in text for word in ("hush-hush", "/upload/", say(f"{tab.name}.title")))
    uploading = urllib.request.Request(f"{served}/_nicegui/client/1/upload/1", method="POST")
    with urllib.request.urlopen(uploading) as reply:  # there is no such place: the page asks for a key
        assert say("key.title") in reply.read().decode()
    assert status_of(f"{served}/api/v1/classes/x/references", {}, "POST") == 401


def test_the_page_answers_no_other_site(filled: str):
    polling = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    for path in ("/", "/gallery", polling, f"/_nicegui/{nicegui.__version__}/static/nicegui.js"):
        assert status_of(filled + path, {}) in (200, 400), path
        assert status_of(filled + path, {"Host": "evil.example"}) == 403, path
        assert status_of(filled + path, {"Origin": "http://evil.example"}) == 403, path


def test_what_programs_ask_is_answered_as_programs_read_it(filled: str):
    for path, method, status in (("/api/v1/nothing", "GET", 404), ("/api/v1/identify", "GET", 405)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(filled + path, method=method))
        assert refused.value.code == status
        assert refused.value.headers["content-type"] == "application/json"
        refused.value.close()

"""The tabs, for a visitor who needs no browser."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction
from PIL import Image
from starlette.requests import HTTPConnection

from gemel.errors import GemelError
from gemel.gallery import Gallery
from gemel.pages import arena
from gemel.pages.desk import Desk, Studio
from gemel.pages.drawing_square import DrawingSquare
from gemel.pages.pictures import png
from gemel.pages.tabs import TABS, playground
from gemel.pages.texts import Texts
from gemel.pages.visitors import Visitor
from gemel.server.access import Rate
from tests.pages.conftest import Visit

say = Texts("en")

#: Attempts of a tenth of a second that a visitor waits for what is done off the event loop.
PATIENCE = 100


def enrolled(gallery: Gallery, drawings: np.ndarray) -> None:
    """Put three classes of three drawings into the gallery."""
    for label, pages in zip(("ka", "mo", "<b>zu</b>"), drawings[:3], strict=True):
        gallery.enrol(label, [png(Image.fromarray(page)) for page in pages[:3]], source="page")


def pressed(user: User, marker: str, text: str) -> None:
    """Press what is marked and shows a text."""
    for element in user.find(marker=marker).elements:
        if text in [child.text for child in element.descendants() if isinstance(child, ui.label)]:
            UserInteraction(user, {element}, None).click()


def test_characters_are_learnt_and_forgotten(visit: Visit):
    async def act(user: User) -> None:
        await user.open("/")
        await user.should_see(say("draw.title"))
        user.find(say("draw.examples")).click()
        await user.should_see(say("draw.forget.all"), retries=PATIENCE)
        await user.should_see(marker="character")
        user.find(say("draw.forget.all")).click()
        await user.should_see(say("draw.none"), retries=PATIENCE)

    visit(act)


def test_ink_is_learnt_under_its_name_and_recognised(visit: Visit):
    async def act(user: User) -> None:
        await user.open("/")
        await user.should_see(marker="keep", retries=PATIENCE)
        user.find(marker="keep").click()
        await user.should_see(say("draw.blank"), retries=PATIENCE)
        square = user.find(DrawingSquare)
        ink = {"strokes": [[[0.2, 0.2], [0.8, 0.8]], [[0.2, 0.8], [0.8, 0.2]]]}
        square.trigger("ink", ink)
        user.find(marker="name").clear().type("cross")
        user.find(marker="keep").click()
        await user.should_see(say("draw.learnt", label="cross"), retries=PATIENCE)
        square.trigger("ink", ink)
        await user.should_see(say("draw.like", label="cross"), retries=PATIENCE)

    visit(act)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("filled", [False, True])
def test_every_tab_is_shown(visit: Visit, gallery: Gallery, drawings: np.ndarray, language: str, filled: bool, caplog):
    if filled:
        enrolled(gallery, drawings)

    async def act(user: User) -> None:
        user.http_client.headers["accept-language"] = {"en": "en-GB", "zh": "zh-CN"}[language]
        for tab in TABS:
            await user.open(tab.path)
            await user.should_see(Texts(language)(f"{tab.name}.title"), retries=PATIENCE)
            await user.should_not_see(ui.spinner, retries=PATIENCE)
            assert not user.notify.messages

    visit(act)


def test_classes_are_looked_through_and_merged(visit: Visit, gallery: Gallery, drawings: np.ndarray):
    enrolled(gallery, drawings)

    async def act(user: User) -> None:
        await user.open("/gallery")
        await user.should_see(marker="class", retries=PATIENCE)
        pressed(user, "class", "<b>zu</b>")
        await user.should_see(say("gallery.rename"), retries=PATIENCE)
        user.find(say("gallery.rename")).click()
        user.find(marker="new").clear().type("ka").trigger("keydown.enter")
        await user.should_see(say("gallery.renamed", label="ka"), retries=PATIENCE)

    visit(act)
    assert gallery.labels() == ["ka", "mo"]
    assert gallery.references("ka").total == 6
    assert gallery.audit.entries()[0][0].action == "rename"


def test_a_class_is_deleted_after_a_question(visit: Visit, gallery: Gallery, drawings: np.ndarray):
    enrolled(gallery, drawings)

    async def act(user: User) -> None:
        await user.open("/gallery")
        await user.should_see(marker="class", retries=PATIENCE)
        pressed(user, "class", "mo")
        await user.should_see(say("gallery.delete"), retries=PATIENCE)
        user.find(say("gallery.delete")).click()
        await user.should_see(say("gallery.delete.text", label="mo"), retries=PATIENCE)
        assert "mo" in gallery.labels()
        user.find(marker="sure").click()
        await user.should_see(say("gallery.deleted", label="mo"), retries=PATIENCE)

    visit(act)
    assert gallery.labels() == ["<b>zu</b>", "ka"]


def test_episodes_are_played(visit: Visit, monkeypatch):
    for name, value in {"CHARACTERS": 6, "WRITERS": 4, "SIZE": 32}.items():
        monkeypatch.setattr(arena, name, value)
    monkeypatch.setattr(playground, "EPISODES", 2)

    async def act(user: User) -> None:
        await user.open("/playground")
        await user.should_see(marker="start", retries=PATIENCE)
        user.find(marker="start").click()
        await user.should_see(say("playground.told", count=2, guess="20 %"), retries=PATIENCE)

    visit(act)


def test_one_training_takes_place_at_a_time(studio: Studio, monkeypatch):
    desk = Desk(studio, Visitor(language="en"), HTTPConnection({"type": "http", "headers": []}))
    started, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> str:
        started.set()
        assert go_on.wait(60)
        return "model"

    monkeypatch.setattr(playground, "quick_model", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(playground.learnt, desk, "siamese", 10, print)
        assert started.wait(60)
        with pytest.raises(GemelError, match="Another training takes place"):
            playground.learnt(desk, "siamese", 10, print)
        go_on.set()
        assert first.result() == "model"
    assert playground.learnt(desk, "siamese", 10, print) == "model"


def test_without_a_key_nothing_is_shown_where_one_is_needed(visit: Visit, gallery: Gallery):
    key = gallery.keys.create("reader", "read")

    async def act(user: User) -> None:
        await user.open("/gallery")
        await user.should_see(say("key.title"))
        await user.should_not_see(say("gallery.title"))
        user.find(marker="key").type("gemel_wrong").trigger("keydown.enter")
        await user.should_see(say("key.wrong"), retries=PATIENCE)
        user.find(marker="key").clear().type(key).trigger("keydown.enter")
        await user.open("/gallery")
        await user.should_see(say("gallery.title"), retries=PATIENCE)

    visit(act)


def test_a_key_that_is_revoked_opens_nothing_any_more(visit: Visit, gallery: Gallery, drawings: np.ndarray):
    enrolled(gallery, drawings)
    key = gallery.keys.create("admin", "admin")

    async def act(user: User) -> None:
        await user.open("/gallery")
        await user.should_see(marker="key", retries=PATIENCE)
        user.find(marker="key").type(key).trigger("keydown.enter")
        await user.open("/gallery")
        await user.should_see(marker="class", retries=PATIENCE)
        gallery.keys.revoke("admin")
        pressed(user, "class", "mo")
        await user.should_see(say("key.lacking", scope="read"), retries=PATIENCE)

    visit(act)


def test_who_asks_too_often_is_told_and_the_page_stays(
    visit: Visit, studio: Studio, gallery: Gallery, drawings: np.ndarray
):
    enrolled(gallery, drawings)
    studio.access.rate = Rate(1.0, lambda: 0.0)  # one question is answered, none after it

    async def act(user: User) -> None:
        await user.open("/gallery")
        await user.should_see(marker="class", retries=PATIENCE)
        pressed(user, "class", "mo")
        await user.should_see("Too many requests", retries=PATIENCE)

    visit(act)


@pytest.mark.parametrize("tab", ["gallery", "review", "thresholds", "map", "runs"])
def test_what_could_not_be_read_can_be_tried_again(
    visit: Visit, studio: Studio, gallery: Gallery, drawings: np.ndarray, tab: str
):
    enrolled(gallery, drawings)
    studio.access.rate = Rate(1.0, lambda: 0.0)
    studio.access.rate.wait("local")  # the one question that is answered has been asked

    async def act(user: User) -> None:
        await user.open(f"/{tab}")
        await user.should_see(say("unread"), retries=PATIENCE)
        studio.access.rate = None
        user.find(kind=ui.button, content=say("again")).click()
        await user.should_not_see(say("unread"), retries=PATIENCE)

    visit(act)


def test_another_machine_is_let_in_only_by_a_key(visit: Visit):
    async def act(user: User) -> None:
        user.http_client.base_url = "http://gemel.example"
        await user.open("/")
        await user.should_see(say("key.title"))

    visit(act)


def test_runs_are_shown_with_their_figures(visit: Visit, studio: Studio):
    folder: Path = studio.runs / "mine"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("name: mine\nlearner: siamese\nencoder: conv4\n")
    (folder / "history.json").write_text(
        '[{"step": 5, "loss": 0.5, "accuracy": 0.75, "items_per_second": 1.0, "seconds": 2.0, "metrics": {}}]'
    )

    async def act(user: User) -> None:
        await user.open("/runs")
        await user.should_see("siamese · conv4", retries=PATIENCE)
        await user.should_see(say("runs.accuracy"), retries=PATIENCE)
        await user.should_see(say("runs.unfinished"))

    visit(act)

"""Attempts and thresholds over REST."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server import API, create_app
from tests.server.conftest import LOCAL, file, png


def noted(client: TestClient) -> None:
    """Wait until what was asked is written down."""
    client.app.state.service.recorder.flush()  # type: ignore[attr-defined]


def test_questions_are_kept_and_settled(client: TestClient, gallery: Gallery) -> None:
    for writer in range(3):
        client.post(f"{API}/identify", files=[file(1, 3 + writer)])
    client.post(f"{API}/classes/c2/verify", files=[file(2, 3)])
    noted(client)
    told = client.get(f"{API}/attempts").json()
    assert told["total"] == 4
    newest, third, second, first = told["items"]
    assert (newest["kind"], newest["label"], newest["who"], newest["state"]) == ("verify", "c2", "local", "open")
    assert client.get(f"{API}/attempts/{first['id']}/thumbnail").content[:4] == b"\x89PNG"
    corrected = client.post(f"{API}/attempts/{first['id']}/correct", json={"label": "c1"}).json()
    assert (corrected["state"], corrected["label"]) == ("corrected", "c1")
    assert gallery.reference(corrected["reference"]).label == "c1"
    assert client.post(f"{API}/attempts/{second['id']}/reject").json()["state"] == "rejected"
    assert client.post(f"{API}/attempts/{third['id']}/confirm").json()["state"] == "confirmed"
    again = client.post(f"{API}/attempts/{second['id']}/reject")
    assert (again.status_code, again.json()["code"]) == (409, "settled")
    missing = client.post(f"{API}/attempts/4711/confirm")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_attempt")
    assert client.get(f"{API}/attempts", params={"state": "open"}).json()["total"] == 1
    assert client.get(f"{API}/attempts", params={"kind": "verify", "below": 0}).json()["total"] == 0
    assert {change["action"] for change in client.get(f"{API}/audit").json()["items"]} == {
        "confirm",
        "correct",
        "reject",
    }


def test_questions_are_not_kept_where_that_is_not_wanted(serve: Callable[..., TestClient], gallery: Gallery) -> None:
    client = serve(attempts=False)
    client.post(f"{API}/identify", files=[file(1)])
    noted(client)
    assert gallery.review.attempts().total == 0


def test_of_more_questions_than_can_be_kept_the_newest_are_left_out(
    client: TestClient, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gemel.server.recorder.MOST_BYTES", len(png(1)))
    written, write = threading.Event(), gallery.review.record

    def slow(*args: Any, **kwargs: Any) -> Any:
        assert written.wait(60)
        return write(*args, **kwargs)

    monkeypatch.setattr(gallery.review, "record", slow)
    for _ in range(3):
        client.post(f"{API}/identify", files=[file(1)])
    written.set()
    noted(client)
    assert gallery.review.attempts().total == 1
    assert "gemel_attempts_left_out 2.0" in client.get(f"{API}/metrics").text
    client.post(f"{API}/identify", files=[file(1)])
    noted(client)
    assert gallery.review.attempts().total == 2


def test_what_was_asked_is_kept_when_the_server_ends(gallery: Gallery, tiny_model: Model) -> None:
    with TestClient(create_app(tiny_model, gallery), **LOCAL) as client:  # type: ignore[arg-type]
        for writer in range(5):
            client.post(f"{API}/identify", files=[file(1, writer)])
    assert gallery.review.attempts().total == 5
    assert type(gallery.model) is Model  # as it was before


def test_thresholds_are_told_set_and_taken_back(client: TestClient, gallery: Gallery, tiny_model: Model) -> None:
    told = client.get(f"{API}/thresholds").json()
    assert (told["threshold"], told["set"], told["model"]) == (tiny_model.threshold, None, tiny_model.threshold)
    assert told["point"]["genuine"] + told["point"]["impostor"] > 0
    assert client.put(f"{API}/thresholds", json={"threshold": 0.5}).json()["threshold"] == 0.5
    assert client.put(f"{API}/thresholds", json={"threshold": 2.0, "label": "c1"}).json()["threshold"] == 2.0
    assert client.get(f"{API}/classes/c1").json()["threshold"] == 2.0
    assert client.post(f"{API}/verify", files=[file(0, 0, "a"), file(0, 0, "b")]).json()["threshold"] == 0.5
    strict = client.post(f"{API}/classes/c1/verify", files=[file(1)]).json()
    assert (strict["threshold"], strict["same"]) == (2.0, False)
    assert client.put(f"{API}/thresholds", json={"threshold": None}).json()["threshold"] == tiny_model.threshold
    assert client.get(f"{API}/thresholds", params={"label": "c9"}).status_code == 404
    few = client.get(f"{API}/thresholds/at", params={"far": 0.001})
    assert (few.status_code, few.json()["code"]) == (409, "too_few")
    assert client.get(f"{API}/thresholds/at", params={"far": 2}).status_code == 422
    assert client.get(f"{API}/audit").json()["items"][0]["detail"] == {"threshold": None, "label": None}


def test_a_threshold_by_far_is_the_gallery_s(client: TestClient, gallery: Gallery) -> None:
    for character in range(6):
        gallery.enrol(f"c{character}", [png(character, writer) for writer in range(6)])
    told = client.get(f"{API}/thresholds/at", params={"far": 0.2}).json()
    assert told == gallery.thresholds.at(0.2).to_json()
    assert told["far"]["value"] <= 0.2


def test_markup_in_labels_stays_text(client: TestClient) -> None:
    label = "<script>alert(1)<%2Fscript>".replace("%2F", "|")
    reply = client.post(f"{API}/classes/%3Cscript%3Ealert(1)%3C|script%3E/references", files=[file(4)])
    assert reply.json()["label"] == label
    for path in ("classes", "references", "audit", f"classes/{label}x"):
        told = client.get(f"{API}/{path}")
        assert told.headers["content-type"] == "application/json"
        assert told.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in told.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["classes", "metrics", "nothing", "references/1/thumbnail"])
def test_every_answer_says_what_it_is(client: TestClient, path: str) -> None:
    headers = client.get(f"{API}/{path}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server import API
from tests.server.conftest import file, png

SCORED = {"score", "probability", "threshold", "decision", "label", "matches", "model", "timing_ms"}


def in_base64(character: int, writer: int = 0) -> str:
    return base64.b64encode(png(character, writer)).decode()


def test_health_tells_model_gallery_and_version(client: TestClient, tiny_model: Model) -> None:
    told = client.get(f"{API}/health").json()
    assert told["model"] == {"name": "tiny", "fingerprint": tiny_model.fingerprint, "dimensions": 16}
    assert told["gallery"] == {"classes": 3, "references": 6}
    assert told["uptime_s"] >= 0
    assert told["version"]


def test_enrolling_is_answered_as_programs_expect(client: TestClient, gallery: Gallery) -> None:
    reply = client.post(f"{API}/classes/new/references", files=[file(4)])
    assert reply.status_code == 201
    told = reply.json()
    assert told["label"] == "new"
    assert gallery.reference(told["id"]).label == "new"
    assert gallery.reference(told["id"]).source == "c4w0.png"
    assert gallery.reference(told["id"]).who == "local"
    assert client.get(f"{API}/references/{told['id']}").json()["label"] == "new"
    again = client.post(f"{API}/classes/new/references", files=[file(4)])
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    several = client.post(f"{API}/classes/new/references", files=[file(4), file(4, 1), file(4, 2)])
    assert several.status_code == 201
    assert [one["fresh"] for one in several.json()["references"]] == [False, True, True]


def test_classes_are_listed_in_pages(client: TestClient) -> None:
    told = client.get(f"{API}/classes", params={"page": 2, "size": 2}).json()
    assert (told["total"], told["page"], told["size"]) == (3, 2, 2)
    assert [(one["label"], one["references"]) for one in told["items"]] == [("c2", 2)]
    assert client.get(f"{API}/classes", params={"containing": "1"}).json()["total"] == 1
    references = client.get(f"{API}/classes/c1/references", params={"size": 1}).json()
    assert (references["total"], len(references["items"])) == (2, 1)
    assert client.get(f"{API}/references").json()["total"] == 6
    cover = client.get(f"{API}/classes/c1").json()["cover"]
    assert cover == references["items"][0]["id"]


def test_identify_answers_as_the_gallery_does(client: TestClient, gallery: Gallery) -> None:
    told = client.post(f"{API}/identify", files=[file(1)], data={"top": "2", "unknown_prior": "0.001"}).json()
    expected = gallery.identify(png(1), matches=2, unknown_prior=0.001)
    assert set(told) == SCORED
    assert (told["label"], told["decision"]) == ("c1", "match")
    assert told["score"] == expected.score
    assert told["probability"] == expected.probability
    assert told["threshold"] == expected.threshold
    assert [match["label"] for match in told["matches"]] == [match.label for match in expected.matches]
    assert told["matches"][0]["reference"] == expected.matches[0].reference_id
    assert told["timing_ms"] > 0


def test_an_unknown_one_has_no_label(client: TestClient) -> None:
    told = client.post(f"{API}/identify", files=[file(5, 3)], data={"unknown_prior": "0.999999"}).json()
    assert (told["label"], told["decision"]) == (None, "unknown")


def test_forms_base64_and_embeddings_are_answered_alike(client: TestClient) -> None:
    form = client.post(f"{API}/identify", files=[file(1, 3)]).json()
    text = client.post(f"{API}/identify", json={"file": in_base64(1, 3)}).json()
    embedded = client.post(f"{API}/embed", files=[file(1, 3)]).json()
    assert (embedded["dimensions"], len(embedded["embedding"])) == (16, 16)
    numbers = client.post(f"{API}/identify", json={"embedding": embedded["embedding"]}).json()
    for told in (form, text, numbers):
        del told["timing_ms"]
    assert form == text
    assert numbers["score"] == pytest.approx(form["score"], abs=1e-6)
    assert numbers["label"] == form["label"]


def test_verify_tells_same_and_different(client: TestClient, tiny_model: Model) -> None:
    told = client.post(f"{API}/verify", files=[file(0, 0, "a"), file(0, 0, "b")]).json()
    assert set(told) == SCORED | {"same", "far", "frr"}
    assert (told["same"], told["decision"], told["score"]) == (True, "same", 1.0)
    expected = tiny_model.verify(png(0), png(3))
    other = client.post(f"{API}/verify", json={"a": in_base64(0), "b": in_base64(3)}).json()
    assert (other["score"], other["threshold"]) == (expected.score, expected.threshold)
    strict = client.post(f"{API}/verify", files=[file(0, 0, "a"), file(3, 0, "b")], data={"threshold": "1.5"}).json()
    assert (strict["same"], strict["decision"], strict["threshold"]) == (False, "different", 1.5)


def test_verify_against_a_class(client: TestClient, gallery: Gallery) -> None:
    for by in ("prototype", "mean", "max"):
        told = client.post(f"{API}/classes/c1/verify", files=[file(1)], data={"by": by}).json()
        assert told["score"] == gallery.verify(png(1), "c1", by=by).score  # type: ignore[arg-type]
        assert told["label"] == "c1"
    missing = client.post(f"{API}/classes/cc1/verify", files=[file(1)])
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_class")
    assert "Did you mean" in missing.json()["message"]


def test_search_goes_on_from_likes(client: TestClient, gallery: Gallery) -> None:
    told = client.post(f"{API}/search", files=[file(1)], data={"top": "3"}).json()
    assert set(told) == SCORED
    assert len(told["matches"]) == 3
    assert told["label"] == "c1"
    best = told["matches"][0]["reference"]
    liked = client.post(f"{API}/search", json={"like": [best], "unlike": [told["matches"][2]["reference"]]}).json()
    assert best not in [match["reference"] for match in liked["matches"]]
    several = client.post(f"{API}/search", files=[file(0)], data={"like": ["1", "2"]}).json()
    assert not {1, 2} & {match["reference"] for match in several["matches"]}
    assert client.post(f"{API}/search", json={}).status_code == 422
    missing = client.post(f"{API}/search", json={"like": [4711]})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_reference")


def test_classes_are_renamed_merged_and_removed(client: TestClient, gallery: Gallery) -> None:
    assert client.patch(f"{API}/classes/c0", json={"label": "ka"}).json()["references"] == 2
    assert client.patch(f"{API}/classes/c1", json={"label": "ka"}).json()["references"] == 4
    assert gallery.labels() == ["c2", "ka"]
    assert client.delete(f"{API}/classes/ka").json() == {"references": 4}
    assert client.delete(f"{API}/classes/ka").status_code == 404
    actions = client.get(f"{API}/audit").json()
    assert [(one["action"], one["who"]) for one in actions["items"]] == [
        ("remove", "local"),
        ("rename", "local"),
        ("rename", "local"),
    ]


def test_references_are_moved_shown_and_removed(client: TestClient, gallery: Gallery) -> None:
    first, second = (one.id for one in gallery.references("c0").items)
    assert client.post(f"{API}/references/move", json={"references": [first], "to": "part"}).json() == {"references": 1}
    assert gallery.reference(first).label == "part"
    small = client.get(f"{API}/references/{second}/thumbnail")
    assert (small.headers["content-type"], small.content[:4]) == ("image/png", b"\x89PNG")
    whole = client.get(f"{API}/references/{second}/original")
    assert (whole.content, whole.headers["content-disposition"][:10]) == (png(0, 1), "attachment")
    assert client.delete(f"{API}/references/{second}").json() == {"references": 1}
    for path in ("", "/thumbnail", "/original"):
        missing = client.get(f"{API}/references/{second}{path}")
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown_reference")
    assert client.delete(f"{API}/references/{second}").status_code == 404
    assert client.post(f"{API}/references/move", json={"references": [second], "to": "x"}).status_code == 404


@pytest.mark.parametrize("label", ["a/b", "ключ 🔑", "50% off", "a%2Fb", "references", "a?b#c", "<b onclick=x>"])
def test_labels_of_many_kinds_are_asked_for_by_their_path(client: TestClient, gallery: Gallery, label: str) -> None:
    path = f"{API}/classes/{quote(label, safe='')}"
    assert client.post(f"{path}/references", files=[file(4)]).json()["label"] == label
    assert label in gallery.labels()
    reply = client.get(path)
    assert reply.json()["label"] == label
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert client.delete(path).json() == {"references": 1}


@pytest.mark.parametrize("label", ["..", "a/../b", "../../etc/passwd", "a\x00b", "a\nb", "\u202ebolt", "x" * 201, " "])
def test_labels_that_lead_elsewhere_or_cannot_be_shown_are_refused(
    client: TestClient, gallery: Gallery, label: str
) -> None:
    path = f"{API}/classes/{quote(label, safe='')}".replace("/..", "/%2e%2e")
    refused = client.post(f"{path}/references", files=[file(4)])
    assert refused.status_code == 422, refused.text
    assert set(refused.json()) == {"code", "message", "field"}
    assert len(gallery.labels()) == 3
    assert client.patch(f"{API}/classes/c0", json={"label": label}).status_code == 422
    moved = client.post(f"{API}/references/move", json={"references": [1], "to": label})
    assert moved.status_code == 422


def test_an_empty_gallery_says_so(client: TestClient, gallery: Gallery) -> None:
    for label in gallery.labels():
        gallery.remove(label)
    for path in ("identify", "search"):
        empty = client.post(f"{API}/{path}", files=[file(0)])
        assert (empty.status_code, empty.json()["code"]) == (409, "empty_gallery")
        assert ".db" not in empty.text
    missing = client.post(f"{API}/classes/c0/verify", files=[file(0)])
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_class")


@pytest.mark.parametrize(
    ("method", "path", "content", "field"),
    [
        ("POST", "identify", {"file": "x", "top": 0}, "top"),
        ("POST", "identify", {"file": "x", "nonsense": 1}, "nonsense"),
        ("POST", "identify", {"file": 5}, "file"),
        ("POST", "identify", {"file": ["a", 5]}, "file"),
        ("POST", "identify", {}, "file"),
        ("POST", "identify", {"file": "not base64!"}, "file"),
        ("POST", "identify", {"embedding": [1e400] * 16}, "file"),
        ("POST", "identify", {"embedding": [1e39] * 16}, "file"),
        ("POST", "identify", {"embedding": [10**400] * 16}, "file"),
        ("POST", "identify", {"embedding": [True] * 16}, "file"),
        ("POST", "identify", {"embedding": [0.5] * 3}, "file"),
        ("POST", "verify", {"a": "x"}, "b"),
        ("POST", "search", {"like": [2**70]}, "like.0"),
        ("POST", "references/move", {"references": [], "to": "x"}, "references"),
        ("PATCH", "classes/c0", {"to": "x"}, "label"),
        ("GET", "classes?page=0", None, "page"),
        ("GET", "classes?size=5000", None, "size"),
        ("GET", "classes?page=99999999999999999999", None, "page"),
        ("GET", "classes?containing=%00", None, "containing"),
        ("GET", "references/0", None, "id"),
        ("GET", "references/x", None, "id"),
    ],
)
def test_values_that_do_not_fit_are_told_with_their_field(
    client: TestClient, method: str, path: str, content: object, field: str | None
) -> None:
    if isinstance(content, dict) and "a" in content:
        content = {"a": in_base64(0)}
    body = None if content is None else json.dumps(content).replace("Infinity", "1e999")
    reply = client.request(method, f"{API}/{path}", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422, reply.text
    told = reply.json()
    assert set(told) == {"code", "message", "field"}
    assert told["field"] == field


def test_what_is_not_there_is_told_in_the_same_shape(client: TestClient) -> None:
    for method, path, status in (("GET", "nothing", 404), ("DELETE", "health", 405), ("GET", "jobs/nothing", 404)):
        reply = client.request(method, f"{API}/{path}")
        assert reply.status_code == status
        assert set(reply.json()) == {"code", "message", "field"}


def test_metrics_count_by_route(client: TestClient) -> None:
    client.get(f"{API}/classes/c0")
    client.get(f"{API}/classes/c9")
    for method in ("BREW", "STIR"):
        assert client.request(method, f"{API}/classes/c0").status_code == 405
    client.post(f"{API}/identify", files=[file(0)])
    told = client.get(f"{API}/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    route = 'route="/classes/{label}"'
    assert f'gemel_requests_total{{method="GET",{route},status="200"}} 1.0' in told.text
    assert f'gemel_requests_total{{method="GET",{route},status="404"}} 1.0' in told.text
    assert 'method="other"' in told.text
    assert "BREW" not in told.text
    assert "gemel_references 6.0" in told.text
    assert "gemel_attempts_left_out 0.0" in told.text
    assert "gemel_pictures 1.0" in told.text

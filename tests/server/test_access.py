"""Who is let in: every route with a wrong key, without one, and with one that does not reach so far."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gemel.errors import GemelError
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server import API, Settings, create_app
from gemel.server.access import Rate, host_of, is_loopback
from tests.server.conftest import LOCAL, file

Serve = Callable[..., TestClient]

READ = {
    ("get", "/health"),
    ("get", "/metrics"),
    ("get", "/classes"),
    ("get", "/classes/{label}"),
    ("get", "/classes/{label}/references"),
    ("post", "/classes/{label}/verify"),
    ("get", "/references"),
    ("get", "/references/{id}"),
    ("get", "/references/{id}/thumbnail"),
    ("get", "/references/{id}/original"),
    ("post", "/identify"),
    ("post", "/verify"),
    ("post", "/search"),
    ("post", "/embed"),
    ("get", "/thresholds"),
    ("get", "/thresholds/at"),
    ("get", "/models"),
    ("get", "/openapi.json"),
}
ENROL = {
    ("post", "/classes/{label}/references"),
    ("get", "/attempts"),
    ("get", "/attempts/{id}/thumbnail"),
    ("post", "/attempts/{id}/confirm"),
    ("post", "/attempts/{id}/correct"),
    ("post", "/attempts/{id}/reject"),
}


def operations(client: TestClient) -> list[tuple[str, str]]:
    """Return method and path of every route."""
    paths = client.app.openapi()["paths"]  # type: ignore[attr-defined]
    listed = [(method, path.removeprefix(API)) for path, methods in paths.items() for method in methods]
    return [*listed, ("get", "/openapi.json")]


def asked(client: TestClient, method: str, path: str, key: str | None) -> Any:
    headers = {} if key is None else {"X-API-Key": key}
    return client.request(method, API + re.sub(r"\{\w+\}", "1", path), headers=headers)


def test_every_route_wants_a_key_of_its_scope(serve: Serve, gallery: Gallery) -> None:
    keys = {scope: gallery.keys.create(scope, scope) for scope in ("read", "enrol", "admin")}
    client = serve()
    found = operations(client)
    assert len(found) > 15
    for method, path in found:
        for wrong in (None, "", "wrong", keys["admin"] + "x", "gemel_" + "A" * 43):
            reply = asked(client, method, path, wrong)
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised"), (method, path, wrong)
        reaches = {"read": (method, path) in READ, "enrol": (method, path) in READ | ENROL, "admin": True}
        for scope, key in keys.items():
            reply = asked(client, method, path, key)
            assert (reply.status_code == 403) != reaches[scope], (method, path, scope, reply.text)
            assert reply.status_code < 500


def test_nothing_that_the_keyless_send_is_looked_at(serve: Serve, gallery: Gallery) -> None:
    gallery.keys.create("first", "read")
    client = serve()
    asked = [("patch", "/classes/1"), ("put", "/thresholds"), ("get", "/nothing"), ("delete", "/health"), ("get", "")]
    for method, path in [*asked, *operations(client)]:
        for content in (b"{", b'{"label": 1}', b"[]"):
            headers = {"content-type": "application/json"}
            reply = client.request(method, API + path.replace("{id}", "x"), content=content, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised"), (method, path, content)


def test_a_revoked_key_is_refused_at_once(serve: Serve, gallery: Gallery) -> None:
    key = gallery.keys.create("scanner", "enrol")
    client = serve()
    assert client.get(f"{API}/health", headers={"X-API-Key": key}).status_code == 200
    gallery.keys.revoke("scanner")
    assert client.get(f"{API}/health", headers={"X-API-Key": key}).status_code == 401
    assert client.get(f"{API}/health").status_code == 401  # a key was made, so that nobody is let in without


def test_who_enrols_is_written_down(serve: Serve, gallery: Gallery) -> None:
    headers = {"X-API-Key": gallery.keys.create("line 3", "enrol")}
    told = serve().post(f"{API}/classes/new/references", files=[file(4)], headers=headers).json()
    assert gallery.reference(told["id"]).who == "line 3"
    entries, _ = gallery.audit.entries()
    assert (entries[0].who, entries[0].action, entries[0].detail["label"]) == ("line 3", "enrol", "new")


def test_keys_made_and_revoked_are_written_down(gallery: Gallery) -> None:
    key = gallery.keys.create("line 3", "enrol")
    gallery.keys.revoke("line 3")
    entries, _ = gallery.audit.entries()
    assert [(entry.who, entry.action) for entry in entries] == [("local", "revoke key"), ("local", "create key")]
    assert entries[1].detail == {"name": "line 3", "scope": "enrol"}
    assert key not in str(entries)


def test_without_keys_only_this_machine_is_answered(client: TestClient, gallery: Gallery) -> None:
    assert client.get(f"{API}/health").status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""):
        reply = client.get(f"{API}/health", headers={"Host": host})
        assert (reply.status_code, reply.json()["code"]) == (403, "not_local"), host
    for host in ("localhost", "LOCALHOST:8000", "[::1]:8000", "127.0.0.2"):
        assert client.get(f"{API}/health", headers={"Host": host}).status_code == 200
    elsewhere = TestClient(client.app, base_url=LOCAL["base_url"], client=("192.0.2.7", 5))  # type: ignore[arg-type]
    assert elsewhere.get(f"{API}/health").status_code == 403
    key = gallery.keys.create("late", "admin")  # a key made meanwhile is needed from then on
    assert client.get(f"{API}/health").status_code == 401
    assert client.get(f"{API}/health", headers={"X-API-Key": key}).status_code == 200


def test_other_addresses_are_not_served_without_a_key(gallery: Gallery, tiny_model: Model) -> None:
    with pytest.raises(GemelError, match=r"open to other machines, and no API key is made"):
        create_app(tiny_model, gallery, Settings(host="0.0.0.0"))
    gallery.keys.create("first", "read")
    with TestClient(
        create_app(tiny_model, gallery, Settings(host="0.0.0.0")), base_url="http://host.example"
    ) as client:
        assert client.get(f"{API}/health").status_code == 401


def test_other_sites_pages_are_not_answered(client: TestClient) -> None:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", "http://[", ""):
        reply = client.post(f"{API}/classes/x/references", files=[file(4)], headers={"Origin": origin})
        assert (reply.status_code, reply.json()["code"]) == (403, "cross_site")
    reply = client.delete(f"{API}/classes/c0", headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403
    assert client.get(f"{API}/classes/x").status_code == 404
    own = client.post(f"{API}/identify", files=[file(4)], headers={"Origin": "http://127.0.0.1:8000"})
    assert own.status_code == 200
    assert "access-control-allow-origin" not in own.headers


def test_who_asks_too_often_is_told_to_wait(serve: Serve) -> None:
    client = serve(rate=3.0)
    told = [client.get(f"{API}/classes") for _ in range(8)]
    assert [reply.status_code for reply in told[:3]] == [200, 200, 200]
    refused = [reply for reply in told if reply.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "too_many"
    assert refused[0].headers["retry-after"] == "1"


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    rate = Rate(2.0, lambda: now[0])
    assert [rate.wait("a"), rate.wait("a")] == [0, 0]
    assert rate.wait("a") == pytest.approx(0.5)
    assert rate.wait("b") == 0
    now[0] = 0.5
    assert rate.wait("a") == 0
    assert rate.wait("a") == pytest.approx(0.5)
    now[0] = 100.0
    assert [rate.wait("a"), rate.wait("a")] == [0, 0]
    assert rate.wait("a") > 0


@pytest.mark.parametrize(
    ("authority", "host", "loopback"),
    [
        ("localhost:8000", "localhost", True),
        ("[::1]:80", "[::1]", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "", False),
        ("0.0.0.0:80", "0.0.0.0", False),
        ("localhost.:1", "localhost.", True),
        ("127.1.example", "127.1.example", False),
        ("", "", False),
    ],
)
def test_hosts_are_told_apart(authority: str, host: str, loopback: bool) -> None:
    assert host_of(authority) == host
    assert is_loopback(host) == loopback

"""Sixty uploads that mean harm, or look like it: each answered with its code, and memory flat."""

from __future__ import annotations

import gzip
import io
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from gemel.gallery import Gallery
from gemel.server import API
from gemel.server.limits import Limits
from tests.server.conftest import DRAWINGS, png

OK, SIZE, TYPE, DAMAGED = 200, 413, 415, 422


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes = b"", depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    """Return a PNG that says it is so large, with whatever data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def tiff_of(width: int, height: int) -> bytes:
    """Return a TIFF's header that says it is so large."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    entries += [(278, 4, 1, height), (279, 4, 1, 10)]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + body + struct.pack("<I", 0)


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def uploads() -> dict[str, tuple[bytes, str, int]]:
    """Return content, file name and expected status by what they are."""
    grey = Image.fromarray(DRAWINGS[4, 0])
    colour = grey.convert("RGB")
    plain = png(4)
    jpeg = saved(colour, "JPEG")
    nans = np.full((32, 32), np.nan, np.float32)
    frames = {"save_all": True, "append_images": [Image.fromarray(DRAWINGS[0, 1])]}
    cases: dict[str, tuple[bytes, int]] = {
        "nothing": (b"", DAMAGED),
        "one byte": (b"\x00", TYPE),
        "text": (b"hello", TYPE),
        "html": (b"<html><script>alert(1)</script></html>", TYPE),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", TYPE),
        "svg that includes files": (
            b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
            TYPE,
        ),
        "pdf": (b"%PDF-1.7\n1 0 obj\n", TYPE),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", TYPE),
        "zip": (zipped("a.png", plain), TYPE),
        "zip that leads out": (zipped("../../etc/passwd", b"x"), TYPE),
        "zip bomb": (zipped("zeros", bytes(20_000_000)), TYPE),
        "gzip": (gzip.compress(bytes(10_000_000)), TYPE),
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(100), TYPE),
        "pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", TYPE),
        "numpy": (b"\x93NUMPY\x01\x00" + bytes(100), TYPE),
        "icon": (saved(grey, "ICO"), TYPE),
        "photoshop": (b"8BPS\x00\x01" + bytes(100), TYPE),
        "webm": (b"\x1aE\xdf\xa3" + bytes(100), TYPE),
        "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(50), TYPE),
        "noise": (np.random.default_rng(0).bytes(5000), TYPE),
        "zeros": (bytes(5000), TYPE),
        "path": (b"/etc/passwd", TYPE),
        "url": (b"http://127.0.0.1/latest/meta-data/", TYPE),
        "png's first bytes": (plain[:8], DAMAGED),
        "png without pixels": (plain[:40], DAMAGED),
        "png cut short": (plain[: len(plain) // 2], DAMAGED),
        "png with a wrong sum": (plain[:30] + b"\x00" + plain[31:], DAMAGED),
        "png of no pixels": (png_of(0, 10), DAMAGED),
        "png bomb, wide": (png_of(2_000_000_000, 1), SIZE),
        "png bomb, square": (png_of(50_000, 50_000, bytes(1000)), SIZE),
        "png bomb, just too large": (png_of(8000, 6000, bytes(1000)), SIZE),
        "png bomb, full": (png_of(20_000, 20_000, bytes(20_001 * 1000)), SIZE),
        "png, little data for much": (png_of(6000, 6000, bytes(10)), DAMAGED),
        "png with a text bomb": (
            png_of(4, 4, bytes(20), extra=chunk(b"zTXt", b"x\x00\x00" + zlib.compress(bytes(90_000_000)))),
            DAMAGED,
        ),
        "png of 3 bits": (png_of(4, 4, bytes(20), depth=3), DAMAGED),
        "jpeg's first bytes": (b"\xff\xd8\xff", DAMAGED),
        "jpeg cut short": (jpeg[: len(jpeg) // 2], DAMAGED),
        "jpeg that says 65535 x 65535": (jpeg.replace(b"\x00\x20\x00\x20", b"\xff\xff\xff\xff", 1), SIZE),
        "gif that says 65535 x 65535": (b"GIF89a" + b"\xff" * 4 + saved(grey, "GIF")[10:], SIZE),
        "gif of nothing": (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", DAMAGED),
        "bmp that says much": (
            b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 60_000, 60_000, 1, 24, *[0] * 6),
            SIZE,
        ),
        "bmp cut short": (saved(colour, "BMP")[:60], DAMAGED),
        "tiff that says much": (tiff_of(100_000, 100_000), SIZE),
        "tiff that lies": (tiff_of(100, 100), DAMAGED),
        "tiff that leads nowhere": (b"II*\x00\xff\xff\xff\xff", DAMAGED),
        "webp cut short": (saved(colour, "WEBP")[:40], DAMAGED),
        "pgm of a billion": (b"P5 40000 40000 255\n" + bytes(10), SIZE),
        "pgm without numbers": (b"P5 x y z\n", DAMAGED),
        "too many bytes": (plain + bytes(3_000_000), SIZE),
        "png, then a zip": (plain + zipped("x", b"x"), OK),
        "jpeg, then html": (jpeg + b"<script>alert(1)</script>", OK),
        "animated gif": (saved(grey, "GIF", **frames), OK),
        "animated webp": (saved(colour, "WEBP", **frames), OK),
        "tiff of two pages": (saved(grey, "TIFF", **frames), OK),
        "tiff of not-a-numbers": (saved(Image.fromarray(nans), "TIFF"), OK),
        "16 bits": (saved(Image.fromarray(DRAWINGS[4, 0].astype(np.uint16) * 257), "PNG"), OK),
        "cmyk": (saved(colour.convert("CMYK"), "JPEG"), OK),
        "palette with transparency": (saved(grey.convert("P"), "PNG", transparency=0), OK),
        "one pixel": (saved(Image.new("L", (1, 1)), "PNG"), OK),
        "a thousand to one": (saved(Image.new("L", (4000, 1), 200), "PNG"), OK),
        "one bit": (saved(grey.convert("1"), "PNG"), OK),
    }
    named = {what: (content, "a.png", status) for what, (content, status) in cases.items()}
    names = ("../../etc/passwd", "a\x00.png", "C:\\windows\\x.png", "<img src=x onerror=alert(1)>.png", "x" * 500)
    named["file name of 5000 letters"] = (plain, "x" * 5000, DAMAGED)
    return named | {f"file name {name[:20]!r}": (plain, name, OK) for name in names}


UPLOADS = uploads()


@pytest.fixture
def guarded(serve: Callable[..., TestClient]) -> TestClient:
    return serve(largest_picture=2_000_000)


def test_there_are_sixty_of_them() -> None:
    assert len(UPLOADS) >= 60


def test_each_is_answered_with_its_code_and_memory_is_flat(guarded: TestClient, gallery: Gallery) -> None:
    wrong = {}
    before = 0
    for turn in range(2):
        for what, (content, name, status) in UPLOADS.items():
            reply = guarded.post(f"{API}/identify", files=[("file", (name, content, "image/png"))])
            if reply.status_code != status:
                wrong[what] = (reply.status_code, status, reply.text[:200])
            elif status != OK:
                assert set(reply.json()) == {"code", "message", "field"}
                assert reply.json()["field"] == ("file" if len(name) < 5000 else None)
        if turn == 0:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert not wrong
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000  # kB, the second time round; one picture of the greatest size takes 40,000
    assert guarded.get(f"{API}/health").json()["status"] in ("ok", "starting")


@pytest.mark.parametrize("what", [what for what, case in UPLOADS.items() if case[2] == DAMAGED or case[2] == TYPE][::6])
def test_what_is_refused_is_not_enrolled(guarded: TestClient, gallery: Gallery, what: str) -> None:
    content, name, status = UPLOADS[what]
    files = [("file", ("good.png", png(5), "image/png")), ("file", (name, content, "image/png"))]
    assert guarded.post(f"{API}/classes/new/references", files=files).status_code == status
    assert "new" not in gallery.labels()


def test_names_of_files_are_told_without_folders(client: TestClient, gallery: Gallery) -> None:
    for number, (name, told) in enumerate({"../../etc/passwd": "passwd", "C:\\x\\y.png": "y.png"}.items()):
        files = [("file", (name, png(4, number), "image/png"))]
        reference = client.post(f"{API}/classes/new/references", files=files).json()["id"]
        assert gallery.reference(reference).source.endswith(told)
        assert "/" not in gallery.reference(reference).source


def test_requests_are_capped(serve: Callable[..., TestClient]) -> None:
    client = serve(largest_request=50_000, most_pictures=3)
    many = [("file", ("a.png", png(4), "image/png"))] * 4
    assert client.post(f"{API}/classes/x/references", files=many).status_code == 413
    assert client.post(f"{API}/classes/x/references", json={"file": ["x"] * 4}).status_code == 413
    assert client.post(f"{API}/identify", content=bytes(60_000)).status_code == 413
    stream = (bytes(10_000) for _ in range(10))  # whose length is not told before
    headers = {"content-type": "application/json"}
    assert client.post(f"{API}/identify", content=stream, headers=headers).status_code == 413
    assert client.post(f"{API}/identify", content=b"x", headers={"content-length": "-1"}).status_code in (400, 413)


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("text/plain", b"x", 415),
        ("", b"x", 415),
        ("application/json", b"{", 422),
        ("application/json", b"[]", 422),
        ("application/json", b"\xff\xfe", 422),
        ("application/json", b"[" * 100_000, 422),
        ("application/json", b'{"file": "\\ud800"}', 422),
        ("application/json", b'{"file": {"$ref": "/etc/passwd"}}', 422),
        ("application/json", b'{"file": "http://127.0.0.1/x.png"}', 422),
        ("application/json", b'{"embedding": [NaN]}', 422),
        ("multipart/form-data", b"x", 422),
        ("multipart/form-data; boundary=x", b"--x\r\n", 422),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n',
            422,
        ),
    ],
)
def test_bodies_that_are_none_are_refused(client: TestClient, kind: str, content: bytes, status: int) -> None:
    reply = client.post(f"{API}/identify", content=content, headers={"content-type": kind})
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"code", "message", "field"}


def test_more_at_once_than_is_allowed_are_asked_to_come_again(serve: Callable[..., TestClient]) -> None:
    client = serve(most_waiting=1)
    limits = client.app.middleware_stack  # type: ignore[attr-defined]
    while not isinstance(limits, Limits):
        limits = limits.app
    limits.inside = 1
    reply = client.get(f"{API}/classes")
    assert (reply.status_code, reply.json()["code"], reply.headers["retry-after"]) == (429, "busy", "1")
    limits.inside = 0
    assert client.get(f"{API}/classes").status_code == 200

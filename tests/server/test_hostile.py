"""Uploads that mean harm, or look like it, more than sixty refused: each answered with its code, and memory flat."""

from __future__ import annotations

import gzip
import io
import resource
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from gemel.gallery import Gallery
from gemel.server import API
from gemel.server.limits import Limits
from tests.server.conftest import DRAWINGS, png
from tests.server.test_jobs import finished, zipped

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
        "zip": (zipped({"a.png": plain}), TYPE),
        "zip that leads out": (zipped({"../../etc/passwd": b"x"}), TYPE),
        "zip bomb": (zipped({"zeros": bytes(20_000_000)}), TYPE),
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
        "png, then a zip": (plain + zipped({"x": b"x"}), OK),
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

JSON, FORM = "application/json", "multipart/form-data; boundary=x"


def part(headers: bytes, content: bytes = b"v") -> bytes:
    return b"--x\r\nContent-Disposition: form-data" + headers + b"\r\n\r\n" + content + b"\r\n"


INNER = part(b'; name="file"; filename="a.png"', png(4)).replace(b"--x", b"--y") + b"--y--\r\n"
NESTED = b'; name="file"; filename="a.png"\r\nContent-Type: multipart/mixed; boundary=y'
FIELDS = b"".join(part(b'; name="f%d"' % number) for number in range(10_000))

#: Bodies by what they are: content type, content, expected status.
BODIES: dict[str, tuple[str, bytes, int]] = {
    "text": ("text/plain", b"x", TYPE),
    "no type": ("", b"x", TYPE),
    "form in the address's way": ("application/x-www-form-urlencoded", b"file=/etc/passwd", TYPE),
    "xml that includes files": ("application/xml", b"<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", TYPE),
    "half an object": (JSON, b"{", DAMAGED),
    "list": (JSON, b"[]", DAMAGED),
    "no text": (JSON, b"\xff\xfe", DAMAGED),
    "depth": (JSON, b"[" * 100_000, DAMAGED),
    "lists without end": (JSON, b'{"file": [' + b"[]," * 3_000_000 + b"[]]}", SIZE),
    "depth, many times": (JSON, b'{"file": [' + (b"[" * 500 + b"]" * 500 + b",") * 5000 + b"0]}", SIZE),
    "numbers without end": (JSON, b'{"embedding": [' + b"0," * 3_000_000 + b"0]}", SIZE),
    "half a letter": (JSON, b'{"file": "\\ud800"}', DAMAGED),
    "object in place of a picture": (JSON, b'{"file": {"$ref": "/etc/passwd"}}', DAMAGED),
    "path": (JSON, b'{"file": "/etc/passwd"}', DAMAGED),
    "address": (JSON, b'{"file": "http://127.0.0.1/x.png"}', DAMAGED),
    "data address": (JSON, b'{"file": "data:image/png;base64,iVBORw0KGgo="}', DAMAGED),
    "base 64 cut short": (JSON, b'{"file": "iVBORw0KGg"}', DAMAGED),
    "base 64 of nothing": (JSON, b'{"file": ""}', DAMAGED),
    "base 64 of much": (JSON, b'{"file": "' + b"A" * 3_000_000 + b'"}', SIZE),
    "embedding of not-a-number": (JSON, b'{"embedding": [NaN]}', DAMAGED),
    "embedding of infinity": (JSON, b'{"embedding": [' + b"-Infinity," * 15 + b"1]}", DAMAGED),
    "embedding beyond float32": (JSON, b'{"embedding": [' + b"1e39," * 15 + b"1]}", DAMAGED),
    "embedding of another length": (JSON, b'{"embedding": [1, 2, 3]}', DAMAGED),
    "embedding of nothing": (JSON, b'{"embedding": []}', DAMAGED),
    "form without a boundary": ("multipart/form-data", b"x", DAMAGED),
    "form cut short": (FORM, b"--x\r\n", DAMAGED),
    "part without a name": (FORM, part(b"") + b"--x--\r\n", DAMAGED),
    "part that is no file": (FORM, part(b'; name="file"') + b"--x--\r\n", DAMAGED),
    "form within a form": (FORM, part(NESTED, INNER) + b"--x--\r\n", TYPE),
    "ten thousand fields": (FORM, FIELDS + b"--x--\r\n", SIZE),
    "long value": (FORM, part(b'; name="top"', b"1" * 2_000_000) + b"--x--\r\n", DAMAGED),
    "long header": (FORM, part(b'; name="' + b"x" * 1_000_000 + b'"') + b"--x--\r\n", DAMAGED),
}


def link(name: str, to: bytes) -> bytes:
    """Return a zip of one symbolic link."""
    file = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, to)
    return file.getvalue()


GOOD = zipped({"ka/a.png": png(4)})
LEADING_OUT = b"label,file\n=cmd|' /C calc'!A0,../../../etc/passwd\n"

#: What is brought in as a job, none of which may become a reference.
IMPORTS = {
    "nothing": b"",
    "no zip": b"<html>",
    "zip cut short": GOOD[:-30],
    "csv": LEADING_OUT,
    "csv in a zip": zipped({"list.csv": LEADING_OUT}),
    "up": zipped({"../../ka/a.png": png(4)}),
    "up by backslashes": zipped({"..\\..\\ka\\a.png": png(4)}),
    "up from within": zipped({"ka/../../../a.png": png(4)}),
    "absolute": zipped({"/etc/gemel/a.png": png(4)}),
    "drive": zipped({"C:\\ka\\a.png": png(4)}),
    "class that reads backwards": zipped({"\u202eka/a.png": png(4)}),
    "link": link("ka/a.png", b"/etc/passwd"),
    "locked": GOOD.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    "zeros without end": zipped({"ka/a.png": bytes(100_000_000)}),
    "zip in a zip": zipped({"ka/a.png": zipped({"a.png": bytes(20_000_000)})}),
    "picture without end": zipped({"ka/a.png": png_of(50_000, 50_000, bytes(1000))}),
    "web page": zipped({"ka/a.png": b"<html><script>alert(1)</script></html>"}),
    "export that leads out": zipped(
        {
            "gallery.json": b'{"format": 1, "model": "x", "name": "x", "dimensions": 16, "references": 1, '
            b'"threshold": null, "thresholds": {}}',
            "gallery.csv": b"label,file\nka,../../../etc/passwd\n",
        }
    ),
    "export that is damaged": zipped({"gallery.json": b"[" * 100_000, "gallery.csv": b"label\n"}),
}


@pytest.fixture
def guarded(serve: Callable[..., TestClient]) -> TestClient:
    return serve(largest_picture=2_000_000)


def peak() -> int:
    """Return the most memory that this process has ever had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_more_than_sixty_are_refused() -> None:
    assert sum(case[2] != OK for case in [*UPLOADS.values(), *BODIES.values()]) >= 60


def test_each_is_answered_with_its_code_and_memory_is_flat(guarded: TestClient, gallery: Gallery) -> None:
    wrong: dict[str, tuple[int, int, str]] = {}

    def told(what: str, reply: Any, status: int, fields: tuple[str | None, ...]) -> None:
        if reply.status_code != status:
            wrong[what] = (reply.status_code, status, reply.text[:200])
        elif status != OK:
            assert set(reply.json()) == {"code", "message", "field"}
            assert reply.json()["field"] in fields, (what, reply.text)

    guarded.post(f"{API}/identify", files=[("file", ("a.png", png(4), "image/png"))])
    before = peak()
    for turn in range(2):
        for what, (content, name, status) in UPLOADS.items():
            reply = guarded.post(f"{API}/identify", files=[("file", (name, content, "image/png"))])
            told(what, reply, status, ("file",) if len(name) < 5000 else (None,))
        for what, (kind, content, status) in BODIES.items():
            reply = guarded.post(f"{API}/identify", content=content, headers={"content-type": kind})
            told(what, reply, status, ("file", "content-type", None))
        assert peak() - before < (400_000, 60_000)[turn]  # kB; one picture of the greatest size takes 40,000
        before = peak()
    assert not wrong
    assert len(gallery) == 6
    assert guarded.get(f"{API}/health").json()["status"] in ("ok", "starting")


def test_of_hostile_imports_nothing_comes_in_or_out(
    serve: Callable[..., TestClient], gallery: Gallery, tmp_path: Path
) -> None:
    client, before = serve(jobs=tmp_path / "deep" / "jobs"), peak()
    for what, content in IMPORTS.items():
        reply = client.post(f"{API}/jobs/import", files={"file": ("../../x.zip", content, "application/zip")})
        assert reply.status_code == 202, what
        address = f"{API}/jobs/{reply.json()['id']}"
        job = finished(lambda address=address: client.get(address).json())  # type: ignore[misc]
        refused = job["message"] if job["state"] == "failed" else "".join(job["result"]["skipped"])
        assert refused, (what, job)
        assert "The server failed" not in refused, what
        assert str(tmp_path) not in refused, what
    assert gallery.labels() == ["c0", "c1", "c2"]
    assert len(gallery) == 6
    assert peak() - before < 300_000  # kB
    assert {path.suffix for path in (tmp_path / "deep").rglob("*") if path.is_file()} == {".json"}
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {"deep", "parts"}


@pytest.mark.parametrize("what", [what for what, case in UPLOADS.items() if case[2] == DAMAGED or case[2] == TYPE][::6])
def test_what_is_refused_is_not_enrolled(guarded: TestClient, gallery: Gallery, what: str) -> None:
    content, name, status = UPLOADS[what]
    files = [("file", ("good.png", png(5), "image/png")), ("file", (name, content, "image/png"))]
    assert guarded.post(f"{API}/classes/new/references", files=files).status_code == status
    assert "new" not in gallery.labels()


def test_many_large_pictures_are_not_decoded_together(client: TestClient, gallery: Gallery) -> None:
    large, before = png_of(7000, 5600, bytes(7001 * 5600)), peak()
    files = [("file", ("a.png", large, "image/png"))] * 20
    reply = client.post(f"{API}/classes/new/references", files=files)
    assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (413, "too_large", "file")
    assert peak() - before < 100_000  # kB; the twenty are 784,000 in grey alone
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
    padded = b'{"threshold": ' + b" " * (1 << 20) + b"1}"  # takes no picture
    assert client.put(f"{API}/thresholds", content=padded).status_code == 413
    stream = (bytes(10_000) for _ in range(10))  # whose length is not told before
    headers = {"content-type": "application/json"}
    assert client.post(f"{API}/identify", content=stream, headers=headers).status_code == 413
    assert client.post(f"{API}/identify", content=b"x", headers={"content-length": "-1"}).status_code in (400, 413)


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

import struct
import threading
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemel.data.opening import decode, quiet_pillow, size_of
from gemel.errors import InputError
from tests.data.pictures import encoded, noise, png_that_claims

PNG = encoded(noise((40, 40)))
JPEG = encoded(noise((40, 40)), "JPEG")


def refusal(data: bytes | Path) -> str:
    """Return the one line with which the data are refused."""
    with pytest.raises(InputError) as caught:
        decode(data, "x.png")
    message = str(caught.value)
    assert message.startswith("x.png ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PPM", "BMP", "GIF", "TIFF", "WEBP"])
def test_every_format_is_read(kind: str) -> None:
    assert decode(encoded(noise((40, 30)), kind)).size == (40, 30)


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "a name with späces.png"
    file.write_bytes(PNG)
    assert decode(file).size == decode(str(file)).size == (40, 40)


def test_nothing() -> None:
    assert refusal(b"") == "x.png is empty (0 bytes); expected a picture"


@pytest.mark.parametrize("data", [b"hello, I am a text", b"\0" * 5000, b"%PDF-1.4 ...", b"P", b"\xff"])
def test_not_a_picture(data: bytes) -> None:
    assert "is not a picture that can be read" in refusal(data)


@pytest.mark.parametrize("whole", [PNG, JPEG, encoded(noise((40, 40)), "BMP"), encoded(noise((40, 40)), "PPM")])
def test_cut_short_anywhere(whole: bytes) -> None:
    for length in (len(whole) // 2, len(whole) * 3 // 4):
        assert "is damaged or cut short" in refusal(whole[:length])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PPM", "BMP", "GIF", "TIFF", "WEBP"])
def test_damage_is_an_input_error_or_a_picture_never_anything_else(kind: str) -> None:
    whole = encoded(noise((24, 24)), kind)
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in generator.integers(0, len(whole), 4):
            damaged[place] = generator.integers(0, 256)
        try:
            assert decode(bytes(damaged)).width > 0
        except InputError:
            continue


@pytest.mark.parametrize("size", [(10_001, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    tracemalloc.start()
    assert "is too large" in refusal(png_that_claims(*size))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_too_large_names_the_size() -> None:
    assert (
        refusal(png_that_claims(10_001, 10_000)) == "x.png is too large: 10001 x 10000 pixels; at most 100 megapixels"
    )


def test_wide_pictures_are_read() -> None:
    assert decode(encoded(Image.new("L", (20_000, 300)))).size == (20_000, 300)


def test_a_large_jpeg_is_decoded_smaller() -> None:
    assert decode(encoded(Image.new("L", (20_000, 1_000), 99), "JPEG")).size == (10_000, 500)


def test_a_large_jpeg_keeps_its_size_for_people() -> None:
    assert size_of(encoded(Image.new("L", (20_000, 1_000)), "JPEG")) == (1_000, 20_000)


@pytest.mark.parametrize("name", ["absent.png", ".", "null\0character.png", "x" * 5000])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"does not exist|is not a file|cannot be read"):
        decode(tmp_path / name)


def test_strange_exif_warns_nobody() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 500) + b"\x01\x02" * 9
    assert decode(encoded(noise(), "JPEG", exif=exif)).size == (12, 10)


def test_filters_are_as_before_when_threads_overlap() -> None:
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet_pillow:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=stay)
    thread.start()
    assert inside.wait(10)
    with quiet_pillow:
        leave.set()
        thread.join()
        assert warnings.filters != before
    assert warnings.filters == before

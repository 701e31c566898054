import json
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gemel.data.opening import decode
from gemel.data.preprocessing import Preprocessing, scaled_to_bytes, trimmed
from gemel.errors import InputError, RecipeError
from tests.data.pictures import encoded, noise

GREY = Preprocessing((10, 12))
COLOUR = Preprocessing((10, 12), channels=3)


def through_file(image: Image.Image, kind: str = "PNG", **options: object) -> Image.Image:
    return decode(encoded(image, kind, **options))


def test_pixels_of_a_picture_at_its_size_are_its_own() -> None:
    image = noise((12, 10))
    assert np.array_equal(GREY.pixels(image), np.asarray(image)[None])


def test_colour_channels_come_first() -> None:
    image = noise((12, 10), "RGB")
    assert np.array_equal(COLOUR.pixels(image), np.asarray(image).transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
@pytest.mark.parametrize("preprocessing", [GREY, COLOUR])
def test_every_mode_gives_bytes(mode: str, preprocessing: Preprocessing) -> None:
    image = noise((30, 20), "L").convert("I;16") if mode == "I;16" else noise((30, 20), "RGB").convert(mode)
    pixels = preprocessing.pixels(image)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (preprocessing.channels, 10, 12)
    assert pixels.flags["C_CONTIGUOUS"]


def test_a_mode_without_meaning_is_refused() -> None:
    with pytest.raises(InputError, match="mode LAB"):
        GREY.pixels(Image.new("LAB", (12, 10)))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_no_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="the picture has no pixels"):
        GREY.pixels(Image.new("L", size))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    values = np.linspace(0, 65535, 120).astype(np.uint16).reshape(10, 12)
    image = through_file(Image.fromarray(values), kind)
    assert np.array_equal(GREY.pixels(image)[0], np.round(values / 257).astype(np.uint8))


def test_float_tiff_in_zero_to_one() -> None:
    values = np.linspace(0, 1, 120, dtype=np.float32).reshape(10, 12)
    pixels = GREY.pixels(through_file(Image.fromarray(values), "TIFF"))
    assert np.array_equal(pixels[0], np.round(values.astype(np.float64) * 255))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 200.0], [0, 100, 200]),
        ([0.0, 65535.0], [0, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 1e6], [0, 255]),
        ([np.nan, np.inf, 1.0], [0, 0, 255]),
        ([0.0, 0.0], [0, 0]),
        ([-5.0, -5.0], [0, 0]),
    ],
)
def test_ranges_of_floats(values: list[float], expected: list[int]) -> None:
    assert scaled_to_bytes(np.array([values])).tolist() == [expected]


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (12, 10), (0, 0, 0, 0))
    assert (GREY.pixels(clear) == 255).all()
    assert (COLOUR.pixels(clear.convert("LA")) == 255).all()


def test_a_palette_with_a_transparent_colour_lies_over_white() -> None:
    palette = Image.new("P", (12, 10), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    assert (GREY.pixels(through_file(palette, "PNG", transparency=0)) == 255).all()
    assert (GREY.pixels(through_file(palette, "PNG", transparency=b"\0\xff")) == 255).all()
    assert (GREY.pixels(through_file(palette)) == 0).all()


def test_cmyk_jpeg_keeps_its_colours() -> None:
    red = Image.new("RGB", (12, 10), (255, 0, 0)).convert("CMYK")
    pixels = COLOUR.pixels(through_file(red, "JPEG", quality=95)).astype(int)
    assert abs(pixels.mean(axis=(1, 2)) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_an_animation_the_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (12, 10), colour) for colour in ("white", "black")]
    file = BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    assert GREY.pixels(decode(file.getvalue())).min() > 250


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    corner = Image.new("L", (24, 24))
    corner.paste(255, (0, 0, 12, 12))  # top left, before the camera was turned
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = Preprocessing(24).pixels(through_file(corner, "PNG", exif=exif))[0]
    top, left = {1: (0, 0), 2: (0, 12), 3: (12, 12), 4: (12, 0), 5: (0, 0), 6: (0, 12), 7: (12, 12), 8: (12, 0)}[
        orientation
    ]
    assert pixels[top : top + 12, left : left + 12].min() == 255
    assert pixels.astype(int).sum() == 255 * 144


def test_shrinking_is_antialiased() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (64, 32)))
    assert abs(Preprocessing(16).pixels(stripes).astype(int) - 127).max() < 20


@pytest.mark.parametrize("size", [(100, 40), (40, 100), (20_000, 1), (1, 3_000), (1, 1)])
@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_any_shape_comes_at_the_size(size: tuple[int, int], fit: str) -> None:
    assert Preprocessing((16, 24), fit=fit).pixels(Image.new("L", size, 200)).tolist() == [[[200] * 24] * 16]


def test_pad_keeps_the_shape_on_the_border_colour() -> None:
    image = Image.new("RGB", (20, 10), (10, 200, 30))
    image.paste((255, 255, 255), (5, 3, 15, 7))
    pixels = Preprocessing(20, channels=3, fit="pad").pixels(image)
    assert np.array_equal(pixels[:, 5:15], np.asarray(image).transpose(2, 0, 1))
    assert pixels[:, 0].T.tolist() == [[10, 200, 30]] * 20


def test_crop_takes_the_middle() -> None:
    image = Image.new("L", (30, 10))
    image.paste(255, (10, 0, 20, 10))
    assert Preprocessing(10, fit="crop").pixels(image).min() == 255


def test_dark_background_makes_all_scans_alike() -> None:
    ink_on_paper = Image.new("1", (12, 10), 1)
    ink_on_paper.paste(0, (4, 4, 8, 6))
    chalk_on_slate = Image.new("1", (12, 10), 0)
    chalk_on_slate.paste(1, (4, 4, 8, 6))
    dark = Preprocessing((10, 12), background="dark")
    assert np.array_equal(dark.pixels(ink_on_paper), dark.pixels(chalk_on_slate))
    assert dark.pixels(ink_on_paper).sum() == 255 * 8


@given(st.integers(0, 2**32), st.sampled_from(["stretch", "pad", "crop"]))
@settings(max_examples=20, deadline=None)
def test_an_inverted_picture_gives_the_same_on_dark(seed: int, fit: str) -> None:
    image = noise((17, 23), seed=seed)
    image.paste(0, (0, 0, 17, 2))
    image.paste(0, (0, 0, 3, 23))
    dark = Preprocessing(12, fit=fit, background="dark")
    inverted = image.point(lambda value: 255 - value)
    assert np.abs(dark.pixels(image).astype(int) - dark.pixels(inverted)).max() <= 1


MEMORY = """
import resource
from PIL import Image
from gemel.data import Preprocessing
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB; it never falls, so small pictures first
for mode in ("1", "L", "P", "I;16", "RGBA"):
    image = Image.new(mode, (20_000, 2_000))
    before = peak()
    assert Preprocessing((8, 32)).pixels(image).shape == (1, 8, 32)
    assert peak() - before < 90, (mode, peak() - before)
"""


def test_large_pictures_take_little_more_memory_than_their_own() -> None:
    subprocess.run([sys.executable, "-c", MEMORY], check=True)


def test_strips_change_nothing_that_shows() -> None:
    gradient = Image.linear_gradient("L").resize((6_000, 4_000))
    small, whole = Preprocessing(32).pixels(gradient), np.asarray(gradient.resize((32, 32), Image.Resampling.BOX))
    assert np.abs(small[0].astype(int) - whole).max() <= 4


def test_normalise_is_by_channel() -> None:
    preprocessing = Preprocessing(2, channels=3, mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))
    items = torch.randint(0, 256, (4, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    expected = (items.double() / 255 - torch.tensor([0.1, 0.2, 0.3])[:, None, None]) / torch.tensor([0.5, 1, 2])[
        :, None, None
    ]
    assert preprocessing.normalise(items).dtype == torch.float32
    torch.testing.assert_close(preprocessing.normalise(items).double(), expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(preprocessing.normalise(items.float() / 255), preprocessing.normalise(items))


def test_one_number_stands_for_all_and_for_a_square() -> None:
    short = Preprocessing(32, channels=3, mean=0.5, std=0.25)
    assert short == Preprocessing((32, 32), channels=3, mean=(0.5,) * 3, std=(0.25,) * 3)


@pytest.mark.parametrize(
    "preprocessing",
    [GREY, Preprocessing((64, 128), 3, "pad", "dark", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))],
)
def test_json_and_back(preprocessing: Preprocessing) -> None:
    assert Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json()))) == preprocessing


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 32, "chanels": 1}, "Unknown option 'chanels' of preprocessing. Did you mean 'channels'?"),
        ({}, "preprocessing needs a size: [height, width]"),
        ({"size": [32]}, "preprocessing: size is (32,); it must be (height, width), each from 1 to 4096"),
        ({"size": "32"}, "preprocessing: size is '32'; it must be (height, width), each from 1 to 4096"),
        ({"size": 0}, "preprocessing: size is 0; it must be (height, width), each from 1 to 4096"),
        ({"size": True}, "preprocessing: size is True; it must be (height, width), each from 1 to 4096"),
        ({"size": 32, "channels": 2}, "preprocessing: channels is 2; it must be 1 (grey) or 3 (colour)"),
        ({"size": 32, "fit": "streched"}, "preprocessing: fit is 'streched'. Did you mean 'stretch'?"),
        ({"size": 32, "background": "drak"}, "preprocessing: background is 'drak'. Did you mean 'dark'?"),
        ({"size": 32, "mean": [0.5, 0.5]}, "preprocessing: mean is (0.5, 0.5); it must be 1 number, one a channel"),
        ({"size": 32, "mean": "x"}, "preprocessing: mean is 'x'; it must be 1 number, one a channel"),
        ({"size": 32, "std": [0]}, "preprocessing: std is (0.0,); it must be above 0"),
        ({"size": 32, "std": float("nan")}, "preprocessing: std is nan; it must be 1 number, one a channel"),
    ],
)
def test_from_json_is_strict(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Preprocessing.from_json(values)
    assert str(caught.value) == message


def drawing(left: int, top: int, scale: int = 1, light: bool = True) -> Image.Image:
    """Return a cross of 20 * scale pixels on even paper, at a place."""
    pixels = np.full((200, 200), 250 if light else 5, np.uint8)
    ink = 10 if light else 240
    pixels[top + 8 * scale : top + 12 * scale, left : left + 20 * scale] = ink
    pixels[top : top + 20 * scale, left + 8 * scale : left + 12 * scale] = ink
    return Image.fromarray(pixels)


def test_trimming_forgets_the_place_and_the_size_of_the_ink() -> None:
    trimming = Preprocessing(size=(32, 32), fit="pad", background="dark", trim=True)
    reference = trimming.pixels(drawing(90, 90, scale=4)).astype(int)
    for other in (drawing(20, 60, scale=4), drawing(60, 30, scale=6), drawing(60, 30, scale=6, light=False)):
        assert np.abs(trimming.pixels(other).astype(int) - reference).mean() < 6
    as_it_is = Preprocessing(size=(32, 32), fit="pad", background="dark")
    assert (
        np.abs(as_it_is.pixels(drawing(20, 60, scale=4)).astype(int) - as_it_is.pixels(drawing(90, 90, scale=4))).mean()
        > 15
    )


def test_trimming_keeps_all_ink_and_a_margin() -> None:
    box = trimmed(drawing(40, 70, scale=4))
    assert box.size == (96, 96)  # 80 and a tenth of it on either side
    assert (np.asarray(box) < 128).sum() == (np.asarray(drawing(40, 70, scale=4)) < 128).sum()


def test_trimming_does_not_blow_up_a_speck() -> None:
    speck = Image.fromarray(np.full((200, 200), 255, np.uint8))
    speck.putpixel((100, 100), 0)
    assert max(trimmed(speck).size) >= 60


@pytest.mark.parametrize("value", [0, 128, 255])
def test_trimming_leaves_an_even_picture_as_it_is(value: int) -> None:
    even = Image.fromarray(np.full((30, 50), value, np.uint8))
    assert trimmed(even) is even


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (20_000, 3)])
def test_trimming_takes_any_size(size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 50) if min(size) > 1 else Image.new("L", size, 3)
    assert Preprocessing(size=(16, 16), trim=True).pixels(image).shape == (1, 16, 16)


def test_trimming_is_true_or_false() -> None:
    with pytest.raises(ValueError, match="trim is 2; it must be true or false"):
        Preprocessing(size=(8, 8), trim=2)  # type: ignore[arg-type]

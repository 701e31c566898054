import numpy as np
import pytest
from PIL import Image

from gemel.data.sources.glyphs import Glyphs, draw_glyphs
from gemel.data.sources.glyphs.alphabet import STROKES, draw_alphabet
from gemel.data.sources.glyphs.rasteriser import rasterise
from gemel.data.sources.glyphs.stroke import SAMPLES, even, extent, trace
from gemel.data.sources.glyphs.writer import Drawings, write


@pytest.fixture(scope="module")
def pages() -> np.ndarray:
    return np.stack([draw_glyphs(alphabet, characters=12, writers=10, size=48) for alphabet in range(6)])


def stroke_drawings(path: np.ndarray, radius: float) -> Drawings:
    points = np.zeros((1, STROKES, SAMPLES), complex)
    points[0, 0] = path
    return Drawings(points, np.arange(STROKES)[None] < 1, np.array([radius]))


def test_a_seed_gives_the_same_bits_and_another_seed_others():
    first, again, other = (Glyphs(2, 3, 4, 32, seed).pixels() for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_is_drawn_does_not_depend_on_how_much_is_asked_for():
    few = Glyphs(2, 3, 4, 32, seed=1).pixels().reshape(2, 3, 4, 32, 32)
    many = Glyphs(3, 8, 9, 32, seed=1).pixels().reshape(3, 8, 9, 32, 32)
    assert np.array_equal(few, many[:2, :3, :4])


def test_one_picture_is_the_same_as_in_bulk():
    glyphs = Glyphs(2, 3, 4, 32)
    pixels = glyphs.pixels()
    assert pixels.shape == (24, 32, 32)
    assert pixels.dtype == np.uint8
    for index in (23, 0, 12, 11):
        image = glyphs.image(index)
        assert isinstance(image, Image.Image)
        assert np.array_equal(np.asarray(image), pixels[index])


def test_an_item_out_of_range_is_refused():
    with pytest.raises(IndexError, match=r"glyphs: item 24 of 24"):
        Glyphs(2, 3, 4, 32).image(24)


def test_listing_names_classes_by_alphabet_and_character():
    listing = Glyphs(2, 3, 4).listing
    assert listing.classes[4] == "alphabet01/character01"
    assert listing.names[17] == "alphabet01/character01/writer01"
    assert listing.labels[17] == 4
    assert listing.classes == tuple(sorted(listing.classes))
    assert set(listing.groups) == {"alphabet00", "alphabet01"}
    assert np.array_equal(np.bincount(listing.labels), [4] * 6)


def test_classes_are_sorted_whatever_their_number():
    classes = Glyphs(101, 12, 1).listing.classes
    assert classes == tuple(sorted(classes))
    assert classes[-1] == "alphabet100/character11"


def test_a_large_alphabet_is_written_in_parts_that_agree_with_the_whole():
    alphabet = draw_glyphs(0, characters=40, writers=2, size=24, seed=2)
    whole = rasterise(write(2, 0, draw_alphabet(2, 0, 40), writers=2), 24)
    assert np.array_equal(alphabet.reshape(whole.shape), whole)


def test_fingerprint_follows_every_setting():
    settings = [
        (2, 3, 4, 32, 0),
        (3, 3, 4, 32, 0),
        (2, 4, 4, 32, 0),
        (2, 3, 5, 32, 0),
        (2, 3, 4, 33, 0),
        (2, 3, 4, 32, 1),
    ]
    assert len({Glyphs(*setting).fingerprint for setting in settings}) == len(settings)
    assert Glyphs(*settings[0]).fingerprint == Glyphs(*settings[0]).fingerprint


def test_every_drawing_has_ink_and_a_white_edge(pages):
    ink = 1 - pages.reshape(-1, 48, 48) / 255
    assert ink.mean((1, 2)).min() > 0.005
    assert ink.mean((1, 2)).max() < 0.4
    assert ink[:, [0, -1]].max() == 0
    assert ink[:, :, [0, -1]].max() == 0


def test_ink_is_dark_on_white_with_smooth_edges(pages):
    assert pages.max() == 255
    assert pages.min() == 0
    assert np.median(pages) == 255
    assert len(np.unique(pages)) > 200


def test_drawings_of_a_class_are_nearer_than_those_of_others(pages):
    """Half of the writers give each class's mean; the others' drawings are recognised by it, far above 1 in 12."""
    ink = 1 - pages / 255
    rows, columns = ink.sum(-1), ink.sum(-2)
    seen = np.concatenate([rows, columns], -1)  # (A, C, W, 96): robust to small shifts
    means, others = seen[:, :, :5].mean(2), seen[:, :, 5:]
    distances = np.square(others[:, :, :, None] - means[:, None, None]).sum(-1)  # (A, C, W, C)
    within = distances.argmin(-1) == np.arange(12)[None, :, None]
    assert within.mean() > 3 / 12
    own = np.einsum("acwc->acw", distances).mean()
    assert own < 0.7 * distances.mean()


def test_writers_differ_in_pen_and_no_two_drawings_are_equal(pages):
    assert len(np.unique(pages.reshape(-1, 48 * 48), axis=0)) == pages[..., 0, 0].size
    ink = (1 - pages / 255).mean((1, 3, 4))  # (A, W)
    assert np.all(ink.max(1) > 1.2 * ink.min(1))


def test_characters_of_an_alphabet_have_one_to_six_strokes_in_a_unit_box():
    for number in range(8):
        for character in draw_alphabet(0, number, 15):
            assert character.points.shape == (STROKES, SAMPLES)
            assert 1 <= character.present.sum() <= STROKES
            ink = character.points[character.present]
            assert extent(ink.ravel()) == pytest.approx(1)
            assert np.abs([ink.real.max() + ink.real.min(), ink.imag.max() + ink.imag.min()]).max() < 1e-9


def test_characters_of_an_alphabet_are_distinct():
    """The Hausdorff distance, from all points to all points, of every two characters of an alphabet."""
    for number in range(4):
        inks = [c.points[c.present].ravel() for c in draw_alphabet(1, number, 12)]
        pairs = [np.abs(a[:, None] - b) for i, a in enumerate(inks) for b in inks[:i]]
        apart = np.array([max(pair.min(0).max(), pair.min(1).max()) for pair in pairs])
        assert np.mean(apart > 0.15) > 0.97


def test_most_characters_have_one_to_four_strokes():
    counts = np.array([c.present.sum() for number in range(20) for c in draw_alphabet(3, number, 15)])
    assert np.mean(counts <= 4) > 0.85
    assert 1.7 < counts.mean() < 3.3


def test_drawings_stay_on_the_page():
    drawings = write(0, 3, draw_alphabet(0, 3, 10), writers=10)
    margin = drawings.radius.max()
    for part in (drawings.points.real, drawings.points.imag):
        assert part[drawings.present].min() > margin
        assert part[drawings.present].max() < 1 - margin


def test_a_path_without_turns_is_a_line_and_one_with_a_full_turn_a_circle():
    line, circle = trace([(0, 1, 0, 1)]), trace([(0, 1, 2 * np.pi, 1)])
    assert np.allclose(line, np.arange(SAMPLES))
    assert abs(circle[-1] - circle[0]) < 1e-6
    assert np.ptp(np.abs(circle[:-1] - circle[:-1].mean())) < 1e-6


def test_a_corner_turns_at_once():
    bent = trace([(0, 1, 0, 1), (np.pi / 2, 1, 0, 1)])
    assert np.angle(bent[-1] - bent[-2]) == pytest.approx(np.pi / 2)
    assert np.angle(bent[1] - bent[0]) == pytest.approx(0)


def test_even_spaces_points_evenly_along_the_same_path():
    path = even(np.linspace(0, 1, SAMPLES) ** 3 * (1 + 1j))
    assert np.allclose(np.abs(np.diff(path)), np.sqrt(2) / (SAMPLES - 1))


@pytest.mark.parametrize(("size", "radius"), [(64, 0.02), (64, 0.05), (105, 0.024), (200, 0.02)])
def test_the_pen_is_as_wide_as_asked(size, radius):
    line = stroke_drawings(np.linspace(0.3, 0.7, SAMPLES) + 0.5j, radius)
    ink = 1 - rasterise(line, size)[0] / 255
    assert ink[:, size // 2].sum() == pytest.approx(2 * radius * size, abs=0.35)
    assert ink[size // 2].sum() == pytest.approx((0.4 + 2 * radius) * size, abs=1 + size / 100)


def test_a_dot_is_as_wide_as_a_line():
    dot = stroke_drawings(np.full(SAMPLES, 0.5 + 0.5j), 0.05)
    ink = 1 - rasterise(dot, 64)[0] / 255
    assert ink.sum() == pytest.approx(np.pi * (0.05 * 64) ** 2, rel=0.1)


def test_a_slanted_stroke_against_its_pixels_true_distances():
    path = np.linspace(0.25 + 0.3j, 0.7 + 0.65j, SAMPLES)
    drawn = 1 - rasterise(stroke_drawings(path, 0.03), 64)[0] / 255
    centres = (np.arange(64) + 0.5) / 64
    distance = np.abs((centres[None] + 1j * centres[:, None])[..., None] - np.linspace(path[0], path[-1], 2000)).min(-1)
    assert np.abs(drawn - np.clip(0.03 * 64 + 0.5 - 64 * distance, 0, 1)).mean() < 0.005


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alphabets": 0}, "glyphs: alphabets must be 1 ... 9999, not 0."),
        ({"characters": -1}, "glyphs: characters must be 1 ... 9999, not -1."),
        ({"writers": 10_000}, "glyphs: writers must be 1 ... 9999, not 10000."),
        ({"size": 4}, "glyphs: size must be 8 ... 512 pixels, not 4."),
        ({"size": 1000}, "glyphs: size must be 8 ... 512 pixels, not 1000."),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        Glyphs(**options)

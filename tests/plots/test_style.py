import numpy as np
import pytest

from gemel.plots.style import as_rgb, exact_percent, percent, two_digits


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0 %"), (1, "100 %"), (0.974, "97 %"), (0.996, "99.6 %"), (0.99999, "> 99.9 %"), (0.004, "0.4 %"),
     (1e-5, "< 0.1 %")],
)  # fmt: skip
def test_percent_is_never_surer_than_the_rate(rate, text):
    assert percent(rate) == text


def test_texts():
    assert [exact_percent(rate) for rate in (0.001, 0.1, 1)] == ["0.1 %", "10 %", "100 %"]
    assert [two_digits(score) for score in (-0.504, 0.996)] == ["−0.50", "1.00"]


def test_grey_and_colour_items_become_colour_pixels():
    grey = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert as_rgb(grey).shape == (2, 3, 3)
    assert (as_rgb(grey) == grey[0, :, :, None]).all()
    colour = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    np.testing.assert_array_equal(as_rgb(colour)[1, 2], colour[:, 1, 2])

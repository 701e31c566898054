"""Ink: whatever a browser sends becomes strokes in the square, and strokes become a picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gemel.pages.drawing_square import MOST_POINTS, checked_strokes, inked


def test_points_are_brought_into_the_square():
    assert checked_strokes([[[-1, 0.5], [2, 1]]]) == (((0.0, 0.5), (1.0, 1.0)),)


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        "strokes",
        {"a": 1},
        [1, 2],
        ["ab"],
        [[]],
        [[["1", "2"], [True, False], [1], [1, 2, 3], None, [math.nan, 0], [math.inf, 0], [{}, []]]],
    ],
)
def test_what_is_no_stroke_is_left_out(hostile):
    assert checked_strokes(hostile) == ()


def test_more_points_than_a_hand_draws_are_not_looked_at():
    assert checked_strokes([[[0.5, 0.5]] * (MOST_POINTS + 1)]) == ()
    assert len(checked_strokes([[[0.5, 0.5]] * MOST_POINTS])[0]) == MOST_POINTS


def test_ink_is_black_on_white_where_the_strokes_are():
    page = np.asarray(inked((((0.25, 0.5), (0.75, 0.5)),), side=100, pen=0.1))
    assert page.shape == (100, 100)
    assert page.dtype == np.uint8
    assert page[50, 25:75].max() == 0
    assert page[46:54, 50].max() == 0  # the pen's width
    assert page[:44].min() == page[57:].min() == 255
    assert page[50, 22] < 128  # a round end
    assert page[50, 18] == 255


def test_a_touch_is_a_dot():
    page = np.asarray(inked((((0.5, 0.5),),), side=100, pen=0.1)) < 128
    assert page.sum() == pytest.approx(math.pi * 5**2, rel=0.1)


def test_no_stroke_is_an_empty_page():
    assert np.asarray(inked(())).min() == 255

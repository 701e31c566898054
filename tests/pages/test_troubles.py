"""Errors are told in the visitor's language."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from gemel.errors import DataError, GemelError, InputError
from gemel.pages.texts import Texts
from gemel.pages.troubles import SaidError, in_words
from gemel.server.problems import MEANINGS, ProblemError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InputError("bad.png is no picture."), "无法读取"),
        (DataError("There is no class 'x'."), "未能完成"),
        (ProblemError(409, "Settled already.", "settled"), "未能完成"),
        (ProblemError(413, "9,000 x 9,000 pixels."), "过大"),
        (ProblemError(429, "Come again in 1 s."), "请求过于频繁"),
    ],
)
def test_an_error_s_kind_is_told_and_its_line_kept(error: GemelError | ProblemError, kind: str) -> None:
    assert in_words(error, Texts("en")) == str(error)
    told = in_words(error, Texts("zh"))
    assert kind in told
    assert told.endswith(str(error))


def test_a_database_that_fails_is_not_told_in_its_own_words() -> None:
    error = GemelError("gallery.db: disk I/O error at 0x7f")
    error.__cause__ = OperationalError("select 1", {}, Exception("disk I/O error"))
    assert in_words(error, Texts("en")) == MEANINGS[503][1]
    assert "数据库暂时不可用" in in_words(error, Texts("zh"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_in_the_visitor_s_language_is_left_so(language: str) -> None:
    text = Texts(language)("playground.busy")
    assert in_words(SaidError(text), Texts(language)) == text

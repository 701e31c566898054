"""The page's words are all there, in both languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import numpy as np
import pytest

import gemel.pages
from gemel.gallery.quality import blur_warning, likeness_warnings
from gemel.model import Model
from gemel.pages.tabs import TABS
from gemel.pages.texts import LANGUAGES, QUASAR, TABLE, Texts
from gemel.workflows.card import PICTURES

SOURCES = [path.read_text(encoding="utf-8") for path in Path(gemel.pages.__file__).parent.rglob("*.py")]


def asked() -> set[str]:
    """Return every key that the code asks for, ``*`` standing for what is put in."""
    found = {key for source in SOURCES for key in re.findall(r'\bsay\(\s*"([^"]+)"', source)}
    patterns = {key for source in SOURCES for key in re.findall(r'\bsay\(\s*f"([^"]+)"', source)}
    return found | {re.sub(r"\{[^}]*\}", "*", pattern) for pattern in patterns}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def matches(pattern: str, key: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), key) is not None


def test_every_text_is_there_in_every_language_with_the_same_gaps():
    for key, texts in TABLE.items():
        assert len(texts) == len(LANGUAGES), key
        assert all(text.strip() for text in texts), key
        assert fields(texts[0]) == fields(texts[1]), key


def test_chinese_is_chinese():
    untranslated = [key for key, (english, chinese) in TABLE.items() if english == chinese]
    assert untranslated == ["playground.none"]


def test_what_speaks_against_a_picture_is_said_in_both_languages(tiny_model: Model):
    scores, labels = np.array([1.0, 1.0]), ["a", "b"]
    warnings = likeness_warnings(tiny_model.calibration, "a", scores, labels, -1.0)
    warnings += blur_warning(0.0) + blur_warning(0.001)
    assert len(warnings) == 5
    english = [english.format(label="b") for key, (english, _) in TABLE.items() if key.startswith("warning.")]
    assert sorted(english) == sorted(warnings)


def test_every_picture_of_a_run_has_its_words():
    assert {f"runs.{name}": told for name, told in PICTURES.items()}.items() <= {
        key: english for key, (english, _) in TABLE.items()
    }.items()


def test_every_key_that_is_asked_for_is_there():
    assert len(asked()) > 100
    for pattern in asked():
        assert any(matches(pattern, key) for key in TABLE), pattern


def test_no_text_is_left_over():
    literal = {key for source in SOURCES for key in re.findall(r'"([a-z]+(?:\.[a-z0-9]+)*)"', source) if key in TABLE}
    headings = {f"{tab.name}.{part}" for tab in TABS for part in ("tab", "title", "lead")}
    texts = (Path(gemel.pages.__file__).parent / "texts.py").read_text(encoding="utf-8")
    in_table = set(re.findall(r'^    "([^"]+)": \(', texts, re.MULTILINE))
    elsewhere = {key for source in SOURCES if source != texts for key in in_table if f'"{key}"' in source}
    spare = [key for key in TABLE if key not in elsewhere | headings and not any(matches(p, key) for p in asked())]
    assert in_table == set(TABLE)
    assert literal
    assert not spare


def test_every_tab_has_its_words():
    for tab in TABS:
        assert {f"{tab.name}.{part}" for part in ("tab", "title", "lead")} <= TABLE.keys()


def test_texts_are_said_with_what_is_put_in():
    assert Texts("en")("model", name="parts") == "Model parts"
    assert "parts" in Texts("zh")("model", name="parts")
    assert set(QUASAR) == set(LANGUAGES)
    with pytest.raises(KeyError):
        Texts("en")("no.such.key")


def test_what_is_put_in_stays_what_it_is():
    assert Texts("en")("picture.of", label="{0} <b>") == "Picture of {0} <b>"

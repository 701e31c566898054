from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemel import Gallery, Identification, Model
from gemel.data.items import as_image
from gemel.errors import DataError, GemelError, InputError, ModelError
from gemel.gallery.enrolling import candidates
from gemel.recipes import Recipe

embed = Model.embed


def drawing(folder: Path, character: int, writer: int, alphabet: int = 0) -> Path:
    return folder / f"alphabet{alphabet:02d}" / f"character{character:02d}" / f"writer{writer:02d}.png"


def without_numbers(answer: Identification) -> Identification:
    """Return the answer as a model gives it, which knows no gallery."""
    return replace(answer, matches=tuple(replace(match, reference_id=None) for match in answer.matches))


@pytest.fixture
def gallery(tmp_path: Path, tiny_model: Model) -> Iterator[Gallery]:
    with Gallery(tmp_path / "parts.db", tiny_model) as opened:
        yield opened


@pytest.fixture
def filled(gallery: Gallery, glyph_folder: Path) -> Gallery:
    for character in range(4):
        gallery.enrol(f"c{character}", [drawing(glyph_folder, character, writer) for writer in range(3)])
    return gallery


@pytest.fixture
def other_model(tiny_model: Model, tiny_recipe: Recipe) -> Model:
    return replace(tiny_model, facts={"weights_sha256": "0123456789abcdef" * 4})


def test_a_class_is_one_enrolment_away(gallery, glyph_folder):
    item = drawing(glyph_folder, 0, 0)
    (enrolment,) = gallery.enrol("ka", str(item))
    assert (enrolment.label, enrolment.fresh, enrolment.warnings) == ("ka", True, ())
    answer = gallery.identify(item)
    assert answer.label == "ka"
    assert answer.item == str(item)
    assert answer.matches[0].reference == str(item)
    assert gallery.identify(drawing(glyph_folder, 5, 0, alphabet=1)).label is None


def test_answers_are_those_of_the_model_with_the_same_support(filled, tiny_model, glyph_folder):
    support = {f"c{c}": [drawing(glyph_folder, c, writer) for writer in range(3)] for c in range(4)}
    items = [drawing(glyph_folder, character, 4) for character in range(6)]
    answers = filled.identify(items, matches=2, unknown_prior=0.2)
    assert [without_numbers(answer) for answer in answers] == tiny_model.identify(items, support, 2, 0.2)
    assert without_numbers(filled.identify(items[1])) == tiny_model.identify([items[1]], support)[0]
    assert filled.identify([]) == []


def test_arrays_and_pictures_are_items(gallery):
    picture = Image.fromarray(np.arange(900, dtype=np.uint8).reshape(30, 30))
    assert len(gallery.enrol("picture", [picture, np.eye(30)])) == 2
    assert gallery.identify(np.asarray(picture)).matches[0].reference == "item 1"


def test_pictures_are_decoded_some_at_a_time(tiny_model, glyph_folder, monkeypatch):
    items = [*(drawing(glyph_folder, 0, writer) for writer in range(4)), np.eye(30)]
    whole = candidates(tiny_model, items, "", "me", originals=True)
    asked = []
    monkeypatch.setattr("gemel.gallery.enrolling.TOGETHER", 2)
    monkeypatch.setattr("gemel.gallery.enrolling.as_image", lambda item: asked.append(item) or as_image(item))
    monkeypatch.setattr(Model, "embed", lambda model, images: asked.append(len(images)) or embed(model, images))
    parts = candidates(tiny_model, items, "", "me", originals=True)
    assert [one for one in asked if isinstance(one, int)] == [2, 2, 1]
    assert asked[2] == 2  # the first two are embedded before the third is decoded
    for part, one in zip(parts, whole, strict=True):
        assert vars(part) | {"embedding": 0} == vars(one) | {"embedding": 0}
        assert part.embedding == pytest.approx(one.embedding, abs=1e-5)
    assert parts[-1].source == "item 5"


def test_verify_compares_with_the_mean_of_the_class(filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 1, 5)
    verdict = filled.verify(item, "c1")
    matches = {match.label: match.score for match in filled.identify(item).matches}
    assert verdict.score == pytest.approx(matches["c1"], abs=1e-6)
    assert verdict.threshold == tiny_model.threshold
    assert verdict.same == (verdict.score >= verdict.threshold)
    assert filled.verify(item, "c1", threshold=-1.0).same
    assert verdict.probability == pytest.approx(float(tiny_model.calibration.probability(verdict.score)))


def test_an_item_verifies_with_itself_as_surely_as_can_be(gallery, glyph_folder):
    gallery.enrol("a", drawing(glyph_folder, 0, 0))
    assert gallery.verify(drawing(glyph_folder, 0, 0), "a").score == 1.0


def test_what_is_committed_is_there_for_the_next(tmp_path, filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 2, 5)
    expected = filled.identify(item)
    filled.close()
    with Gallery(f"sqlite:///{tmp_path / 'parts.db'}", tiny_model) as again:
        assert again.labels() == ["c0", "c1", "c2", "c3"]
        assert len(again) == 12
        assert again.identify(item) == expected


def test_another_process_reads_what_one_killed_without_closing_has_written(tmp_path, tiny_model, glyph_folder):
    run, database = tmp_path / "run", tmp_path / "killed.db"
    tiny_model.save(run)
    item = drawing(glyph_folder, 0, 0)
    code = """if True:
        import os, sys, gemel
        model = gemel.load(sys.argv[1])
        assert "sqlalchemy" not in sys.modules  # a fifth of a second that others need not wait
        gemel.Gallery(sys.argv[2], model).enrol("a", sys.argv[3])
        os._exit(9)"""
    assert subprocess.run([sys.executable, "-c", code, run, database, item], check=False).returncode == 9
    with Gallery(database, tiny_model) as gallery:  # the saved model's fingerprint is the unsaved one's
        assert gallery.identify(item).label == "a"


def test_a_picture_is_enrolled_once_in_a_class(gallery, tmp_path, glyph_folder):
    first, second = drawing(glyph_folder, 0, 0), drawing(glyph_folder, 0, 1)
    copy = tmp_path / "copy.bmp"
    Image.open(first).save(copy)
    once, again = gallery.enrol("a", [first, copy])
    assert (once.fresh, again.fresh, again.reference) == (True, False, once.reference)
    assert [one.fresh for one in gallery.enrol("a", [first, second])] == [False, True]
    assert [one.fresh for one in gallery.enrol("b", first)] == [True]
    assert len(gallery) == 3


def test_a_change_by_another_shows_at_the_next_call(tmp_path, filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 5, 5)
    assert filled.identify(item).matches[0].label != "new"
    with Gallery(tmp_path / "parts.db", tiny_model) as second:
        second.enrol("new", item)
        assert filled.identify(item).label == "new"
        second.remove("new")
    assert filled.identify(item).matches[0].label != "new"


def test_unchanged_references_are_read_once(filled, glyph_folder, monkeypatch):
    filled.identify(drawing(glyph_folder, 0, 0))
    monkeypatch.setattr(filled.mirror, "_read", lambda *_: pytest.fail("read again"))
    filled.identify(drawing(glyph_folder, 1, 0))


def test_removing_a_class_removes_its_references(filled):
    assert filled.remove("c1") == 3
    assert filled.labels() == ["c0", "c2", "c3"]
    assert len(filled) == 9


def test_renaming_keeps_the_references(filled, glyph_folder):
    filled.rename("c1", "ka")
    assert filled.labels() == ["c0", "c2", "c3", "ka"]
    assert len(filled) == 12
    filled.rename("ka", "ka")
    assert "ka" in {match.label for match in filled.identify(drawing(glyph_folder, 1, 0)).matches}


@pytest.mark.parametrize("name", ["  ", "a/../b", "..", "/etc", "a\nb", "x" * 201])
def test_a_class_is_not_renamed_to_what_is_no_name(filled, name):
    with pytest.raises(DataError, match=r"^The class's name (is|has) "):
        filled.rename("c1", name)
    assert filled.labels() == ["c0", "c1", "c2", "c3"]


def test_an_unknown_class_is_told_with_the_nearest(filled, glyph_folder):
    filled.rename("c1", "M6 bolt")
    for call in (
        lambda: filled.verify(drawing(glyph_folder, 0, 0), "M6 bolts"),
        lambda: filled.remove("M6 bolts"),
        lambda: filled.rename("M6 bolts", "x"),
    ):
        with pytest.raises(DataError, match=r"^There is no class 'M6 bolts'\. Did you mean 'M6 bolt'\?$"):
            call()


def test_an_empty_gallery_says_so(gallery, glyph_folder, tmp_path):
    assert len(gallery) == 0
    assert gallery.labels() == []
    for call in (lambda: gallery.identify(drawing(glyph_folder, 0, 0)), lambda: gallery.verify(np.eye(9), "a")):
        with pytest.raises(DataError, match=r"^The gallery .*parts\.db is empty; enrol a class first\.$"):
            call()


def test_an_unreadable_picture_leaves_nothing_enrolled(filled, glyph_folder, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for label in ("c0", "new"):
        with pytest.raises(InputError, match=r"broken\.png"):
            filled.enrol(label, [drawing(glyph_folder, 0, 5), broken])
    assert len(filled) == 12
    assert filled.labels() == ["c0", "c1", "c2", "c3"]


def test_a_failure_halfway_through_leaves_nothing(filled, tiny_model, glyph_folder):
    items = [drawing(glyph_folder, 5, writer) for writer in range(3)]
    found = candidates(tiny_model, items, "", "", originals=False)
    found[-1] = replace(found[-1], sha256=None)
    with pytest.raises(DataError, match=r"^The gallery .*parts\.db cannot be used: NOT NULL constraint failed"):
        filled.enrol_candidates("new", found)
    assert filled.labels() == ["c0", "c1", "c2", "c3"]
    assert len(filled) == 12


@pytest.mark.parametrize(("label", "items"), [("", ["x.png"]), (" ", ["x.png"]), ("a", [])])
def test_a_label_and_an_item_are_needed(gallery, label, items):
    with pytest.raises(DataError, match=r"a name and at least one item are expected"):
        gallery.enrol(label, items)


def test_another_model_is_refused(tmp_path, filled, tiny_model, other_model):
    with pytest.raises(ModelError) as raised:
        Gallery(tmp_path / "parts.db", other_model)
    assert str(raised.value) == (
        f"{tmp_path / 'parts.db'} was made with another model, 'tiny' ({tiny_model.fingerprint[:12]}), and this one is "
        "'tiny' (0123456789ab): their embeddings do not compare. Open it with that model, or enrol the items again in "
        "a new gallery."
    )
    assert len(filled) == 12


def test_a_newer_format_is_refused(tmp_path, gallery, tiny_model):
    with sqlite3.connect(tmp_path / "parts.db") as connection:
        connection.execute("UPDATE gemel_format SET version_num = 3")
    connection.close()
    with pytest.raises(ModelError, match=r"has format 3; this Gemel reads 2\. Install the Gemel that wrote it\.$"):
        Gallery(tmp_path / "parts.db", tiny_model)


def test_what_is_no_database_is_refused(tmp_path, tiny_model):
    text = tmp_path / "text.db"
    text.write_text("not a database, whatever its name says" * 40)
    for address, reason in {
        str(text): "file is not a database",
        str(tmp_path / "none" / "parts.db"): "unable to open database file",
        "nosuch://parts": "Can't load plugin",
        "://": "is no database; give a file",
    }.items():
        with pytest.raises(DataError, match=reason):
            Gallery(address, tiny_model)
    assert text.read_text().startswith("not a database")


def test_a_password_is_not_shown(tiny_model):
    with pytest.raises(GemelError) as raised:
        Gallery("nosuch://user:secret@host/parts", tiny_model)
    assert "secret" not in str(raised.value)
    assert "user:***@host" in str(raised.value)


def test_files_are_journaled_and_their_keys_checked(gallery):
    with gallery.engine.connect() as connection:
        ask = lambda pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()  # noqa: E731
        assert (ask("journal_mode"), ask("foreign_keys"), ask("synchronous")) == ("wal", 1, 2)


def test_a_gallery_in_memory_serves_threads(tiny_model, glyph_folder):
    with Gallery("sqlite://", tiny_model) as gallery:
        gallery.enrol("a", drawing(glyph_folder, 0, 0))
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(gallery.identify, [drawing(glyph_folder, 0, 0)] * 8))
        assert {answer.label for answer in answers} == {"a"}


def test_many_writers_at_once_lose_nothing(tmp_path, tiny_model, glyph_folder):
    """Each opens the gallery for itself, the first of them making it, and all enrol into the same new class."""

    def enrol(writer: int) -> int:
        with Gallery(tmp_path / "busy.db", tiny_model) as gallery:
            drawings = [drawing(glyph_folder, character, writer) for character in range(4)]
            return sum(gallery.enrol("all", each)[0].fresh for each in drawings)

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(enrol, range(6))) == [4] * 6
    with Gallery(tmp_path / "busy.db", tiny_model) as gallery:
        assert gallery.labels() == ["all"]
        assert len(gallery) == 24

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gemel import Gallery
from gemel.errors import DataError, InputError
from gemel.gallery.asked import Asked
from gemel.gallery.columns import now
from gemel.gallery.tables import AttemptRow, ModelRow
from tests.gallery.four_classes import drawing


def asked(gallery: Gallery, item: Path, **options: object) -> int:
    return gallery.review.record(gallery.identify(item), item, **options)


def test_an_attempt_is_kept_with_its_answer(gallery, glyph_folder):
    review, item = gallery.review, drawing(glyph_folder, 0, 3)
    answer, verdict = gallery.identify(item), gallery.verify(item, "c1")
    first = review.attempt(review.record(answer, item, who="door"))
    second = review.attempt(review.record(verdict, item, label="c1"))
    assert (first.kind, first.label, first.decision, first.who) == ("identify", answer.label, answer.decision, "door")
    assert first.score == pytest.approx(answer.score)
    assert (first.probability, first.threshold) == pytest.approx((answer.probability, answer.threshold))
    assert (second.kind, second.label, second.who) == ("verify", "c1", "")
    assert second.decision == ("same" if verdict.same else "different")
    assert (first.state, first.settled, first.has_picture) == ("open", None, True)
    assert abs(now() - first.when) < timedelta(minutes=5)
    assert json.loads(json.dumps(first.to_json()))["id"] == first.id
    assert max(Image.open(BytesIO(review.thumbnail(first.id))).size) <= 128


def test_keeping_attempts_leaves_the_gallery_as_it_was(gallery, glyph_folder):
    before = gallery.held()
    asked(gallery, drawing(glyph_folder, 0, 3))
    assert gallery.held() is before


def test_attempts_come_in_pages_the_newest_first(any_gallery, glyph_folder):
    review = any_gallery.review
    numbers = [asked(any_gallery, drawing(glyph_folder, 0, writer)) for writer in range(1, 6)]
    first, last = review.attempts(page=1, size=2), review.attempts(page=3, size=2)
    assert [each.id for each in first.items] == [numbers[4], numbers[3]]
    assert ([each.id for each in last.items], last.total) == ([numbers[0]], 5)
    with pytest.raises(DataError, match="Page 0 of 2"):
        review.attempts(page=0, size=2)


def test_filters_leave_what_fits_all_of_them(any_gallery, glyph_folder):
    review, item = any_gallery.review, drawing(glyph_folder, 0, 3)
    answer = replace(any_gallery.identify(item), label="c0", decision="match", probability=0.6)
    sure = review.record(replace(answer, probability=0.9), item)
    unsure = review.record(answer, item)
    unknown = review.record(replace(answer, label=None, decision="unknown"), item)
    verified = review.record(any_gallery.verify(item, "c1"), item, label="c1")
    review.correct(unknown, "c1")

    def found(**wanted: object) -> list[int]:
        return sorted(each.id for each in review.attempts(**wanted).items)

    assert found(below=0.7, kind="identify") == [unsure, unknown]
    assert found(state="open") == [sure, unsure, verified]
    assert found(state="corrected") == [unknown]
    assert found(label="c1") == [unknown, verified]
    assert found(label="c0", below=0.7) == [unsure]
    assert found(kind="verify") == [verified]
    with pytest.raises(DataError, match=r"^Unknown state 'opened'\. Did you mean 'open'\?$"):
        review.attempts(state="opened")


def test_what_is_corrected_is_enrolled_where_it_belongs(any_gallery, glyph_folder):
    review, item = any_gallery.review, drawing(glyph_folder, 4, 0)
    number = asked(any_gallery, item)
    enrolment = review.correct(number, "new", who="ann")
    assert (enrolment.label, enrolment.fresh) == ("new", True)
    kept = any_gallery.reference(enrolment.reference)
    assert (kept.label, kept.source, kept.who, kept.has_original) == ("new", f"attempt {number}", "ann", False)
    assert any_gallery.thumbnail(enrolment.reference) == review.thumbnail(number)
    assert any_gallery.identify(item).label == "new"
    assert any_gallery.identify(item).matches[0].score == pytest.approx(1, abs=1e-6)
    settled = review.attempt(number)
    assert (settled.state, settled.settled) == ("corrected", "new")


def test_originals_that_are_kept_are_what_is_enrolled(tmp_path, tiny_model, glyph_folder):
    with Gallery(tmp_path / "originals.db", tiny_model, originals=True) as gallery:
        item = drawing(glyph_folder, 4, 0)
        gallery.enrol("a", drawing(glyph_folder, 0, 0))
        number = asked(gallery, item)
        enrolment = gallery.review.correct(number, "new")
        assert gallery.original(enrolment.reference) == item.read_bytes()
        assert not gallery.enrol("new", item)[0].fresh  # the very picture


def test_what_is_confirmed_is_enrolled_in_its_class(gallery, glyph_folder):
    review, item = gallery.review, drawing(glyph_folder, 0, 3)
    answer = replace(gallery.identify(item), label="c0", decision="match")
    enrolment = review.confirm(review.record(answer, item))
    assert enrolment is not None
    assert gallery.reference(enrolment.reference).label == "c0"
    same = replace(gallery.verify(item, "c1"), same=True)
    assert review.confirm(review.record(same, drawing(glyph_folder, 1, 3), label="c1")).label == "c1"


def test_confirming_an_unknown_enrols_nothing(gallery, glyph_folder):
    review, item = gallery.review, drawing(glyph_folder, 0, 3)
    unknown = replace(gallery.identify(item), label=None, decision="unknown")
    different = replace(gallery.verify(item, "c1"), same=False)
    numbers = [review.record(unknown, item), review.record(different, item, label="c1")]
    assert [review.confirm(number) for number in numbers] == [None, None]
    assert [review.attempt(number).settled for number in numbers] == [None, None]
    assert len(gallery) == 12


def test_what_is_rejected_is_not_enrolled(gallery, glyph_folder):
    review = gallery.review
    number = asked(gallery, drawing(glyph_folder, 0, 3))
    review.reject(number)
    assert review.attempt(number).state == "rejected"
    assert len(gallery) == 12


def test_an_attempt_is_settled_once(gallery, glyph_folder):
    review = gallery.review
    number = asked(gallery, drawing(glyph_folder, 0, 3))
    review.correct(number, "c0")
    for call in (review.confirm, review.reject, lambda number: review.correct(number, "c1")):
        with pytest.raises(DataError, match=rf"^Attempt {number} is corrected already\.$"):
            call(number)
        with pytest.raises(DataError, match=r"^There is no attempt 999\.$"):
            call(999)
    for call in (review.attempt, review.thumbnail):
        with pytest.raises(DataError, match=r"^There is no attempt 999\.$"):
            call(999)


def test_a_label_that_is_none_leaves_it_open(gallery, glyph_folder):
    number = asked(gallery, drawing(glyph_folder, 0, 3))
    with pytest.raises(DataError, match="a name is expected"):
        gallery.review.correct(number, " ")
    assert gallery.review.attempt(number).state == "open"


def test_an_embedding_may_be_all_there_is(any_gallery, tiny_model, glyph_folder):
    review, item = any_gallery.review, drawing(glyph_folder, 4, 0)
    embedding = tiny_model.embed([item])[0]
    by_item = review.record(any_gallery.identify(embedding), embedding)
    by_name = review.record(any_gallery.identify(embedding), embedding=embedding)
    assert [review.attempt(number).has_picture for number in (by_item, by_name)] == [False, False]
    assert review.thumbnail(by_item) is None
    first, again = review.correct(by_item, "new"), review.correct(by_name, "new")
    assert (again.reference, again.fresh) == (first.reference, False)
    assert any_gallery.reference(first.reference).quality is None
    assert any_gallery.identify(item).label == "new"


def test_an_embedding_given_with_a_picture_spares_embedding_it(gallery, tiny_model, glyph_folder, monkeypatch):
    item = drawing(glyph_folder, 4, 0)
    embedding = tiny_model.embed([item])[0]
    answer = gallery.identify(embedding)
    monkeypatch.setattr(type(tiny_model), "embed", lambda *_: pytest.fail("embedded again"))
    assert gallery.review.attempt(gallery.review.record(answer, item, embedding)).has_picture


def test_what_another_model_embedded_is_not_enrolled(gallery, glyph_folder):
    review = gallery.review
    number = asked(gallery, drawing(glyph_folder, 0, 3))
    with gallery.store.writing() as session:
        session.add(ModelRow(id=7, fingerprint="f" * 64, name="former", dimensions=16, active=False))
        session.flush()
        session.get_one(AttemptRow, number).model_id = 7
    with pytest.raises(DataError, match=rf"^Attempt {number} was embedded by another model, and its picture was not"):
        review.correct(number, "c0")


def test_the_embedding_of_a_model_that_is_gone_is_not_kept(any_gallery, glyph_folder):
    review, item = any_gallery.review, drawing(glyph_folder, 0, 3)
    answer, embedding = any_gallery.identify(item), any_gallery.model.embed([item])[0]
    own, former = (Asked(answer, item, embedding, model=name) for name in (any_gallery.model.fingerprint, "f" * 64))
    kept, without = review.record_all([own, former])
    assert review.correct(kept, "c0").label == "c0"
    with pytest.raises(DataError, match="was embedded by another model"):
        review.correct(without, "c0")


def test_old_attempts_are_forgotten(any_gallery, glyph_folder):
    review = any_gallery.review
    asked(any_gallery, drawing(glyph_folder, 0, 3))
    assert review.forget(now() - timedelta(hours=1)) == 0
    assert review.forget(now() + timedelta(hours=1)) == 1
    assert review.attempts().total == 0


def test_what_cannot_be_kept_is_refused(gallery, glyph_folder, tmp_path):
    review, item = gallery.review, drawing(glyph_folder, 0, 3)
    answer = gallery.identify(item)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(InputError, match="broken"):
        review.record(answer, broken)
    with pytest.raises(DataError, match=r"^An attempt came without item and embedding; one of them is expected\.$"):
        review.record(answer)
    with pytest.raises(DataError, match=r"^The answer has no threshold"):
        review.record(replace(answer, threshold=None), item)
    assert review.attempts().total == 0

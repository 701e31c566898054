"""What a gallery promises, on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from gemel import Gallery, Model
from gemel.errors import DataError, InputError
from gemel.evaluation.unknown import turning_odds
from gemel.gallery import ClassEntry, Hit
from gemel.gallery.settings import THRESHOLD, put
from gemel.gallery.tables import ClassRow


def drawing(folder: Path, character: int, writer: int) -> Path:
    return folder / "alphabet00" / f"character{character:02d}" / f"writer{writer:02d}.png"


@pytest.fixture
def gallery(address: str, tiny_model: Model) -> Iterator[Gallery]:
    with Gallery(address, tiny_model) as opened:
        yield opened


@pytest.fixture
def filled(gallery: Gallery, glyph_folder: Path) -> Gallery:
    for character in range(4):
        drawings = [drawing(glyph_folder, character, writer) for writer in range(3)]
        gallery.enrol(f"c{character}", drawings, who="ann")
    return gallery


def numbers(gallery: Gallery, label: str | None = None) -> list[int]:
    return [one.id for one in gallery.references(label).items]


def test_classes_come_in_pages_by_name(filled):
    first = numbers(filled)[0]
    page = filled.classes(page=1, size=3)
    assert page.items[0] == ClassEntry("c0", 3, first, None)
    assert [one.label for one in page.items] == ["c0", "c1", "c2"]
    assert (page.total, page.page, page.size) == (4, 1, 3)
    assert [one.label for one in filled.classes(page=2, size=3).items] == ["c3"]
    assert filled.classes(page=3, size=3).items == ()
    filled.rename("c2", "50%_a")
    assert [one.label for one in filled.classes(containing="%_").items] == ["50%_a"]
    assert [one.label for one in filled.classes(containing="C").items] == ["c0", "c1", "c3"]
    filled.rename("c0", "É")
    filled.rename("c1", "Z")
    assert [one.label for one in filled.classes().items] == filled.labels() == ["50%_a", "Z", "c3", "É"]
    assert page.to_json()["items"][0] == {"label": "c0", "references": 3, "cover": first, "threshold": None}
    for wrong in ({"page": 0}, {"size": 0}, {"size": 1001}):
        with pytest.raises(DataError, match=r"pages count from 1 and hold 1 to 1000\.$"):
            filled.classes(**wrong)


def test_references_tell_where_they_came_from(filled, glyph_folder):
    (reference, *_) = filled.references("c1").items
    assert reference == filled.reference(reference.id)
    assert (reference.label, reference.who, reference.has_original) == ("c1", "ann", False)
    assert reference.source == str(drawing(glyph_folder, 1, 0))
    assert reference.quality > 0.02
    assert reference.enrolled.utcoffset().total_seconds() == 0
    assert reference.to_json()["enrolled"] == reference.enrolled.isoformat()
    assert filled.references(size=5, page=3).total == 12
    assert [one.label for one in filled.references(size=5, page=3).items] == ["c3", "c3"]
    assert Image.open(BytesIO(filled.thumbnail(reference.id))).size == (32, 32)
    assert filled.original(reference.id) is None
    with pytest.raises(DataError, match=r"^There is no class 'c9'\."):
        filled.references("c9")
    for call in (filled.reference, filled.thumbnail, filled.original):
        with pytest.raises(DataError, match=r"^There is no reference 999\.$"):
            call(999)


def test_originals_are_kept_where_asked(address, tiny_model, glyph_folder):
    path = drawing(glyph_folder, 0, 0)
    with Gallery(address, tiny_model, originals=True) as gallery:
        gallery.enrol("a", [path, drawing(glyph_folder, 0, 1).read_bytes(), np.eye(30)], source="page 3")
        file, content, array = gallery.references("a").items
        assert gallery.original(file.id) == path.read_bytes()
        assert gallery.original(content.id) == drawing(glyph_folder, 0, 1).read_bytes()
        np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(gallery.original(array.id)))), np.eye(30) * 255)
        assert {one.source for one in (file, content, array)} == {"page 3"}
        assert file.has_original


def test_warnings_are_told_and_kept(gallery, glyph_folder):
    sharp = Image.open(drawing(glyph_folder, 0, 0)).convert("L")
    gallery.enrol("a", [sharp, drawing(glyph_folder, 0, 1)])
    duplicates = lambda enrolment: [w for w in enrolment.warnings if w.startswith("duplicate")]  # noqa: E731
    (again,) = gallery.enrol("a", sharp)
    assert (again.fresh, again.warnings) == (False, ())
    assert duplicates(*gallery.enrol("b", sharp)) == ["duplicate: all but the same as an example of 'a'"]
    (blank,) = gallery.enrol("c", np.full((30, 30), 200, np.uint8))
    assert blank.warnings[0] == "blank: the picture is even"
    (blurred,) = gallery.enrol("c", sharp.resize((64, 64)).filter(ImageFilter.GaussianBlur(5)))
    assert blurred.warnings[0] == "blurred: the picture shows next to no detail"
    assert gallery.reference(blurred.reference).warnings == blurred.warnings


def test_an_example_unlike_its_class_is_told(filled, glyph_folder):
    (stranger,) = filled.enrol("c0", np.eye(30))
    assert "disagrees: unlike the other examples of its class" in stranger.warnings
    (friend,) = filled.enrol("new", drawing(glyph_folder, 5, 0))
    assert not any(warning.startswith("disagrees") for warning in friend.warnings)


def test_identify_tells_score_threshold_and_reference(filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 5, 0)
    (enrolment,) = filled.enrol("c5", item)
    answer = filled.identify(item)
    assert (answer.label, answer.decision) == ("c5", "match")
    assert answer.score == answer.matches[0].score == pytest.approx(1.0)
    assert answer.threshold == pytest.approx(tiny_model.calibration.score_at(turning_odds(5)))
    assert answer.matches[0].reference_id == enrolment.reference
    for item in (drawing(glyph_folder, 5, 5), np.eye(30), drawing(glyph_folder, 2, 4)):
        told = filled.identify(item)
        assert (told.decision == "match") == (told.score >= told.threshold) == (told.label is not None)


def test_a_threshold_that_was_set_decides(filled, glyph_folder):
    item = drawing(glyph_folder, 1, 4)
    score = filled.identify(item).score
    best = filled.identify(item).matches[0].label
    for limit, decision in ((score, "match"), (score + 1e-6, "unknown")):
        with filled.store.writing() as session:
            put(session, THRESHOLD, limit)
        answer = filled.identify(item)
        assert (answer.threshold, answer.decision) == (limit, decision)
        assert (filled.verify(item, best).threshold, filled.compare(item, item).threshold) == (limit, limit)
    with filled.store.writing() as session:
        session.query(ClassRow).filter_by(label=best).one().threshold = score
    assert (filled.identify(item).label, filled.identify(item).threshold) == (best, score)
    assert filled.verify(item, best).same
    assert {one.label: one.threshold for one in filled.classes().items}[best] == score
    assert filled.verify(item, best, threshold=2.0).threshold == 2.0


def test_many_classes_are_asked_by_candidates(filled, tiny_model, glyph_folder, monkeypatch):
    items = [drawing(glyph_folder, character, 4) for character in range(6)]
    whole = filled.identify(items)
    monkeypatch.setattr("gemel.gallery.recognising.identified.__defaults__", (2,))
    for answer, expected in zip(filled.identify(items), whole, strict=True):
        assert (answer.label, answer.decision) == (expected.label, expected.decision)
        assert answer.probability == pytest.approx(expected.probability, abs=1e-5)
        assert answer.threshold == expected.threshold
        assert [match.label for match in answer.matches[:2]] == [match.label for match in expected.matches[:2]]
        assert answer.matches[0].reference_id == expected.matches[0].reference_id
    first = numbers(filled)[0]
    filled.remove_references([first])
    assert first not in {match.reference_id for answer in filled.identify(items) for match in answer.matches}


def test_verify_by_the_mean_the_best_and_the_prototype(filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 1, 4)
    with torch.inference_mode():
        embedding = torch.from_numpy(tiny_model.embed([item]))
        references = filled.embeddings_of(numbers(filled, "c1"))
        scores = tiny_model.similarity.matrix(embedding, references)[0]
        prototype = tiny_model.similarity(embedding[0], references.mean(0))
    assert filled.verify(item, "c1", by="mean").score == pytest.approx(float(scores.mean()), abs=1e-6)
    assert filled.verify(item, "c1", by="max").score == pytest.approx(float(scores.max()), abs=1e-6)
    assert filled.verify(item, "c1").score == pytest.approx(float(prototype), abs=1e-6)
    with pytest.raises(DataError, match=r"^Unknown way 'maxi'.*Did you mean 'max'\?$"):
        filled.verify(item, "c1", by="maxi")


def test_two_items_are_compared(filled, tiny_model, glyph_folder):
    a, b = drawing(glyph_folder, 0, 0), drawing(glyph_folder, 3, 3)
    assert filled.compare(a, b) == tiny_model.verify(a, b)
    assert filled.compare(a, a).score == 1.0
    assert filled.compare(a, b, threshold=-1.0).same


def test_an_embedding_is_an_item(filled, tiny_model, glyph_folder):
    path = drawing(glyph_folder, 1, 4)
    embedding = tiny_model.embed([path])[0]
    assert replace(filled.identify(embedding), item="") == replace(filled.identify(path), item="")
    assert filled.verify(embedding, "c1") == filled.verify(path, "c1")
    assert filled.search(embedding) == filled.search(path)
    assert filled.identify(3 * embedding.astype(np.float64)).score == pytest.approx(filled.identify(path).score)
    for wrong in (embedding[:5], embedding * np.nan, np.array(["x"] * 16)):
        with pytest.raises(InputError, match=r"^An embedding of shape .* came; 16 finite numbers are expected\.$"):
            filled.identify(wrong)


def test_search_finds_the_nearest(filled, tiny_model, glyph_folder):
    item = drawing(glyph_folder, 2, 1)
    with torch.inference_mode():
        every = filled.embeddings_of(numbers(filled))
        scores = tiny_model.similarity.matrix(torch.from_numpy(tiny_model.embed([item])), every)[0].numpy()
    order = np.argsort(-scores, kind="stable")
    hits = filled.search(item, top=5)
    assert [hit.reference for hit in hits] == [numbers(filled)[place] for place in order[:5]]
    assert [hit.score for hit in hits] == pytest.approx(scores[order[:5]].tolist(), abs=1e-6)
    assert hits[0] == Hit(numbers(filled, "c2")[1], "c2", 1.0, float(tiny_model.calibration.probability(1.0)))
    assert len(filled.search(item, top=50)) == 12


def test_search_goes_to_the_liked_and_from_the_disliked(filled, tiny_model):
    every = numbers(filled)
    liked, disliked = every[0], every[5]
    shown = filled.search(like=[liked], unlike=[disliked], top=12)
    assert {hit.reference for hit in shown} == {*every} - {liked, disliked}
    first, second = filled.embeddings_of([liked, disliked])
    query = tiny_model.similarity.canonical(0.75 * first - 0.15 * second)
    assert shown == [hit for hit in filled.search(query.numpy(), top=12) if hit.reference not in (liked, disliked)]
    for wrong in ({}, {"unlike": [liked]}):
        with pytest.raises(DataError, match=r"^Nothing is searched for;"):
            filled.search(**wrong)
    with pytest.raises(DataError, match=r"^There is no reference 999\.$"):
        filled.search(like=[999])
    with pytest.raises(DataError, match=r"^The 0 nearest are asked for"):
        filled.search(like=[liked], top=0)


def test_renaming_to_a_class_merges_the_two(filled, glyph_folder):
    shared = drawing(glyph_folder, 0, 0)
    filled.enrol("c1", shared)
    filled.rename("c1", "c0")
    assert filled.labels() == ["c0", "c2", "c3"]
    assert filled.references("c0").total == 6  # the picture that both had is there once
    assert len(filled) == 12
    assert filled.identify(drawing(glyph_folder, 1, 0)).label in ("c0", None)


def test_moving_splits_a_class(filled):
    first, second, third = numbers(filled, "c2")
    filled.identify(np.eye(30))  # what is in memory is brought up afterwards
    assert filled.move([first, second, second], "c4") == 2
    assert numbers(filled, "c4") == [first, second]
    assert filled.search(like=[third], top=12)[0].label != ""
    held = filled.held()
    assert held.label_of(first) == "c4"
    assert held.label_of(third) == "c2"
    assert filled.move([third], "c4") == 1
    assert filled.labels() == ["c0", "c1", "c3", "c4"]  # nothing was left of c2
    for wrong, reason in (([first, 999], "There is no reference 999"), ([first], "The class's name")):
        with pytest.raises(DataError, match=f"^{reason}"):
            filled.move(wrong, "c9" if 999 in wrong else "../x")
    assert filled.labels() == ["c0", "c1", "c3", "c4"]


def test_removed_references_are_gone(filled):
    first, *others = numbers(filled, "c3")
    filled.search(like=[first])
    assert filled.remove_references([first, first]) == 1
    assert {hit.reference for hit in filled.search(np.eye(30), top=99)} == {*numbers(filled)}
    assert filled.remove_references(others) == 2
    assert filled.labels() == ["c0", "c1", "c2"]
    with pytest.raises(DataError, match=r"^There is no reference"):
        filled.remove_references([numbers(filled)[0], first])
    assert len(filled) == 9
    (again,) = filled.enrol("c3", np.eye(30))
    assert again.reference > max(others)


def test_what_is_in_memory_is_what_is_in_the_database(gallery, glyph_folder):
    """After any changes, kept up bit by bit or read anew, all is the same."""
    rng = np.random.default_rng(5)
    for step in range(12):
        action = rng.integers(4) if step > 2 else 0
        every = [one.id for one in gallery.references().items]
        if action == 0:
            items = [drawing(glyph_folder, rng.integers(6), rng.integers(6)) for _ in range(3)]
            gallery.enrol(f"c{rng.integers(3)}", items)
        elif action == 1:
            gallery.move(rng.choice(every, 2).tolist(), f"c{rng.integers(4)}")
        elif action == 2:
            gallery.remove_references([int(rng.choice(every))])
        else:
            gallery.rename(gallery.labels()[0], f"c{rng.integers(4)}")
        held = gallery.held()
        references = gallery.references().items
        assert held.ids.tolist() == [one.id for one in references]
        assert [held.label_of(one.id) for one in references] == [one.label for one in references]
        assert held.sources.tolist() == [one.source for one in references]
        np.testing.assert_array_equal(held.embeddings, gallery.embeddings_of(held.ids.tolist()).numpy())
        found = {hit.reference: hit.label for hit in gallery.search(np.eye(30), top=99)}
        assert found == {one.id: one.label for one in references}


def test_additions_alone_read_the_new_rows(gallery, glyph_folder, monkeypatch):
    gallery.enrol("a", drawing(glyph_folder, 0, 0))
    gallery.held()
    monkeypatch.setattr(gallery.mirror, "_rearrange", lambda _: pytest.fail("all numbers were read"))
    asked = []
    added = gallery.mirror._added
    monkeypatch.setattr(gallery.mirror, "_added", lambda session, last: asked.append(last) or added(session, last))
    before = gallery.held().ids[-1]
    gallery.enrol("b", drawing(glyph_folder, 1, 0))
    assert len(gallery.held()) == 2
    assert asked[0] == before
    assert gallery.held().labels.keys() >= set(gallery.held().owners.tolist())

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemel import Gallery, Model
from gemel.data import open_source
from gemel.errors import DataError
from gemel.gallery.exchange import Imported
from gemel.gallery.manifest import folder_of
from gemel.gallery.packing import checked_path
from gemel.gallery.settings import THRESHOLD, put, setting
from gemel.gallery.tables import ClassRow


@pytest.fixture
def source(tmp_path: Path, tiny_model: Model, glyph_folder: Path):
    """A gallery with originals, two classes and thresholds."""
    with Gallery("sqlite://", tiny_model, originals=True) as gallery:
        folder = glyph_folder / "alphabet00"
        gallery.enrol("M6 bolt", sorted((folder / "character00").iterdir()), who="ann")
        gallery.enrol("α/b", [np.eye(30), (folder / "character01" / "writer00.png").read_bytes()], source="page, 3")
        with gallery.store.writing() as session:
            put(session, THRESHOLD, 0.75)
            session.query(ClassRow).filter_by(label="α/b").one().threshold = 0.5
        yield gallery


def references(gallery: Gallery) -> list:
    return [replace(one, id=0) for one in gallery.references().items]


def assert_same(a: Gallery, b: Gallery) -> None:
    assert references(a) == references(b)
    np.testing.assert_array_equal(a.held().embeddings, b.held().embeddings)


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_gallery_comes_back_whole(address, source, tiny_model, tmp_path, name):
    told = []
    assert source.exchange.export(tmp_path / name, lambda *progress: told.append(progress)) == 8
    assert told == [(8, 8)]
    with Gallery(address, tiny_model, originals=True) as gallery:
        told = []
        taken = gallery.exchange.import_from(tmp_path / name, lambda *progress: told.append(progress))
        assert taken == Imported(8, 0, ())
        assert told == [(6, 8), (8, 8)]
        assert_same(gallery, source)
        for ours, theirs in zip(gallery.references().items, source.references().items, strict=True):
            assert gallery.original(ours.id) == source.original(theirs.id)
            assert gallery.thumbnail(ours.id) == source.thumbnail(theirs.id)
        with gallery.store.reading() as session:
            assert setting(session, THRESHOLD) == 0.75
        assert [one.threshold for one in gallery.classes().items] == [None, 0.5]
        assert gallery.exchange.import_from(tmp_path / name) == Imported(0, 8, ())


def test_what_is_written_is_a_data_set(source, tmp_path):
    source.exchange.export(tmp_path / "out")
    listing = open_source(tmp_path / "out").listing
    assert listing.classes == ("M6 bolt", "α/b")
    assert len(listing) == 8
    about = json.loads((tmp_path / "out" / "gallery.json").read_text())
    assert (about["format"], about["references"], about["threshold"]) == (1, 8, 0.75)


def test_thresholds_that_are_set_stay(source, tiny_model, tmp_path):
    source.exchange.export(tmp_path / "out.zip")
    with Gallery("sqlite://", tiny_model) as gallery:
        with gallery.store.writing() as session:
            put(session, THRESHOLD, 0.1)
        gallery.exchange.import_from(tmp_path / "out.zip")
        with gallery.store.reading() as session:
            assert setting(session, THRESHOLD) == 0.1


def test_a_list_alone_keeps_embeddings(source, tiny_model, tmp_path):
    assert source.exchange.export(tmp_path / "list.csv") == 8
    assert source.exchange.export(tmp_path / "list.csv") == 8  # it is replaced
    with Gallery("sqlite://", tiny_model) as gallery:
        assert gallery.exchange.import_from(tmp_path / "list.csv") == Imported(8, 0, ())
        np.testing.assert_array_equal(gallery.held().embeddings, source.held().embeddings)
        assert [one.source for one in gallery.references().items] == [one.source for one in source.references().items]
        assert gallery.thumbnail(1) is None
        gallery.exchange.export(tmp_path / "again")
    assert sorted(file.name for file in (tmp_path / "again").iterdir()) == ["gallery.csv", "gallery.json"]


def test_without_originals_thumbnails_are_written(tiny_model, tmp_path):
    with Gallery("sqlite://", tiny_model) as gallery:
        gallery.enrol("a", Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 200)).astype(np.uint8)))
        gallery.exchange.export(tmp_path / "out.zip")
        with Gallery("sqlite://", tiny_model) as other:
            other.exchange.import_from(tmp_path / "out.zip")
            assert other.thumbnail(1) == gallery.thumbnail(1)
            assert other.original(1) is None


def test_originals_of_another_model_are_embedded_anew(source, tiny_model, tmp_path):
    source.exchange.export(tmp_path / "out.zip")
    source.exchange.export(tmp_path / "list.csv")
    other = replace(tiny_model, facts={"weights_sha256": "0123456789abcdef" * 4})
    with Gallery("sqlite://", other) as gallery:
        with pytest.raises(
            DataError, match=r"was made with another model \(.{12}\), and 8 of its references have no orig"
        ):
            gallery.exchange.import_from(tmp_path / "list.csv")
        assert len(gallery) == 0
        assert gallery.exchange.import_from(tmp_path / "out.zip") == Imported(8, 0, ())
        assert references(gallery) == references(source)
        with gallery.store.reading() as session:
            assert setting(session, THRESHOLD) is None  # it is on another scale


def test_folders_zips_and_lists_of_pictures_come_in(address, tiny_model, glyph_folder, tmp_path):
    broken = glyph_folder / "alphabet01" / "character00" / "broken.png"
    broken.write_bytes(b"no picture")
    archive = tmp_path / "glyphs.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for picture in (glyph_folder / "alphabet00" / "character02").iterdir():
            file.write(picture, f"more/{picture.name}")
        file.writestr("../outside/x.png", b"")
    listed = glyph_folder / "list.csv"
    listed.write_text("path,label\nalphabet00/character00/writer00.png,listed\n")
    with Gallery(address, tiny_model, originals=True) as gallery:
        told = []
        taken = gallery.exchange.import_from(glyph_folder, lambda *progress: told.append(progress), who="bob")
        assert (taken.references, taken.already, len(taken.skipped)) == (72, 0, 2)
        assert any("broken.png: " in reason for reason in taken.skipped)
        assert told[-1] == (73, 73)
        (reference, *_) = gallery.references("alphabet00/character00").items
        assert (reference.source, reference.who) == ("alphabet00/character00/writer00.png", "bob")
        assert gallery.original(reference.id) == (glyph_folder / reference.source).read_bytes()
        zipped = gallery.exchange.import_from(archive)
        assert (zipped.references, zipped.skipped) == (6, ("../outside/x.png: an unsafe name",))
        assert gallery.exchange.import_from(listed).references == 1
        assert {"more", "listed"} <= set(gallery.labels())
        assert taken.to_json()["references"] == 72


def edited(path: Path, out: Path, **cells: str) -> Path:
    """Write an exported zip anew with its first reference's cells changed."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "gallery.csv":
                rows = list(csv.DictReader(io.StringIO(data.decode())))
                rows[0].update(cells)
                text = io.StringIO()
                writer = csv.DictWriter(text, rows[0])
                writer.writeheader()
                writer.writerows(rows)
                data = text.getvalue().encode()
            made.writestr(name, data)
    return out


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"file": "../../etc/passwd"}, r"'\.\./\.\./etc/passwd' is no path within a folder"),
        ({"file": "/etc/passwd"}, r"'/etc/passwd' is no path within a folder"),
        ({"file": "nowhere.png"}, r"has no file 'nowhere\.png'"),
        ({"label": "../x"}, r"The class's name is '\.\./x'; names between slashes"),
        ({"label": ""}, r"a name is expected"),
        ({"embedding": "AAAA"}, r"line 2, is damaged"),
        ({"embedding": "AACAPw=="}, r"has an embedding of 1 numbers"),
        ({"embedding": "AADAfw=="}, r"an embedding or a hash is none"),
        ({"embedding": "no base 64"}, r"line 2, is damaged"),
        ({"sha256": "'; DROP TABLE"}, r"an embedding or a hash is none"),
        ({"enrolled": "2026-01-01T00:00:00"}, r"a time without a zone"),
        ({"quality": "sharp"}, r"line 2, is damaged"),
    ],
)
def test_what_leads_elsewhere_or_is_damaged_is_refused(source, tiny_model, tmp_path, cells, reason):
    source.exchange.export(tmp_path / "out.zip")
    bad = edited(tmp_path / "out.zip", tmp_path / "bad.zip", **cells)
    with Gallery("sqlite://", tiny_model) as gallery:
        with pytest.raises(DataError, match=reason):
            gallery.exchange.import_from(bad)
        assert len(gallery) == 0


def test_links_out_of_a_folder_are_refused(source, tiny_model, tmp_path):
    secret = tmp_path / "secret.png"
    Image.new("L", (9, 9)).save(secret)
    source.exchange.export(tmp_path / "out")
    picture = next((tmp_path / "out" / "M6 bolt").iterdir())
    picture.unlink()
    picture.symlink_to(secret)
    with Gallery("sqlite://", tiny_model) as gallery:
        with pytest.raises(DataError, match="leads out of"):
            gallery.exchange.import_from(tmp_path / "out")
        assert len(gallery) == 0


def test_a_list_of_pictures_elsewhere_is_refused(tiny_model, tmp_path, glyph_folder):
    picture = glyph_folder / "alphabet00" / "character00" / "writer00.png"
    for path in (picture, "../glyphs/alphabet00/character00/writer00.png"):
        listed = tmp_path / "lists" / "list.csv"
        listed.parent.mkdir(exist_ok=True)
        listed.write_text(f"path,label\n{path},a\n")
        with Gallery("sqlite://", tiny_model) as gallery:
            with pytest.raises(DataError, match="is no path within a folder"):
                gallery.exchange.import_from(listed)
            assert len(gallery) == 0


def test_damage_to_the_whole_is_told(source, tiny_model, tmp_path):
    source.exchange.export(tmp_path / "out")
    about = tmp_path / "out" / "gallery.json"
    with Gallery("sqlite://", tiny_model) as gallery:
        for text, reason in (("{", "is damaged"), ('{"format": 1}', "is damaged"), ("[]", "is damaged")):
            about.write_text(text)
            with pytest.raises(DataError, match=reason):
                gallery.exchange.import_from(tmp_path / "out")
        source.exchange.export(tmp_path / "newer")
        newer = tmp_path / "newer" / "gallery.json"
        newer.write_text(newer.read_text().replace('"format": 1', '"format": 2'))
        with pytest.raises(DataError, match=r"has format 2; this Gemel reads 1\."):
            gallery.exchange.import_from(tmp_path / "newer")
        for nothing in ("none", "none.zip", "none.csv"):
            with pytest.raises(DataError, match="does not exist"):
                gallery.exchange.import_from(tmp_path / nothing)
        with pytest.raises(DataError, match="is there already; give a new or an empty folder"):
            source.exchange.export(tmp_path / "newer")


def test_an_empty_gallery_goes_out_and_in(tiny_model, tmp_path):
    with Gallery("sqlite://", tiny_model) as gallery:
        for name in ("out", "out.zip", "out.csv"):
            assert gallery.exchange.export(tmp_path / name) == 0
            assert gallery.exchange.import_from(tmp_path / name) == Imported(0, 0, ())


def test_folders_have_names_that_any_system_takes():
    assert folder_of("M6 bolt/größer") == "M6 bolt/größer"
    assert folder_of("\\alpha") == "%5Calpha"
    assert folder_of("a:b*c?") == "a%3Ab%2Ac%3F"
    assert folder_of(".hidden/~x/end.") == "%2Ehidden/%7Ex/end%2E"
    long = folder_of("漢" * 200)
    assert len(long.encode()) <= 200
    assert long != folder_of("漢" * 199)


@pytest.mark.parametrize("path", ["", "/a", "a/../../b", "..", "C:/a", "a\\..\\b", "\\a", "a\0b"])
def test_paths_that_lead_elsewhere_are_refused(path):
    with pytest.raises(DataError, match="is no path within a folder"):
        checked_path(path)

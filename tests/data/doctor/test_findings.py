import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from gemel.data.doctor import FINDINGS, inspect
from gemel.data.doctor import survey as looking
from gemel.data.doctor.odd_sizes import is_outlier
from gemel.data.sources import Folder
from tests.data.doctor.made_up import healthy, only_finding, report, scene
from tests.data.pictures import encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return healthy(tmp_path / "set")


def test_a_healthy_set_has_no_findings(folder: Path) -> None:
    assert report(folder).findings == ()


def test_unreadable_pictures(folder: Path) -> None:
    (folder / "class00/9.png").write_bytes(b"")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("unreadable", "warning")
    assert finding.text == "1 of 61 pictures cannot be read."
    assert finding.examples == ("class00/9.png is empty (0 bytes); expected a picture",)


def test_many_unreadable_pictures_are_grave_and_may_empty_a_class(folder: Path) -> None:
    for number in range(3):
        for item in range(3):
            (folder / f"class0{number}/{item}.png").write_bytes(b"no picture")
    found = {finding.kind: finding for finding in report(folder).findings}
    assert found["unreadable"].severity == "error"
    assert len(found["unreadable"].examples) == 5
    assert found["empty_classes"].examples == ("class00", "class01", "class02")
    assert found["empty_classes"].text == "3 classes have no picture that can be read."


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "set/a").mkdir(parents=True)
    (tmp_path / "set/a/1.png").write_bytes(b"")
    found = report(tmp_path / "set")
    assert found.items == 0
    assert found.sizes is None
    assert {finding.kind for finding in found.findings} == {"unreadable", "one_class", "empty_classes"}
    assert "1 of 1 picture cannot be read" in str(found)


def test_classes_of_one_picture(folder: Path) -> None:
    for item in (1, 2):
        (folder / f"class07/{item}.png").unlink()
    finding = only_finding(folder)
    assert (finding.kind, finding.severity, finding.examples) == ("single_items", "warning", ("class07",))
    assert finding.text == "1 class has one picture only, too few to make a pair of."


def test_no_class_with_a_pair_is_grave(tmp_path: Path) -> None:
    assert only_finding(healthy(tmp_path / "set", items=1)).severity == "error"


@pytest.mark.parametrize(
    ("classes", "kind", "severity"),
    [
        (1, "one_class", "error"),
        (2, "few_classes", "error"),
        (5, "few_classes", "error"),
        (6, "few_classes", "warning"),
    ],
)
def test_too_few_classes(tmp_path: Path, classes: int, kind: str, severity: str) -> None:
    finding = only_finding(healthy(tmp_path / "set", classes=classes))
    assert (finding.kind, finding.severity) == (kind, severity)


def test_equal_pictures_in_one_class_whatever_their_files(folder: Path) -> None:
    scene(0).convert("RGB").save(folder / "class00/7.bmp")
    shutil.copy(folder / "class01/0.png", folder / "class01/8.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("duplicates_within", "warning")
    assert finding.text == "2 pictures repeat another of the same class, pixel for pixel."
    assert finding.examples == ("class00/0.png = class00/7.bmp", "class01/0.png = class01/8.png")


def test_equal_pictures_in_two_classes_are_grave(folder: Path) -> None:
    shutil.copy(folder / "class03/0.png", folder / "class03/a.png")
    shutil.copy(folder / "class03/0.png", folder / "class11/b.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("duplicates_across", "error")
    assert finding.text == "1 picture is in more than one class, pixel for pixel."
    assert finding.examples == ("class03/0.png = class11/b.png",)


def test_near_duplicates_within_a_class(folder: Path) -> None:
    original = scene(0)
    (folder / "class00/again.jpg").write_bytes(encoded(original, "JPEG", quality=50))
    original.resize((90, 75)).save(folder / "class00/larger.png")
    ImageEnhance.Contrast(original).enhance(0.7).save(folder / "class00/paler.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("near_duplicates_within", "warning")
    assert finding.text.startswith("4 pictures are nearly the same as another of the same class")


def test_near_duplicates_across_classes(folder: Path) -> None:
    (folder / "class05/x.jpg").write_bytes(encoded(scene(0), "JPEG", quality=50))
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("near_duplicates_across", "warning")
    assert finding.examples == ("class00/0.png ~ class05/x.jpg",)


def test_near_duplicates_among_very_many_are_told_to_be_a_sample(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_COMPARED", 59)
    for number in range(20):
        scene(100 * number).resize((90, 75)).save(folder / f"class{number:02d}/again.png")
    assert only_finding(folder).text.startswith("Of 59 pictures that were compared, ")


def test_blank_pictures_are_told_once_and_not_as_duplicates(folder: Path) -> None:
    for number in range(3):
        Image.new("L", (48, 40), 255).save(folder / f"class0{number}/empty.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("blank_pictures", "warning")
    assert finding.text == "3 pictures are of one colour all over."


def test_odd_sizes_and_shapes(folder: Path) -> None:
    scene(7777, (480, 400)).save(folder / "class00/huge.png")
    scene(7778, (140, 20)).save(folder / "class01/strip.png")
    finding = only_finding(folder)
    assert finding.kind == "odd_sizes"
    assert finding.text.endswith("usually about 48 x 40 pixels.")
    assert finding.examples == ("class00/huge.png (480 x 400)", "class01/strip.png (140 x 20)")


def test_sizes_that_vary_anyway_are_not_odd() -> None:
    sizes = np.log(np.geomspace(20, 2000, 101))
    assert not is_outlier(sizes, np.log(4)).any()
    assert is_outlier(np.append(np.zeros(50), 1.5), np.log(4)).sum() == 1


def test_grey_among_colour_by_pixels_not_by_modes(folder: Path) -> None:
    scene(4242, colour=True).save(folder / "class00/colour.png")
    scene(4243).convert("RGB").save(folder / "class00/grey.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("mixed_modes", "note")
    assert finding.text == "1 picture has colour, 61 are grey."
    assert finding.examples == ("class00/colour.png",)


def test_imbalance(folder: Path) -> None:
    for item in range(3, 31):
        scene(5000 + item).save(folder / f"class00/{item}.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("imbalance", "note")
    assert finding.text == "The classes are uneven: class00 has 31 pictures, class01 has 3."


def test_masks_and_other_files(folder: Path) -> None:
    scene(6000).save(folder / "class00/a.jpg")
    scene(6001).save(folder / "class00/a.png")
    (folder / "notes.txt").write_text("a text")
    found = report(folder)
    masks, rest = found.findings
    assert (masks.kind, masks.severity, masks.examples) == ("masks", "note", ("class00/a.png",))
    assert (rest.kind, rest.severity, rest.examples) == ("left_out", "note", ("notes.txt",))
    assert found.skipped == {"a mask of a picture": 1, "not a picture (.txt)": 1}


def test_pictures_outside_the_class_folders_are_graver(folder: Path) -> None:
    scene(6002).save(folder / "loose.png")
    finding = only_finding(folder)
    assert (finding.kind, finding.severity) == ("left_out", "warning")
    assert finding.text == "1 file was left out: not in a class folder (1)."


def test_every_kind_is_registered_under_its_name(tmp_path: Path) -> None:
    root = healthy(tmp_path / "set", classes=6)
    (root / "class00/9.png").write_bytes(b"")
    assert {finding.kind for finding in inspect(Folder(root)).findings} <= FINDINGS.keys() | {"one_class"}

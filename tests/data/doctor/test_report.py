import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemel.data import open_source
from gemel.data.doctor import FINDINGS, ClassSizes, Sizes, inspect
from gemel.data.doctor import survey as looking
from gemel.data.doctor.survey import look_at
from gemel.data.sources import Digits, Folder, Glyphs
from gemel.errors import DataError
from tests.data.doctor.made_up import healthy, report, scene
from tests.data.pictures import encoded


def test_what_is_in_it(tmp_path: Path) -> None:
    root = healthy(tmp_path / "set/latin", classes=20)
    scene(1, (30, 60)).save(root / "class00/x.bmp")
    (tmp_path / "set/greek").mkdir()
    scene(2).convert("RGB").save(tmp_path / "set/greek/y.png")
    found = report(tmp_path / "set")
    assert (found.name, found.items, found.classes, found.groups) == ("set", 62, 21, 2)
    assert found.modes == {"L": 61, "RGB": 1}
    assert found.formats == {"PNG": 61, "BMP": 1}
    assert found.sizes == Sizes((30, 40), (48, 40), (48, 60), (((48, 40), 61), ((30, 60), 1)))
    assert (found.class_sizes.least, found.class_sizes.median, found.class_sizes.most) == (1, 3.0, 4)
    assert found.class_sizes.smallest[:2] == (("greek", 1), ("latin/class01", 3))


def test_the_text_reads_well(tmp_path: Path) -> None:
    root = healthy(tmp_path / "set", classes=20)
    for item in (1, 2):
        (root / f"class07/{item}.png").unlink()
    assert str(report(root)) == (
        "set: 58 pictures, 20 classes\n"
        "  pictures a class: 1 ... 3, median 3; fewest in class07 (1), class00 (3), class01 (3)\n"
        "  sizes: 48 x 40 pixels, all\n"
        "  modes: L (58)\n"
        "  formats: PNG (58)\n"
        "\n"
        "The doctor has 1 finding:\n"
        "  warning: 1 class has one picture only, too few to make a pair of.\n"
        "    They serve as examples of what is different, and cannot be tested. Add a second picture to each.\n"
        "      class07"
    )


def test_json_holds_all_of_it(tmp_path: Path) -> None:
    found = report(healthy(tmp_path / "set", classes=6))
    plain = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert plain["class_sizes"]["smallest"][0] == {"class": "class00", "count": 3}
    assert plain["sizes"]["common"] == [{"size": [48, 40], "count": 18}]
    assert plain["findings"][0]["kind"] == "few_classes"
    assert plain.keys() == set(vars(found))


def test_the_gravest_come_first_and_it_is_deterministic(tmp_path: Path) -> None:
    root = healthy(tmp_path / "set", classes=3)
    scene(3, colour=True).save(root / "class00/x.png")
    for item in (1, 2):
        (root / f"class01/{item}.png").unlink()
    first, again = report(root), report(root)
    assert [finding.severity for finding in first.findings] == ["error", "warning", "note"]
    assert first == again


def test_generated_and_array_sources_are_healthy() -> None:
    found = inspect(Glyphs(alphabets=2, characters=10, writers=5, size=64))
    assert found.findings == ()
    assert found.formats == {}
    assert [finding.kind for finding in inspect(Digits()).findings] == ["few_classes", "near_duplicates_within"]


def test_rotated_by_exif_is_equal_to_rotated_by_pixels(tmp_path: Path) -> None:
    root = healthy(tmp_path / "set", classes=1, items=1)
    exif = scene(0).getexif()
    exif[0x0112] = 6
    scene(0).save(root / "class00/turned.png", exif=exif)
    scene(0).rotate(-90, expand=True).save(root / "class00/upright.png")
    _, turned, upright = (look_at(Folder(root), row) for row in range(3))
    assert turned.digest == upright.digest


def test_a_large_jpeg_is_told_with_its_true_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = healthy(tmp_path / "set", classes=1, items=1)
    (root / "class00/x.jpg").write_bytes(encoded(scene(0, (400, 300)), "JPEG"))
    monkeypatch.setattr("gemel.data.opening.MOST_JPEG_PIXELS", 400 * 300 // 4)
    monkeypatch.setattr(looking, "_MAYBE_REDUCED", 1000)
    assert Folder(root).image(1).size == (200, 150)
    assert look_at(Folder(root), 1).size == (400, 300)


def test_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    inspect(Folder(healthy(tmp_path / "set")), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (120, 120)
    assert seen == sorted(seen)


def test_no_items_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        inspect(Folder(tmp_path))


def test_summaries() -> None:
    assert str(Sizes.of(np.array([[3, 4]]))) == "3 x 4 pixels, all"
    assert str(ClassSizes.of(np.array([2, 2]), ("a", "b"))) == "2 each"


@pytest.mark.slow
def test_all_of_omniglot(real_data: Callable[[str], Path]) -> None:
    found = inspect(open_source(real_data("omniglot/omniglot.zip")))
    assert (found.items, found.classes, found.groups) == (32_460, 1_623, 50)
    assert {finding.kind for finding in found.findings} <= FINDINGS.keys()
    assert not [finding for finding in found.findings if finding.severity == "error"]

import csv
from pathlib import Path

import pytest

from gemel.data.sources import CsvList, open_source
from gemel.errors import DataError
from tests.data.sources.made_up import skipped, write


def test_paths_labels_groups(tmp_path: Path) -> None:
    write(tmp_path, "pictures/1.png", "pictures/a b.png", "2.png")
    (tmp_path / "list.csv").write_text(
        "path,label,group\npictures/1.png,A,latin\n2.png,B,latin\npictures/a b.png,A,latin\n", encoding="utf-8-sig"
    )
    source = open_source(tmp_path / "list.csv")
    assert isinstance(source, CsvList)
    assert source.listing.classes == ("latin/A", "latin/B")
    assert source.listing.labels.tolist() == [0, 1, 0]
    assert source.image(2).size == (12, 10)
    assert source.fingerprint == CsvList(tmp_path / "list.csv").fingerprint


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    write(tmp_path, "1.png")
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["Label", " Path"], ["a;b,c\td", "1.png"]])
    assert CsvList(tmp_path / "list.csv").listing.classes == ("a;b,c\td",)


def test_rows_left_out(tmp_path: Path) -> None:
    write(tmp_path, "1.png")
    (tmp_path / "list.csv").write_text("path,label\n1.png,a\n1.png,b\nabsent.png,a\n,a\n2.png\n\n../x.png,a\n")
    assert skipped(CsvList(tmp_path / "list.csv")) == {
        "1.png": "listed twice",
        "absent.png": "no such file",
        "line 5": "no path",
        "2.png": "no label",
        "../x.png": "no such file",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"pth,label\n1.png,a\n", "has no column 'path'. Did you mean 'pth'?"),
        (b"path,labels\n1.png,a\n", "has no column 'label'. Did you mean 'labels'?"),
        (b"", "does not begin with a line of column names, such as path,label"),
        (b"\n\n", "does not begin with a line of column names, such as path,label"),
        (b"path,label\n", "lists no picture that is there (0 rows left out)"),
        (
            b"path,label\nx.png,a\n",
            "lists no picture that is there (1 rows left out; the first: x.png: no such file)",
        ),
        (b"path,label\nx\xff.png,a\n", "is not a UTF-8 text; save it as CSV in UTF-8"),
        (b"\x89PNG\xff\xfe\x00", "is not a UTF-8 text; save it as CSV in UTF-8"),
        (b'path,label\n"' + b"x" * 200_000 + b'",a\n', "line 2: field larger than field limit (131072)"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        _ = open_source(tmp_path / "list.csv").listing
    assert message in str(caught.value)

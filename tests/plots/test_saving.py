import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gemel.errors import InputError
from gemel.plots.saving import save
from gemel.plots.style import RESOLUTION, WIDTH, new_figure


def test_a_picture_is_written_at_its_size_and_again_to_the_same_bytes(tmp_path):
    path = save(new_figure(3, "Toys"), tmp_path / "new" / "toys.png")
    with Image.open(path) as image:
        assert image.size == (WIDTH * RESOLUTION, 3 * RESOLUTION)
        assert np.asarray(image.convert("L")).min() < 60  # the title's ink
    assert save(new_figure(3, "Toys"), tmp_path / "again.png").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("jpg", b"\xff\xd8")])
def test_other_formats(tmp_path, ending, start):
    assert save(new_figure(2, "Toys"), tmp_path / f"toys.{ending}").read_bytes().startswith(start)


def test_a_failure_leaves_the_old_picture(tmp_path, monkeypatch):
    path = tmp_path / "toys.png"
    path.write_bytes(b"old")

    def half(self, target, **options):
        target.write_bytes(b"half a pic")
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", half)
    with pytest.raises(OSError, match="disk full"):
        save(new_figure(2, "Toys"), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["toys.pngg", "toys"])
def test_an_unknown_ending_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=f"cannot be written as '{name}'"):
        save(new_figure(2, "Toys"), tmp_path / name)


def test_pyplot_stays_out():
    assert "matplotlib.pyplot" not in sys.modules

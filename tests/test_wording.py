from __future__ import annotations

from gemel.wording import counted


def test_counting() -> None:
    assert [counted(number, "class", "classes") for number in (1, 2, 1200)] == ["1 class", "2 classes", "1,200 classes"]

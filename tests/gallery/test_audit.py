from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gemel.gallery.audit import Audit
from gemel.gallery.database import opened


def test_changes_are_told_newest_first_a_page_at_a_time(tmp_path):
    engine = opened(tmp_path / "audit.db")
    audit = Audit(engine)
    assert audit.entries() == ([], 0)
    for number in range(5):
        audit.record("scanner", "enrol", label=f"c{number}", references=[number])
    entries, total = audit.entries(page=2, size=2)
    assert total == 5
    assert [entry.detail["label"] for entry in entries] == ["c2", "c1"]
    told = entries[0].to_json()
    assert (told["who"], told["action"], told["detail"]) == ("scanner", "enrol", {"label": "c2", "references": [2]})
    assert datetime.now(UTC) - datetime.fromisoformat(told["at"]) < timedelta(minutes=5)
    engine.dispose()

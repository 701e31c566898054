"""Visitors by session, and how a program asks the same."""

from __future__ import annotations

from gemel.pages import visitors
from gemel.pages.curl import identify_command, verify_command
from gemel.pages.visitors import Visitors


def test_a_session_keeps_its_visitor():
    known = Visitors()
    first = known.of("a", "en-GB,en;q=0.9")
    first.key = "secret"
    assert known.of("a", "zh-CN") is first
    assert known.of("b", "").key == ""


def test_who_reads_chinese_first_is_spoken_to_in_chinese():
    known = Visitors()
    assert known.of("a", "zh-CN,zh;q=0.9,en;q=0.8").language == "zh"
    assert known.of("b", "de-CH,zh;q=0.5").language == "en"
    assert known.of("c", "").language == "en"


def test_the_longest_unseen_are_forgotten(monkeypatch):
    monkeypatch.setattr(visitors, "MOST", 2)
    known = Visitors()
    first, second = known.of("1", ""), known.of("2", "")
    known.of("1", "")
    known.of("3", "")
    assert known.of("1", "") is first
    assert known.of("2", "") is not second


def test_who_gave_no_key_makes_nobody_forgotten_who_did(monkeypatch):
    monkeypatch.setattr(visitors, "MOST", 2)
    known = Visitors()
    first = known.of("1", "")
    first.key = "secret"
    for stranger in range(2, 9):
        known.of(str(stranger), "")
    assert known.of("1", "") is first
    known.of("2", "").key = "another"
    assert known.of("3", "") is known.of("3", "")


def test_the_shells_lines_name_no_key():
    assert identify_command("http://127.0.0.1:8000/", False) == (
        "curl -F file=@picture.png http://127.0.0.1:8000/api/v1/identify"
    )
    assert verify_command("http://h:1/", True) == (
        'curl -H "X-API-Key: $GEMEL_KEY" -F a=@first.png -F b=@second.png http://h:1/api/v1/verify'
    )

"""Work in threads: in order, as precise as the caller's, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from gemel.adaptation import in_threads


@pytest.fixture
def cores() -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield 2
    torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_come_in_the_order_of_the_questions(threads: int, cores: int) -> None:
    assert list(in_threads(lambda x: x * x, range(20), threads)) == [x * x for x in range(20)]
    assert list(in_threads(lambda x: x, [], threads)) == []


def test_each_thread_counts_on_one_core_and_the_caller_on_as_many_as_before(cores: int) -> None:
    both = threading.Barrier(2)  # so that neither thread does the other's work

    def seen(_: int) -> tuple[int, int]:
        both.wait(10)
        return torch.get_num_threads(), threading.get_ident()

    told = list(in_threads(seen, range(2), 2))
    assert [count for count, _ in told] == [1, 1]
    assert len({thread for _, thread in told}) == 2
    assert torch.get_num_threads() == cores


def test_what_the_caller_does_in_between_takes_one_core(cores: int) -> None:
    assert [torch.get_num_threads() for _ in in_threads(abs, range(3), 2)] == [1, 1, 1]
    assert torch.get_num_threads() == cores
    for _ in in_threads(abs, range(3), 2):
        break
    assert torch.get_num_threads() == cores


@pytest.mark.parametrize("lowered", [False, True])
def test_the_caller_s_precision_holds_within(lowered: bool, cores: int) -> None:
    x = torch.ones(2, 2)
    with torch.autocast("cpu", torch.bfloat16, enabled=lowered):
        (product,) = in_threads(lambda _: x @ x, range(1), 2)
    assert product.dtype == (torch.bfloat16 if lowered else torch.float32)


def test_an_error_reaches_the_caller(cores: int) -> None:
    def fails(x: int) -> int:
        raise ValueError(f"no {x}")

    with pytest.raises(ValueError, match="no 0"):
        list(in_threads(fails, range(3), 2))
    assert torch.get_num_threads() == cores

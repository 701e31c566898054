from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

import gemel
from gemel.data.sources.glyphs import draw_glyphs
from gemel.errors import GemelError, InputError
from gemel.model import Model
from gemel.server.encoding import Encoding, EncodingHere
from gemel.server.gathered_model import GatheredModel, gathered
from gemel.server.gathering import Gathering
from gemel.server.together import ApartInProducts, embed_together, quick_sizes, sizes_that_agree, up_to_the_quickest


@pytest.fixture(scope="module")
def characters() -> Model:
    return gemel.load("characters")


@pytest.fixture(scope="module")
def drawings() -> list[np.ndarray]:
    return list(draw_glyphs(7, characters=6, writers=2, size=48, seed=5).reshape(-1, 48, 48))


@pytest.fixture(scope="module")
def served(characters: Model) -> Iterator[GatheredModel]:
    model = gathered(characters)
    assert model.gathering.wait_until_tried(120)
    yield model
    model.gathering.close()


def test_the_packaged_model_agrees_in_batches(served: GatheredModel, characters: Model) -> None:
    assert 8 in sizes_that_agree(characters)
    assert 2 in served.gathering.sizes  # how many more there are is a matter of speed


def test_quick_sizes_are_some_of_those_that_came(tiny_model: Model) -> None:
    found = quick_sizes(tiny_model, (2, 4))
    assert found in ((4, 2), (2,))
    assert quick_sizes(tiny_model, ()) == ()


def test_what_does_not_agree_is_not_used(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemel.server.together.embed_together", lambda model, pixels: torch.full((len(pixels), 2), 1.0))
    assert sizes_that_agree(tiny_model, (2, 4)) == (4, 2)
    monkeypatch.setattr(
        "gemel.server.together.embed_together", lambda model, pixels: torch.full((len(pixels), 2), float(len(pixels)))
    )
    assert sizes_that_agree(tiny_model, (2, 4)) == ()


def test_each_picture_s_rows_are_multiplied_apart() -> None:
    torch.manual_seed(0)
    layer, rows = nn.Linear(1440, 128), torch.randn(3 * 5, 1440)  # 3 views of 5 pictures
    with ApartInProducts(5):
        together = layer(rows)
    for picture in range(5):
        assert torch.equal(together[picture::5], layer(rows[picture::5].contiguous()))


def test_callers_get_their_own_embedding_to_the_bit(served: GatheredModel, characters: Model, drawings) -> None:
    expected, before = characters.embed(drawings), served.gathering.pictures
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda drawing: served.embed([drawing])[0], drawings))
    assert np.array_equal(np.stack(found), expected)
    assert np.array_equal(served.embed(drawings), expected)
    assert served.gathering.pictures - before == len(drawings)  # the second time they are known
    assert served.gathering.batches < served.gathering.pictures
    assert served.fingerprint == characters.fingerprint
    assert served.score(drawings[0], drawings[0]) == 1.0


def test_nothing_is_embedded_of_nothing(served: GatheredModel) -> None:
    assert served.embed([]).shape == (0, 128)


def test_a_bad_picture_harms_nobody_else(served: GatheredModel, drawings) -> None:
    with pytest.raises(InputError):
        served.embed([drawings[0], b"no picture"])
    assert served.embed(drawings[:1]).shape == (1, 128)


def test_a_failing_encoder_is_told_to_all_who_wait(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    gathering = Gathering([EncodingHere(tiny_model)], sizes=(2,))
    assert gathering.wait_until_tried(60)
    monkeypatch.setattr("gemel.server.encoding.embed_together", lambda model, pixels: 1 / 0)
    answers = [gathering.ask(np.full((1, 28, 28), level, np.uint8)) for level in range(3)]
    for answer in answers:
        with pytest.raises(ZeroDivisionError):
            answer.result(60)
    monkeypatch.undo()
    pixels = np.zeros((1, 28, 28), np.uint8)
    expected = embed_together(tiny_model, torch.from_numpy(pixels)[None])[0].numpy()
    assert np.array_equal(gathering.ask(pixels).result(60), expected)
    gathering.close()


def test_a_batch_waits_for_those_who_prepare_and_no_longer(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def embed(model: Model, pixels: torch.Tensor) -> torch.Tensor:
        sizes.append(len(pixels))
        return torch.zeros(len(pixels), 16)

    gathering = Gathering([EncodingHere(tiny_model)], patience=30.0, sizes=())
    assert gathering.wait_until_tried(60)
    gathering.sizes = (4,)
    monkeypatch.setattr("gemel.server.encoding.embed_together", embed)
    pixels = np.zeros((1, 28, 28), np.uint8)
    assert gathering.ask(pixels).result(10).shape == (16,)  # a lone request does not wait
    with gathering:
        answers = [gathering.ask(pixels + level) for level in (1, 2, 3)]
        time.sleep(0.05)
        assert not any(answer.done() for answer in answers)
        answers.append(gathering.ask(pixels + 4))
        for answer in answers:
            answer.result(10)
    assert sizes == [1, 4]
    gathering.close()


class Fake(Encoding):
    """One of two, of which neither embeds before the other does too; it says which sizes suit it."""

    def __init__(self, model: Model, both: threading.Barrier, agree: Sequence[int] = (), quick: Sequence[int] = ()):
        self.model, self.both, self.agree, self.quickest, self.closed = model, both, agree, quick, False

    def agreeing(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return tuple(self.agree)

    def quick(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return tuple(size for size in sizes if size in self.quickest)

    def embed(self, pixels: np.ndarray) -> np.ndarray:
        self.both.wait()
        return embed_together(self.model, torch.from_numpy(pixels)).numpy()

    def close(self) -> None:
        self.closed = True


def test_two_encoders_work_at_once_and_answer_alike(tiny_model: Model) -> None:
    both = threading.Barrier(2, timeout=60)
    encodings = [Fake(tiny_model, both), Fake(tiny_model, both)]
    gathering = Gathering(encodings)
    pictures = [np.full((1, 28, 28), level, np.uint8) for level in range(4)]
    answers = [gathering.ask(pixels) for pixels in pictures]
    for pixels, answer in zip(pictures, answers, strict=True):
        expected = embed_together(tiny_model, torch.from_numpy(pixels)[None])[0].numpy()
        assert np.array_equal(answer.result(60), expected)
    gathering.close()
    assert (gathering.batches, gathering.pictures) == (4, 4)
    assert all(encoding.closed for encoding in encodings)


def test_no_encoder_takes_what_another_could_be_at_work_on(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    both, filled, sizes = threading.Barrier(2, timeout=60), threading.Event(), (16, 8, 4, 2)
    monkeypatch.setattr(Fake, "agreeing", lambda fake, tried: filled.wait(60) and fake.agree)
    gathering = Gathering([Fake(tiny_model, both, sizes, sizes) for _ in range(2)])
    answers = [gathering.ask(np.full((1, 28, 28), level, np.uint8)) for level in range(16)]
    filled.set()  # from here on both are free, and sixteen wait
    for answer in answers:
        assert answer.result(60).shape == (16,)
    gathering.close()
    assert (gathering.batches, gathering.pictures) == (2, 16)


def test_a_size_is_used_where_it_suits_every_encoder(tiny_model: Model) -> None:
    both = threading.Barrier(2)
    suited = Fake(tiny_model, both, (8, 4, 2), (4, 2)), Fake(tiny_model, both, (16, 4, 2), (16, 4, 2))
    gathering = Gathering(suited)
    assert gathering.wait_until_tried(60)
    assert gathering.sizes == (4, 2)
    gathering.close()


def test_an_encoder_that_fails_when_tried_still_answers(
    tiny_model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    encoding = EncodingHere(tiny_model)
    monkeypatch.setattr("gemel.server.encoding.sizes_that_agree", lambda model, sizes: 1 / 0)
    gathering = Gathering([encoding])
    assert gathering.ask(np.zeros((1, 28, 28), np.uint8)).result(60).shape == (16,)
    assert gathering.sizes == ()
    assert "ZeroDivisionError" in caplog.text
    gathering.close()


def test_sizes_end_where_pictures_take_longer() -> None:
    assert up_to_the_quickest({1: 20.0, 2: 15.0, 4: 10.0, 8: 14.0, 16: 13.0}) == (4, 2, 1)
    assert up_to_the_quickest({2: 15.0, 4: 10.0, 8: 10.4}) == (8, 4, 2)  # a little longer is no reason
    assert up_to_the_quickest({}) == ()


def test_what_is_asked_at_once_is_embedded_once(tiny_model: Model) -> None:
    gathering = Gathering([EncodingHere(tiny_model)], sizes=())
    pixels = np.zeros((1, 28, 28), np.uint8)
    answers = {id(gathering.ask(pixels)) for _ in range(5)}
    assert len(answers) == 1
    for level in range(100):
        gathering.ask(pixels + level)
    gathering.ask(pixels + 99).result(60)
    assert gathering.pictures == 100
    gathering.ask(pixels).result(60)  # forgotten meanwhile
    assert gathering.pictures == 101
    gathering.close()


def test_what_was_asked_before_closing_is_answered(tiny_model: Model) -> None:
    gathering = Gathering([EncodingHere(tiny_model)], sizes=(2,))
    answers = [gathering.ask(np.full((1, 28, 28), level, np.uint8)) for level in range(5)]
    closing = threading.Thread(target=gathering.close)
    closing.start()
    assert all(answer.result(60).shape == (16,) for answer in answers)
    closing.join()
    gathering.close()
    with pytest.raises(GemelError, match="stopping"):
        gathering.ask(np.zeros((1, 28, 28), np.uint8))


def test_it_ends_with_the_last_who_holds_its_model(tiny_model: Model) -> None:
    held = gathered(tiny_model)
    gathering, answer = held.gathering, held.embed([np.zeros((28, 28), np.uint8)])
    assert np.array_equal(answer, tiny_model.embed([np.zeros((28, 28), np.uint8)]))
    assert gathering.alive
    del held
    gathering.join(60)
    assert not gathering.alive

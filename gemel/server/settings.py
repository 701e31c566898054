"""What a server allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Settings:
    """What a server allows, and where it keeps its jobs.

    Attributes:
        host: the address that it listens on; without an API key, only the machine's own.
        largest_picture: bytes of one picture.
        largest_request: bytes of one request's body.
        largest_values: bytes of the body of a request that takes no pictures.
        largest_import: bytes of a file of pictures that is brought in as a job.
        most_pictures: in one request.
        most_pixels: of a picture, told by its header before anything is decoded.
        most_pixels_together: of the pictures that are being enrolled, by one request or by all; the next ones wait.
        rate: requests a second for each key, or each address where no key is needed; 0 for any number.
        most_waiting: requests at once; the next ones are asked to come again.
        patience: seconds that a batch may wait for more pictures, where some are on their way.
        processes: that embed pictures, and share out PyTorch's threads: many requests at once are answered sooner; 0
            embeds in the server's own.
        attempts: whether questions are kept to be looked through.
        jobs: the folder of jobs, which go on there after a restart; none, and they end with the server.
        models: folders of models, by the names under which the gallery may go over to them.

    Raises:
        ValueError: a limit is not positive.
    """

    host: str = "127.0.0.1"
    largest_picture: int = 20 * MEBIBYTE
    largest_request: int = 64 * MEBIBYTE
    largest_values: int = MEBIBYTE
    largest_import: int = 1024 * MEBIBYTE
    most_pictures: int = 20
    most_pixels: int = 40_000_000
    most_pixels_together: int = 250_000_000
    rate: float = 0.0
    most_waiting: int = 256
    patience: float = 0.05
    processes: int = 0
    attempts: bool = True
    jobs: Path | None = None
    models: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = (
            "largest_picture",
            "largest_request",
            "largest_values",
            "largest_import",
            "most_pictures",
            "most_pixels",
            "most_pixels_together",
            "most_waiting",
        )
        for name in limits:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        for name in ("rate", "patience", "processes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it may not be below 0")

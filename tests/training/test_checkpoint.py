from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from gemel.errors import ModelError
from gemel.randomness import numpy_generator, torch_generator
from gemel.training.checkpoint import NAME, Checkpoint

WEIGHTS = torch.randn(20, 30, generator=torch_generator(0, "weights"))


def example() -> Checkpoint:
    return Checkpoint(
        step=7,
        learner={"weight": WEIGHTS, "count": torch.tensor(3)},
        average={"weight": WEIGHTS / 2},
        optimizer={"state": {0: {"step": torch.tensor(7.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        best={"weight": WEIGHTS / 3},
        history=[{"step": 5, "loss": 0.25, "accuracy": 0.5, "metrics": {"active": 1.0}}],
        running={"loss": 0.75},
        recipe="name: tiny\n",
    )


def same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    return bool(first == second)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    example().write(tmp_path / "run")
    assert same(vars(Checkpoint.read(tmp_path / "run")), vars(example()))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [NAME]


def test_a_failed_write_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example().write(tmp_path)

    def fail(*arguments: object) -> None:
        Path(str(arguments[1])).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        example().write(tmp_path)
    assert Checkpoint.read(tmp_path).step == 7
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_none_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        Checkpoint.read(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} holds no checkpoint.pt to resume from; start the training without --resume."
    )


def refused(run: Path, content: bytes) -> None:
    (run / NAME).write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint.pt is damaged \(\w+\); delete it and train again\.$"):
        Checkpoint.read(run)


def test_one_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    example().write(tmp_path)
    content = (tmp_path / NAME).read_bytes()
    for length in [0, 1, len(content) - 1, *numpy_generator(0, "cuts").integers(len(content), size=20)]:
        refused(tmp_path, content[:length])


def test_a_byte_changed_anywhere_is_refused_or_harmless(tmp_path: Path) -> None:
    example().write(tmp_path)
    content = (tmp_path / NAME).read_bytes()
    generator = numpy_generator(0, "bytes")
    refusals = 0
    for place in generator.integers(len(content), size=60):
        changed = bytearray(content)
        changed[place] ^= int(generator.integers(1, 256))
        (tmp_path / NAME).write_bytes(changed)
        try:
            assert same(vars(Checkpoint.read(tmp_path)), vars(example()))  # padding between the parts
        except ModelError:
            refusals += 1
    assert refusals > 20


def test_a_changed_weight_is_refused(tmp_path: Path) -> None:
    example().write(tmp_path)
    content = bytearray((tmp_path / NAME).read_bytes())
    content[content.find(WEIGHTS.numpy().tobytes()) + 100] ^= 1
    refused(tmp_path, bytes(content))


def test_noise_other_archives_and_other_values_are_refused(tmp_path: Path) -> None:
    refused(tmp_path, numpy_generator(0, "noise").bytes(2000))
    torch.save({"step": 1}, tmp_path / "other")
    refused(tmp_path, (tmp_path / "other").read_bytes())
    torch.save([1, 2], tmp_path / "other")
    refused(tmp_path, (tmp_path / "other").read_bytes())


class Trap:
    """Touches a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    refused(tmp_path, pickle.dumps(trap))
    torch.save({**vars(example()), "running": trap}, tmp_path / "other")
    refused(tmp_path, (tmp_path / "other").read_bytes())
    assert not (tmp_path / "sprung").exists()
    torch.load(tmp_path / "other", weights_only=False)
    assert (tmp_path / "sprung").exists()  # the trap works

"""The command line, asked and its answers read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

from gemel.cli.main import outcome

#: Runs one command: arguments -> (exit status, standard output, standard error).
RunCommand: TypeAlias = Callable[..., tuple[int, str, str]]


def answered(arguments: Sequence[object], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return the exit status, standard output and standard error of one command."""
    capsys.readouterr()
    status = outcome([str(argument) for argument in arguments])
    return status, *capsys.readouterr()


class Command:
    """A command of ``gemel``, by name, with what it says caught."""

    def __init__(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.name, self.capsys = name, capsys

    def told(self, *arguments: object) -> tuple[int, str, str]:
        """Return the status, standard output and standard error."""
        return answered([self.name, *arguments], self.capsys)

    def result(self, *arguments: object) -> Any:
        """Return what it answers as JSON."""
        status, out, err = self.told(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)

    def complains(self, *arguments: object) -> str:
        """Return its one line of complaint; nothing else is an answer."""
        status, out, err = self.told(*arguments)
        errors = [line for line in err.splitlines() if line.startswith("error: ")]
        assert (status, out, len(errors)) == (2, "", 1)
        return errors[0]

    def shows_an_example(self, example: str) -> bool:
        """Tell whether its help has that example."""
        status, out, _ = self.told("--help")
        return status == 0 and "Example" in out and example in out

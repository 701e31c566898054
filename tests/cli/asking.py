"""The command line, asked and its answers read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gemel.cli.main import outcome


class Command:
    """A command of ``gemel``, by name, with what it says caught."""

    def __init__(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.name, self.capsys = name, capsys

    def told(self, *arguments: object) -> tuple[int, str, str]:
        """Return the status, standard output and standard error."""
        self.capsys.readouterr()
        status = outcome([self.name, *(str(argument) for argument in arguments)])
        return status, *self.capsys.readouterr()

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

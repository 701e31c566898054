"""The command line, run in this process."""

from __future__ import annotations

import pytest

from tests.cli.asking import RunCommand, answered


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs one command."""
    return lambda *arguments: answered(arguments, capsys)

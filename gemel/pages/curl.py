"""How a program asks the same, as a line for a shell."""

from __future__ import annotations


def identify_command(base: str, keys: bool) -> str:
    """Return the call that recognises a picture."""
    return command(base, keys, "identify", "file=@picture.png")


def verify_command(base: str, keys: bool) -> str:
    """Return the call that compares two pictures."""
    return command(base, keys, "verify", "a=@first.png", "b=@second.png")


def command(base: str, keys: bool, path: str, *parts: str) -> str:
    """Return a call; a key stands in a variable, never in the line."""
    header = ['-H "X-API-Key: $GEMEL_KEY"'] if keys else []
    return " ".join(["curl", *header, *(f"-F {part}" for part in parts), f"{base.rstrip('/')}/api/v1/{path}"])

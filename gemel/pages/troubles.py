"""What went wrong, as a visitor reads it."""

from __future__ import annotations

from gemel.errors import GemelError
from gemel.pages.texts import TABLE, Texts
from gemel.server.problems import ProblemError, problem_of


class SaidError(GemelError):
    """What was refused, said in the visitor's own language."""


def in_words(error: GemelError | ProblemError, say: Texts) -> str:
    """Return an error's kind in the visitor's language, with the library's own line, which is English."""
    if isinstance(error, SaidError):
        return str(error)
    problem = error if isinstance(error, ProblemError) else problem_of(error)
    kind = problem.code if f"problem.{problem.code}" in TABLE else "refused"
    return say(f"problem.{kind}", message=problem.message)

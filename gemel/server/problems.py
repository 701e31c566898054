"""Errors as programs read them: ``{code, message, field}`` with a status of HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gemel.errors import DataError, GemelError, InputError

#: What each status means here, and the code that is told with it.
MEANINGS: dict[int, tuple[str, str]] = {
    401: ("unauthorised", "No API key came, or one that is not valid."),
    403: ("forbidden", "The key's scope does not reach so far, or the request is not allowed from there."),
    404: ("not_found", "There is no such thing."),
    405: ("method_not_allowed", "The path does not answer this method."),
    409: ("duplicate", "It is there already, or things are not so that it could be done."),
    413: ("too_large", "The request, or a picture's size in pixels, is too large."),
    415: ("unsupported_type", "The content is of a type that is not read."),
    422: ("invalid", "A value does not fit, or a picture cannot be decoded."),
    429: ("too_many", "Too many requests; Retry-After tells when to come again."),
    500: ("internal", "The server failed; its log tells more."),
    503: ("unavailable", "The gallery's database cannot be used at the moment."),
}


class ProblemReply(BaseModel):
    """An error: a word for programs, a sentence for people, and the field that it is about."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "unknown_class",
                "message": "There is no class 'M6 bolts'. Did you mean 'M6 bolt'?",
                "field": "label",
            }
        }
    )

    code: str = Field(description="A word for programs; it stays.")
    message: str = Field(description="One line for people: what came, what was expected, what to do.")
    field: str | None = Field(default=None, description="What it is about, where that is one field.")


class ProblemError(Exception):
    """What ends a request with an error.

    Args:
        status: of HTTP.
        message: one line.
        code: a word for programs; the status's own by default.
        field: what it is about.
        headers: to be told besides.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.field, self.headers = status, message, field, headers
        self.code = code or MEANINGS[status][0]

    def reply(self) -> JSONResponse:
        """Return what the client is told."""
        told = ProblemReply(code=self.code, message=plain(self.message), field=self.field and plain(self.field))
        return JSONResponse(told.model_dump(), self.status, self.headers)


def plain(text: str) -> str:
    """Return a text as one line that UTF-8 can write."""
    return " ".join(text.encode("utf-8", "backslashreplace").decode().split())


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI tells of the errors that a route answers with."""
    return {status: {"model": ProblemReply, "description": MEANINGS[status][1]} for status in statuses}


def problem_of(error: GemelError) -> ProblemError:
    """Return what a client is told of an error of Gemel's."""
    if isinstance(error.__cause__, SQLAlchemyError):
        logging.getLogger("gemel.server").error("%s", error)
        return ProblemError(503, MEANINGS[503][1])
    if isinstance(error, InputError):
        return ProblemError(422, str(error), "undecodable")
    return ProblemError(422 if isinstance(error, DataError) else 409, str(error), "refused")


def problem_of_values(error: ValidationError | RequestValidationError) -> ProblemError:
    """Return what a client is told of a value that does not fit: the first of them."""
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    return ProblemError(422, f"{'.'.join(where) or 'The request'}: {first['msg']}.", field=".".join(where) or None)


def answer_problems(app: FastAPI) -> None:
    """Let the app tell every error in this one shape."""

    def told(kind: type[Exception], problem: Callable[[Any], ProblemError]) -> None:
        def answer(_: Request, error: Exception) -> Response:
            return problem(error).reply()

        app.add_exception_handler(kind, answer)

    told(ProblemError, lambda error: error)
    told(GemelError, problem_of)
    told(RequestValidationError, problem_of_values)
    told(ValidationError, problem_of_values)
    told(HTTPException, _of_http)
    told(ClientDisconnect, lambda error: ProblemError(422, "The client went away before all of it came."))
    told(Exception, lambda error: ProblemError(500, MEANINGS[500][1]))


def _of_http(error: HTTPException) -> ProblemError:
    """Return the problem of an error that the framework raises; whatever it cannot read is invalid."""
    status = error.status_code if error.status_code in MEANINGS else 422
    headers = dict(error.headers) if error.headers else None
    return ProblemError(status, str(error.detail) or HTTPStatus(status).phrase, headers=headers)

"""What a request hands in: pictures as files of a form or in base64, or embeddings; and options."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from gemel.data.items import Item
from gemel.server.problems import ProblemError
from gemel.server.service import ASKED, Service
from gemel.server.settings import MEBIBYTE, Settings
from gemel.server.uploads import checked_picture

O = TypeVar("O", bound=BaseModel)  # noqa: E741 - options

#: In JSON, an embedding may be called so in place of the one picture that is asked about.
EMBEDDING = "embedding"

#: Numbers of an embedding are smaller: they fit into float32.
GREATEST = 1e38

#: Values in JSON, at most: two embeddings of the most numbers have fewer. A base64 text is one, however long.
MOST_IN_JSON = 200_000

#: Fields of a form that are no pictures.
MOST_VALUES = 1000


@dataclass(frozen=True)
class Submission(Generic[O]):
    """What came.

    Attributes:
        handed: by field: a file's bytes, a text in base64, or the numbers of an embedding; several where several came.
        names: what files were called, in the order of ``handed``; told, never opened.
        options: the other fields.
    """

    handed: Mapping[str, list[Any]]
    names: Mapping[str, list[str]]
    options: O
    settings: Settings

    def pictures(self, field: str) -> list[bytes]:
        """Return the pictures of a field, none of them decoded yet; to be called off the event loop.

        Raises:
            ProblemError: there is none, too many came, or one is no picture (415), too large (413) or damaged (422).
        """
        handed = self._some(field)
        if any(not isinstance(each, bytes | str) for each in handed):
            raise ProblemError(422, f"{field}: a picture is expected; an embedding cannot stand for it.", field=field)
        return [checked_picture(self._bytes(each, field), self.settings, field) for each in handed]

    def one(self, field: str) -> Item:
        """Return the one picture of a field, or the embedding that stands for it; to be called off the event loop.

        Raises:
            ProblemError: as ``pictures``, or several came.
        """
        handed = self._some(field)
        if len(handed) > 1:
            raise ProblemError(422, f"{field}: {len(handed)} came; one is expected.", field=field)
        if isinstance(handed[0], list):
            return np.array(handed[0], np.float32)
        return self.pictures(field)[0]

    def has(self, field: str) -> bool:
        """Return whether anything came in a field."""
        return bool(self.handed.get(field))

    def _some(self, field: str) -> list[Any]:
        handed = self.handed.get(field, [])
        if not handed:
            raise ProblemError(422, f"{field}: a picture is expected; none came.", field=field)
        if len(handed) > self.settings.most_pictures:
            raise ProblemError(
                413, f"{field}: {len(handed)} pictures; at most {self.settings.most_pictures}.", field=field
            )
        return handed

    def _bytes(self, handed: bytes | str, field: str) -> bytes:
        if isinstance(handed, bytes):
            return handed
        try:
            return base64.b64decode(handed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProblemError(422, f"{field}: not base64 ({error}).", "undecodable", field) from error


async def submitted(request: Request, options: type[O], fields: Sequence[str] = (ASKED,)) -> Submission[O]:
    """Return what a request hands in: a form, or JSON.

    Args:
        request: the request.
        options: what the other fields must be.
        fields: those of pictures.

    Raises:
        ProblemError: it is of another type (415), has too much in it (413), or cannot be read (422).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    service: Service = request.app.state.service
    if kind == "multipart/form-data":
        return await _of_form(request, options, fields, service.settings)
    if kind == "application/json":
        content = await request.body()
        return await service.call(_of_json, content, options, fields, service.settings)
    raise ProblemError(
        415,
        f"The content is '{kind or 'of no type'}'; multipart/form-data or application/json is expected.",
        field="content-type",
    )


async def _of_form(request: Request, options: type[O], fields: Sequence[str], settings: Settings) -> Submission[O]:
    handed: dict[str, list[Any]] = {}
    names: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    limits: dict[str, int] = {"max_files": settings.most_pictures, "max_fields": MOST_VALUES}
    with form_errors():
        async with request.form(**limits, max_part_size=MEBIBYTE) as form:
            for field, value in form.multi_items():
                if field in fields:
                    handed.setdefault(field, []).append(await _content(field, value, settings))
                    names.setdefault(field, []).append((value.filename if isinstance(value, UploadFile) else "") or "")
                elif isinstance(value, str):
                    values.setdefault(field, []).append(value)
    told = {field: value if _takes_many(options, field) else value[-1] for field, value in values.items()}
    return Submission(handed, names, options.model_validate(told), settings)


@contextmanager
def form_errors() -> Iterator[None]:
    """Tell what the parser of forms, in its words, finds wrong inside."""
    try:
        yield
    except HTTPException as error:
        status = 413 if "Too many" in error.detail else 422
        raise ProblemError(status, f"The form cannot be read: {error.detail}") from error


async def _content(field: str, value: UploadFile | str, settings: Settings) -> bytes:
    if isinstance(value, str):
        raise ProblemError(422, f"{field}: a text came; a file is expected.", field=field)
    if (value.size or 0) > settings.largest_picture:
        raise ProblemError(413, f"{field}: {value.size:,} bytes; at most {settings.largest_picture:,}.", field=field)
    return await value.read()


def _of_json(content: bytes, options: type[O], fields: Sequence[str], settings: Settings) -> Submission[O]:
    if sum(map(content.count, (b",", b"[", b"{"))) > MOST_IN_JSON:  # small in bytes, they would be large in memory
        raise ProblemError(413, f"The content is JSON of more than {MOST_IN_JSON:,} values.")
    try:
        read = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ProblemError(422, f"The content is not JSON: {error}.", "undecodable") from error
    if not isinstance(read, dict):
        raise ProblemError(422, "The content is JSON; an object with the fields is expected.")
    if ASKED in fields and EMBEDDING in read:
        read[ASKED] = read.pop(EMBEDDING)
    handed = {field: _listed(field, read.pop(field)) for field in fields if read.get(field) is not None}
    longest = settings.largest_picture * 4 // 3 + 4
    for field, values in handed.items():
        if any(isinstance(value, str) and len(value) > longest for value in values):
            raise ProblemError(413, f"{field}: at most {settings.largest_picture:,} bytes.", field=field)
    return Submission(handed, {}, options.model_validate(read), settings)


def _listed(field: str, value: Any) -> list[Any]:
    """Return the pictures or embeddings of a field: a text, several, or the numbers of one embedding."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    if isinstance(value, list) and value and all(type(each) in (int, float) and abs(each) < GREATEST for each in value):
        return [value]
    raise ProblemError(422, f"{field}: a picture in base64, or an embedding's numbers, are expected.", field=field)


def _takes_many(options: type[BaseModel], field: str) -> bool:
    known = options.model_fields.get(field)
    return known is not None and "tuple" in str(known.annotation)


def body(
    options: type[BaseModel],
    fields: Sequence[str] = (ASKED,),
    many: bool = False,
    embeddings: bool = True,
    optional: bool = False,
) -> dict[str, Any]:
    """Return how OpenAPI tells of a request that ``submitted`` reads.

    Args:
        options, fields: as there.
        many: whether a field takes several pictures.
        embeddings: whether an embedding may stand for a picture.
        optional: whether pictures may be left out.
    """
    known = options.model_json_schema(ref_template="#/components/schemas/{model}")
    rest = known.get("properties", {})
    picture: dict[str, Any] = {
        "type": "string",
        "contentMediaType": "image/*",
        "format": "binary",
        "description": "A picture's file.",
    }
    text = {
        "type": "string",
        "contentEncoding": "base64",
        "description": "A picture's file in base64.",
        "examples": [DOT],
    }
    numbers = {"type": "array", "items": {"type": "number"}, "description": "An embedding, as `/embed` gives it."}
    told: dict[str, Any] = {"anyOf": [text, numbers]} if embeddings else text
    if many:
        picture, told = {"type": "array", "items": picture}, {"anyOf": [text, {"type": "array", "items": text}]}
    required = [] if optional else list(fields)
    base = {"type": "object", "additionalProperties": False, "required": required}
    form = {**base, "properties": {**dict.fromkeys(fields, picture), **rest}}
    values = {**base, "properties": {**dict.fromkeys(fields, told), **rest}}
    example = dict.fromkeys(fields, DOT)
    content = {"multipart/form-data": {"schema": form}, "application/json": {"schema": values, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


#: A picture of one pixel, for examples.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

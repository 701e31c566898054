"""A gallery belongs to one model: embeddings of two do not compare."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gemel.errors import ModelError
from gemel.gallery.database import explained, shown
from gemel.gallery.tables import FORMAT, ModelRow
from gemel.model import Model

#: The gallery's one model.
MODEL_ID = 1


def claim(engine: Engine, model: Model) -> None:
    """Make the gallery this model's if it is nobody's yet.

    Raises:
        ModelError: it is another model's, or was made by a newer Gemel.
    """
    with explained(engine.url), Session(engine) as session:
        owner = session.get(ModelRow, MODEL_ID) or _first(session, model)
    where = shown(engine.url)
    if owner.format != FORMAT:
        raise ModelError(
            f"{where} has format {owner.format}; this Gemel reads {FORMAT}. Install the Gemel that wrote it."
        )
    if owner.fingerprint != model.fingerprint:
        raise ModelError(
            f"{where} was made with another model, '{owner.name}' ({owner.fingerprint[:12]}), and this one is "
            f"'{named(model)}' ({model.fingerprint[:12]}): their embeddings do not compare. Open it with that model, "
            "or enrol the items again in a new gallery."
        )


def named(model: Model) -> str:
    """Return what to call the model: its folder, or its recipe's name."""
    return str(model.folder or model.recipe.name)


def _first(session: Session, model: Model) -> ModelRow:
    """Return the gallery's owner: this model, unless another process was first."""
    row = ModelRow(
        id=MODEL_ID,
        format=FORMAT,
        fingerprint=model.fingerprint,
        name=named(model),
        dimensions=model.dimensions,
    )
    try:
        session.add(row)
        session.commit()
    except IntegrityError:
        session.rollback()
    return session.get_one(ModelRow, MODEL_ID)

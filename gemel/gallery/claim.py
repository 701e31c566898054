"""A gallery answers by one model at a time: embeddings of two do not compare."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gemel.errors import ModelError
from gemel.gallery.database import explained, shown
from gemel.gallery.tables import ModelRow
from gemel.model import Model


def claim(engine: Engine, model: Model) -> int:
    """Make the gallery this model's if it is nobody's yet, and return the model's number.

    Raises:
        ModelError: it is another model's.
    """
    with explained(engine.url), Session(engine) as session:
        owner = active(session) or _first(session, model)
    where = shown(engine.url)
    if owner.fingerprint != model.fingerprint:
        raise ModelError(
            f"{where} was made with another model, '{owner.name}' ({owner.fingerprint[:12]}), and this one is "
            f"'{named(model)}' ({model.fingerprint[:12]}): their embeddings do not compare. Open it with that model, "
            "or enrol the items again in a new gallery."
        )
    return owner.id


def active(session: Session) -> ModelRow | None:
    """Return the model by which the gallery answers; None before its first."""
    return session.scalars(select(ModelRow).where(ModelRow.active)).one_or_none()


def named(model: Model) -> str:
    """Return what to call the model: its folder, or its recipe's name."""
    return str(model.folder or model.recipe.name)


def _first(session: Session, model: Model) -> ModelRow:
    """Return the gallery's owner: this model, unless another process was first."""
    row = ModelRow(fingerprint=model.fingerprint, name=named(model), dimensions=model.dimensions, active=True)
    try:
        session.add(row)
        session.commit()
    except IntegrityError:
        session.rollback()
    return session.scalars(select(ModelRow).where(ModelRow.active)).one()

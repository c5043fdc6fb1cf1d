"""The stored versions of crops' recipes: written once, never edited, superseded by the next.

A lot keeps the version that was in force when it was sown. A lot from before the crop had any
recipe is judged by the first one, whatever comes later, so no new version rewrites an old lot.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import rfc8785
from sqlmodel import Session, col, select

from traceability.errors import BadValue, Phrase
from traceability.models import Crop, Lot, Recipe
from traceability.recipes.document import Document

LONGEST_WHY = 4000


def record(
    session: Session,
    crop: Crop,
    document: Document,
    *,
    by: str,
    why: str = "",
    since: datetime | None = None,
    now: datetime | None = None,
) -> Recipe:
    """Write the next version of a crop's recipe; saying the newest one again changes nothing.

    Args:
        by: Who decided it.
        since: Lots sown from then on grow under it; by default, from now on.

    Raises:
        BadValue: nobody is named, or a text is too long.
    """
    now = now or datetime.now(UTC)
    _refuse_unsigned(by, why)
    # One writer of a crop's recipe at a time, or two versions would have the same number.
    session.exec(select(Crop.id).where(Crop.id == crop.id).with_for_update()).one()
    newest = newest_of(session, crop)
    body = document.body()
    if newest is not None and newest.body == body:
        return newest
    row = Recipe(
        crop_id=crop.id,
        version=1 if newest is None else newest.version + 1,
        since=(since or now).astimezone(UTC),
        made_by=by.strip(),
        why=why.strip(),
        recorded_at=now,
        body=body,
    )
    session.add(row)
    session.flush()
    return row


def document_of(recipe: Recipe) -> Document:
    return Document.model_validate(recipe.body)


def digest_of(recipe: Recipe) -> str:
    """Return the SHA-256 of a version's canonical JSON (RFC 8785), hex: the same text anywhere."""
    return hashlib.sha256(rfc8785.dumps(recipe.body)).hexdigest()


def history(session: Session, crop: Crop) -> Sequence[Recipe]:
    """Return every version of a crop's recipe, newest first."""
    query = select(Recipe).where(Recipe.crop_id == crop.id)
    return session.exec(query.order_by(col(Recipe.version).desc(), col(Recipe.id).desc())).all()


def newest_of(session: Session, crop: Crop) -> Recipe | None:
    return next(iter(history(session, crop)), None)


def in_force(session: Session, crop: Crop, at: datetime) -> Recipe | None:
    """Return the version under which a lot sown at that time grows; the first before any began."""
    found = history(session, crop)
    begun = [row for row in found if row.since <= at]
    return max(begun, key=lambda row: (row.since, row.version)) if begun else _first(found)


def of_lots(session: Session, lots: Iterable[Lot]) -> dict[str, Recipe]:
    """Return the version each lot grew under, by the lot's id; lots without one are left out."""
    lots = list(lots)
    crops = {lot.crop_id for lot in lots}
    query = select(Recipe).where(col(Recipe.crop_id).in_(crops))
    rows = session.exec(query).all()
    by_id = {row.id: row for row in rows}
    first = {crop: _first([row for row in rows if row.crop_id == crop]) for crop in crops}
    found = {lot.id: by_id.get(lot.recipe_id or "") or first[lot.crop_id] for lot in lots}
    return {lot_id: row for lot_id, row in found.items() if row is not None}


def _first(rows: Sequence[Recipe]) -> Recipe | None:
    return min(rows, key=lambda row: (row.version, row.id), default=None)


def _refuse_unsigned(by: str, why: str) -> None:
    if not by.strip() or len(by) > LONGEST_WHY or "\0" in by + why:
        raise BadValue(
            field="by", expected="who decided it", got=by.strip() or "nothing", next_step="say who"
        )
    if len(why) > LONGEST_WHY:
        raise BadValue(
            field="why",
            expected=Phrase("text of at most {longest_why} characters", longest_why=LONGEST_WHY),
            got=Phrase("{count} characters", count=len(why)),
            next_step="shorten it",
        )

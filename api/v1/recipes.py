"""A crop's recipe: stages with what the crop wants in each, version by version.

PUT writes the next version; saying the newest again changes nothing, and lots keep the version
they were sown under.
"""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from api.deps import InWeb, OwnerToRead, ReadSession, SignedIn, WriteSession, owner
from api.problems import problems
from api.v1.shapes import Body
from traceability import recipes
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.models import Crop, Organisation, Recipe
from traceability.recipes import Document

router = APIRouter(prefix="/api/v1/crops", tags=["catalogue"], responses=problems(NotFound))


class RecipeBody(Body):
    recipe: Document
    by: str = Field("", description="who decided it; empty: who is signed in")
    why: str = ""
    since: AwareDatetime | None = Field(
        None, description="lots sown from then on grow under it; left out: from now on"
    )


class RecipeOut(BaseModel):
    """One version; `recipe` in each quantity's own unit, ranges as [low, high]."""

    crop: str
    version: int
    since: datetime
    made_by: str
    why: str
    recorded_at: datetime
    recipe: Document

    @classmethod
    def of(cls, crop: Crop, row: Recipe) -> Self:
        return cls(
            crop=crop.code,
            version=row.version,
            since=row.since,
            made_by=row.made_by,
            why=row.why,
            recorded_at=row.recorded_at,
            recipe=recipes.document_of(row),
        )


@router.get("/{crop}/recipe", response_model_exclude_none=True)
def get_recipe(
    crop: str,
    session: ReadSession,
    farm: OwnerToRead,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> RecipeOut:
    """Return a crop's recipe: the newest version, or the one asked for."""
    row = _crop(session, farm, crop)
    for recipe in recipes.history(session, row):
        if version in (None, recipe.version):
            return RecipeOut.of(row, recipe)
    name = crop if version is None else f"{crop} {version}"
    raise NotFound(what="recipe", name=name, next_step="put one with PUT, or ask for another")


@router.get("/{crop}/recipes", response_model_exclude_none=True)
def list_versions(crop: str, session: ReadSession, farm: OwnerToRead) -> list[RecipeOut]:
    """Return every version of a crop's recipe, newest first."""
    row = _crop(session, farm, crop)
    return [RecipeOut.of(row, recipe) for recipe in recipes.history(session, row)]


@router.put("/{crop}/recipe", response_model_exclude_none=True, responses=problems(BadValue))
def put_recipe(
    crop: str,
    body: RecipeBody,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
    organisation: str | None = None,
) -> RecipeOut:
    """Write the next version of a crop's recipe."""
    row = _crop(session, owner(session, organisation), crop)
    recipe = recipes.record(
        session,
        row,
        body.recipe,
        by=body.by or viewer.name or "somebody here",
        why=body.why,
        since=body.since,
        now=web.now(),
    )
    return RecipeOut.of(row, recipe)


def _crop(session: Session, farm: Organisation, code: str) -> Crop:
    return find(session, Crop, code, organisation_id=farm.id)

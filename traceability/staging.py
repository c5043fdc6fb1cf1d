"""A person says which stage of its recipe a lot is in, where its acts and days do not."""

from sqlmodel import Session

from traceability import recipes, rules
from traceability.acts import recorded
from traceability.drafts import Draft
from traceability.errors import BadValue, Phrase
from traceability.models import Lot
from traceability.occasions import Occasion


@recorded("stage")
def set_stage(session: Session, occasion: Occasion, *, lot: Lot, stage: str) -> Draft:
    """Say that a growing lot is in that stage from then on; it goes on from there.

    Raises:
        BadValue: its recipe has no such stage, or it has no recipe; says which there are.
    """
    rules.require(lot, "stage", "growing")
    recipe = recipes.of_lots(session, [lot]).get(lot.id)
    document = None if recipe is None else recipes.document_of(recipe)
    if document is None or document.stage(stage) is None:
        known = ", ".join(one.code for one in document.stages) if document else ""
        raise BadValue(
            field="stage",
            expected=Phrase("one of {known}", known=known)
            if known
            else "a lot whose crop has a recipe",
            got=stage or "nothing",
            next_step="name a stage of its recipe" if known else "write a recipe for the crop",
        )
    return Draft(lot.site_id, subjects=[lot], facts={"stage": stage})

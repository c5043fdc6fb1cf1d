"""A lot in doubt stays where it is: while it is on hold nothing of it goes out or into others.

Which acts have to wait: `traceability.rules.NOT_WHILE_HELD`. A hold that is voided never was.
"""

from collections.abc import Sequence

from sqlmodel import Session

from traceability.acts import recorded
from traceability.drafts import Draft
from traceability.errors import BadValue, Phrase
from traceability.models import Lot
from traceability.occasions import Occasion

# What the reason of a hold begins with that a recall put; pages say it in the reader's language.
RECALL = "recall: "


@recorded("hold")
def hold(session: Session, occasion: Occasion, *, lots: Sequence[Lot], reason: str) -> Draft:
    """Stop lots of one site from going anywhere until they are released; say why."""
    if not reason.strip():
        raise BadValue(field="reason", expected="why", got="nothing", next_step="say why")
    return Draft(_site_of(lots), subjects=lots, facts={"reason": reason})


@recorded("release")
def release(session: Session, occasion: Occasion, *, lots: Sequence[Lot], reason: str) -> Draft:
    """Let lots go again; say what was found.

    Raises:
        BadValue: a lot is not on hold.
    """
    for lot in lots:
        if lot.held_since is None:
            raise BadValue(
                field="lot",
                expected="a lot on hold",
                got=Phrase("{lot}, which is not", lot=lot.code),
                next_step="nothing has to be released",
            )
    return Draft(_site_of(lots), subjects=lots, facts={"reason": reason})


def _site_of(lots: Sequence[Lot]) -> str:
    sites = {lot.site_id for lot in lots}
    if len(sites) != 1:
        raise BadValue(
            field="lots",
            expected="one or more lots of one site",
            got=Phrase("lots of {count} sites", count=len(sites)),
            next_step="name them site by site",
        )
    return sites.pop()

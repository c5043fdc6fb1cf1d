"""What a forecast is asked of: a crop in the path, narrowed by ?item=, ?site= and ?partner=."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from sqlmodel import Session

from api.auth import Viewer
from api.errors import NotAllowed
from traceability.catalogue import find
from traceability.forecast_subject import Subject
from traceability.models import Crop, Party, Site, TradeItem


@dataclass(frozen=True, slots=True)
class Narrowed:
    """By what a crop is narrowed; codes. An empty one, as a form sends it, is none."""

    item: Annotated[str | None, Query(description="only what is packed as this trade item")] = None
    site: Annotated[str | None, Query(description="only this site")] = None
    partner: Annotated[str | None, Query(description="what this partner will take")] = None

    def of(self, session: Session, crop: str, viewer: Viewer) -> Subject:
        """Return the subject meant.

        Raises:
            NotFound: nothing has one of these codes.
            NotAllowed: a partner asks about another, or nobody has said whose account it is.
        """
        if self.partner and not viewer.may_write and viewer.party_id is None:
            raise NotAllowed(role=viewer.role)
        row = find(session, Crop, crop)
        within = {"organisation_id": row.organisation_id}
        return Subject(
            row,
            find(session, TradeItem, self.item, **within) if self.item else None,
            find(session, Site, self.site, **within) if self.site else None,
            self._partner(session, row, viewer) if self.partner else None,
        )

    def _partner(self, session: Session, crop: Crop, viewer: Viewer) -> Party:
        if viewer.may_write:
            return find(session, Party, self.partner or "", organisation_id=crop.organisation_id)
        own = session.get_one(Party, viewer.party_id)
        # Another's code and one that is nobody's get one answer: codes of partners are not told.
        if own.code != self.partner:
            raise NotAllowed(role=viewer.role)
        return own


AskedOf = Annotated[Narrowed, Depends()]


def address_of(subject: Subject) -> str:
    """Return the page of a subject's forecast."""
    rows = {"item": subject.item, "site": subject.site, "partner": subject.partner}
    query = urlencode({name: row.code for name, row in rows.items() if row is not None})
    path = f"/forecasts/{subject.crop.code}"
    return f"{path}?{query}" if query else path

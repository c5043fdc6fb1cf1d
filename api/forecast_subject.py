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
            NotAllowed: a partner asks about partners: whose account it is nobody has said.
        """
        if self.partner and not viewer.may_write:
            raise NotAllowed(role=viewer.role)
        row = find(session, Crop, crop)
        within = {"organisation_id": row.organisation_id}
        return Subject(
            row,
            find(session, TradeItem, self.item, **within) if self.item else None,
            find(session, Site, self.site, **within) if self.site else None,
            find(session, Party, self.partner, **within) if self.partner else None,
        )


AskedOf = Annotated[Narrowed, Depends()]


def address_of(subject: Subject) -> str:
    """Return the page of a subject's forecast."""
    rows = {"item": subject.item, "site": subject.site, "partner": subject.partner}
    query = urlencode({name: row.code for name, row in rows.items() if row is not None})
    path = f"/forecasts/{subject.crop.code}"
    return f"{path}?{query}" if query else path

"""What a forecast is of: a crop, narrowed to a trade item, a site, a partner, or any of these.

Without a partner it is what will come (harvested; packed, where a trade item is named), with one
it is what that partner will take.
"""

from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, SQLModel

from traceability.errors import BadValue, NotFound, Phrase
from traceability.models import Crop, ForecastRecord, Party, Site, TradeItem

_Row = TypeVar("_Row", bound=SQLModel)
# Between the ids in a job's subject; the whole crop is its id alone, as it always was.
_BETWEEN = "|"


@dataclass(frozen=True, slots=True)
class Subject:
    crop: Crop
    item: TradeItem | None = None
    site: Site | None = None
    partner: Party | None = None

    def __post_init__(self) -> None:
        if self.item is not None and self.item.crop_id != self.crop.id:
            raise BadValue(
                field="item",
                expected=Phrase("a trade item of crop {crop}", crop=self.crop.code),
                got=self.item.code,
                next_step="name its own crop, or another item",
            )

    @property
    def is_whole(self) -> bool:
        """Whether it is all that a crop brings."""
        return self.item is None and self.site is None and self.partner is None

    @property
    def kind(self) -> str:
        """Return the kind of history it is, as `forecasting` names them."""
        return "supply" if self.partner is None else "demand"

    @property
    def ids(self) -> tuple[str, str | None, str | None, str | None]:
        """Return the ids of crop, item, site and partner: what its records are found by."""
        rows = (self.item, self.site, self.partner)
        item, site, partner = (None if row is None else row.id for row in rows)
        return self.crop.id, item, site, partner

    @property
    def key(self) -> str:
        """Return it as the text in a job row."""
        crop, *narrowed = self.ids
        return crop if self.is_whole else _BETWEEN.join([crop, *(part or "" for part in narrowed)])

    @property
    def label(self) -> str:
        """Return it in codes, such as `lowk-80 at main for mart`; also the series' name."""
        what = self.crop.code if self.item is None else self.item.code
        at = "" if self.site is None else f" at {self.site.code}"
        return what + at + ("" if self.partner is None else f" for {self.partner.code}")


def of_key(session: Session, key: str) -> Subject:
    """Return what a job row is about.

    Raises:
        NotFound: one of its rows is gone.
    """
    crop, item, site, partner = [*key.split(_BETWEEN), "", "", ""][:4]
    return Subject(
        _row(session, Crop, crop),
        _row(session, TradeItem, item) if item else None,
        _row(session, Site, site) if site else None,
        _row(session, Party, partner) if partner else None,
    )


def of_record(session: Session, record: ForecastRecord) -> Subject:
    """Return what a stored forecast is of."""
    return Subject(
        session.get_one(Crop, record.crop_id),
        session.get_one(TradeItem, record.trade_item_id) if record.trade_item_id else None,
        session.get_one(Site, record.site_id) if record.site_id else None,
        session.get_one(Party, record.party_id) if record.party_id else None,
    )


def _row(session: Session, model: type[_Row], row_id: str) -> _Row:
    row = session.get(model, row_id)
    if row is None:
        table = str(model.__tablename__).replace("_", " ")
        raise NotFound(what=table, name=row_id, next_step="ask for a forecast of what is here")
    return row

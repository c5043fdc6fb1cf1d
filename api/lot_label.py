"""The label of one lot: its link and its words, from the record."""

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.errors import PublicUrlNotSet
from api.labels import LabelFacts, qr_label
from traceability import genealogy, lookup
from traceability.models import Act, ActLine, Crop, Lot, Site, TradeItem
from traceability.projection import unvoided


def label_of(
    session: Session, lot: Lot, *, public_url: str, kind: Literal["svg", "png"]
) -> tuple[str, bytes]:
    """Return the link on a lot's label, and the label as a file.

    Raises:
        PublicUrlNotSet: there is no address under which shoppers reach the lot yet.
        Gs1Error: the link could not be read back; nothing that cannot be may go onto paper.
    """
    if not public_url:
        raise PublicUrlNotSet
    link = lookup.link_of(session, lot, base=public_url)
    return link, qr_label(link, facts_of(session, lot).lines(), kind=kind)


def facts_of(session: Session, lot: Lot) -> LabelFacts:
    """Return what a person reads beside the code; what is not known stays out."""
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    named = item or session.get_one(Crop, lot.crop_id)
    site = session.get_one(Site, lot.site_id)
    return LabelFacts(
        product_en=named.name,
        product_ja=named.name_ja or None,
        lot=lot.code,
        harvested_on=_harvested_on(session, lot, site),
        packed_on=lot.packed_on,
        net_content=f"{item.net_content_g} g" if item else None,
        origin=" / ".join(dict.fromkeys(o for o in (site.origin_ja, site.origin) if o)) or None,
    )


def _harvested_on(session: Session, lot: Lot, site: Site) -> date | None:
    """The day all of it was cut; of a lot from several days no single day would be true."""
    family = [other.id for other in genealogy.ancestors(session, lot)]
    query = (
        select(Act.happened_at)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(Act.kind == "harvest", ActLine.role == "output", unvoided(Act.id))
        .where(col(ActLine.lot_id).in_(family))
    )
    zone = ZoneInfo(site.time_zone)
    days = {at.astimezone(zone).date() for at in session.exec(query)}
    return days.pop() if len(days) == 1 else None

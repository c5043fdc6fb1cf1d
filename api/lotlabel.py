"""The label of a recorded lot: its link and the words beside the code."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.errors import PublicUrlNotSet
from api.labels import LabelFacts
from api.lotlist import LotRow
from traceability import genealogy
from traceability.lookup import link_of
from traceability.models import Act, ActLine
from traceability.projection import unvoided


def link(session: Session, row: LotRow, public_url: str) -> str:
    """Return what the code carries.

    Raises:
        PublicUrlNotSet: a printed link that leads nowhere cannot be called back.
    """
    if not public_url:
        raise PublicUrlNotSet
    return link_of(session, row.lot, base=public_url)


def facts(session: Session, row: LotRow) -> LabelFacts:
    named = row.item or row.crop
    content_g = row.item.net_content_g if row.item else None
    return LabelFacts(
        product_en=named.name,
        product_ja=named.name_ja or None,
        lot=row.lot.code,
        harvested_on=_harvested_on(session, row),
        packed_on=row.lot.packed_on,
        net_content=f"{content_g} g" if content_g else None,
        origin=row.site.origin_ja or row.site.origin or None,
    )


def _harvested_on(session: Session, row: LotRow) -> date | None:
    family = [lot.id for lot in genealogy.ancestors(session, row.lot)]
    query = (
        select(Act.happened_at)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(Act.kind == "harvest", col(ActLine.lot_id).in_(family), unvoided(Act.id))
        .order_by(col(Act.happened_at).desc())
    )
    at = session.exec(query).first()
    return at.astimezone(ZoneInfo(row.site.time_zone)).date() if at else None

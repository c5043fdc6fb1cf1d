"""The label of one lot: its link and its words, from the record."""

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.errors import PublicUrlNotHttps, PublicUrlNotSet
from api.label_layout import TEMPLATES, label_elements, lay_out
from api.labels import LabelFacts, qr_label
from api.print_run import FileKind, PrintRun, as_file
from traceability import catalogue, genealogy, lookup
from traceability.gs1 import lot_identity
from traceability.models import Act, ActLine, Lot, Site, TradeItem
from traceability.projection import unvoided


def label_of(
    session: Session, lot: Lot, *, public_url: str, kind: Literal["svg", "png"]
) -> tuple[str, bytes]:
    """Return the link on a lot's label, and the label as a file.

    Raises:
        PublicUrlNotSet: there is no address under which shoppers reach the lot yet.
        PublicUrlNotHttps: the address cannot stand for a GTIN, and the lot has none.
        Gs1Error: the link could not be read back; nothing that cannot be may go onto paper.
    """
    link = _link(session, lot, public_url)
    return link, qr_label(link, facts_of(session, lot).lines(), kind=kind)


def printed(
    session: Session,
    lot: Lot,
    run: PrintRun,
    *,
    public_url: str,
    kind: FileKind,
) -> tuple[str, bytes]:
    """Return the link on a lot's label, and labels from a template as a file.

    A lot whose item has no GTIN gets the QR code and no barcode of AIs.

    Raises:
        PublicUrlNotSet: there is no address under which shoppers reach the lot yet.
        PublicUrlNotHttps: the address cannot stand for a GTIN, and the lot has none.
        LabelRefused: codes and words do not fit, or the label is larger than the stock.
        Gs1Error: what a code would carry is wrong.
    """
    link = _link(session, lot, public_url)
    facts = facts_of(session, lot)
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    elements = []
    if item is not None and item.gtin is not None:
        elements = label_elements(
            lot_identity(item.gtin, lot.code),
            net_weight_g=item.net_content_g,
            harvested_on=facts.harvested_on,
            packed_on=lot.packed_on,
            best_before=lot.best_before,
        )
    template = TEMPLATES[run.template]
    label = lay_out(template, facts.lines(), link=link, elements=elements)
    return link, as_file(label, run, kind)


def _link(session: Session, lot: Lot, public_url: str) -> str:
    if not public_url:
        raise PublicUrlNotSet
    link = lookup.link_of(session, lot, base=public_url)
    # An own address stands for a GTIN for ever; only https can vouch for whose it is.
    if not link.startswith(("https://", f"{public_url.rstrip('/')}/01/")):
        raise PublicUrlNotHttps(lot=lot.code, link=link)
    return link


def facts_of(session: Session, lot: Lot) -> LabelFacts:
    """Return what a person reads beside the code; what is not known stays out."""
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    named = item or catalogue.what_is(session, lot)
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

"""JGAP and ASIAGAP: harvest records, shipment records tied to harvests, and the mass balance."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from api import sheet_request
from api.fsma_sheets import said_as
from api.i18n import Reader
from api.sheets import Blank, Sheet
from traceability import jgap
from traceability.balance import COMES, GOES
from traceability.fsma import Request
from traceability.models import Organisation

RULE = "JGAP 6.2, 10.1.6; ASIAGAP 10.1.6"


def tables(
    reader: Reader, session: Session, owner: Organisation, request: Request, *, now: datetime
) -> list[Sheet]:
    """Return the tables: what was asked for, harvests, shipments, accounts, the unexplained."""
    made = [_shipments(reader, jgap.shipments(session, owner, request))]
    if request.party is None:
        accounts = jgap.accounts(session, owner, request, now=now)
        made = [
            _harvests(reader, jgap.harvests(session, owner, request)),
            *made,
            _accounts(reader, accounts),
            _unexplained(reader, accounts),
        ]
    return [sheet_request.table(reader, session, owner, request, RULE, made, now=now), *made]


def _harvests(_: Reader, rows: Sequence[jgap.Harvest]) -> Sheet:
    columns = {
        "harvested_on": _("Date of harvesting"),
        "farm": _("Farm"),
        "area": _("Name of field or growing area"),
        "crop": _("Commodity"),
        "variety": _("Variety"),
        "sown_lot": _("Sown lot"),
        "lot": _("Harvest lot"),
        "pieces": _("Pieces"),
        "weight_g": _("Weight [g]"),
        "by": _("Harvested by"),
    }
    cells = [
        [
            one.on,
            _.name(one.farm),
            _wanted(said_as(_, one.area)),
            _.name(one.crop),
            one.variety or None,
            one.sown_lot,
            one.lot,
            one.amount.pieces,
            _wanted(one.amount.weight_g),
            one.by,
        ]
        for one in rows
    ]
    return Sheet(_("Harvest records"), list(columns.values()), cells, "harvests", list(columns))


def _shipments(_: Reader, rows: Sequence[jgap.Shipment]) -> Sheet:
    columns = {
        "shipped_on": _("Date shipped"),
        "farm": _("Farm"),
        "product": _("Product"),
        "recipient": _("Shipped to"),
        "lot": _("Lot shipped"),
        "pieces": _("Pieces shipped"),
        "weight_g": _("Weight shipped [g]"),
        "document_type": _("Reference document type"),
        "document_number": _("Reference document number"),
        "harvest_lot": _("Harvest lot"),
        "harvested_on": _("Date of harvesting"),
        "area": _("Name of field or growing area"),
        "part_g": _("Of it from this harvest [g]"),
        "shipment": _("Event"),
    }
    cells = [
        [
            one.on,
            _.name(one.farm),
            said_as(_, one.product),
            _.name(one.recipient),
            one.lot,
            one.amount.pieces,
            _wanted(one.amount.weight_g),
            said_as(_, one.document["document_type"]),
            one.document["document_number"],
            one.harvest_lot,
            _wanted(one.harvested_on),
            _wanted(said_as(_, one.area)),
            _wanted(one.part_g),
            one.act_id,
        ]
        for one in rows
    ]
    return Sheet(_("Shipment records"), list(columns.values()), cells, "shipments", list(columns))


def _accounts(_: Reader, rows: Sequence[jgap.Account]) -> Sheet:
    names = _account_names(_)
    keys = ["of", "lots", "opening_g", *(f"{x}_g" for x in (*COMES, *GOES)), "closing_g"]
    keys.append("unexplained_g")
    header = [_("Account of"), _("Lots"), _("There at the beginning [g]")]
    header += [names[name] for name in (*COMES, *GOES)]
    header += [_("There at the end [g]"), _("Unexplained [g]")]
    cells = [
        [
            _.name(one.of),
            one.balance.lots,
            one.balance.opening_g,
            *(one.balance.entries[name] for name in (*COMES, *GOES)),
            one.balance.closing_g,
            one.balance.unexplained_g,
        ]
        for one in rows
    ]
    return Sheet(_("Mass balance"), header, cells, "balance", keys)


def _account_names(_: Reader) -> dict[str, str]:
    """What a mass balance counts as coming and going."""
    return {
        "harvested": _("Harvested [g]"),
        "received": _("Received [g]"),
        "returned": _("Came back [g]"),
        "made": _("Made of others [g]"),
        "shipped": _("Shipped [g]"),
        "discarded": _("Thrown away [g]"),
        "sampled": _("Taken as samples [g]"),
        "used": _("Went into others [g]"),
        "lost": _("Lost in making [g]"),
    }


def _unexplained(_: Reader, rows: Sequence[jgap.Account]) -> Sheet:
    keys = ["of", "lot", "missing_g", "why"]
    cells = [
        [
            _.name(one.of),
            named.lot,
            named.grams,
            _("some of it was never weighed")
            if named.grams is None
            else _("a count found another amount"),
        ]
        for one in rows
        for named in one.balance.unexplained
    ]
    header = [_("Account of"), _("Lot"), _("Missing [g]"), _("Why")]
    return Sheet(_("Unexplained"), header, cells, "unexplained", keys)


def _wanted(cell: object) -> object:
    return Blank.MISSING if cell is None else cell

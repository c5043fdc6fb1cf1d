"""FSMA 204's electronic sortable spreadsheet (21 CFR 1.1455): a table for each critical tracking
event, what was asked for, and every key data element that is missing, with its cure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from api import sheet_request
from api.i18n import Reader
from api.sheets import Blank, Sheet
from traceability.fsma import CTES, Lack, Location, Product, Record, Request, Word, collect
from traceability.fsma.values import Value
from traceability.models import Organisation

RULE = "21 CFR 1, subpart S"
# Lots named beside something missing; the rows themselves show all of them.
_NAMED = 5


def tables(
    reader: Reader, session: Session, owner: Organisation, request: Request, *, now: datetime
) -> list[Sheet]:
    """Return the tables: what was asked for, one of each CTE, what is missing."""
    records = collect(session, owner, request)
    # What is missing is for the farm to mend, and says how it runs.
    shown, missing = (["shipping"], []) if request.party else (CTES, [_missing(reader, records)])
    made = [_of_cte(reader, cte, [one for one in records if one.cte == cte]) for cte in shown]
    first = sheet_request.table(reader, session, owner, request, RULE, made, now=now)
    return [first, *made, *missing]


def cte_names(_: Reader) -> Mapping[str, str]:
    return {
        "harvesting": _("Harvesting"),
        "cooling": _("Cooling"),
        "initial_packing": _("Initial packing"),
        "shipping": _("Shipping"),
        "receiving": _("Receiving"),
        "transformation": _("Transformation"),
    }


def kde_names(_: Reader) -> Mapping[str, str]:
    """The elements as the rule names them."""
    return {
        "commodity": _("Commodity"),
        "variety": _("Variety"),
        "quantity": _("Quantity of the food"),
        "unit": _("Unit of measure"),
        "farm": _("Location description: farm where harvested"),
        "growing_area": _("Name of field or growing area"),
        "harvest_date": _("Date of harvesting"),
        "recipient": _("Location description: immediate subsequent recipient"),
        "document_type": _("Reference document type"),
        "document_number": _("Reference document number"),
        "harvester_name": _("Harvester: business name"),
        "harvester_phone": _("Harvester: phone number"),
        "lot": _("Own lot code"),
        "event_id": _("Event"),
        "cooled_at": _("Location description: where cooled"),
        "cooling_date": _("Date of cooling"),
        "received_date": _("Date received by the packer"),
        "received_quantity": _("Quantity received"),
        "received_unit": _("Unit of measure received"),
        "tlc": _("Traceability lot code"),
        "product": _("Product description"),
        "tlc_source": _("Location description: traceability lot code source"),
        "tlc_source_reference": _("Traceability lot code source reference"),
        "packing_date": _("Date of initial packing"),
        "shipped_from": _("Location description: shipped from"),
        "ship_date": _("Date shipped"),
        "sscc": _("Logistic unit (SSCC)"),
        "previous_source": _("Location description: immediate previous source"),
        "received_at": _("Location description: where received"),
        "receipt_date": _("Date received"),
        "input_tlc": _("Traceability lot code used"),
        "input_product": _("Product description of what was used"),
        "input_quantity": _("Quantity used"),
        "input_unit": _("Unit of measure used"),
        "completion_date": _("Date transformation was completed"),
    }


def _of_cte(reader: Reader, cte: str, records: Sequence[Record]) -> Sheet:
    names, keys = kde_names(reader), [kde.key for kde in CTES[cte]]
    needed = {kde.key for kde in CTES[cte] if kde.is_needed}
    rows = [[_cell(reader, one.values[key], key in needed) for key in keys] for one in records]
    return Sheet(cte_names(reader)[cte], [names[key] for key in keys], rows, cte, keys)


def _cell(reader: Reader, value: Value, is_needed: bool) -> object:
    said = said_as(reader, value)
    return Blank.MISSING if is_needed and said in (None, "") else said


def said_as(reader: Reader, value: Value) -> object:
    """Return a value as a cell says it, in the reader's language."""
    if isinstance(value, Location):
        gln = f"GLN {value.gln}" if value.gln else ""
        return ", ".join(filter(None, (reader.name(value), value.address, value.phone, gln)))
    if isinstance(value, Product):
        # Name, commodity, variety, packaging size, packaging style.
        parts = (
            reader.name(value.item),
            reader.name(value.commodity),
            value.variety,
            f"{value.net_content_g} g",
            reader.name(value.pack),
        )
        return ", ".join(filter(None, parts))
    if isinstance(value, Word):
        return reader.name(value)
    if isinstance(value, tuple):
        return "; ".join(str(said_as(reader, one)) for one in value)
    return value


def _missing(reader: Reader, records: Iterable[Record]) -> Sheet:
    _ = reader
    by_what: dict[tuple[object, ...], _Lacking] = {}
    for lack in (lack for one in records for lack in one.lacks):
        # A partner without a phone number is one thing to mend, however many rows it is in.
        about = (lack.place, lack.part) if lack.place else (lack.cte, lack.kde)
        by_what.setdefault(about, _Lacking(lack)).add(lack)
    keys = ["cte", "kde", "missing", "of", "rows", "lots", "what_to_do"]
    header = [
        _("Event kind"), _("Key data element"), _("What is missing"), _("Of"), _("Rows"),
        _("Lots"), _("What to do"),
    ]  # fmt: skip
    rows = [_missing_row(_, lacking) for lacking in by_what.values()]
    return Sheet(_("Missing"), header, rows, "missing", keys)


@dataclass(slots=True)
class _Lacking:
    """One thing to mend, and where it is missed: a year of shipments lacks a phone number."""

    first: Lack
    ctes: dict[str, None] = field(default_factory=dict)
    lots: dict[str, None] = field(default_factory=dict)  # the first of them, and one more
    events: set[str] = field(default_factory=set)

    def add(self, lack: Lack) -> None:
        self.ctes[lack.cte] = None
        self.events.add(lack.event_id)
        if len(self.lots) <= _NAMED:
            self.lots[lack.lot] = None


def _missing_row(_: Reader, lacking: _Lacking) -> list[object]:
    first, lots = lacking.first, list(lacking.lots)
    parts = {"address": _("the address"), "phone": _("the phone number"), None: _("the value")}
    return [
        ", ".join(dict.fromkeys(cte_names(_)[cte] for cte in lacking.ctes)),
        _("Location description") if first.place else kde_names(_)[first.kde],
        parts[first.part],
        _.name(first.place) if first.place else None,
        len(lacking.events),
        ", ".join(lots[:_NAMED]) + (" …" if len(lots) > _NAMED else ""),
        _cure(_, first),
    ]


def _cure(_: Reader, lack: Lack) -> str:
    if lack.place is not None and lack.part is not None:
        if lack.place.is_own:
            return _("set {part} under [site] in minori.toml", part=lack.part)
        command = f"minori catalogue partner add {lack.place.code} --{lack.part} TEXT"
        return _("say it: {command}", command=command)
    if lack.kde == "growing_area":
        return _("say where it grows: minori lot transplant, or move")
    if lack.kde.endswith(("quantity", "unit")):
        return _("count it or weigh it when it is recorded")
    return _("nobody recorded it; the papers of whoever it came from may have it")

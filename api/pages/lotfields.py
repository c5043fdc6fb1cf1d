"""Fields that several forms ask: an amount, a place, a partner, the occasion."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.auth import Viewer
from api.i18n import Reader
from api.pages.fields import Answers, Field, choices
from traceability.amounts import Amount
from traceability.models import LogisticUnit, Lot, Organisation, Party, Zone, new_id
from traceability.occasions import Document, Occasion


def amount_fields(reader: Reader, lot: Lot, *, optional: bool = False) -> list[Field]:
    """Ask for pieces and kilograms, whichever the lot is counted in."""
    _ = reader
    hint = _("Both empty: all of it") if optional else _("One of the two is enough")
    fields = []
    if lot.pieces is not None:
        fields.append(Field("pieces", _("Pieces"), "number", required=False, hint=hint))
    if lot.weight_g is not None:
        fields.append(Field("weight", _("Weight [kg]"), "kg", required=False, hint=hint))
    return fields


def amount_said(said: Answers, suffix: str = "") -> Amount | None:
    """Return the amount that was filled in, or None where both fields were left empty."""
    pieces, weight_g = said.whole_or_none(f"pieces{suffix}"), said.grams_or_none(f"weight{suffix}")
    return None if pieces is None and weight_g is None else Amount(pieces, weight_g)


def zone_field(session: Session, reader: Reader, lot: Lot, label: str, *, prefer: str) -> Field:
    query = select(Zone).where(Zone.site_id == lot.site_id).order_by(col(Zone.code))
    zones = session.exec(query).all()
    usual = next((zone.id for zone in zones if zone.kind == prefer), "")
    return Field("zone", label, "choice", choices(reader, zones), value=usual)


def party_field(session: Session, reader: Reader, lot: Lot, name: str, label: str) -> Field:
    return Field(name, label, "choice", choices(reader, partners(session, lot)))


def partners(session: Session, of: Lot | LogisticUnit) -> Sequence[Party]:
    query = select(Party).where(Party.organisation_id == of.organisation_id)
    return session.exec(query.where(Party.role == "partner").order_by(col(Party.code))).all()


def unit_code_field(_: Reader, farm: Organisation) -> Field:
    """Ask for the number of a case or pallet; only a farm with a GS1 prefix may leave it out."""
    if farm.gs1_prefix:
        hint = _("Empty: the next SSCC")
        return Field("code", _("Number of your own"), required=False, hint=hint)
    hint = _("The farm has no GS1 prefix to make an SSCC of")
    return Field("code", _("Number of your own"), hint=hint)


def document_fields(_: Reader) -> list[Field]:
    """Ask for the paper that goes with it; without a number there is none."""
    return [
        Field("document_type", _("Document"), required=False, value=_("delivery note")),
        Field("document_number", _("Its number"), required=False),
    ]


def occasion_said(viewer: Viewer, said: Answers) -> Occasion:
    """Return when it was done and by whom: who is signed in, unless somebody else was named."""
    by = said.text("by") or viewer.name or "somebody here"
    act_id = said.text("act_id") or new_id()
    paper = document_said(said)
    return Occasion(said.moment("at"), by, act_id, viewer.name, said.text("note"), paper)


def document_said(said: Answers) -> Document | None:
    number = said.text("document_number")
    return Document(said.text("document_type"), number) if number else None

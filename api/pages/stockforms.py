"""Forms of what changes a stock beside making and shipping it, and what their answers do."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlmodel import Session, col, select

from api import words
from api.i18n import Reader
from api.pages.fields import ActForm, Answers, Field, choices
from api.pages.lotfields import (
    amount_fields,
    amount_said,
    party_field,
    unit_code_field,
    zone_field,
)
from traceability import contents, holds, rework, stock, supplies, units
from traceability.amounts import Amount
from traceability.models import Act, Lot, Organisation, Party, Site, TradeItem, Zone
from traceability.occasions import Occasion

Asking = Callable[[Session, Reader, Lot], ActForm]
Performing = Callable[[Session, Occasion, Lot, Answers], Act]


def _ask_hold(_session: Session, _: Reader, _lot: Lot) -> ActForm:
    return ActForm("hold", _("Put on hold"), _("Record hold"), [Field("reason", _("Why"))])


def _ask_release(_session: Session, _: Reader, _lot: Lot) -> ActForm:
    fields = [Field("reason", _("What was found"))]
    return ActForm("release", _("Release from hold"), _("Record release"), fields)


def _ask_sample(_session: Session, _: Reader, lot: Lot) -> ActForm:
    fields = [*amount_fields(_, lot), Field("purpose", _("What for"))]
    return ActForm("sample", _("Take a sample"), _("Record sample"), fields)


def _ask_count(_session: Session, _: Reader, lot: Lot) -> ActForm:
    fields = [
        *amount_fields(_, lot),
        Field("why", _("Why"), required=False),
    ]
    return ActForm("count", _("Count the stock"), _("Record count"), fields)


def _ask_return(session: Session, _: Reader, lot: Lot) -> ActForm:
    fields = [
        party_field(session, _, lot, "from_party", _("From")),
        Field("pieces", _("Pieces"), "number", required=False, hint=_("One of the two is enough")),
        Field("weight", _("Weight [kg]"), "kg", required=False),
        zone_field(session, _, lot, _("Brought to"), prefer="cold_store"),
        Field("reason", _("Why")),
    ]
    return ActForm("return", _("Came back from a partner"), _("Record return"), fields)


def _ask_rework(session: Session, _: Reader, lot: Lot) -> ActForm:
    fields = [
        *amount_fields(_, lot, optional=True),
        Field("good", _("Of that still good [kg]"), "kg"),
        Field("code", _("New code")),
        zone_field(session, _, lot, _("Brought to"), prefer="packing"),
        Field("reason", _("Why")),
    ]
    return ActForm("rework", _("Rework"), _("Record rework"), fields)


def _ask_relabel(session: Session, _: Reader, lot: Lot) -> ActForm:
    query = select(TradeItem).where(TradeItem.crop_id == lot.crop_id)
    items = session.exec(query.order_by(col(TradeItem.code))).all()
    fields = [
        Field("item", _("Product"), "choice", choices(_, items)),
        Field("code", _("Lot code on the packs")),
        *amount_fields(_, lot, optional=True),
        Field("reason", _("Why")),
    ]
    return ActForm("relabel", _("Relabel"), _("Record relabelling"), fields)


def _ask_use(session: Session, _: Reader, lot: Lot) -> ActForm:
    fields = [
        zone_field(session, _, lot, _("In"), prefer="growing_room"),
        *amount_fields(_, lot, optional=True),
    ]
    return ActForm("use", _("Use"), _("Record use"), fields)


def _ask_aggregate(session: Session, _: Reader, lot: Lot) -> ActForm:
    farm = session.get_one(Organisation, lot.organisation_id)
    hint = _("Both empty: all that is loose")
    fields = [
        Field("kind", _("Into"), "choice", list(words.unit_kinds(_).items())),
        *(replace(field, hint=hint) for field in amount_fields(_, lot, optional=True)),
        unit_code_field(_, farm),
    ]
    return ActForm("aggregate", _("Put into a case"), _("Record the case"), fields)


ASK: Mapping[str, Asking] = {
    "hold": _ask_hold,
    "release": _ask_release,
    "sample": _ask_sample,
    "count": _ask_count,
    "return": _ask_return,
    "rework": _ask_rework,
    "relabel": _ask_relabel,
    "use": _ask_use,
    "aggregate": _ask_aggregate,
}


def _hold(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return holds.hold(session, occasion, lots=[lot], reason=said.text("reason"))


def _release(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return holds.release(session, occasion, lots=[lot], reason=said.text("reason"))


def _sample(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    amount, purpose = amount_said(said) or Amount(), said.text("purpose")
    return stock.sample(session, occasion, lot=lot, amount=amount, purpose=purpose)


def _count(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    counted, why = amount_said(said) or Amount(), said.text("why")
    return stock.count(session, occasion, lot=lot, counted=counted, why=why)


def _return(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return stock.give_back(
        session,
        occasion,
        lot=lot,
        from_party=said.row(session, Party, "from_party"),
        amount=amount_said(said) or Amount(),
        zone=said.row(session, Zone, "zone"),
        reason=said.text("reason"),
    )


def _rework(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return rework.rework(
        session,
        occasion,
        lot=lot,
        amount=amount_said(said),
        weight_g=said.grams("good"),
        code=said.text("code"),
        zone=said.row(session, Zone, "zone"),
        reason=said.text("reason"),
    )


def _relabel(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return rework.relabel(
        session,
        occasion,
        lot=lot,
        item=said.row(session, TradeItem, "item"),
        code=said.text("code"),
        amount=amount_said(said),
        reason=said.text("reason"),
    )


def _use(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    zone = said.row(session, Zone, "zone")
    return supplies.use(session, occasion, supply=lot, amount=amount_said(said), zone=zone)


def _aggregate(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    site = session.get_one(Site, units.stands_at(session, lot))
    amount = amount_said(said) or contents.loose(session, lot)
    kind, code = said.text("kind"), said.text("code") or None
    held = [(lot, amount)]
    return units.aggregate(session, occasion, kind=kind, site=site, lots=held, code=code)


PERFORM: Mapping[str, Performing] = {
    "hold": _hold,
    "release": _release,
    "sample": _sample,
    "count": _count,
    "return": _return,
    "rework": _rework,
    "relabel": _relabel,
    "use": _use,
    "aggregate": _aggregate,
}

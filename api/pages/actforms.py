"""The form of each act that fits a lot, and what is done with the answers."""

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session, col, select

from api.i18n import Reader
from api.pages import stockforms
from api.pages.fields import ActForm, Answers, Field, choices
from api.pages.lotfields import (
    amount_fields,
    amount_said,
    document_fields,
    partners,
    zone_field,
)
from traceability import lots, recipes, staging, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, NotFound
from traceability.models import Act, ActLine, Lot, Party, TradeItem, Zone
from traceability.occasions import Occasion
from traceability.rules import NOT_WHILE_HELD

# Which acts a lot of each stage is offered, the usual ones first.
OFFERED: Mapping[str, Sequence[str]] = {
    "growing": ("harvest", "transplant", "stage", "inspect", "split", "sample", "count", "discard"),
    "harvested": (
        *("pack", "inspect", "move", "aggregate", "ship", "split", "merge", "sample", "rework"),
        *("count", "discard"),
    ),
    "packed": (
        *("ship", "aggregate", "move", "inspect", "split", "merge", "return", "sample", "rework"),
        *("relabel", "count", "discard"),
    ),
    "input": ("use", "move", "inspect", "split", "merge", "pack", "count", "discard"),
}

_Perform = Callable[[Session, Occasion, Lot, Answers], Act]


def forms_for(session: Session, reader: Reader, lot: Lot) -> list[ActForm]:
    """Return the forms of the acts that fit the lot now."""
    asked = _Asked(session, reader, lot)
    return [
        stockforms.ASK[kind](session, reader, lot)
        if kind in stockforms.ASK
        else getattr(asked, kind)()
        for kind in _kinds_for(lot)
        if kind != "stage" or recipes.of_lots(session, [lot])
    ]


def _kinds_for(lot: Lot) -> Sequence[str]:
    """What is closed may be inspected, found again by a count, or come back from a partner."""
    if not lot.is_open:
        return ("inspect", "return", "count") if lot.stage == "packed" else ("inspect", "count")
    if lot.held_since is None:
        return (*OFFERED[lot.stage], "hold")
    return ("release", *(kind for kind in OFFERED[lot.stage] if kind not in NOT_WHILE_HELD))


def perform(session: Session, kind: str, occasion: Occasion, lot: Lot, answers: Answers) -> Act:
    """Record the act that a form asked for.

    Raises:
        TraceabilityError: why it cannot be; nothing is written.
    """
    if kind not in _PERFORM:
        raise NotFound(what="act", name=kind, next_step="choose one on the lot's page")
    return _PERFORM[kind](session, occasion, lot, answers)


class _Asked:
    """What each form asks, with the choices there are."""

    def __init__(self, session: Session, reader: Reader, lot: Lot) -> None:
        self.session, self._, self.lot = session, reader, lot

    def harvest(self) -> ActForm:
        _ = self._
        fields = [
            Field("pieces", _("Heads cut"), "number", value=str(self.lot.pieces or "")),
            Field("weight", _("Weight [kg]"), "kg"),
            self._zone(_("Brought to"), prefer="packing"),
            Field("code", _("Code of the harvest"), required=False, hint=_("Empty: made for you")),
            Field("final", _("This was the last cut of this lot"), "check", required=False),
        ]
        return ActForm("harvest", _("Harvest"), _("Record harvest"), fields)

    def transplant(self) -> ActForm:
        _ = self._
        lost = Field("lost", _("Plants lost"), "number", required=False)
        fields = [self._zone(_("To"), prefer="growing_room"), lost]
        return ActForm("transplant", _("Transplant"), _("Record transplanting"), fields)

    def move(self) -> ActForm:
        _ = self._
        return ActForm(
            "move", _("Move"), _("Record move"), [self._zone(_("To"), prefer="cold_store")]
        )

    def inspect(self) -> ActForm:
        _ = self._
        fields = [
            Field("measure", _("What was measured"), value="potassium"),
            Field("value", _("Value"), "decimal"),
            Field("unit", _("Unit"), value="mg/100 g"),
            Field("method", _("Method or instrument"), required=False),
        ]
        return ActForm("inspect", _("Inspect"), _("Record inspection"), fields)

    def stage(self) -> ActForm:
        _ = self._
        recipe = recipes.of_lots(self.session, [self.lot])[self.lot.id]
        stages = recipes.document_of(recipe).stages
        names = [(stage.code, _.name(stage)) for stage in stages]
        hint = _("Where its acts and days do not say it right")
        fields = [Field("stage", _("It is in"), "choice", names, hint=hint)]
        return ActForm("stage", _("Set the stage"), _("Record stage"), fields)

    def split(self) -> ActForm:
        _ = self._
        fields = [
            Field("part_code", _("Code of the part"), value=f"{self.lot.code}a"),
            *self._amount(),
            Field("rest_code", _("Code of the rest"), value=f"{self.lot.code}b"),
        ]
        return ActForm("split", _("Split"), _("Record split"), fields)

    def merge(self) -> ActForm:
        _ = self._
        other = Field("other", _("With"), "choice", [(x.id, x.code) for x in self._alike()])
        return ActForm(
            "merge", _("Put together"), _("Record merge"), [other, Field("code", _("New code"))]
        )

    def pack(self) -> ActForm:
        _ = self._
        query = select(TradeItem).where(TradeItem.crop_id == self.lot.crop_id)
        items = self.session.exec(query.order_by(col(TradeItem.code))).all()
        grams = self.lot.weight_g
        fields = [
            Field("item", _("Product"), "choice", choices(_, items)),
            Field(
                "weight", _("Weight used [kg]"), "kg", value=f"{grams / 1000:g}" if grams else ""
            ),
            Field("packs", _("Packs"), "number"),
            Field("code", _("Lot code on the packs")),
            self._zone(_("Brought to"), prefer="cold_store"),
        ]
        return ActForm("pack", _("Pack"), _("Record packing"), fields)

    def ship(self) -> ActForm:
        _ = self._
        to = Field("to", _("To"), "choice", choices(_, partners(self.session, self.lot)))
        fields = [to, *self._amount(optional=True), *document_fields(_)]
        return ActForm("ship", _("Ship"), _("Record shipment"), fields)

    def discard(self) -> ActForm:
        _ = self._
        fields = [Field("reason", _("Why")), *self._amount(optional=True)]
        return ActForm("discard", _("Discard"), _("Record discard"), fields)

    def _amount(self, *, optional: bool = False) -> list[Field]:
        return amount_fields(self._, self.lot, optional=optional)

    def _zone(self, label: str, *, prefer: str) -> Field:
        return zone_field(self.session, self._, self.lot, label, prefer=prefer)

    def _alike(self) -> Sequence[Lot]:
        """Open lots of the same kind, which alone may be put together with this one."""
        query = select(Lot).where(
            Lot.crop_id == self.lot.crop_id,
            Lot.stage == self.lot.stage,
            Lot.trade_item_id == self.lot.trade_item_id,
            Lot.id != self.lot.id,
            col(Lot.closed_at).is_(None),
        )
        return self.session.exec(query.order_by(col(Lot.opened_at).desc()).limit(50)).all()


def _harvest(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return lots.harvest(
        session,
        occasion,
        lot=lot,
        pieces=said.whole("pieces"),
        weight_g=said.grams("weight"),
        zone=said.row(session, Zone, "zone"),
        code=said.text("code") or None,
        final=said.checked("final"),
    )


def _transplant(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    zone, lost = said.row(session, Zone, "zone"), said.whole_or_none("lost") or 0
    return lots.transplant(session, occasion, lot=lot, zone=zone, lost_pieces=lost)


def _move(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return lots.move(session, occasion, lot=lot, zone=said.row(session, Zone, "zone"))


def _stage(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return staging.set_stage(session, occasion, lot=lot, stage=said.text("stage"))


def _inspect(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return lots.inspect(
        session,
        occasion,
        lot=lot,
        measure=said.text("measure"),
        value=said.number("value"),
        unit=said.text("unit"),
        method=said.text("method"),
    )


def _split(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    asked = amount_said(said)
    if asked is None:
        raise BadValue(
            field="pieces", expected="pieces or kg", got="nothing", next_step="say how much"
        )
    whole = Amount(lot.pieces, lot.weight_g)
    part = whole.part(asked)
    rest = Amount(_less(whole.pieces, part.pieces), _less(whole.weight_g, part.weight_g))
    parts = [(said.text("part_code"), part), (said.text("rest_code"), rest)]
    return lots.split(session, occasion, lot=lot, parts=parts)


def _merge(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    other = said.row(session, Lot, "other")
    return lots.merge(session, occasion, lots=[lot, other], code=said.text("code"))


def _pack(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    return lots.pack(
        session,
        occasion,
        inputs=[(lot, said.grams("weight"))],
        item=said.row(session, TradeItem, "item"),
        code=said.text("code"),
        packs=said.whole("packs"),
        zone=said.row(session, Zone, "zone"),
    )


def _ship(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    to = said.row(session, Party, "to")
    return lots.ship(session, occasion, lot=lot, to=to, amount=amount_said(said))


def _discard(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    reason = said.text("reason")
    return lots.discard(session, occasion, lot=lot, reason=reason, amount=amount_said(said))


def _void(session: Session, occasion: Occasion, lot: Lot, said: Answers) -> Act:
    query = select(Act).join(ActLine, col(ActLine.act_id) == col(Act.id))
    query = query.where(ActLine.lot_id == lot.id, Act.id == said.text("act"))
    act = session.exec(query).first()
    if act is None:
        raise NotFound(what="act", name=said.text("act"), next_step="take it from the history")
    return voiding.void(session, occasion, act=act)


_PERFORM: Mapping[str, _Perform] = {
    "harvest": _harvest,
    "transplant": _transplant,
    "move": _move,
    "stage": _stage,
    "inspect": _inspect,
    "split": _split,
    "merge": _merge,
    "pack": _pack,
    "ship": _ship,
    "discard": _discard,
    "void": _void,
    **stockforms.PERFORM,
}


def _less(whole: int | None, part: int | None) -> int | None:
    """Subtract; a part beyond the whole leaves nothing, and the verb says by how much it fails."""
    return None if whole is None or part is None else max(0, whole - part)

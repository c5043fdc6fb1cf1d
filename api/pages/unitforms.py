"""Forms of cases and pallets: what goes in, out, and to whom, and what their answers do."""

from collections.abc import Sequence

from sqlalchemy import or_
from sqlmodel import Session, col, select

from api.i18n import Reader
from api.pages.fields import ActForm, Answers, Field, choices
from api.pages.lotfields import amount_said, document_fields, partners, unit_code_field
from traceability import contents, units, voiding
from traceability.contents import Contents
from traceability.elsewhere import edge_of
from traceability.errors import NotFound
from traceability.models import Act, LogisticUnit, Lot, Organisation, Party, Site, UnitLine
from traceability.occasions import Occasion
from traceability.unit_past import Whereabouts

# What a form offers to choose from; older ones are named in the command, or on the lot's own page.
_MOST_LOTS, _MOST_CASES = 50, 30
# A case of one kind, or of two; whoever mixes more does it with the command.
_LOTS_IN_A_CASE = ("", "_2")
_CASE = "case_"


def to_fill(session: Session, reader: Reader, farm: Organisation) -> list[ActForm]:
    """Return the forms that make a new case or pallet of what is loose."""
    loose, free = _loose_lots(session, reader, farm), _free_cases(session, reader, farm)
    forms = []
    if loose:
        forms.append(_case_form(reader, farm, loose))
    if loose or free:
        forms.append(_pallet_form(reader, farm, loose, free))
    return forms


def of_unit(
    session: Session, reader: Reader, unit: LogisticUnit, where: Whereabouts
) -> list[ActForm]:
    """Return the forms of what can be done with a unit now; one that left has none."""
    _ = reader
    if where.state not in ("here", "on"):
        return []
    forms = [ActForm("open", _("Take everything out"), _("Record it"), [])]
    if where.state == "here" and not any(lot.held_since for lot in where.lots):
        to = Field("to", _("To"), "choice", choices(_, partners(session, unit)))
        fields = [to, *document_fields(_)]
        forms.insert(0, ActForm("ship", _("Ship"), _("Record shipment"), fields))
    return forms


def fill(session: Session, occasion: Occasion, said: Answers, *, site: Site) -> LogisticUnit:
    """Make the case or pallet that a form asked for."""
    act = units.aggregate(
        session,
        occasion,
        kind=said.text("kind"),
        site=site,
        lots=[
            (lot, amount_said(said, suffix) or contents.loose(session, lot))
            for suffix, lot in _lots_said(session, said)
        ],
        units=_cases_said(session, said),
        code=said.text("code") or None,
    )
    return units.made(session, act.id)


def site_said(session: Session, farm: Organisation, said: Answers) -> Site:
    """Return where a form's unit is packed: where the first thing that goes in stands."""
    stands_at = [
        *(units.stands_at(session, lot) for _, lot in _lots_said(session, said)),
        *(case.site_id for case in _cases_said(session, said)),
    ]
    if stands_at:
        return session.get_one(Site, stands_at[0])
    query = select(Site).where(Site.organisation_id == farm.id).order_by(col(Site.code))
    site = session.exec(query).first()
    if site is None:
        raise NotFound(what="site", name="", next_step="set [site] in minori.toml, then restart")
    return site


def perform(
    session: Session, kind: str, occasion: Occasion, unit: LogisticUnit, said: Answers
) -> Act:
    """Record what a form of a unit's page asked for.

    Raises:
        TraceabilityError: why it cannot be; nothing is written.
    """
    if kind == "open":
        return units.disaggregate(session, occasion, unit=unit)
    if kind == "ship":
        return units.ship_unit(session, occasion, unit=unit, to=said.row(session, Party, "to"))
    if kind == "void":
        return voiding.void(session, occasion, act=_act_of(session, unit, said.text("act")))
    raise NotFound(what="act", name=kind, next_step="choose one on the unit's page")


def _case_form(_: Reader, farm: Organisation, loose: Sequence[tuple[str, str]]) -> ActForm:
    fields = [
        *_lot_fields(_, loose, _("Lot")),
        *_lot_fields(_, loose, _("Another lot"), suffix="_2"),
        unit_code_field(_, farm),
    ]
    return ActForm("case", _("Fill a case"), _("Record the case"), fields)


def _pallet_form(
    _: Reader,
    farm: Organisation,
    loose: Sequence[tuple[str, str]],
    free: Sequence[tuple[str, str]],
) -> ActForm:
    cases = [Field(f"{_CASE}{code}", label, "check", required=False) for code, label in free]
    lots_asked = _lot_fields(_, loose, _("Lot, without a case"), optional=True) if loose else []
    fields = [*cases, *lots_asked, unit_code_field(_, farm)]
    return ActForm("pallet", _("Fill a pallet"), _("Record the pallet"), fields)


def _lot_fields(
    _: Reader,
    loose: Sequence[tuple[str, str]],
    label: str,
    *,
    suffix: str = "",
    optional: bool = False,
) -> list[Field]:
    hint = _("Both empty: all that is loose")
    is_needed = not suffix and not optional
    return [
        Field(f"lot{suffix}", label, "choice", loose, required=is_needed),
        Field(f"pieces{suffix}", _("Pieces"), "number", required=False, hint=hint),
        Field(f"weight{suffix}", _("Weight [kg]"), "kg", required=False),
    ]


def _loose_lots(session: Session, _: Reader, farm: Organisation) -> list[tuple[str, str]]:
    query = select(Lot).where(
        Lot.organisation_id == farm.id,
        col(Lot.stage).in_(("packed", "harvested")),
        col(Lot.closed_at).is_(None),
    )
    # Packs first: "packed" sorts behind "harvested".
    newest = query.order_by(col(Lot.stage).desc(), col(Lot.opened_at).desc()).limit(_MOST_LOTS)
    found = []
    for lot in session.exec(newest):
        amount = contents.loose(session, lot)
        if not amount.is_nothing and not edge_of(session, lot.site_id):
            found.append((lot.id, f"{lot.code} ({_.amount(amount.pieces, amount.weight_g)})"))
    return found


def _free_cases(session: Session, _: Reader, farm: Organisation) -> list[tuple[str, str]]:
    query = select(LogisticUnit).where(
        LogisticUnit.organisation_id == farm.id, LogisticUnit.kind == "case"
    )
    found = []
    for case in session.exec(query.order_by(col(LogisticUnit.made_at).desc()).limit(_MOST_CASES)):
        inside = contents.of_unit(session, case)
        is_free = contents.holder_of(session, case) is None and not inside.is_nothing
        if is_free and not edge_of(session, case.site_id):
            found.append((case.code, _case_words(_, case, inside)))
    return found


def _case_words(_: Reader, case: LogisticUnit, inside: Contents) -> str:
    held = ", ".join(f"{lot.code} {_.amount(a.pieces, a.weight_g)}" for lot, a in inside.lots[:2])
    more = "…" if len(inside.lots) > 2 else ""
    return f"{_('Case')} {case.code} ({held}{more})"


def _lots_said(session: Session, said: Answers) -> list[tuple[str, Lot]]:
    asked = [suffix for suffix in _LOTS_IN_A_CASE if said.text(f"lot{suffix}")]
    return [(suffix, said.row(session, Lot, f"lot{suffix}")) for suffix in asked]


def _cases_said(session: Session, said: Answers) -> list[LogisticUnit]:
    asked = [name for name in said.said if name.startswith(_CASE)]
    return [units.find_unit(session, name.removeprefix(_CASE)) for name in asked]


def _act_of(session: Session, unit: LogisticUnit, act_id: str) -> Act:
    touching = or_(col(UnitLine.unit_id) == unit.id, col(UnitLine.inner_id) == unit.id)
    query = select(Act).join(UnitLine, col(UnitLine.act_id) == col(Act.id))
    act = session.exec(query.where(touching, Act.id == act_id)).first()
    if act is None:
        raise NotFound(what="act", name=act_id, next_step="take it from the history")
    return act

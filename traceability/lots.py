"""What is done with lots: each verb is one act, recorded whole or not at all.

    growing lot --harvest--> harvested lot --pack--> packed lot --ship--> partner
       sow, transplant          split, merge            discard, inspect, move

Not a gram appears or disappears: what leaves a lot is a line of the act, what goes into another
is an edge of the graph with its amount. Every verb takes (session, occasion, ...) and returns the
recorded Act; `acts.made(session, act)` are the new lots. The caller commits.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from traceability import codes, heads, packing, recipes, rules
from traceability.acts import recorded
from traceability.amounts import Amount, apportion, total
from traceability.drafts import Draft
from traceability.errors import (
    BadValue,
    MassAppears,
    MassNotConserved,
    NoLotCode,
    Phrase,
    WrongStage,
)
from traceability.gs1 import check_lot_code
from traceability.models import (
    Act,
    ActLine,
    Crop,
    Inspection,
    Lot,
    Party,
    Site,
    TradeItem,
    Zone,
)
from traceability.occasions import Occasion


@recorded("sow")
def sow(
    session: Session,
    occasion: Occasion,
    *,
    zone: Zone,
    crop: Crop,
    code: str | None,
    pieces: int,
    seeds: Sequence[tuple[Lot, Amount]] = (),
) -> Draft:
    """Start a growing lot of so many plants; `seeds` are the input lots it was sown from.

    Without a code it gets the next one of the site's pattern (`traceability.codes`).
    """
    named = _code(session, zone.site_id, crop, "sowing", occasion, code)
    lot = new_lot(zone.site_id, crop, named, "growing", occasion)
    recipe = under_recipe(session, lot, crop)
    amount = Amount(pieces=rules.at_least_one("pieces", pieces))
    flows = [(seed, lot, used) for seed, used in seeds]
    return Draft(
        zone.site_id, zone=zone, takes=seeds, makes=[(lot, amount)], flows=flows, facts=recipe
    )


@recorded("transplant")
def transplant(
    session: Session, occasion: Occasion, *, lot: Lot, zone: Zone, lost_pieces: int = 0
) -> Draft:
    """Move plants to another zone (or the same); `lost_pieces` did not make it."""
    rules.require(lot, "transplant", "growing")
    takes = [(lot, Amount(pieces=lost_pieces))] if lost_pieces else []
    return Draft(zone.site_id, zone=zone, takes=takes, subjects=[lot])


@recorded("move")
def move(session: Session, occasion: Occasion, *, lot: Lot, zone: Zone) -> Draft:
    """Put a whole lot into another zone, such as the cold store; a part is a split first."""
    rules.require(lot, "move", "growing", "harvested", "packed", "input")
    return Draft(zone.site_id, zone=zone, subjects=[lot])


@recorded("harvest")
def harvest(
    session: Session,
    occasion: Occasion,
    *,
    lot: Lot,
    pieces: int,
    weight_g: int,
    zone: Zone,
    code: str | None = None,
    final: bool = False,
) -> Draft:
    """Cut so many heads of a growing lot, weighing so much; what they become is a new lot.

    Args:
        code: The harvested lot's code; by default the growing lot's with -1, -2, ... behind.
        zone: Where the harvest went, such as the packing room.
        final: The last harvest: plants not cut are lost, and the growing lot is closed.

    Raises:
        HeavierThanPhysics: so many heads of this crop cannot weigh that.
        NotEnough: the lot does not hold so many plants.
    """
    rules.require(lot, "harvest", "growing")
    crop = session.get_one(Crop, lot.crop_id)
    rules.refuse_too_heavy(crop, pieces=rules.at_least_one("pieces", pieces), weight_g=weight_g)
    cut = new_lot(zone.site_id, crop, code or next_code(session, lot), "harvested", occasion)
    amount = Amount(pieces, rules.at_least_one("weight_g", weight_g))
    # Cutting more than there is must be refused, so `final` never shrinks what is taken.
    taken = Amount(pieces=max(pieces, lot.pieces or 0) if final else pieces)
    return Draft(
        zone.site_id,
        zone=zone,
        takes=[(lot, taken)],
        makes=[(cut, amount)],
        flows=[(lot, cut, amount)],
        facts={"lost_pieces": (taken.pieces or 0) - pieces},
        closes=final,
    )


@recorded("inspect")
def inspect(
    session: Session,
    occasion: Occasion,
    *,
    lot: Lot,
    measure: str,
    value: float,
    unit: str,
    method: str = "",
) -> Draft:
    """Note a measured property, such as potassium in mg/100 g, of an open or closed lot.

    Raises:
        HeavierThanPhysics: the weight of one growing head that no head of this crop can have.
    """
    if not 0 <= value < 1e9:
        raise BadValue(
            field=measure, expected="a number from 0", got=value, next_step="read it again"
        )
    head_g = heads.grams(measure, value, unit)
    if head_g == 0:
        # A forecast cannot go by it, and would leave it out without a word.
        raise BadValue(
            field=measure, expected="a number above 0", got=value, next_step="read it again"
        )
    if head_g is not None and lot.stage == "growing":
        crop = session.get_one(Crop, lot.crop_id)
        rules.refuse_too_heavy(crop, pieces=1, weight_g=math.ceil(head_g))
    result = Inspection(
        act_id=occasion.act_id,
        lot_id=lot.id,
        measure=measure,
        value=value,
        unit=unit,
        method=method,
    )
    facts = {"measure": measure, "value": value, "unit": unit, "method": method}
    return Draft(lot.site_id, subjects=[lot], inspection=result, facts=facts)


@recorded("split")
def split(
    session: Session, occasion: Occasion, *, lot: Lot, parts: Sequence[tuple[str, Amount]]
) -> Draft:
    """Divide a lot into parts (code, amount); not a gram appears or disappears.

    Raises:
        MassNotConserved: the parts do not add up to the lot. Nothing is written.
    """
    rules.require(lot, "split", "growing", "harvested", "packed", "input")
    whole = Amount(lot.pieces, lot.weight_g)
    completed = rules.completed_parts(whole, [amount for _, amount in parts])
    if total(completed) != whole:
        raise MassNotConserved(
            lot=lot.code,
            whole=whole,
            parts=total(completed),
            difference=rules.difference(whole, total(completed)),
        )
    children = [_sibling(lot, code, occasion) for code, _ in parts]
    makes = list(zip(children, completed, strict=True))
    flows = [(lot, child, amount) for child, amount in makes]
    zone = session.get(Zone, lot.zone_id) if lot.zone_id else None
    return Draft(lot.site_id, zone=zone, takes=[(lot, whole)], makes=makes, flows=flows)


@recorded("merge")
def merge(session: Session, occasion: Occasion, *, lots: Sequence[Lot], code: str) -> Draft:
    """Put whole lots of one kind together under a new code."""
    if len(lots) < 2 or len({lot.id for lot in lots}) < len(lots):
        raise BadValue(
            field="lots",
            expected="two or more different lots",
            got=len(lots),
            next_step="name them",
        )
    first = lots[0]
    for lot in lots:
        rules.require(lot, "merge", first.stage)
        if (lot.crop_id, lot.trade_item_id) != (first.crop_id, first.trade_item_id):
            raise WrongStage(
                lot=lot.code,
                stage="of another crop or trade item",
                kind="merge",
                next_step="merge only lots of one kind",
            )
    amounts = [Amount(lot.pieces, lot.weight_g) for lot in lots]
    merged = _sibling(first, code, occasion)
    zone = session.get(Zone, first.zone_id) if first.zone_id else None
    return Draft(
        first.site_id,
        zone=zone,
        takes=list(zip(lots, amounts, strict=True)),
        makes=[(merged, total(amounts))],
        flows=[(lot, merged, amount) for lot, amount in zip(lots, amounts, strict=True)],
    )


@recorded("pack")
def pack(
    session: Session,
    occasion: Occasion,
    *,
    inputs: Sequence[tuple[Lot, int | None]],
    item: TradeItem,
    code: str | None,
    packs: int,
    zone: Zone,
) -> Draft:
    """Pack harvested grams (lot, weight_g) into so many packs of a trade item; None is all of it.

    What goes in beyond packs x net content is trimming loss; each edge carries what of its lot is
    really in the packs. The item's packing recipe takes its materials from the oldest lots there
    are. Without a code it gets the next one of the site's pattern (`traceability.codes`).

    Raises:
        MassAppears: the packs hold more than went in; says by how much.
        WrongStage: a lot is of another crop than the label will say.
    """
    crop = session.get_one(Crop, item.crop_id)
    for lot, _ in inputs:
        rules.require(lot, "pack", "harvested", "input")
        _refuse_other_crop(lot, item, crop)
    used = [(lot, rules.grams_of(lot, weight_g)) for lot, weight_g in inputs]
    input_g = sum(weight_g for _, weight_g in used)
    output_g = rules.at_least_one("packs", packs) * item.net_content_g
    if output_g > input_g:
        raise MassAppears(output_g=output_g, input_g=input_g, by_g=output_g - input_g)
    named = _code(session, zone.site_id, crop, "packing", occasion, code)
    packed = new_lot(zone.site_id, crop, named, "packed", occasion, item=item)
    _date_packed(session, packed, item, occasion)
    takes = [(lot, rules.held(lot).part(Amount(weight_g=weight_g))) for lot, weight_g in used]
    shares_g = apportion(output_g, [weight_g for _, weight_g in used])
    flows = [(lot, packed, Amount(weight_g=g)) for (lot, _), g in zip(used, shares_g, strict=True)]
    materials = packing.materials_for(session, item, packs, site_id=zone.site_id)
    return Draft(
        zone.site_id,
        zone=zone,
        takes=[*takes, *materials.used],
        makes=[(packed, Amount(packs, output_g))],
        flows=[*flows, *((lot, packed, amount) for lot, amount in materials.used)],
        facts={
            "loss_g": input_g - output_g,
            "item": item.gtin or item.code,
            **({"missing": materials.missing} if materials.missing else {}),
        },
    )


@recorded("ship")
def ship(
    session: Session, occasion: Occasion, *, lot: Lot, to: Party, amount: Amount | None = None
) -> Draft:
    """Send a lot, or an amount of it, to a partner."""
    rules.require(lot, "ship", "packed", "harvested")
    return Draft(
        lot.site_id,
        takes=[(lot, rules.taken(lot, amount))],
        to_party=to,
        closes=amount is None,
    )


@recorded("receive")
def receive(
    session: Session,
    occasion: Occasion,
    *,
    zone: Zone,
    crop: Crop,
    code: str | None,
    amount: Amount,
    from_party: Party,
    stage: str = "input",
    item: TradeItem | None = None,
) -> Draft:
    """Take in a lot that came from somebody else: seed, or produce to be packed or sold.

    Its code is the one it came with. Only what a supplier sends who is exempt from giving lot
    codes gets one of our pattern (21 CFR 1.1345, 1.1320).

    Raises:
        NoLotCode: no code, and the supplier gives codes: it stands on the pack or the papers.
    """
    if item is not None and item.crop_id != crop.id:
        raise BadValue(
            field="item",
            expected=Phrase("a trade item of crop {crop}", crop=crop.code),
            got=item.code,
            next_step="name its own crop, or another item",
        )
    if code is None and from_party.gives_lot_codes:
        raise NoLotCode(
            kind="receiving",
            because=Phrase(
                "{from_party} gives its lots codes of its own", from_party=from_party.code
            ),
            next_step="read it from the pack or the papers",
        )
    named = _code(session, zone.site_id, crop, "receiving", occasion, code)
    lot = new_lot(zone.site_id, crop, named, stage, occasion, item=item)
    facts = under_recipe(session, lot, crop) if stage == "growing" else {}
    makes = [(lot, amount)]
    return Draft(zone.site_id, zone=zone, makes=makes, from_party=from_party, facts=facts)


@recorded("discard")
def discard(
    session: Session, occasion: Occasion, *, lot: Lot, reason: str, amount: Amount | None = None
) -> Draft:
    """Throw away a lot, or an amount of it, and say why."""
    if not reason.strip():
        raise BadValue(
            field="reason", expected="why it is thrown away", got="nothing", next_step="say why"
        )
    rules.require(lot, "discard", "growing", "harvested", "packed", "input")
    return Draft(
        lot.site_id,
        takes=[(lot, rules.taken(lot, amount))],
        facts={"reason": reason},
        closes=amount is None,
    )


def _refuse_other_crop(lot: Lot, item: TradeItem, crop: Crop) -> None:
    """A bag that says low-potassium lettuce is eaten by people whom the other kind harms."""
    if lot.crop_id != item.crop_id:
        raise WrongStage(
            lot=lot.code,
            stage="of another crop",
            kind="pack",
            next_step=Phrase(
                "{item} holds {crop}: name lots of that, or another trade item",
                item=item.code,
                crop=crop.code,
            ),
        )


def new_lot(
    site_id: str,
    crop: Crop,
    code: str,
    stage: str,
    occasion: Occasion,
    *,
    item: TradeItem | None = None,
) -> Lot:
    """Return a lot of a crop, not yet recorded; refuses a code that no label could carry."""
    return Lot(
        organisation_id=crop.organisation_id,
        site_id=site_id,
        code=check_lot_code(code),
        scope=rules.scope_of(crop, item),
        stage=stage,
        crop_id=crop.id,
        trade_item_id=item.id if item else None,
        opened_at=occasion.at,
    )


def under_recipe(session: Session, lot: Lot, crop: Crop) -> dict[str, object]:
    """Have a lot that begins to grow keep the recipe of its day; return it as facts of its act."""
    recipe = recipes.in_force(session, crop, lot.opened_at)
    if recipe is None:
        return {}
    lot.recipe_id = recipe.id
    return {"recipe_version": recipe.version, "recipe_digest": recipes.digest_of(recipe)}


def _code(
    session: Session, site_id: str, crop: Crop, kind: str, occasion: Occasion, code: str | None
) -> str:
    """The code that was given, or the next one of the site's pattern."""
    if code is not None:
        return code
    site = session.get_one(Site, site_id)
    return codes.next_code(session, site, kind=kind, at=occasion.at, crop=crop.code)


def _sibling(lot: Lot, code: str, occasion: Occasion) -> Lot:
    """A lot of the same kind as another, under its own code."""
    return Lot(
        organisation_id=lot.organisation_id,
        site_id=lot.site_id,
        code=check_lot_code(code),
        scope=lot.scope,
        stage=lot.stage,
        crop_id=lot.crop_id,
        recipe_id=lot.recipe_id,
        trade_item_id=lot.trade_item_id,
        packed_on=lot.packed_on,
        best_before=lot.best_before,
        opened_at=occasion.at,
    )


def next_code(session: Session, lot: Lot) -> str:
    """Return the code of the next harvest of a growing lot: its own with -1, -2, ... behind."""
    cuts = select(ActLine.id).join(Act).where(ActLine.lot_id == lot.id, Act.kind == "harvest")
    return f"{lot.code}-{len(session.exec(cuts).all()) + 1}"


def _date_packed(session: Session, lot: Lot, item: TradeItem, occasion: Occasion) -> None:
    zone = ZoneInfo(session.get_one(Site, lot.site_id).time_zone)
    packed_on: date = occasion.at.astimezone(zone).date()
    lot.packed_on = packed_on
    if item.shelf_life_days is not None:
        lot.best_before = packed_on + timedelta(days=item.shelf_life_days)

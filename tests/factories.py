"""A small farm, valid by default: one keyword spoils it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from traceability import acts, catalogue, lots
from traceability.models import Crop, Lot, Organisation, Party, Site, TradeItem, Zone
from traceability.occasions import Occasion

# A Monday, 09:00 in Japan.
START = datetime(2026, 6, 1, 0, tzinfo=UTC)


@dataclass
class Farm:
    organisation: Organisation
    site: Site
    room: Zone
    packing: Zone
    store: Zone
    lettuce: Crop
    bag: TradeItem
    shop: Party
    supplier: Party


def a_farm(
    session: Session, code: str = "aizu", *, site: str = "main", item: str = "lowk-80"
) -> Farm:
    """A site with a room, a packing room and a cold store, growing one crop for one shop."""
    owner = catalogue.ensure_organisation(session, code, name="Aizu Leaf", name_ja="会津リーフ")
    place = catalogue.ensure_site(
        session,
        owner,
        site,
        name="Aizu plant factory",
        name_ja="会津植物工場",
        time_zone="Asia/Tokyo",
        origin="Fukushima",
        origin_ja="福島県",
    )
    zones = {
        kind: catalogue.ensure_zone(session, place, zone, name=name, name_ja=ja, kind=kind)
        for zone, name, ja, kind in (
            ("A", "Room A", "A室", "growing_room"),
            ("P", "Packing", "包装室", "packing"),
            ("C", "Cold store", "冷蔵庫", "cold_store"),
        )
    }
    lettuce = catalogue.ensure_crop(
        session,
        owner,
        "lowk",
        name="Low-potassium lettuce",
        name_ja="低カリウムレタス",
        largest_head_g=200,
        growing_days=42,
        targets={"air_temperature": (18, 24), "co2": (700, 1200)},
    )
    bag = catalogue.ensure_trade_item(
        session,
        owner,
        item,
        crop=lettuce,
        gtin="04912345678904",
        name="Low-potassium lettuce 80 g",
        name_ja="低カリウムレタス 80g",
        net_content_g=80,
        pack="bag",
        pack_ja="袋",
        shelf_life_days=10,
    )
    shop = catalogue.ensure_party(
        session, owner, "mart", name="Mart", name_ja="マート", is_public=True
    )
    supplier = catalogue.ensure_party(
        session, owner, "seedco", name="Seed Co", name_ja="種苗会社", role="supplier"
    )
    return Farm(
        owner,
        place,
        zones["growing_room"],
        zones["packing"],
        zones["cold_store"],
        lettuce,
        bag,
        shop,
        supplier,
    )


def on_day(day: int, *, by: str = "Sato", act_id: str | None = None) -> Occasion:
    """The occasion of something done so many days after START."""
    at = START + timedelta(days=day)
    return Occasion(at, by) if act_id is None else Occasion(at, by, act_id)


def harvested(session: Session, farm: Farm, *, code: str = "L1", weight_g: int = 9000) -> Lot:
    """A lot of 100 heads, sown on day 0, cut on day 42."""
    sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code=code, pieces=100)
    (growing,) = acts.made(session, sown)
    cut = lots.harvest(
        session,
        on_day(42),
        lot=growing,
        pieces=100,
        weight_g=weight_g,
        zone=farm.packing,
        final=True,
    )
    return acts.made(session, cut)[0]


def packed(
    session: Session, farm: Farm, *, code: str = "P-1", packs: int = 100, of: str = "L1"
) -> Lot:
    """A harvested lot packed into bags of 80 g on day 42."""
    cut = harvested(session, farm, code=of)
    act = lots.pack(
        session,
        on_day(42),
        inputs=[(cut, 9000)],
        item=farm.bag,
        code=code,
        packs=packs,
        zone=farm.store,
    )
    return acts.made(session, act)[0]

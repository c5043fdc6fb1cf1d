"""Who the demo farm is: places, crops, trade items and partners, all invented.

GTINs and GLNs begin with 952, the prefix GS1 keeps for demonstrations: no till will ever know them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from edge import recipe_file
from sensors import heat
from traceability import catalogue, recipes
from traceability.models import Crop, Organisation, Party, Site, TradeItem, Zone

RECIPES = Path(__file__).parent / "recipes"
ORGANISATION, SITE = "aizu-leaf", "aizu"
TIME_ZONE = "Asia/Tokyo"

# code -> (en, ja, kind)
ZONES = {
    "room-a": ("Room A", "A室", "growing_room"),
    "room-b": ("Room B", "B室", "growing_room"),
    "bay-g": ("Greenhouse bay", "温室ベイ", "greenhouse"),
    "packing": ("Packing room", "包装室", "packing"),
    "cold": ("Cold store", "冷蔵庫", "cold_store"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one crop is grown and sold at the demo farm."""

    code: str
    prefix: str  # of its lot codes
    name: tuple[str, str]  # en, ja
    variety: str
    zone: str  # where it grows after transplanting
    growing_days: int
    transplant_day: int
    sown_pieces: int
    head_g: float  # mean head at harvest
    largest_head_g: int
    season: float  # how much the weight follows the sun; 0 under lamps only
    pack_g: int
    gtin: str
    item_name: tuple[str, str]
    pack: tuple[str, str]
    shelf_life_days: int
    # Ranges for all its life; empty: `recipes/` has a file of stages.
    targets: Mapping[str, tuple[float, float]]
    kept_at: tuple[float, float] | None = None  # [°C]
    potassium: tuple[float, float] | None = None  # mean, sd [mg/100 g]


PLANS = (
    Plan(
        code="low-k-lettuce",
        prefix="LK",
        name=("Low-potassium lettuce", "低カリウムレタス"),
        variety="Frill",
        zone="room-a",
        growing_days=42,
        transplant_day=16,
        sown_pieces=1100,
        head_g=86.0,
        largest_head_g=180,
        season=0.02,
        pack_g=80,
        gtin="09521234500018",
        item_name=("Low-potassium lettuce 80 g", "低カリウムレタス 80g"),
        pack=("bag", "袋"),
        shelf_life_days=10,
        targets={},
        kept_at=(1, 5),
        potassium=(84.0, 6.5),
    ),
    Plan(
        code="leaf-lettuce",
        prefix="LL",
        name=("Leaf lettuce", "リーフレタス"),
        variety="Green Wave",
        zone="room-b",
        growing_days=35,
        transplant_day=14,
        sown_pieces=1500,
        head_g=104.0,
        largest_head_g=220,
        season=0.03,
        pack_g=100,
        gtin="09521234500025",
        item_name=("Leaf lettuce 100 g", "リーフレタス 100g"),
        pack=("bag", "袋"),
        shelf_life_days=9,
        targets={
            "air_temperature": (18, 24),
            "relative_humidity": (55, 80),
            "co2": (700, 1300),
        },
        kept_at=(1, 5),
    ),
    Plan(
        code="basil",
        prefix="BA",
        name=("Basil", "バジル"),
        variety="Genovese",
        zone="bay-g",
        growing_days=42,
        transplant_day=18,
        sown_pieces=900,
        head_g=48.0,
        largest_head_g=160,
        season=0.28,
        pack_g=30,
        gtin="09521234500032",
        item_name=("Basil 30 g", "バジル 30g"),
        pack=("tray", "トレー"),
        shelf_life_days=7,
        targets={},
    ),
)


@dataclass(frozen=True, slots=True)
class DemoFarm:
    organisation: Organisation
    site: Site
    zones: Mapping[str, Zone]
    crops: Mapping[str, Crop]
    items: Mapping[str, TradeItem]  # by crop code
    partners: tuple[Party, Party]
    supplier: Party


def found(session: Session) -> DemoFarm:
    """Make the farm's master data, or find it."""
    owner = catalogue.ensure_organisation(
        session, ORGANISATION, name="Aizu Leaf (demo)", name_ja="会津リーフ(デモ)"
    )
    site = catalogue.ensure_site(
        session,
        owner,
        SITE,
        name="Aizu plant factory",
        name_ja="会津植物工場",
        time_zone=TIME_ZONE,
        origin="Fukushima",
        origin_ja="福島県",
    )
    zones = {
        code: catalogue.ensure_zone(session, site, code, name=en, name_ja=ja, kind=kind)
        for code, (en, ja, kind) in ZONES.items()
    }
    crops = {plan.code: _crop(session, owner, plan) for plan in PLANS}
    items = {plan.code: _item(session, owner, plan, crops[plan.code]) for plan in PLANS}
    return DemoFarm(owner, site, zones, crops, items, *_parties(session, owner))


def _crop(session: Session, owner: Organisation, plan: Plan) -> Crop:
    crop = catalogue.ensure_crop(
        session,
        owner,
        plan.code,
        targets=plan.targets,
        name=plan.name[0],
        name_ja=plan.name[1],
        variety=plan.variety,
        largest_head_g=plan.largest_head_g,
        growing_days=plan.growing_days,
        degree_day_base_c=heat.BASE_C["basil" if plan.code == "basil" else "lettuce"],
    )
    if not plan.targets:
        file = recipe_file.load(RECIPES / f"{plan.code}.toml")
        recipes.record(session, crop, file.document, by="Sato", why=file.why)
    return crop


def _item(session: Session, owner: Organisation, plan: Plan, crop: Crop) -> TradeItem:
    return catalogue.ensure_trade_item(
        session,
        owner,
        f"{plan.code}-{plan.pack_g}",
        crop=crop,
        gtin=plan.gtin,
        name=plan.item_name[0],
        name_ja=plan.item_name[1],
        net_content_g=plan.pack_g,
        pack=plan.pack[0],
        pack_ja=plan.pack[1],
        shelf_life_days=plan.shelf_life_days,
        storage_low_c=plan.kept_at[0] if plan.kept_at else None,
        storage_high_c=plan.kept_at[1] if plan.kept_at else None,
    )


def _parties(session: Session, owner: Organisation) -> tuple[tuple[Party, Party], Party]:
    first = catalogue.ensure_party(
        session,
        owner,
        "hokuto",
        name="Hokuto Mart",
        name_ja="北斗マート",
        address="2-3-4 Honcho, Sendai, Miyagi 980-0014, Japan",
        phone="+81-22-000-0000",
        is_public=True,
    )
    # Its phone number is nowhere: a sheet that lacks something says so.
    second = catalogue.ensure_party(
        session,
        owner,
        "midori",
        name="Midori Grocers",
        name_ja="みどりストア",
        address="5-6 Omachi, Koriyama, Fukushima 963-8002, Japan",
    )
    supplier = catalogue.ensure_party(
        session, owner, "tane", name="Tane Seeds", name_ja="たね種苗", role="supplier"
    )
    return (first, second), supplier

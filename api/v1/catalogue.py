"""Who, where, what: sites, zones, crops, trade items, parties. PUT says how it is; saying again
what is already so changes nothing."""

from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlmodel import Session, SQLModel, col, select

from api.deps import OwnerToRead, ReadSession, SignedIn, WriteSession, owner
from api.problems import problems
from api.v1.shapes import Body
from sensors import QUANTITIES
from traceability import catalogue, packing
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound, Phrase
from traceability.gs1 import Gs1Error, gtin14
from traceability.models import Crop, Material, Party, Site, TradeItem, Zone

router = APIRouter(prefix="/api/v1", tags=["catalogue"], responses=problems(NotFound))

_Row = TypeVar("_Row", bound=SQLModel)
Grams = Annotated[int, Field(gt=0)]
Range = tuple[float, float]


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        msg = "expected an IANA time zone such as Asia/Tokyo"
        raise ValueError(msg)
    return name


class Named(Body):
    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: Annotated[str, Field(min_length=1)]
    name_ja: str = ""


class SiteBody(Named):
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    origin: str = ""
    origin_ja: str = ""
    gln: str | None = None
    address: str = ""
    phone: str = ""


class ZoneBody(Named):
    kind: Literal["growing_room", "greenhouse", "nursery", "packing", "cold_store", "tank", "other"]


class CropFields(Named):
    variety: str = ""
    largest_head_g: Grams
    growing_days: Grams | None = None
    degree_day_base_c: Annotated[float, Field(ge=-5, le=25)] | None = None


class CropBody(CropFields):
    targets: dict[str, Range] = Field(default_factory=dict)


class PartyBody(Named):
    role: Literal["partner", "supplier", "carrier", "other"] = "partner"
    gln: str | None = None
    address: str = ""
    phone: str = ""
    gives_lot_codes: bool = True
    is_public: bool = False


class MaterialBody(Named):
    kind: Literal["seed", "substrate", "fertiliser", "protection", "packaging", "other"]


class ItemBody(Named):
    crop: str
    gtin: str | None = None
    net_content_g: Grams
    pack: str = ""
    pack_ja: str = ""
    shelf_life_days: Grams | None = None
    # What it is kept at from packing on. [°C]
    storage_low_c: Annotated[float, Field(ge=-60, le=60)] | None = None
    storage_high_c: Annotated[float, Field(ge=-60, le=60)] | None = None


class _Coded(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str


class SiteOut(SiteBody, _Coded):
    pass


class ZoneOut(ZoneBody, _Coded):
    site: str


class CropOut(CropBody, _Coded):
    pass


class PartyOut(PartyBody, _Coded):
    pass


class ItemOut(ItemBody, _Coded):
    pass


class MaterialOut(MaterialBody, _Coded):
    pass


class PackingLine(Body):
    """What one pack of an item takes of a material: pieces or whole grams."""

    material: str
    pieces: Grams | None = None
    weight_g: Grams | None = None


@router.get("/sites")
def list_sites(session: ReadSession) -> list[SiteOut]:
    return [SiteOut.model_validate(row) for row in _all(session, Site)]


@router.put("/sites/{code}")
def put_site(
    code: str, body: SiteBody, session: WriteSession, organisation: str | None = None
) -> SiteOut:
    farm = owner(session, organisation)
    return SiteOut.model_validate(catalogue.ensure_site(session, farm, code, **body.model_dump()))


@router.get("/zones")
def list_zones(session: ReadSession) -> list[ZoneOut]:
    sites = {row.id: row.code for row in _all(session, Site)}
    return [_zone(row, sites[row.site_id]) for row in _all(session, Zone)]


@router.put("/sites/{site}/zones/{code}")
def put_zone(site: str, code: str, body: ZoneBody, session: WriteSession) -> ZoneOut:
    place = find(session, Site, site)
    return _zone(catalogue.ensure_zone(session, place, code, **body.model_dump()), site)


@router.get("/crops")
def list_crops(session: ReadSession) -> list[CropOut]:
    return [_crop(session, row) for row in _all(session, Crop)]


@router.put("/crops/{code}", responses=problems(BadValue))
def put_crop(
    code: str,
    body: CropBody,
    session: WriteSession,
    viewer: SignedIn,
    organisation: str | None = None,
) -> CropOut:
    """`targets` beside those there are make the next version of the crop's recipe."""
    for quantity in body.targets:
        _refuse_unknown_quantity(quantity)
    farm, facts = owner(session, organisation), body.model_dump(exclude={"targets"})
    by = viewer.name or "somebody here"
    row = catalogue.ensure_crop(session, farm, code, targets=body.targets, by=by, **facts)
    return _crop(session, row)


@router.get("/trade-items")
def list_items(session: ReadSession) -> list[ItemOut]:
    crops = {row.id: row.code for row in _all(session, Crop)}
    return [_item(row, crops[row.crop_id]) for row in _all(session, TradeItem)]


@router.put("/trade-items/{code}", responses=problems(BadValue, Gs1Error))
def put_item(
    code: str, body: ItemBody, session: WriteSession, organisation: str | None = None
) -> ItemOut:
    farm, crop = owner(session, organisation), find(session, Crop, body.crop)
    facts = body.model_dump(exclude={"crop"})
    facts["gtin"] = gtin14(body.gtin) if body.gtin else None
    row = catalogue.ensure_trade_item(session, farm, code, crop=crop, **facts)
    return _item(row, crop.code)


@router.get("/trade-items/{code}/packing")
def list_packing(code: str, session: ReadSession) -> list[PackingLine]:
    """Return what one pack of an item takes beside the produce."""
    recipe = packing.recipe_of(session, find(session, TradeItem, code))
    return [
        PackingLine(material=material.code, pieces=each.pieces, weight_g=each.weight_g)
        for material, each in recipe
    ]


@router.put("/trade-items/{code}/packing", responses=problems(BadValue))
def put_packing(code: str, body: PackingLine, session: WriteSession) -> list[PackingLine]:
    """Say what one pack of an item takes of a material."""
    item, material = find(session, TradeItem, code), find(session, Material, body.material)
    catalogue.ensure_packing(session, item, material, pieces=body.pieces, weight_g=body.weight_g)
    return list_packing(code, session)


@router.get("/materials")
def list_materials(session: ReadSession, farm: OwnerToRead) -> list[MaterialOut]:
    query = select(Material).where(Material.organisation_id == farm.id)
    return [MaterialOut.model_validate(row) for row in session.exec(query.order_by(Material.code))]


@router.put("/materials/{code}")
def put_material(
    code: str, body: MaterialBody, session: WriteSession, organisation: str | None = None
) -> MaterialOut:
    farm = owner(session, organisation)
    row = catalogue.ensure_material(session, farm, code, **body.model_dump())
    return MaterialOut.model_validate(row)


@router.get("/parties")
def list_parties(session: ReadSession, farm: OwnerToRead) -> list[PartyOut]:
    query = select(Party).where(Party.organisation_id == farm.id).order_by(col(Party.code))
    return [PartyOut.model_validate(row) for row in session.exec(query)]


@router.put("/parties/{code}")
def put_party(
    code: str, body: PartyBody, session: WriteSession, organisation: str | None = None
) -> PartyOut:
    farm = owner(session, organisation)
    row = catalogue.ensure_party(session, farm, code, **body.model_dump())
    return PartyOut.model_validate(row)


def _all(session: Session, model: type[_Row]) -> list[_Row]:
    return list(session.exec(select(model).order_by(model.code)))  # type: ignore[attr-defined]


def _zone(row: Zone, site: str) -> ZoneOut:
    return ZoneOut.model_validate(_facts(row, ZoneBody) | {"site": site})


def _crop(session: Session, row: Crop) -> CropOut:
    ranges = catalogue.targets_of(session, row) or {}
    return CropOut.model_validate(_facts(row, CropFields) | {"targets": ranges})


def _item(row: TradeItem, crop: str) -> ItemOut:
    facts = {name: getattr(row, name) for name in ItemBody.model_fields if name != "crop"}
    return ItemOut.model_validate(facts | {"code": row.code, "crop": crop})


def _facts(row: Any, shape: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("code", *shape.model_fields)}


def _refuse_unknown_quantity(name: str) -> None:
    if name not in QUANTITIES:
        raise BadValue(
            field="targets",
            expected=Phrase("one of {known}", known=", ".join(QUANTITIES)),
            got=name,
            next_step="correct the name",
        )

"""What a cell of a key data element holds, in both languages where it has two."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from traceability.models import Crop, Party, Site, TradeItem


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the farm's own: a crop, a unit, a room."""

    name: str
    name_ja: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """A location description (21 CFR 1.1310): business name, phone, address; GLN beside them."""

    code: str
    is_own: bool  # a site of the farm, not a partner's place
    name: str
    name_ja: str
    address: str
    phone: str
    gln: str | None

    @classmethod
    def of_site(cls, site: Site) -> Self:
        return cls(site.code, True, site.name, site.name_ja, site.address, site.phone, site.gln)

    @classmethod
    def of_party(cls, party: Party) -> Self:
        return cls(
            party.code, False, party.name, party.name_ja, party.address, party.phone, party.gln
        )

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the rule wants of it and nobody said: its codes are those of the columns."""
        return tuple(name for name in ("address", "phone") if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Product:
    """A product description (21 CFR 1.1310): name, commodity, variety, packaging size and style."""

    item: Word
    commodity: Word
    variety: str
    net_content_g: int
    pack: Word

    @classmethod
    def of(cls, item: TradeItem, crop: Crop) -> Self:
        return cls(
            Word(item.name, item.name_ja),
            Word(crop.name, crop.name_ja),
            crop.variety,
            item.net_content_g,
            Word(item.pack, item.pack_ja),
        )


Places = tuple[Location, ...]
Value = str | int | float | date | Word | Location | Product | Places | tuple[Word, ...] | None

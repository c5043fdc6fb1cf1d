"""An item, a case or pallet, a place as JSON-LD; of lots `api.linked` tells more."""

from collections.abc import Sequence
from typing import Any

from api.linked import CONTEXT, said
from traceability.provenance import Name
from traceability.shown import ItemShown, LotShown, PlaceShown, UnitShown

_MORE = {
    **CONTEXT,
    "sscc": "gs1:sscc",
    "gln": "gs1:globalLocationNumber",
    "lots": {"@id": "minori:lots", "@container": "@set"},
    "holds": {"@id": "minori:holds", "@container": "@set"},
}


def document(shown: ItemShown | UnitShown | PlaceShown, *, link: str, base: str) -> dict[str, Any]:
    """Return the JSON-LD of what is shown; `link` identifies it, `base` is our own address."""
    facts = {"@context": _MORE, "@id": link}
    if isinstance(shown, ItemShown):
        return said({**facts, **_item(shown, base)})
    if isinstance(shown, UnitShown):
        return said({**facts, **_unit(shown, base)})
    return said({**facts, **_place(shown)})


def _item(shown: ItemShown, base: str) -> dict[str, Any]:
    return {
        "@type": ["Product", "gs1:Product"],
        "name": _name(shown.name),
        "category": _name(shown.crop),
        "variety": shown.variety or None,
        "gtin": shown.gtin,
        "netContent_g": shown.net_content_g,
        "pack": _name(shown.pack),
        "storage_c": list(shown.storage_c) if shown.storage_c else None,
        "producer": _producer(shown.producer),
        "lots": _lots(shown.lots, base),
    }


def _unit(shown: UnitShown, base: str) -> dict[str, Any]:
    return {
        "@type": "minori:LogisticUnit",
        "kind": shown.kind,
        "sscc": shown.code if shown.is_sscc else None,
        "code": None if shown.is_sscc else shown.code,
        "producer": _producer(shown.producer),
        "lots": _lots(shown.lots, base),
        "holds": list(shown.units),
    }


def _place(shown: PlaceShown) -> dict[str, Any]:
    return {
        "@type": ["Place", "gs1:Place"],
        "name": _name(shown.name),
        "gln": shown.gln,
        "producer": _producer(shown.organisation),
        "origin": _name(shown.origin),
    }


def _lots(lots: Sequence[LotShown], base: str) -> list[dict[str, Any]]:
    return [
        said(
            {
                "@id": f"{base}/p/{lot.id}",
                "name": _name(lot.product),
                "lot": lot.code,
                "packedOn": lot.packed_on and lot.packed_on.isoformat(),
                "bestBefore": lot.best_before and lot.best_before.isoformat(),
                "recalled": lot.is_recalled or None,
            }
        )
        for lot in lots
    ]


def _producer(name: Name | None) -> dict[str, Any] | None:
    return {"@type": "Organization", "name": _name(name)} if name else None


def _name(name: Name | None) -> dict[str, str] | None:
    return {k: v for k, v in (("en", name.en), ("ja", name.ja)) if v} if name else None

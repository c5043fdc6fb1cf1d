"""Which columns a table of each kind has: what they are called, what a cell may hold.

A column is found by its key, or by its name in English or Japanese.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import words
from api.i18n import LANGUAGES, Reader
from api.incoming import parsing
from api.incoming.spreadsheet import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """`is_needed`: a new row cannot be without it; `example` is what a template explains it by."""

    key: str
    title: str
    read: Callable[[Cell], Any]
    example: str
    is_needed: bool = False


KINDS = ("crops", "products", "partners", "places", "lots")


def columns(reader: Reader, kind: str) -> Sequence[Column]:
    """Return the columns of a kind, the code first."""
    return _COLUMNS[kind](reader)


def _crops(_: Reader) -> Sequence[Column]:
    return (
        *_named(_),
        Column("variety", _("Variety"), parsing.text, "Frill"),
        Column("largest_head_g", _("Heaviest head [g]"), parsing.grams, "250", is_needed=True),
        Column("growing_days", _("Days to the harvest"), parsing.whole, "42"),
        Column("degree_day_base_c", _("Degree day base [°C]"), parsing.degrees, "4.4"),
    )


def _products(_: Reader) -> Sequence[Column]:
    return (
        *_named(_),
        Column("crop", _("Crop code"), parsing.code, "lowk", is_needed=True),
        Column("gtin", _("GTIN"), parsing.gtin, "4912345678904"),
        Column("net_content_g", _("Net content [g]"), parsing.grams, "80", is_needed=True),
        Column("pack", _("Pack"), parsing.text, "bag"),
        Column("pack_ja", _("Pack (Japanese)"), parsing.text, "袋"),
        Column("shelf_life_days", _("Shelf life [days]"), parsing.whole, "10"),
        Column("storage_low_c", _("Kept at, from [°C]"), parsing.degrees, "1"),
        Column("storage_high_c", _("Kept at, to [°C]"), parsing.degrees, "5"),
    )


def _partners(_: Reader) -> Sequence[Column]:
    return (
        *_named(_),
        Column("role", _("Role"), _one_of(_, words.party_roles), "partner"),
        Column("gln", _("GLN"), parsing.gln, "4912345000002"),
        Column("address", _("Postal address"), parsing.text, "1-2-3 Ginza, Tokyo, Japan"),
        Column("phone", _("Phone"), parsing.text, "+81-3-1234-5678"),
        Column("gives_lot_codes", _("Gives lot codes"), parsing.yes_no, "yes"),
        Column("is_public", _("Named to shoppers"), parsing.yes_no, "no"),
    )


def _places(_: Reader) -> Sequence[Column]:
    return (
        *_named(_),
        Column("kind", _("Kind of place"), _one_of(_, words.zone_kinds), "cold_store"),
    )


def _lots(_: Reader) -> Sequence[Column]:
    return (
        Column("code", _("Code"), parsing.lot_code, "L-0601", is_needed=True),
        Column("crop", _("Crop code"), parsing.code, "lowk", is_needed=True),
        Column("zone", _("Code of the place"), parsing.code, "A"),
        Column("sown_on", _("Sown on"), parsing.day, "2026-06-01"),
        Column("transplanted_on", _("Transplanted on"), parsing.day, "2026-06-15"),
        Column("harvested_on", _("Harvested on"), parsing.day, "2026-07-13"),
        Column("planted_pieces", _("Plants"), parsing.whole, "120"),
        Column("harvested_pieces", _("Heads harvested"), parsing.whole, "114"),
        Column("harvested_weight_g", _("Weight harvested [g]"), parsing.grams, "9120"),
    )


def _named(_: Reader) -> Sequence[Column]:
    return (
        Column("code", _("Code"), parsing.code, "lowk-80", is_needed=True),
        Column("name", _("Name"), parsing.text, "Low-potassium lettuce"),
        Column("name_ja", _("Name (Japanese)"), parsing.text, "低カリウムレタス"),
    )


def _one_of(_: Reader, said: Callable[[Reader], Mapping[str, str]]) -> Callable[[Cell], str]:
    """Take the words of either language; say those of the reader."""
    both = [said(Reader.of(language)) for language in LANGUAGES]
    known = {word: code for words_of in both for code, word in words_of.items()}
    return parsing.one_of(known, said(_).values())


_COLUMNS: Mapping[str, Callable[[Reader], Sequence[Column]]] = {
    "crops": _crops,
    "products": _products,
    "partners": _partners,
    "places": _places,
    "lots": _lots,
}

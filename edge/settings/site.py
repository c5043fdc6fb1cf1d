"""Whose readings these are, where they are kept, and the zones they come from."""

from typing import Annotated

from pydantic import AfterValidator, Field

from edge.settings.fields import Code, Says, Table, TimeZone
from traceability.gs1 import Gs1Error, gln13
from traceability.models.places import ZONE_KINDS


def _known_gln(text: str) -> str:
    try:
        return gln13(text) if text else text
    except Gs1Error as error:
        raise ValueError(str(error)) from error


def _known_kind(kind: str) -> str:
    if kind not in ZONE_KINDS:
        msg = f"one of {', '.join(ZONE_KINDS)}"
        raise ValueError(msg)
    return kind


class Site(Table):
    """Whose readings these are, and where its local day begins."""

    organisation: Annotated[
        Code,
        Says(
            "Code of the farm that owns everything recorded here.",
            "Lots and readings are filed under another owner; on a hub, farms would mix.",
        ),
    ] = "farm"
    organisation_name: Annotated[
        str,
        Says("The farm's name as people read it.", "A wrong name on every public page."),
    ] = ""
    code: Annotated[
        Code,
        Says(
            "Code of this site. Choose once: readings are filed under it.",
            "After a change the old readings belong to a site nobody measures any more.",
        ),
    ] = "site"
    name: Annotated[
        str, Says("The site's name as people read it.", "A wrong name on pages and labels.")
    ] = ""
    name_ja: Annotated[
        str, Says("The same in Japanese.", "Japanese pages show the other name instead.")
    ] = ""
    time_zone: Annotated[
        TimeZone,
        Says(
            "IANA time zone of the site.",
            "Daily light sums, weeks and best-before dates break at the wrong hour.",
        ),
    ] = "Asia/Tokyo"
    origin: Annotated[
        str,
        Says(
            "Place of origin as a label says it, such as the prefecture.",
            "Labels carry a false or empty origin, which food labelling law forbids.",
        ),
    ] = ""
    origin_ja: Annotated[
        str, Says("The same in Japanese.", "Japanese labels lack their place of origin.")
    ] = ""

    gln: Annotated[
        str,
        AfterValidator(_known_gln),
        Says(
            "Global Location Number of the site, 13 digits; empty: its address beneath public_url.",
            "Sheets for auditors name another place.",
        ),
    ] = ""
    address: Annotated[
        str,
        Says(
            "Postal address of the site in one line, the country last.",
            "Sheets for auditors lack it and say so: every location description asks for one.",
        ),
    ] = ""
    phone: Annotated[
        str,
        Says(
            "Phone number of the site, with the country's code.",
            "Sheets for auditors lack it and say so.",
        ),
    ] = ""
    gs1_prefix: Annotated[
        str,
        Field(pattern=r"^([0-9]{4,12})?$"),
        Says(
            "GS1 Company Prefix, 4 to 12 digits; cases and pallets get their SSCC from it.",
            "SSCCs that belong to another company; empty: units need codes of your own.",
        ),
    ] = ""
    trust_clock: Annotated[
        bool,
        Says(
            "The machine's clock is right without a network (it has a battery).",
            "true on a board without one: readings after a power cut get a wrong time, unmarked. "
            "false where no time server can be heard: readings wait, and nothing is shown.",
        ),
    ] = False


class Database(Table):
    """Where readings and lots are kept."""

    url: Annotated[
        str,
        Says(
            "SQLite file (relative to the settings file) or a PostgreSQL address.",
            "Another file means an empty history; the old one is still where it was.",
        ),
    ] = "sqlite:///minori.db"


class Zone(Table):
    """A room, bay or store with one climate: where lots stand and probes measure."""

    code: Annotated[Code, Says("Code of the zone. Choose once.", "Lots seem to be elsewhere.")]
    name: Annotated[str, Says("Name as people read it.", "Pages show a wrong name.")] = ""
    name_ja: Annotated[str, Says("The same in Japanese.", "Japanese pages show the other.")] = ""
    kind: Annotated[
        str,
        AfterValidator(_known_kind),
        Says(
            f"One of {', '.join(ZONE_KINDS)}.",
            "The public page tells shoppers of a place that is none.",
        ),
    ] = "growing_room"
    fed_by: Annotated[
        str,
        Says(
            "Code of the tank (a zone of kind tank) that feeds it. A change counts from now on.",
            "A recall of what went into the tank misses the lots here; EC and pH of the tank are"
            " not in their conditions.",
        ),
    ] = ""

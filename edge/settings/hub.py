"""The hub this site sends its records to."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table


class Hub(Table):
    """The hub this site sends everything to; `minori enrol` connects it (docs/hub.md)."""

    url: Annotated[
        str,
        Field(pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$"),
        Says(
            "The hub's address, https only; left out: the one `minori enrol --hub` was given.",
            "Nothing is sent: a credential is shown to the hub that gave it, and to no other.",
        ),
    ] = ""
    credential_file: Annotated[
        str,
        Says(
            "File that `minori enrol` writes this site's credential to, readable by us alone.",
            "If it is lost, enrol again; whoever has it can speak for this site.",
        ),
    ] = "hub.credential"
    ca_file: Annotated[
        str,
        Says(
            "Certificate authority of a hub with its own; empty: the system's.",
            "The hub's certificate is not trusted, and nothing is sent.",
        ),
    ] = ""
    every_s: Annotated[
        float,
        Field(ge=0.1, le=3600),
        Says(
            "How long fresh readings gather before they are sent. [s]",
            "Small: more data volume. Large: the hub's rooms lag behind.",
        ),
    ] = 5.0
    batch_readings: Annotated[
        int,
        Field(ge=100, le=100_000),
        Says(
            "About how many readings a batch holds; a fresh one waits for one batch at most.",
            "Small: a long backlog takes longer. Large: more memory, and fresh readings wait.",
        ),
    ] = 20_000
    whole_days: Annotated[
        float,
        Field(ge=1, le=3650),
        Says(
            "How long readings wait for a hub that is away before only their minutes go. [d]",
            "Small: the hub sees minutes of a short outage. Large: the card has to hold it all.",
        ),
    ] = 30.0
    whole_mb: Annotated[
        int,
        Field(ge=10, le=1_000_000),
        Says(
            "How much of them waits whole, about; beyond it the oldest go by the minute. [MB]",
            "Small: thinned early. Large: more than the card holds; readings wait, see disk.",
        ),
    ] = 2000
    minutes_days: Annotated[
        float,
        Field(ge=1, le=3650),
        Says(
            "How long such minutes wait before they are given up, at least whole_days. [d]",
            "Small: the hub never sees a long outage. Large: nothing; minutes take little room.",
        ),
    ] = 365.0

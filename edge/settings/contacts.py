"""Who is told, where, in which language, and when not."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from edge.settings.fields import PortNumber, Says, Table

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$"


class Contact(Table):
    """Somebody who is told of alarms, or, at a partner, of recalls."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=64),
        Says(
            "Name of the person or group; rules refer to it. Services on one database need the "
            "same list.",
            "Rules that name it are refused; whom only one service knows is told what that "
            "service finds first.",
        ),
    ]
    partner: Annotated[
        str,
        Says(
            "Code of the partner whose contact it is: told when what it received is recalled, and "
            "of none of the farm's alarms. Empty: somebody of the farm.",
            "Nobody is told of a recall; or a partner reads what is out of order on the farm.",
        ),
    ] = ""
    language: Annotated[
        Literal["ja", "en"], Says("Language of the messages.", "They cannot be read in a hurry.")
    ] = "ja"
    urls: Annotated[
        list[SecretStr],
        Says(
            "Where to: mailto:NAME@HOST, https://… (signed webhook), mqtt:TOPIC (our broker), or "
            "any address of apprise, such as line://TOKEN/USER.",
            "Not told; `minori alarms test NAME` says why.",
        ),
    ] = []
    urls_file: Annotated[
        str,
        Says(
            "File with more of them, one a line, readable by the service alone (chmod 600).",
            "Others may read it: refused, because such addresses hold passwords.",
        ),
    ] = ""
    secret_file: Annotated[
        str,
        Says(
            "File with the key that signs webhooks; the receiver has the same.",
            "The receiver refuses what we send. Empty: not signed.",
        ),
    ] = ""
    quiet_from: Annotated[
        str,
        Field(pattern=_CLOCK),
        Says("Not told from this hour on, 22:00, but of critical alarms.", "Woken for nothing."),
    ] = ""
    quiet_to: Annotated[
        str,
        Field(pattern=_CLOCK),
        Says("Until this hour, 06:00; then what came meanwhile.", "The morning begins late."),
    ] = ""
    least_severity: Annotated[
        Literal["info", "warning", "critical"],
        Says("Told of this and of graver ones.", "Told too much, or too little."),
    ] = "warning"
    order: Annotated[
        int,
        Field(ge=1, le=9),
        Says(
            "1 is told first; 2 when nobody of order 1 acknowledged in time, and so on.",
            "The owner is called before whoever is in the house.",
        ),
    ] = 1
    most_in_ten_minutes: Annotated[
        int,
        Field(ge=1, le=100),
        Says(
            "More messages than this in ten minutes become one with the rest listed.",
            "A bad night fills the telephone, or costs what the service charges for each.",
        ),
    ] = 5
    digest_at: Annotated[
        str,
        Field(pattern=_CLOCK),
        Says("Hour of a daily summary, 07:30; empty: none.", "No summary."),
    ] = ""

    forecasts_at: Annotated[
        str,
        Field(pattern=_CLOCK),
        Says(
            "Hour on Mondays of the forecasts' week, 08:00: three sentences and a chart a crop; "
            "empty: none.",
            "No summary; a shortfall is seen when somebody opens the page.",
        ),
    ] = ""


class Smtp(Table):
    """The mail server that messages to mailto: addresses leave by."""

    host: Annotated[
        str, Says("Mail server; empty: no mail can be sent.", "Messages wait, and are shown.")
    ] = ""
    port: Annotated[
        PortNumber, Says("Its port: 587 with starttls, 465 with tls.", "No connection.")
    ] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Says(
            "How the connection is encrypted; its certificate is always checked.",
            "none beyond this machine: anybody on the way may read the password.",
        ),
    ] = "starttls"
    username: Annotated[str, Says("Account; empty: none.", "The server refuses.")] = ""
    password_file: Annotated[
        str, Says("File that holds the password and nothing else.", "The server refuses.")
    ] = ""
    sender: Annotated[
        str,
        Says(
            "Address that mail comes from; empty: minori at the server's name.",
            "Mail lands in the spam folder, or is refused.",
        ),
    ] = ""


def faults(contacts: Sequence[Contact], smtp: Smtp) -> Iterator[tuple[int, str, str, object]]:
    """Yield (which contact, key, expected, got) of what is wrong; never an address itself."""
    for index, contact in enumerate(contacts):
        if bool(contact.quiet_from) != bool(contact.quiet_to):
            yield index, "quiet_to", "both quiet_from and quiet_to, or neither", contact.quiet_to
        if not contact.urls and not contact.urls_file:
            yield index, "urls", "where to tell them: urls, urls_file or both", "neither"
        for number, url in enumerate(contact.urls, start=1):
            if not _SCHEME.match(url.get_secret_value()):
                yield index, "urls", "addresses that begin with mailto:, https: …", f"no. {number}"
            if _is_mail(url.get_secret_value()) and not smtp.host:
                yield index, "urls", "[smtp] host, to send mail", "none"


def _is_mail(url: str) -> bool:
    # mailto://… is apprise's own, with its server in the address.
    return url.lower().startswith("mailto:") and not url.lower().startswith("mailto://")

"""What the settings may say, as Markdown (docs/settings.md) and as a sample file (`minori init`).

Both are made from the fields themselves, so neither can fall behind the code.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.settings import Says, Settings

_HEAD = """# Settings

<!-- Made by `minori settings doc`; a test compares. Change the words in edge/settings/. -->

One file, `minori.toml`, looked for as `--config`, then `MINORI_CONFIG`, then beside you, then
`/etc/minori/minori.toml`. Anything in it can be overridden from the environment with two
underscores between the parts: `MINORI_WEB__PORT=8080`. A list is written there as JSON. An
unknown key is refused, and so is a wrong type: with the line and what would be right.
"""

# The order and the lines of the sample; everything else stands in it as a comment.
_SAMPLE = """# Minori's settings; docs/settings.md says what breaks when a line is wrong.

[site]
organisation = "farm"
organisation_name = "My farm"
code = "site"
name = "My plant factory"
name_ja = "わたしの植物工場"
time_zone = "Asia/Tokyo"
origin = "Fukushima"
origin_ja = "福島県産"

[database]
url = "sqlite:///minori.db"

[web]
host = "127.0.0.1"
port = 8000
# public_url = "https://id.example.org"

[mqtt]
# Without a host a small broker runs inside, for this machine only.
# host = "192.168.1.10"
# username = "minori"
# password_file = "mqtt.password"

[[zones]]
code = "room-1"
name = "Growing room 1"
name_ja = "栽培室1"
kind = "growing_room"

# [[ports]]
# name = "uart"
# device = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
# baud = 9600

# [[devices]]
# name = "room-1-co2"
# model = "senseair_s8"
# port = "uart"
# address = 254
# interval_s = 10
# zone = "room-1"

# A networked probe, by the name it calls itself on MQTT.
# [[devices]]
# name = "room-1-climate"
# identity = "gh1/climate"
# zone = "room-1"
"""


def sample(data: Path | None = None) -> str:
    """Return a settings file that works as it is and shows what else may stand in it.

    Args:
        data: Where everything that is written while it runs lies; without it, beside the file.
    """
    if data is None:
        return _SAMPLE
    url = json.dumps(f"sqlite:///{data}/minori.db")
    secret = json.dumps(f"{data}/minori.secret")
    credential = json.dumps(f"{data}/hub.credential")
    return (
        _SAMPLE.replace('url = "sqlite:///minori.db"', f"url = {url}")
        .replace("port = 8000\n", f"port = 8000\nsecret_file = {secret}\n")
        .replace("\n[[zones]]", f"\n[hub]\ncredential_file = {credential}\n\n[[zones]]", 1)
    )


def markdown() -> str:
    """Return docs/settings.md: every section, every field."""
    parts = [_HEAD]
    for title, table in sections():
        parts.append(f"## `{title}`\n\n{_first_line(table)}\n")
        rows = [_row(name, info) for name, info in table.model_fields.items()]
        parts.append("| key | default | what it is | if it is wrong |")
        parts.append("| --- | --- | --- | --- |")
        parts.extend(row for row in rows)
        parts.append("")
    return "\n".join(parts)


def sections(
    model: type[BaseModel] = Settings, prefix: str = ""
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every section as it is headed in the file, with its table class."""
    for name, info in model.model_fields.items():
        table = table_of(info)
        if table is None:
            continue
        path = f"{prefix}{name}"
        yield (f"[[{path}]]" if _is_list(info) else f"[{path}]"), table
        yield from sections(table, f"{path}.")


def table_of(info: FieldInfo) -> type[BaseModel] | None:
    """Return the table class a field holds, alone or in a list; None for a plain value."""
    kinds: tuple[Any, ...] = (info.annotation, *get_args(info.annotation))
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def says(info: FieldInfo) -> Says:
    """Return a field's own documentation.

    Raises:
        LookupError: somebody added a field without it.
    """
    for note in info.metadata:
        if isinstance(note, Says):
            return note
    message = "a settings field without Says(...)"
    raise LookupError(message)


def _row(name: str, info: FieldInfo) -> str:
    note = says(info)
    cells = (f"`{name}`", _default(info), note.what, note.wrong)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "(required)"
    if table_of(info) is not None:
        return "see below"
    return f"`{json.dumps(info.default, ensure_ascii=False)}`"


def _is_list(info: FieldInfo) -> bool:
    return getattr(info.annotation, "__origin__", None) is list


def _first_line(table: type[BaseModel]) -> str:
    return (table.__doc__ or "").strip().splitlines()[0]

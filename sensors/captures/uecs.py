"""UECS rows: one datagram, or a sequence of them with moments at which one value counts."""

from typing import Any

from sensors.captures.row import Outcome, Row, bad_row, list_field, number_field, text_field
from sensors.wires import uecs
from sensors.wires.uecs import Ccm, CcmList, CcmScan, Data, Listener, NodeAnswer, Place, Values

# Under which names a sequence may say where its listener stands.
_STANDS = ("place", "listener", "receiver", "want")


def read(row: Row) -> Outcome:
    """Decode one datagram, or play a sequence and ask the listener at each moment."""
    if "sequence" in row:
        return _arbitrated(row)
    message = uecs.from_bytes(text_field(row, "xml").encode())
    items = _items(message)
    first = items[0] if items else {}
    return Outcome({"kind": message.kind, **first, "count": len(items)}, listed=items)


def expectation(row: Row) -> Any:
    """A sequence says when to look (`expect_at`); other rows say what to expect."""
    return [{"t": None, "value": None}] if "sequence" in row else row.get("expect")


def _items(message: uecs.Message) -> list[dict[str, Any]]:
    if isinstance(message, Values):
        return [_data(data) for data in message.data]
    if isinstance(message, NodeAnswer):
        node = message.node
        return [
            {
                "name": node.name,
                "vender": node.vender,
                "vendor": node.vender,
                "uecsid": node.uecsid,
                "ip": node.ip,
                "mac": node.mac,
            }
        ]
    if isinstance(message, CcmScan):
        return [{"page": message.page}]
    if isinstance(message, CcmList):
        pages = {"page": message.page, "total": message.total}
        return [{**_ccm(ccm), **pages} for ccm in message.ccms] or [pages]
    return []


def _data(data: Data) -> dict[str, Any]:
    return {
        **_place(data.full_type, data.type, data.suffix, data.place),
        "priority": data.priority,
        "value": data.value,
        "ip": data.ip,
        "unit": uecs.TYPES.get(data.type, (None,))[0],
        "lv": data.level,
    }


def _ccm(ccm: Ccm) -> dict[str, Any]:
    return {
        "kind": "CCM",
        "no": ccm.number,
        **_place(ccm.full_type, ccm.type, ccm.suffix, ccm.place),
        "priority": ccm.priority,
        "cast": ccm.cast,
        "unit": ccm.unit,
        "sr": ccm.direction,
        "lv": ccm.level,
    }


def _place(full: str, kind: str, suffix: str | None, place: Place) -> dict[str, Any]:
    return {
        "full_type": full,
        "type": kind,
        "suffix": suffix,
        "room": place.room,
        "region": place.region,
        "order": place.order,
    }


def _arbitrated(row: Row) -> Outcome:
    heard = _heard(row)
    moments = [_moment(entry) for entry in list_field(row, "expect_at")]
    if not heard:
        return Outcome(listed=[{"t": t, "value": None} for t in moments])
    listener = Listener(
        str(row.get("type") or heard[0][1].full_type),
        _wanted(row, heard),
        uecs.life_s(text_field(row, "level")),
    )
    found: dict[float, float | None] = {}
    waiting = list(heard)
    for t in sorted(moments):
        while waiting and waiting[0][0] <= t:
            at, data = waiting.pop(0)
            listener.hear(data, at=at)
        current = listener.current(t)
        found[t] = current.value if current else None
    return Outcome(listed=[{"t": t, "value": found[t]} for t in moments])


def _heard(row: Row) -> list[tuple[float, Data]]:
    heard: list[tuple[float, Data]] = []
    for entry in list_field(row, "sequence"):
        message = uecs.from_bytes(text_field(entry, "xml").encode())
        found = message.data if isinstance(message, Values) else ()
        heard += [(_moment(entry), data) for data in found]
    return sorted(heard, key=lambda pair: pair[0])


def _wanted(row: Row, heard: list[tuple[float, Data]]) -> Place:
    """Where the listener stands: as the row says, else at the nearest place that was sent to."""
    names = ("room", "region", "order")
    sent = [data.place for _, data in heard]
    nearest = [
        next((getattr(place, name) for place in sent if getattr(place, name)), 0) for name in names
    ]
    said = next((row[key] for key in _STANDS if isinstance(row.get(key), dict)), row)
    numbers = zip(names, nearest, strict=True)
    return Place(*(int(number_field(said, name, default)) for name, default in numbers))


def _moment(entry: Row) -> float:
    if "t" not in entry:
        raise bad_row("t", "seconds", entry)
    return number_field(entry, "t")

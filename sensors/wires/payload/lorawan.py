"""LoRaWAN uplinks as the two common network servers publish them.

The Things Stack v3 leaves out every empty field: a frame counter of 0, port 0 and an rssi of 0 are
simply absent. ChirpStack 4 does the same and gives each uplink a `deduplicationId`, which is what
makes a second delivery harmless. Device codecs often write numbers as text.

Source: thethingsindustries.com/docs, "Data formats"; chirpstack.io/docs, "Event types".
"""

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sensors.wires.payload import scalars
from sensors.wires.payload.decoded import Decoded
from sensors.wires.payload.fields import leaves, numbers

# The Things Stack's normalised payload (field paths of the device repository's schema).
_NORMALISED = {
    "air.temperature": "temperature",
    "air.relativeHumidity": "humidity",
    "air.pressure": "pressure",
    "air.co2": "co2",
    "air.lightIntensity": "lightIntensity",
    "soil.temperature": "soil_temperature",
    "soil.moisture": "soil_moisture",
    "soil.pH": "ph1_soil",
    "wind.speed": "wind_speed",
    "wind.direction": "wind_direction",
    "battery": "batv",
}


def decode_things_stack(
    topic: str, payload: bytes, *, received_at: datetime, retained: bool
) -> Decoded:
    """Read `v3/<application>@<tenant>/devices/<device>/<event>`; only `up` carries values."""
    levels = topic.split("/")
    device = levels[3] if len(levels) > 3 else ""
    content = scalars.load_object(topic, payload)
    uplink = content.get("uplink_message")
    if levels[-1] != "up":
        return Decoded("things_stack", device, received_at, is_new=False)
    if not isinstance(uplink, dict):
        raise scalars.refusal(
            topic, fault="shape", problem="no uplink_message", expected="an object", got=uplink
        )
    at = scalars.instant(uplink.get("received_at")) or scalars.instant(content.get("received_at"))
    values, refused = numbers(topic, _things_stack_fields(uplink))
    return Decoded(
        "things_stack",
        _text(content, "end_device_ids", "device_id") or device,
        at[0] if at else received_at,
        "network" if at else "arrival",
        values,
        key=_session_key(content, uplink),
        # "Simulate uplink" in the console is for testing integrations: nobody measured it.
        is_new=not retained and content.get("simulated") is not True,
        refused=refused,
        facts={
            "f_cnt": uplink.get("f_cnt", 0),
            "f_port": uplink.get("f_port", 0),
            "time_ns": at[1] if at else None,
            **_radio(uplink.get("rx_metadata")),
            **_raw(topic, uplink.get("frm_payload")),
        },
    )


def decode_chirpstack(
    topic: str, payload: bytes, *, received_at: datetime, retained: bool
) -> Decoded:
    """Read `application/<id>/device/<devEui>/event/<event>`: `up` and `status` carry values."""
    levels = topic.split("/")
    device = levels[3] if len(levels) > 3 else ""
    content = scalars.load_object(topic, payload)
    at = scalars.instant(content.get("time"))
    fields = {"up": _chirpstack_fields, "status": _status_fields}.get(levels[-1])
    values, refused = numbers(topic, fields(content)) if fields else ((), ())
    return Decoded(
        "chirpstack",
        _text(content, "deviceInfo", "devEui") or device,
        at[0] if at else received_at,
        "network" if at else "arrival",
        values,
        key=_text(content, "deduplicationId"),
        is_new=fields is not None and not retained,
        refused=refused,
        facts={
            "name": _text(content, "deviceInfo", "deviceName"),
            "f_cnt": content.get("fCnt", 0),
            "f_port": content.get("fPort", 0),
            "time_ns": at[1] if at else None,
            **_radio(content.get("rxInfo")),
            **_raw(topic, content.get("data")),
        },
    )


def _things_stack_fields(uplink: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The device's own codec first: it says more; the normalised form where there is no other."""
    decoded = uplink.get("decoded_payload")
    if isinstance(decoded, dict) and decoded:
        yield from leaves(decoded)
        return
    normalised = uplink.get("normalized_payload")
    parts = normalised if isinstance(normalised, list) else [normalised]
    for path, got in (leaf for part in parts for leaf in leaves(part)):
        yield _NORMALISED.get(path, path), got


def _chirpstack_fields(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    decoded = content.get("object")
    if isinstance(decoded, dict):
        yield from leaves(decoded)


def _status_fields(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if not content.get("externalPowerSource") and not content.get("batteryLevelUnavailable"):
        yield "battery", content.get("batteryLevel", 0)
    yield "margin", content.get("margin", 0)


def _session_key(content: dict[str, Any], uplink: dict[str, Any]) -> str | None:
    """A frame counter repeats after a re-join; together with the session's key it does not."""
    session = uplink.get("session_key_id")
    device = _text(content, "end_device_ids", "device_id")
    if not isinstance(session, str) or not device:
        return None
    return f"{device}:{session}:{uplink.get('f_cnt', 0)}"


def _radio(gateways: object) -> dict[str, object]:
    """The best-heard gateway's figures: what tells a dying battery from a parked lorry."""
    listed = gateways if isinstance(gateways, list) else []
    heard = [entry for entry in listed if isinstance(entry, dict) and _is_dbm(entry.get("rssi"))]
    if not heard:
        return {}
    best = max(heard, key=lambda entry: float(entry["rssi"]))
    return {"rssi": best["rssi"], "snr": best.get("snr", 0), "gateways": len(heard)}


def _is_dbm(value: object) -> bool:
    return isinstance(value, (int, float)) and -1000 < value < 1000


def _raw(topic: str, data: object) -> dict[str, object]:
    if data is None:
        return {}
    try:
        return {"raw_hex": base64.b64decode(str(data), validate=True).hex()}
    except (binascii.Error, ValueError) as error:
        raise scalars.refusal(
            topic, fault="base64", problem="raw bytes", expected="base64", got=data
        ) from error


def _text(content: dict[str, Any], *path: str) -> str | None:
    node: Any = content
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, str) and node else None

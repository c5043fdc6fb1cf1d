"""Calibrations of probes in words: recorded, listed, taken back."""

import getpass
from collections.abc import Mapping
from typing import Any

import click

from edge.commands import _text
from edge.commands._arguments import time_of
from edge.commands._desk import Desk, looks_up, signer, writes
from sensors import QUANTITIES
from sensors.calibration import Calibration
from traceability import calibrations
from traceability.calibrations import Kept
from traceability.errors import BadValue
from traceability.models import CalibrationEvent

_FORMS = "one of --one-point, --two-point, --slope (with --offset) and --in-device"

_by = click.option("--by", metavar="NAME", help="Who did it. Without it: you.")
_why = click.option("--why", required=True, help="What was compared with what.")


@click.command()
@click.argument("device")
@click.option("--quantity", required=True, help="What it measures there, such as ph.")
@click.option("--channel", default="", help="Which of several values of that quantity.")
@click.option(
    "--one-point",
    metavar="READ:TRUE",
    help="One comparison; READ is the probe's own value, as `minori devices test` shows it.",
)
@click.option("--two-point", metavar="R1:T1,R2:T2", help="Two comparisons, such as two buffers.")
@click.option("--slope", type=float, help="Factor of a certificate: true = read x slope + offset.")
@click.option("--offset", type=float, help="Its offset, in the quantity's unit. Without it: 0.")
@click.option("--in-device", is_flag=True, help="The device calibrated itself (Atlas Cal).")
@click.option("--at", metavar="TIME", help="When, in the site's time. Without it: now.")
@_by
@_why
@writes
def calibrate(
    desk: Desk,
    /,
    device: str,
    quantity: str,
    channel: str,
    at: str | None,
    by: str | None,
    why: str,
    **form: Any,
) -> str:
    """Record that a probe was calibrated: answers change from that date on, raw values never."""
    when = time_of(at, zone=desk.settings.zone_info, now=desk.now)
    said = Calibration.of(
        device,
        quantity,
        channel=channel,
        at=when,
        by=signer(by),
        why=why,
        points=_compared(form),
        factor=form["slope"],
        offset=form["offset"] or 0.0,
    )
    event = calibrations.record(
        desk.session, said, site_id=desk.site.id, now=desk.now, recorder=getpass.getuser()
    )
    return _answer(desk, event)


@click.command("calibrations")
@click.argument("device", required=False)
@looks_up
def listed(desk: Desk, /, device: str | None) -> str:
    """List what was calibrated, when, by whom and why; taken back ones are marked."""
    found = calibrations.listed(desk.session, device=device)
    if desk.as_json:
        return _text.as_json([_facts(kept.event) | _series(kept) for kept in found])
    if not found:
        return "nothing was calibrated yet; `minori devices calibrate --help` shows how"
    zone = desk.settings.zone_info
    rows = [
        (
            _text.local(kept.event.at, zone),
            "/".join(filter(None, (kept.device, kept.quantity, kept.channel))),
            _meaning(kept.event, kept.quantity),
            "void" if kept.voided_by else "",
            kept.event.id,
            f"{kept.event.performer}: {kept.event.why}",
        )
        for kept in found
    ]
    header = (f"when ({zone.key})", "series", "true value is", "state", "id", "who and why")
    return "\n".join(_text.table(header, rows))


@click.command("void-calibration")
@click.argument("calibration")
@_by
@_why
@writes
def void(desk: Desk, /, calibration: str, by: str | None, why: str) -> str:
    """Take a calibration back: answers are as if it had never been, and both stay listed."""
    event = calibrations.void(
        desk.session,
        calibration,
        by=signer(by),
        why=why,
        now=desk.now,
        recorder=getpass.getuser(),
    )
    return _answer(desk, event)


def _compared(form: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Return the points of the one form that was given; a slope has none."""
    forms = [form[name] for name in ("one_point", "two_point", "slope")]
    given = sum(value is not None for value in forms) + bool(form["in_device"])
    if given != 1 or (form["offset"] is not None and form["slope"] is None):
        raise _bad("--one-point", _FORMS, f"{given} of them")
    if form["one_point"] is not None:
        return _points(form["one_point"], 1, "--one-point")
    if form["two_point"] is not None:
        return _points(form["two_point"], 2, "--two-point")
    return []


def _points(text: str, count: int, field: str) -> list[tuple[float, float]]:
    example = ",".join(("4.10:4.01", "6.95:6.86")[:count])
    try:
        pairs = [part.split(":") for part in text.split(",")]
        points = [(float(raw), float(true)) for raw, true in pairs]
    except ValueError as error:
        raise _bad(field, f"READ:TRUE such as {example}", repr(text)) from error
    if len(points) != count:
        raise _bad(field, f"{count} times READ:TRUE, such as {example}", repr(text))
    return points


def _bad(field: str, expected: str, got: str) -> BadValue:
    step = "see `minori devices calibrate --help`"
    return BadValue(field=field, expected=expected, got=got, next_step=step)


def _answer(desk: Desk, event: CalibrationEvent) -> str:
    if desk.as_json:
        return _text.as_json(_facts(event))
    at = _text.local_with_zone(event.at, desk.settings.zone_info)
    if event.kind == "void":
        return f"taken back: {event.voids_id}; answers from {at} on are as before it"
    return f"calibration {event.id}: answers from {at} on; what was stored stays raw"


def _meaning(event: CalibrationEvent, quantity: str) -> str:
    if event.kind == "in_device":
        return "as read (in device)"
    unit = QUANTITIES[quantity].unit
    return f"read x {event.factor:.4g} {event.offset:+.4g} {unit}"


def _facts(event: CalibrationEvent) -> dict[str, object]:
    return event.model_dump(mode="json", exclude={"sequence", "series_id"})


def _series(kept: Kept) -> dict[str, object]:
    return {
        "device": kept.device,
        "quantity": kept.quantity,
        "channel": kept.channel,
        "voided_by": kept.voided_by,
    }

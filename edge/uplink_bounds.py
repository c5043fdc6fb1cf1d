"""What waits for the hub is kept within the bounds of [hub]: measured, thinned, given up."""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session

from edge.settings import Settings
from edge.uplink_health import UplinkHealth
from traceability import backfill, uplink_readings, uplink_thinning
from traceability.uplink_thinning import Policy

log = logging.getLogger(__name__)


def policy(settings: Settings) -> Policy:
    hub = settings.hub
    whole, minutes = timedelta(days=hub.whole_days), timedelta(days=hub.minutes_days)
    return Policy(whole, hub.whole_mb * 1_000_000, minutes)


def measure(session: Session, settings: Settings, health: UplinkHealth, now: datetime) -> None:
    """See how full the way to the hub is."""
    connection = session.connection()
    health.fill = uplink_thinning.fill(connection, policy(settings), now=now)


def keep(session: Session, settings: Settings, health: UplinkHealth, now: datetime) -> None:
    """Let what has waited too long go by the minute, and give up what has for far too long.

    Needs no hub: what it is away for must not fill the card, and goes by retention once thinned.
    """
    measure(session, settings, health, now)
    connection = session.connection()
    if not backfill.is_enlisted(connection, uplink_readings.CONSUMER):
        return  # no hub was ever here
    while news := uplink_readings.look(connection, behind_ms=health.fill.whole_from_ms):
        uplink_readings.take_notice(connection, news)
    uplink_thinning.thin(connection, health.fill.whole_from_ms)
    given_up = uplink_thinning.give_up(connection, policy(settings).given_up_before_ms(now))
    if given_up:
        health.gave_up(given_up)
        log.warning(
            "%s minutes of readings were given up: they waited longer than [hub] minutes_days",
            f"{given_up:,}",
            extra={"code": "minutes_given_up"},
        )

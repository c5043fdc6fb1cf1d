"""What a site's clock showed: how a refusal says a time to those who work there."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from traceability.models import Site


def clock_at(session: Session, at: datetime, *, site_id: str | None = None) -> str:
    """Return the local time with its offset: 2026-11-26 13:02+09:00.

    Args:
        site_id: Without it, the farm's first site: what is refused belongs to no one of them.
    """
    query = select(Site).order_by(col(Site.code))
    site = session.exec(query.where(Site.id == site_id) if site_id else query).first()
    zone = ZoneInfo(site.time_zone) if site else UTC
    return at.astimezone(zone).isoformat(" ", "minutes")

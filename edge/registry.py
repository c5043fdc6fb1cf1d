"""The devices of the settings, written into the record: which model, and where from when on."""

from datetime import datetime

from sqlalchemy import Engine

from edge.settings import Settings
from edge.store import ensure_place
from traceability import readings
from traceability.catalogue import find
from traceability.database import writing_session
from traceability.models import Zone


def register(engine: Engine, settings: Settings, *, since: datetime) -> str:
    """Write place and devices of the settings into the record; return the site's id.

    A device in another zone than before moves from `since` on; where it was stays as it was.
    Saying again what is already so changes nothing.
    """
    with writing_session(engine) as session:
        site = ensure_place(session, settings)
        for device in settings.devices:
            row = readings.ensure_device(session, site.id, device.name, model=device.model)
            if device.zone:
                zone = find(session, Zone, device.zone, site_id=site.id)
                readings.place_device(session, row, zone, since=since)
        return site.id

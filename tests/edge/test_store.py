"""The database of the settings, and the place written into it."""

from pathlib import Path

import pytest
from sqlmodel import select

from edge import settings_file, store
from traceability.errors import DatabaseUnusable
from traceability.models import Organisation, Site, Zone

SITE = {"organisation": "aizu", "code": "main", "name": "Aizu", "name_ja": "会津植物工場"}


def test_looking_something_up_makes_no_database(tmp_path: Path) -> None:
    """A mistyped path must not answer that the farm has no lots."""
    settings = settings_file.parse({}).inside(tmp_path)

    with pytest.raises(DatabaseUnusable, match="no such file"), store.reading(settings):
        pass

    assert list(tmp_path.iterdir()) == []


def test_the_place_of_the_settings_is_written_once(tmp_path: Path) -> None:
    content = {"site": SITE, "zones": [{"code": "A", "name_ja": "A室"}]}
    settings = settings_file.parse(content).inside(tmp_path)

    for _ in range(2):
        with store.writing(settings) as session:
            store.ensure_place(session, settings)

    with store.reading(settings) as session:
        assert session.exec(select(Organisation)).one().name == "aizu"
        assert session.exec(select(Site)).one().name_ja == "会津植物工場"
        assert session.exec(select(Zone)).one().name == "A"

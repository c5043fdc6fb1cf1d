"""Copies of the record: there are some, the newest is not old, and they lie on another disk."""

from collections.abc import Iterator

from edge.backup.shelf import shelf_of
from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, ok, warn


def check(case: Case) -> Iterator[Finding]:
    settings = case.settings
    if settings is None or not settings.backup.warn_after_days:
        return
    shelf = shelf_of(settings)
    copies = shelf.copies()
    made_at = shelf.made_at(copies[-1]) if copies else None
    if made_at is None:
        text = _("there is no copy of the record in {folder}")
        cure = _("make one: minori backup (by itself each night: minori-backup.timer)")
        yield warn(text, cure, folder=shelf.folder)
        return
    days = (case.now - made_at).days
    if days > settings.backup.warn_after_days:
        text = _("the newest copy in {folder} is {days} days old")
        cure = _("make one: minori backup; then see why the timer does not: systemctl list-timers")
        yield warn(text, cure, folder=shelf.folder, days=days)
        return
    yield ok(_("newest copy {days} days old, {count} in all"), days=days, count=len(copies))
    file = case.file
    if file is not None and file.exists() and shelf.folder.stat().st_dev == file.stat().st_dev:
        yield ok(_("copies lie on the same disk as the record: they do not survive the disk"))

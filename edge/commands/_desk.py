"""What commands on the record share: the settings, a session, and rows found by what people type.

A command that looks something up takes `looks_up`, one that records an act takes `records`; both
hand it a desk. So every command knows --config and --json, and every act --at, --by, --note, --id.
"""

import getpass
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

import click
from sqlmodel import Session, select

from edge import settings_file, store
from edge.commands._arguments import ActId, time_of
from edge.commands._config import config_option
from edge.settings import Settings
from traceability import catalogue
from traceability.errors import BadValue, NotFound
from traceability.gs1 import gtin14
from traceability.lookup import one_lot
from traceability.models import (
    Act,
    Crop,
    Lot,
    Material,
    Organisation,
    Party,
    Site,
    TradeItem,
    Zone,
    new_id,
)
from traceability.occasions import Document, Occasion

_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Desk:
    """A session on the settings' database, and rows found by what people type.

    Every `find` raises NotFound with the codes there are; `lot` what `lookup.one_lot` raises.
    """

    session: Session
    settings: Settings
    as_json: bool
    now: datetime

    @property
    def hubs(self) -> list[str]:
        return [self.settings.web.public_url] if self.settings.web.public_url else []

    @property
    def user(self) -> str:
        return getpass.getuser()

    @property
    def organisation(self) -> Organisation:
        code = self.settings.site.organisation
        if self.session.exec(select(Organisation.id).limit(1)).first() is None:
            step = "nothing is recorded yet; begin with: minori catalogue crop add"
            raise NotFound(what="organisation", name=code, next_step=step)
        return catalogue.find(self.session, Organisation, code)

    @property
    def site(self) -> Site:
        within = {"organisation_id": self.organisation.id}
        return catalogue.find(self.session, Site, self.settings.site.code, **within)

    def lot(self, text: str) -> Lot:
        return one_lot(self.session, text, hubs=self.hubs)

    def zone(self, code: str, *, site_id: str | None = None) -> Zone:
        within = {"site_id": site_id or self.site.id}
        return catalogue.find(self.session, Zone, code, **within)

    def crop(self, code: str) -> Crop:
        within = {"organisation_id": self.organisation.id}
        return catalogue.find(self.session, Crop, code, **within)

    def party(self, code: str) -> Party:
        within = {"organisation_id": self.organisation.id}
        return catalogue.find(self.session, Party, code, **within)

    def material(self, code: str) -> Material:
        within = {"organisation_id": self.organisation.id}
        return catalogue.find(self.session, Material, code, **within)

    def item(self, text: str) -> TradeItem:
        """Return a trade item by its code or its GTIN."""
        within = {"organisation_id": self.organisation.id}
        return self._by_gtin(text) or catalogue.find(self.session, TradeItem, text, **within)

    def crop_of_product(self, text: str) -> Crop:
        """Return the crop that a crop code, trade item code or GTIN stands for."""
        owner = self.organisation.id
        item = self._by_gtin(text) or self._one(TradeItem, owner, text)
        crop: Crop | None = self._one(Crop, owner, text)
        if crop is None and item is not None:
            crop = self.session.get_one(Crop, item.crop_id)
        if crop is None:
            known = [*self._codes(Crop, owner), *self._codes(TradeItem, owner)]
            said = f"known are: {', '.join(known) or 'none yet'}"
            raise NotFound(what="crop or trade item", name=text, next_step=said)
        return crop

    def act(self, act_id: str) -> Act:
        row = self.session.exec(select(Act).where(Act.id == act_id)).first()
        if row is None:
            step = "`minori lot show LOT --acts` lists the acts of a lot"
            raise NotFound(what="act", name=act_id, next_step=step)
        return row

    def time_zone(self, site_id: str) -> ZoneInfo:
        return ZoneInfo(self.session.get_one(Site, site_id).time_zone)

    def _by_gtin(self, text: str) -> TradeItem | None:
        if not text.isdigit() or len(text) < 8:
            return None
        found = self.session.exec(select(TradeItem).where(TradeItem.code == text)).first()
        return (
            found
            or self.session.exec(select(TradeItem).where(TradeItem.gtin == gtin14(text))).first()
        )

    def _one(self, model: type[Any], owner: str, code: str) -> Any:
        return self.session.exec(select(model).filter_by(organisation_id=owner, code=code)).first()

    def _codes(self, model: type[Any], owner: str) -> list[str]:
        rows = self.session.exec(select(model).filter_by(organisation_id=owner)).all()
        return sorted(row.code for row in rows)


class InOrder(click.Group):
    """A group whose help lists commands in the order of a lot's life, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def looks_up(function: Callable[Concatenate[Desk, _P], str]) -> Callable[..., None]:
    """Run a command on a desk for look-ups, and print the answer it returns."""
    return _looking(function, store.reading)


def looks_up_early(function: Callable[Concatenate[Desk, _P], str]) -> Callable[..., None]:
    """As `looks_up`, where that nothing is recorded yet is an answer, too, and no error."""
    return _looking(function, store.reading_what_there_is)


def _looking(
    function: Callable[Concatenate[Desk, _P], str],
    look: Callable[[Settings], AbstractContextManager[Session]],
) -> Callable[..., None]:
    @config_option
    @_json
    @wraps(function)
    def run(config: Path | None, as_json: bool, *args: _P.args, **kwargs: _P.kwargs) -> None:
        settings = settings_file.load(config)
        with look(settings) as session:
            said = function(Desk(session, settings, as_json, datetime.now(UTC)), *args, **kwargs)
        if said:
            click.echo(said)

    return run


def writes(function: Callable[Concatenate[Desk, _P], str]) -> Callable[..., None]:
    """Run a command on a desk whose changes are kept if it ends well; then print its answer."""

    @wraps(function)
    def at_the_place(desk: Desk, /, *args: _P.args, **kwargs: _P.kwargs) -> str:
        store.ensure_place(desk.session, desk.settings)
        return function(desk, *args, **kwargs)

    return manages(at_the_place)


def manages(function: Callable[Concatenate[Desk, _P], str]) -> Callable[..., None]:
    """As `writes`, where the settings' own place is not meant: a hub need not have one."""

    @config_option
    @_json
    @wraps(function)
    def run(config: Path | None, as_json: bool, *args: _P.args, **kwargs: _P.kwargs) -> None:
        settings = settings_file.load(config)
        with store.writing(settings) as session:
            said = function(Desk(session, settings, as_json, datetime.now(UTC)), *args, **kwargs)
        # Only now is it committed: nobody may read that it was before it is.
        click.echo(said)

    return run


def records(
    function: Callable[Concatenate[Desk, Occasion, _P], Act],
) -> Callable[..., None]:
    """Run a command that records one act, and say what came of it once it is on disk."""

    @config_option
    @_json
    @_occasion
    @wraps(function)
    def run(
        config: Path | None,
        as_json: bool,
        at: str | None,
        by: str | None,
        note: str,
        paper: str | None,
        act_id: str | None,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> None:
        from edge.commands._acts import recorded

        settings = settings_file.load(config)
        now = datetime.now(UTC)
        occasion = _the_occasion(at, by, note, act_id, paper, settings=settings, now=now)
        with store.writing(settings) as session:
            store.ensure_place(session, settings)
            desk = Desk(session, settings, as_json, now)
            is_repeat = _is_known(session, occasion.act_id)
            act = function(desk, occasion, *args, **kwargs)
            said = recorded(desk, act, is_repeat=is_repeat)
        click.echo(said)

    return run


def _the_occasion(
    at: str | None,
    by: str | None,
    note: str,
    act_id: str | None,
    paper: str | None,
    *,
    settings: Settings,
    now: datetime,
) -> Occasion:
    if act_id is not None and at is None:
        raise BadValue(
            field="--at",
            expected="the time of the act beside --id",
            got="nothing",
            next_step="say when it happened: the same id with another time would be another act",
        )
    user = getpass.getuser()
    return Occasion(
        at=time_of(at, zone=settings.zone_info, now=now),
        by=signer(by),
        act_id=act_id or new_id(),
        recorder=user,
        note=note,
        document=_document(paper),
    )


def _document(text: str | None) -> Document | None:
    """Return the paper of `delivery note=D-1042`."""
    if text is None:
        return None
    kind, _, number = text.partition("=")
    return Document(kind.strip(), number.strip())


def signer(by: str | None) -> str:
    """Return who does it: who was named, else whoever is at this machine."""
    return (by or "").strip() or getpass.getuser()


def _is_known(session: Session, act_id: str) -> bool:
    return session.exec(select(Act.id).where(Act.id == act_id)).first() is not None


def _json(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(function)


def _occasion(function: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option(
            "--at",
            metavar="TIME",
            help="When it happened: 2026-11-23T09:00 in the site's time, or with +09:00. "
            "Without it: now.",
        ),
        click.option("--by", metavar="NAME", help="Who did it. Without it: you."),
        click.option("--note", default="", help="Anything worth keeping with the act."),
        click.option(
            "--document",
            "paper",
            metavar="TYPE=NUMBER",
            help='The paper that goes with it: "delivery note=D-1042".',
        ),
        click.option(
            "--id",
            "act_id",
            type=ActId(),
            help="Id the act was given where it happened; saying it twice is harmless.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function

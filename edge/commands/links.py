"""`minori links`: where codes lead beside Minori's own pages, when, and who said so."""

from datetime import datetime
from typing import Any

import click

from edge.commands import _text
from edge.commands._arguments import time_of
from edge.commands._desk import Desk, InOrder, looks_up, signer, writes
from traceability import links
from traceability.gs1.linktypes import short_of
from traceability.identified import path_named
from traceability.links import Entered, Saying, SetLink, Wanted

_HELP = """Where printed codes lead: links of a product, lot, case or place.

\b
minori links set lowk-80 recipeInfo https://farm.example/salads --language en
minori links set lowk-80 pip https://farm.example/ --default --with-lots
minori links set P-0713 pip https://farm.example/harvest-day --until 2026-12-24
minori links list lowk-80
minori links end lowk-80 3f2a91bc --why "page moved"
minori links withdraw P-0713 --why "printed by mistake"

A code without a link leads to Minori's own page, and does so again once a link
ended. A recalled lot keeps its warning in front, whatever is set.
"""
_of = click.argument("of")
_why = click.option("--why", default="", help="Why; kept with it.")
_by = click.option("--by", metavar="NAME", help="Who says it. Without it: you.")


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command("set")
@_of
@click.argument("type_", metavar="TYPE")
@click.argument("target", metavar="URL")
@click.option("--title", default="", help="What people read. Without: the type's words.")
@click.option("--language", default="", help="Of the target: ja, en-GB. Without: for all.")
@click.option("--media-type", default="", help="Of the target: application/pdf.")
@click.option("--context", default="", help="For whom: a country such as JP.")
@click.option("--default", "is_default", is_flag=True, help="Scans go there by themselves.")
@click.option("--with-lots", is_flag=True, help="A product's default: its lots' scans too.")
@click.option("--from", "starts", metavar="TIME", help="From then on. Without: now.")
@click.option("--until", "ends", metavar="TIME", help="Until then. Without: for good.")
@click.option("--replaces", metavar="ID", help="This one. Without: the one of the same kind.")
@click.option("--beside", is_flag=True, help="Replace none, stand beside it.")
@_why
@_by
@writes
def set_link(
    desk: Desk,
    /,
    of: str,
    type_: str,
    target: str,
    starts: str | None,
    ends: str | None,
    replaces: str | None,
    why: str,
    by: str | None,
    *,
    beside: bool,
    **said: Any,
) -> str:
    """Set a link: OF leads to URL for who asks for TYPE."""
    anchor = _anchor(desk, of)
    wanted = Wanted(
        relation=type_,
        href=target,
        starts=_time(desk, "--from", starts),
        ends=_time(desk, "--until", ends),
        **said,
    )
    links.set_link(
        desk.session,
        desk.organisation,
        anchor,
        wanted,
        _saying(desk, by, why),
        replaces=replaces,
        beside=beside,
        hubs=desk.hubs,
    )
    return _told(desk, [links.of_anchor(desk.session, anchor)])


@command.command("list")
@click.argument("of", required=False)
@click.option("--all", "with_over", is_flag=True, help="Those that are over, too.")
@looks_up
def list_links(desk: Desk, of: str | None, *, with_over: bool) -> str:
    """List what was set, of one identity or of all."""
    every = [_anchor(desk, of)] if of else links.anchors(desk.session, desk.organisation)
    found = [links.of_anchor(desk.session, anchor) for anchor in every]
    return _told(desk, found, with_over=with_over)


@command.command()
@_of
@click.argument("link", metavar="ID")
@click.option("--at", metavar="TIME", help="When. Without: now.")
@_why
@_by
@writes
def end(desk: Desk, of: str, link: str, at: str | None, why: str, by: str | None) -> str:
    """End a link; the code leads where it would without it."""
    anchor = _anchor(desk, of)
    links.end_link(desk.session, anchor, link, _saying(desk, by, why), ends=_time(desk, "--at", at))
    return _told(desk, [links.of_anchor(desk.session, anchor)], with_over=True)


@command.command()
@_of
@_why
@_by
@writes
def withdraw(desk: Desk, of: str, why: str, by: str | None) -> str:
    """Let a code say that it was withdrawn, and why."""
    anchor = _anchor(desk, of)
    links.withdraw(desk.session, desk.organisation, anchor, _saying(desk, by, why))
    return _told(desk, [links.of_anchor(desk.session, anchor)])


@command.command()
@_of
@_why
@_by
@writes
def restore(desk: Desk, of: str, why: str, by: str | None) -> str:
    """Let a withdrawn code answer again."""
    anchor = _anchor(desk, of)
    links.restore(desk.session, desk.organisation, anchor, _saying(desk, by, why))
    return _told(desk, [links.of_anchor(desk.session, anchor)])


def _anchor(desk: Desk, of: str) -> str:
    return path_named(desk.session, of, hubs=desk.hubs)


def _saying(desk: Desk, by: str | None, why: str) -> Saying:
    return Saying(signer(by), desk.now, why)


def _time(desk: Desk, option: str, text: str | None) -> datetime | None:
    # A link may be set for a day to come: the time is not held against the clock.
    if text is None:
        return None
    zone = desk.settings.zone_info
    return time_of(text, zone=zone, now=desk.now, option=option, to_come=True)


def _told(desk: Desk, found: list[Entered], *, with_over: bool = False) -> str:
    if desk.as_json:
        from api.v1.links import LinksOut

        said = [LinksOut.of(one, now=desk.now) for one in found]
        return _text.as_json([one.model_dump(mode="json") for one in said])
    blocks = [_block(desk, one, with_over=with_over) for one in found]
    return "\n\n".join(blocks) or "no link was set yet: every code leads to Minori's own page"


def _block(desk: Desk, entered: Entered, *, with_over: bool) -> str:
    lines = [entered.anchor]
    if entered.withdrawn is not None:
        lines.append(f"  withdrawn by {entered.withdrawn.said_by}: {entered.withdrawn.reason}")
    for link in entered.links:
        is_over = link.ends is not None and link.ends <= desk.now
        if with_over or not is_over:
            lines += _lines(desk, link, is_over=is_over)
    if len(lines) == 1:
        lines.append("  leads to Minori's own page")
    return "\n".join(lines)


def _lines(desk: Desk, link: SetLink, *, is_over: bool) -> list[str]:
    said, zone = link.newest, desk.settings.zone_info
    readers = [word for word in (said.language, said.media_type, said.context) if word]
    marks = [name for name, is_so in _marks(link, is_over=is_over).items() if is_so]
    dates = [
        f"{word} {_text.local(at, zone)}"
        for word, at in (("from", said.starts), ("until", link.ends))
        if at is not None
    ]
    head = ", ".join([f"{short_of(said.relation)}  {said.title}", *readers, *marks, *dates])
    why = f": {said.reason}" if said.reason else ""
    # The address whole, however long: it is what gets copied.
    return [
        _text.clip(f"  {link.id[-8:]}  {head}", _text.COLUMNS),
        f"            {said.href}",
        _text.clip(f"            said by {said.said_by}{why}", _text.COLUMNS),
    ]


def _marks(link: SetLink, *, is_over: bool) -> dict[str, bool]:
    said = link.newest
    return {"default": said.is_default, "with lots": said.with_lots, "over": is_over}

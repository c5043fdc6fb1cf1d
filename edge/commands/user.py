"""`minori user`: who may sign in."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands._config import config_option

if TYPE_CHECKING:
    from sqlmodel import Session

    from traceability.models import Party

ROLES = ("admin", "grower", "partner")


@click.group()
def command() -> None:
    """Make users, list them, set passwords."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="grower", show_default=True)
@click.option("--admin", is_flag=True, help="The same as --role admin.")
@click.option("--partner", metavar="CODE", help="With --role partner: which one it is.")
@config_option
def add(name: str, role: str, admin: bool, partner: str | None, config: Path | None) -> None:
    """Add a user NAME; asks for the password, or reads one line from standard input."""
    from edge import users
    from edge.settings_file import load
    from edge.store import writing

    settings = load(config)
    password = _password()
    chosen = "admin" if admin else role
    with writing(settings) as session:
        users.add(session, name, password, role=chosen, at=datetime.now(UTC))
        if partner is not None:
            users.belongs_to(session, name, _party(session, partner))
    click.echo(f"{name} may sign in as {chosen}")


@command.command("partner")
@click.argument("name")
@click.argument("code")
@config_option
def partner_of(name: str, code: str, config: Path | None) -> None:
    """Say that the account NAME is of the partner CODE: it reads what that one was promised."""
    from edge import users
    from edge.settings_file import load
    from edge.store import writing

    with writing(load(config)) as session:
        users.belongs_to(session, name, _party(session, code))
    click.echo(f"{name} reads what {code} was promised")


@command.command()
@click.argument("name")
@config_option
def password(name: str, config: Path | None) -> None:
    """Set a new password for NAME; sessions made with the old one end."""
    from edge import users
    from edge.settings_file import load
    from edge.store import writing

    settings = load(config)
    text = _password()
    with writing(settings) as session:
        users.change_password(session, name, text)
    click.echo(f"{name} has a new password")


@command.command("list")
@config_option
def list_(config: Path | None) -> None:
    """List who may sign in, and as what."""
    from sqlmodel import select

    from edge.settings_file import load
    from edge.store import reading
    from traceability.models import Party, User

    with reading(load(config)) as session:
        for user in session.exec(select(User).order_by(User.name)):
            partner = session.get_one(Party, user.party_id).code if user.party_id else ""
            click.echo(f"{user.name}\t{user.role}\t{partner}".rstrip())


def _party(session: "Session", code: str) -> "Party":
    from traceability.catalogue import find
    from traceability.models import Party

    return find(session, Party, code)


def _password() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return text
    return sys.stdin.readline().rstrip("\n")

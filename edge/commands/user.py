"""`minori user`: who may sign in."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.commands._config import config_option

ROLES = ("admin", "grower", "partner")


@click.group()
def command() -> None:
    """Make users, list them, set passwords."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="grower", show_default=True)
@click.option("--admin", is_flag=True, help="The same as --role admin.")
@config_option
def add(name: str, role: str, admin: bool, config: Path | None) -> None:
    """Add a user NAME; asks for the password, or reads one line from standard input."""
    from edge import users
    from edge.settings_file import load
    from edge.store import writing

    settings = load(config)
    password = _password()
    chosen = "admin" if admin else role
    with writing(settings) as session:
        users.add(session, name, password, role=chosen, at=datetime.now(UTC))
    click.echo(f"{name} may sign in as {chosen}")


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
    from traceability.models import User

    with reading(load(config)) as session:
        for user in session.exec(select(User).order_by(User.name)):
            click.echo(f"{user.name}\t{user.role}")


def _password() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return text
    return sys.stdin.readline().rstrip("\n")

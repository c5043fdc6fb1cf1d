"""Who may sign in: made by command, the password kept only as an argon2id hash."""

from datetime import datetime

from argon2 import PasswordHasher
from sqlmodel import Session, select

from edge.errors import UserRefused
from traceability.models import Party, User

# Length is what counts (NIST SP 800-63B, 3.1.1.2, asks for 15 where it is the only factor).
SHORTEST_PASSWORD = 12


def add(session: Session, name: str, password: str, *, role: str, at: datetime) -> User:
    """Add a user; the caller commits.

    Args:
        role: `admin`, `grower` or `partner`.
        at: Now, aware UTC.

    Raises:
        UserRefused: the name is taken or empty, or the password too short.
    """
    _refuse_weak(name, password)
    if session.exec(select(User).where(User.name == name)).first() is not None:
        next_step = "choose another name, or set a password: minori user password NAME"
        raise UserRefused(name=name, problem="that name is taken", next_step=next_step)
    user = User(name=name, password_hash=PasswordHasher().hash(password), role=role, created_at=at)
    session.add(user)
    session.flush()
    return user


def belongs_to(session: Session, name: str, party: Party) -> User:
    """Say which partner an account is of: it reads that one's promises; the caller commits.

    Raises:
        UserRefused: nobody has that name, or the account is not a partner's.
    """
    user = _named(session, name)
    if user.role != "partner":
        raise UserRefused(
            name=name,
            problem=f"it signs in as {user.role}, who reads everything anyway",
            next_step="make an account of its own: minori user add NAME --role partner",
        )
    user.party_id = party.id
    session.add(user)
    return user


def change_password(session: Session, name: str, password: str) -> None:
    """Set a new password, which ends every session made with the old one; the caller commits.

    Raises:
        UserRefused: nobody has that name, or the password is too short.
    """
    _refuse_weak(name, password)
    user = _named(session, name)
    user.password_hash = PasswordHasher().hash(password)
    session.add(user)


def _named(session: Session, name: str) -> User:
    user = session.exec(select(User).where(User.name == name)).first()
    if user is None:
        raise UserRefused(
            name=name, problem="nobody has that name", next_step="see: minori user list"
        )
    return user


def _refuse_weak(name: str, password: str) -> None:
    if not name.strip():
        raise UserRefused(name=name, problem="the name is empty", next_step="give a name")
    if len(password) < SHORTEST_PASSWORD:
        problem = f"the password has {len(password)} characters"
        next_step = f"choose {SHORTEST_PASSWORD} or more; a sentence is easy to keep"
        raise UserRefused(name=name, problem=problem, next_step=next_step)

"""The body of an act: everything said of it, as it is hashed and sent to a hub.

Canonical JSON (RFC 8785): the same act has the same bytes wherever it is written.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import rfc8785
from sqlmodel import SQLModel

from traceability.amounts import Amount
from traceability.drafts import Draft
from traceability.errors import BadValue
from traceability.models import Act, Lot, Site
from traceability.occasions import Occasion

# The shape of `Act.body`; a reader of old acts needs to know which one it holds.
BODY_SCHEMA = 1


def body_of(
    kind: str, occasion: Occasion, draft: Draft, site: Site, offset_minutes: int
) -> dict[str, Any]:
    """What is hashed and sent: everything said of the act, nothing about how we store it."""
    said = {
        "schema": BODY_SCHEMA,
        "id": occasion.act_id,
        "kind": kind,
        **when(occasion),
        "offset_minutes": offset_minutes,
        "site": site.code,
        "zone": draft.zone,
        "from": draft.from_party,
        "to": draft.to_party,
        "voids": draft.voids.id if draft.voids else None,
        "inputs": [{"lot": lot, "amount": amount} for lot, amount in draft.takes],
        "outputs": [
            {
                "lot": lot,
                "amount": amount,
                "packed_on": lot.packed_on,
                "best_before": lot.best_before,
            }
            for lot, amount in draft.makes
        ],
        "subjects": list(draft.subjects),
        **_only_said("gains", draft.gains),
        **_only_said("counts", draft.counts),
        **_units_said(draft),
        "flows": [
            {"source": source, "target": target, "amount": amount}
            for source, target, amount in draft.flows
        ],
        "facts": dict(draft.facts),
    }
    return {key: _plain(value) for key, value in said.items()}


def _only_said(name: str, amounts: Sequence[tuple[Lot, Amount]]) -> dict[str, Any]:
    """Bodies of acts without any keep the bytes they always had."""
    said = [{"lot": lot, "amount": amount} for lot, amount in amounts]
    return {name: said} if said else {}


def _units_said(draft: Draft) -> dict[str, Any]:
    said = [
        {
            "unit": move.unit,
            "content": move.content,
            "amount": move.amount,
            "goes_in": move.goes_in,
        }
        for move in draft.unit_moves
    ]
    return {"units": said} if said else {}


def when(occasion: Occasion) -> dict[str, object]:
    """Bodies of acts without a document keep the bytes they always had."""
    paper = occasion.document
    return {
        "happened_at": occasion.at.astimezone(UTC),
        "performer": occasion.by,
        "note": occasion.note,
        **({"document": {"type": paper.type, "number": paper.number}} if paper else {}),
    }


def digest_of(request: Mapping[str, object]) -> str:
    try:
        said = rfc8785.dumps(_plain(request))
    except rfc8785.CanonicalizationError as error:
        # NaN, infinities and integers beyond 2^53 have no canonical form: nobody measured those.
        raise BadValue(
            field=str(request["kind"]),
            expected="a number of sensible size from 0",
            got=str(error),
            next_step="read it again",
        ) from error
    return hashlib.sha256(said).hexdigest()


def _plain(value: object) -> Any:  # noqa: PLR0911  one line a type
    """Turn rows and values into JSON by what they are called, never by a database's own ids."""
    match value:
        case Lot():
            return {"code": value.code, "scope": value.scope}
        case Amount():
            return {"pieces": value.pieces, "weight_g": value.weight_g}
        case Act():
            return value.id
        case SQLModel():
            return getattr(value, "code", None)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case str() | int() | float() | None:
            return value
        case Sequence():
            return [_plain(item) for item in value]
    raise TypeError(f"an act cannot hold {type(value).__name__}")

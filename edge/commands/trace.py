"""`minori trace LOT`: what a lot was made from and what became of it, as two trees of amounts.

A lot reached by two ways is told in full once; where it comes again, it points there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click

from edge.commands import _text
from edge.commands._desk import Desk, looks_up
from traceability import genealogy, shares
from traceability.amounts import Amount
from traceability.genealogy import Trace, TracedLot
from traceability.reach import Direction
from traceability.shares import Received

_TITLES: dict[Direction, str] = {"back": "Came from", "forward": "Went to"}
_NOWHERE: dict[Direction, str] = {
    "back": "nothing recorded before it",
    "forward": "nothing recorded after it",
}


@dataclass(frozen=True, slots=True)
class _Branch:
    """One line of the tree; `lot` is where it goes on, None at a recipient."""

    text: str
    lot: TracedLot | None


@click.command()
@click.argument("lot", metavar="LOT")
@looks_up
def command(desk: Desk, lot: str) -> str:
    """Follow a lot back to its seeds and forward to its recipients, with amounts.

    LOT is a code, a GS1 link or a scan.
    """
    found = desk.lot(lot)
    directions: tuple[Direction, ...] = ("back", "forward")
    traces = [genealogy.trace(desk.session, found, way) for way in directions]
    if desk.as_json:
        from api.v1.lots import traced

        return _text.as_json([traced(desk.session, t).model_dump(mode="json") for t in traces])
    now = _text.amount(Amount(found.pieces, found.weight_g)) if found.is_open else "closed"
    parts = [[f"Lot {found.code} ({found.scope}), {found.stage}, {now}"]]
    for trace in traces:
        tree = list(_tree(trace, _branches(desk, trace)))
        parts.append([_TITLES[trace.direction], *(tree or [f"  {_NOWHERE[trace.direction]}"])])
    return "\n\n".join("\n".join(part) for part in parts)


def _branches(desk: Desk, trace: Trace) -> Callable[[TracedLot], list[_Branch]]:
    """Return what leads on from each lot: other lots, and forward its recipients, too."""
    onward: dict[str, list[_Branch]] = {}
    for edge in trace.edges:
        near, far = (
            (edge.target, edge.source) if trace.direction == "back" else (edge.source, edge.target)
        )
        when = _text.local(edge.at, desk.time_zone(near.site_id))
        how = f"through tank {edge.tank}" if edge.tank else _text.amount(edge.amount)
        text = f"{far.code}  {how}  {edge.kind} {when}"
        onward.setdefault(near.id, []).append(_Branch(text, far))
    if trace.direction == "forward":
        for got in shares.received(desk.session, trace):
            onward.setdefault(got.sent.lot.id, []).append(_Branch(_sent(desk, got), None))
    return lambda lot: onward.get(lot.id, [])


def _sent(desk: Desk, got: Received) -> str:
    sent = got.sent
    when = _text.local(sent.at, desk.time_zone(sent.lot.site_id))
    return f"=> {_text.name_of(sent.party)}  {_text.amount(sent.amount)}  ship {when}{_of_it(got)}"


def _of_it(got: Received) -> str:
    """Say how much of it came from the lot at the root, where that is not all of it."""
    if got.share == 1 or got.from_start_g is None:
        return ""
    return f"  (of it {got.from_start_g} g)"


def _tree(trace: Trace, branches: Callable[[TracedLot], Sequence[_Branch]]) -> Iterator[str]:
    """Yield the lines; a stack instead of recursion, since a chain of lots may be any length."""
    told = {trace.start.id}
    stack = [("", branch, last) for branch, last in _backwards(branches(trace.start))]
    while stack:
        indent, branch, is_last = stack.pop()
        children = branches(branch.lot) if branch.lot else []
        again = bool(children) and branch.lot is not None and branch.lot.id in told
        pointer = "  (see above)" if again else ""
        yield f"{indent}{'└─' if is_last else '├─'} {branch.text}{pointer}"
        if branch.lot is None or again:
            continue
        told.add(branch.lot.id)
        below = indent + ("   " if is_last else "│  ")
        stack += [(below, child, last) for child, last in _backwards(children)]


def _backwards(children: Sequence[_Branch]) -> list[tuple[_Branch, bool]]:
    """Pair each child with whether it is the last, in the order a stack gives them back."""
    return [(child, child is children[-1]) for child in reversed(children)]

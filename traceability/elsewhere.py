"""On a hub: whether a site records at its own edge. Nothing goes back from here to it."""

from sqlmodel import Session

from traceability.errors import SiteElsewhere
from traceability.models import Edge, EdgeSite


def edge_of(session: Session, site_id: str) -> Edge | None:
    """Return the edge that sends us a site's records; None: the site is ours."""
    claim = session.get(EdgeSite, site_id)
    edge = session.get_one(Edge, claim.edge_id) if claim else None
    return edge if edge is not None and edge.revoked_at is None else None


def refuse_elsewhere(session: Session, site_id: str, kind: str) -> None:
    """Raise SiteElsewhere where only the site itself can record this."""
    edge = edge_of(session, site_id)
    if edge is not None:
        raise SiteElsewhere(site=edge.name, kind=kind)

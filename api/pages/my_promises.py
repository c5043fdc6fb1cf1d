"""What a partner who signed in was promised, for that partner."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import InWeb, ReadSession, SignedIn
from api.promise_risk import with_risks
from api.templating import page
from traceability import promises
from traceability.models import Crop, Party, TradeItem

router = APIRouter(include_in_schema=False)


@router.get("/my/promises")
def mine(request: Request, session: ReadSession, viewer: SignedIn, web: InWeb) -> Response:
    party = session.get(Party, viewer.party_id) if viewer.party_id else None
    found = promises.of_partner(session, party, at=web.now()) if party else []
    rows = [
        (
            one,
            risk,
            session.get_one(Crop, one.promise.crop_id),
            session.get(TradeItem, one.promise.trade_item_id)
            if one.promise.trade_item_id
            else None,
        )
        for one, risk in with_risks(session, found, at=web.now())
    ]
    return page(request, "my_promises.html", party=party, rows=rows)

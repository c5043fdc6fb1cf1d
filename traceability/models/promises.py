"""What partners were told they can count on, what they have a contract for, and who knew better."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, event
from sqlmodel import Field, SQLModel

from traceability.errors import PromiseFrozen
from traceability.models.base import new_id


class SupplyContract(SQLModel, table=True):
    """Grams a week that a partner has a right to; the newest that covers a week holds."""

    __tablename__ = "supply_contract"
    __table_args__ = (
        CheckConstraint("weekly_g >= 0", name="weekly"),
        CheckConstraint("priority >= 1", name="priority"),
        CheckConstraint("until IS NULL OR until > since", name="half_open"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    party_id: str = Field(foreign_key="party.id", index=True)
    weekly_g: int
    priority: int = 1  # 1 is served first where there is not enough
    since: date
    until: date | None = None
    made_at: datetime
    made_by: str


class Promise(SQLModel, table=True):
    """What one partner can count on in one week, as it was said. Frozen: a later one supersedes it.

    The four weights of a week's supply are the steps from a repeated line to what was agreed:
    what each of them was worth shows once the harvest has come.
    """

    __table_args__ = (
        CheckConstraint("weight_g >= 0", name="weight"),
        CheckConstraint("confidence > 0 AND confidence < 1", name="confidence"),
        CheckConstraint("shortfall >= 0 AND shortfall <= 1", name="shortfall"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    party_id: str = Field(foreign_key="party.id", index=True)
    trade_item_id: str | None = Field(default=None, foreign_key="trade_item.id")
    week: date = Field(index=True)  # the Monday it begins on
    weight_g: int
    packs: int | None = None
    cases: int | None = None
    packs_per_case: int | None = None
    confidence: float  # at which the supply is at least what was given away
    shortfall: float  # probability that it is not
    remainder_g: int  # what nobody was promised of what can be counted on
    p10_g: int
    p50_g: int
    p90_g: int
    naive_g: int
    model_g: int
    agronomist_g: int | None = None
    agreed_g: int
    lots_share: float
    packing_share: float | None = None  # of the harvest that packing leaves; None: nobody kept it
    forecast_id: str = Field(foreign_key="forecast.id")
    forecast_lots_id: str | None = Field(default=None, foreign_key="forecast_lots.id")
    note: str = ""
    made_at: datetime
    made_by: str


class ForecastRemark(SQLModel, table=True):
    """An agronomist's word on one week of a crop: another weight, or only a remark; with a reason.

    The newest weight of a week holds; one without weight takes nothing back.
    """

    __tablename__ = "forecast_remark"
    __table_args__ = (CheckConstraint("weight_g >= 0", name="weight"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    week: date
    weight_g: int | None = None  # instead of P50; None: an annotation
    withdraws: bool = False  # takes back the weight, or the exclusion, given before
    excludes: bool = False  # the week that came is not to be learnt from
    reason: str
    made_at: datetime
    made_by: str


@event.listens_for(Promise, "before_update")
@event.listens_for(Promise, "before_delete")
def _frozen(_mapper: object, _connection: object, promise: Promise) -> None:
    raise PromiseFrozen(promise=promise.id, week=promise.week)

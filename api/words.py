"""Words for what the record holds as codes: kinds of acts, stages, roles, kinds of places."""

from api.i18n import Reader
from traceability.gs1.linktypes import LINK_TYPES, title_of
from traceability.holds import RECALL
from traceability.projection import ALSO
from traceability.recipes import Light, Stage


def act_kinds(_: Reader) -> dict[str, str]:
    return {
        "sow": _("Sown"),
        "transplant": _("Transplanted"),
        "move": _("Moved"),
        "harvest": _("Harvested"),
        "inspect": _("Inspected"),
        "split": _("Split"),
        "merge": _("Merged"),
        "pack": _("Packed"),
        "ship": _("Shipped"),
        "receive": _("Received"),
        "discard": _("Discarded"),
        "void": _("Taken back"),
        "import": _("Brought in from older records"),
        "rework": _("Reworked"),
        "relabel": _("Relabelled"),
        "sample": _("Sample taken"),
        "return": _("Came back"),
        "count": _("Counted"),
        "hold": _("Put on hold"),
        "release": _("Released"),
        "use": _("Used"),
        "aggregate": _("Put into a case or pallet"),
        "disaggregate": _("Taken out of a case or pallet"),
        "stage": _("Stage set"),
    }


def stages(_: Reader) -> dict[str, str]:
    return {
        "growing": _("Growing"),
        "harvested": _("Harvest"),
        "packed": _("Packs"),
        "input": _("Seed and supplies"),
    }


def since_the_cut(_: Reader) -> dict[str, str]:
    """What follows growing, by the codes of `traceability.by_stage`."""
    return {
        "harvested": _("After the cut, until packed"),
        "packed": _("Packed: its cold chain"),
    }


def sheet_kinds(_: Reader) -> dict[str, tuple[str, str]]:
    """What each sheet is called, and who wants it."""
    return {
        "fsma": (
            _("FSMA 204: electronic sortable spreadsheet"),
            _("What the FDA may ask for within 24 hours, by event, with every key data element."),
        ),
        "jgap": (
            _("JGAP, ASIAGAP: harvest and shipment records"),
            _("Each shipment with the harvests in it, and harvested against shipped amounts."),
        ),
        "jas0033": (
            _("JAS 0033: temperature and time record"),
            _("Of one lot, from the cut on: where it was, how warm, and what was not measured."),
        ),
    }


def import_kinds(_: Reader) -> dict[str, str]:
    """What a table that is taken in may hold."""
    return {
        "crops": _("Crops"),
        "products": _("Products"),
        "partners": _("Partners"),
        "places": _("Places"),
        "lots": _("Lots"),
    }


def zone_kinds(_: Reader) -> dict[str, str]:
    return {
        "growing_room": _("Growing room"),
        "greenhouse": _("Greenhouse"),
        "nursery": _("Nursery"),
        "packing": _("Packing room"),
        "cold_store": _("Cold store"),
        "tank": _("Tank"),
        "other": _("Other place"),
    }


def stage_length(_: Reader, stage: Stage) -> str:
    """Say how long a stage of a recipe lasts."""
    days = "" if stage.days is None else _("{days} days", days=_.number(stage.days))
    if stage.until is None:
        return days or _("to the end")
    act = fact_words(_)[stage.until]
    if not days:
        return _("until {act}", act=act)
    return _("until {act}, planned after {days}", act=act, days=days)


def day_of(_: Reader, light: Light) -> str:
    """Say when it is day in a stage of a recipe."""
    if light.by == "clock" and light.on is not None and light.hours is not None:
        hours = _.number(light.hours, 0 if light.hours == int(light.hours) else 2)
        return _(
            "Lights on at {time} for {hours} h", time=light.on.isoformat("minutes"), hours=hours
        )
    if light.by == "lamp":
        return _("Day is while the lamps are on")
    return _("Day is while PPFD is above {value} µmol/m²/s", value=_.number(light.threshold))


def state(_: Reader, kind: str, value: float) -> str:
    """Say a state of equipment, by `sensors.Quantity.state`; a vent by half says by how much."""
    on, off = {
        "on_off": (_("on"), _("off")),
        "open_closed": (_("standing open"), _("shut")),
        "yes_no": (_("yes"), _("no")),
    }[kind]
    if 0 < value < 1:
        return f"{on} {_.percent(value)}"
    return on if value > 0 else off


def why_held(_: Reader, reason: str) -> str:
    """Say why a lot is on hold: of a recall, its word in the reader's language."""
    said = [
        _("recall: {reason}", reason=one.removeprefix(RECALL)) if one.startswith(RECALL) else one
        for one in reason.split(ALSO)
    ]
    return ALSO.join(said)


def told_by(_: Reader) -> dict[str, str]:
    return {
        "clock": _("the clock"),
        "lamp": _("the lamps' own state"),
        "ppfd": _("the measured light"),
    }


def parts_of_day(_: Reader) -> dict[str, str]:
    return {"always": _("always"), "day": _("by day"), "night": _("at night")}


def party_roles(_: Reader) -> dict[str, str]:
    return {
        "partner": _("Retail partner"),
        "supplier": _("Supplier"),
        "carrier": _("Carrier"),
        "other": _("Other"),
    }


def unit_kinds(_: Reader) -> dict[str, str]:
    return {"case": _("Case"), "pallet": _("Pallet")}


def link_types(_: Reader) -> dict[str, str]:
    """What a code may lead to, by the names of the GS1 Web Vocabulary."""
    return {name: _(title) for name, title in LINK_TYPES.items()}


def link_title(_: Reader, relation: str, title: str) -> str:
    """Say a link's title; one that is only the words of its type, in the reader's language."""
    return _(title) if title == title_of(relation) else title


def measures(_: Reader) -> dict[str, str]:
    """Common inspections; others are shown as they were written."""
    return {
        "potassium": _("Potassium"),
        "nitrate": _("Nitrate"),
        "sugar": _("Sugar"),
        "brix": _("Brix"),
        "bacteria": _("Bacteria"),
        "head_weight": _("Weight of one head"),
    }


def qualities(_: Reader) -> dict[str, str]:
    return {
        "good": _("good"),
        "uncertain": _("uncertain"),
        "bad": _("bad"),
        "stale": _("stale"),
    }


def naive_lines(_: Reader) -> dict[str, str]:
    return {
        "last_year": _("same weeks last year"),
        "last_value": _("last value again"),
        "last_weekdays": _("last weekdays again"),
    }


def forecast_members(_: Reader) -> dict[str, str]:
    """What a forecast is mixed from, by the name its weight is stored under."""
    return {
        "prophet_log": _("Prophet, logarithmic"),
        "prophet_multiplicative": _("Prophet, multiplicative"),
        "log_mstl": _("season and trend (MSTL)"),
        "harmonic": _("yearly waves"),
        "auto_ets": _("smoothing (AutoETS)"),
        "theta": _("trend (Theta)"),
        "recent_seasons": _("the last years' season"),
        "recent_mean": _("mean of recent weeks"),
        "recent_quantiles": _("spread of recent weeks"),
        **naive_lines(_),
    }


def forecast_ranges(_: Reader) -> dict[str, str]:
    """What P10 and P90 rest on."""
    return {
        "own": _("The range was widened by how far off this line was before."),
        "pooled": _("The range was widened by how far off others of its kind were before."),
        "uncalibrated": _(
            "The range is uncalibrated: nothing past says how often it holds. Take it as a guess."
        ),
    }


def forecast_facts(_: Reader) -> dict[str, str]:
    """What two versions of a forecast were made with."""
    return {
        "refusal": _("Why there is no line"),
        "history": _("Learnt from"),
        "served": _("Shown as P50"),
        "error": _("Missed at past dates"),
        "calibration": _("Range taken from"),
        "notes": _("Notes"),
        "weights": _("Mixed from"),
        "versions": _("Software"),
    }


def forecast_histories(_: Reader) -> dict[str, tuple[str, str]]:
    """What came so far, and the title of a figure of it, by the kind of act."""
    return {
        "harvest": (_("Harvested"), _("Harvest by week")),
        "pack": (_("Packed"), _("Packs by week")),
        "ship": (_("Shipped"), _("Taken by week")),
    }


def forecast_steps(_: Reader) -> dict[str, str]:
    """Steps of a forecast on its way to a partner, as `traceability.promises.STEPS`."""
    return {
        "naive": _("Simple line"),
        "model": _("Model"),
        "agronomist": _("Agronomist"),
        "agreed": _("Agreed with partners"),
    }


def demand_bases(_: Reader) -> dict[str, str]:
    """Where it is known from what a partner wants."""
    return {"order": _("Order"), "forecast": _("Forecast"), "contract": _("Contract")}


def lot_bases(_: Reader) -> dict[str, str]:
    """What a growing lot's kilograms rest on."""
    return {
        "weighed": _("a weighing"),
        "pooled": _("finished lots"),
        "prior": _("too few lots of our own"),
    }


def forecast_reasons(_: Reader) -> dict[str, str]:
    """Why this line is served, by the code of `forecasting.Note`; facts stand in braces."""
    return {
        "not_yet_judged": _(
            "Too little history to try it on the past: its error is not known yet."
        ),
        "lost_to_naive": _(
            "Lately it missed by {ratio} times as much as the simple line, so the simple line is "
            "shown."
        ),
        "beats_naive": _("Lately it missed by {ratio} times as much as the simple line."),
    }


def forecast_refusals(_: Reader) -> dict[str, str]:
    """Why there is no line, by the refusal's code, without its numbers."""
    return {
        "no_harvest": _("No whole week of harvest is recorded yet. Record harvests as they come."),
        "too_short": _(
            "There is too little history for an honest line; until then count the lots."
        ),
        "stale": _("The newest weeks are missing. Enter them first, weeks without harvest too."),
        "all_zero": _("Nothing was harvested in all these weeks."),
        "giant_outlier": _("One week is many times all others: probably a slip of the unit."),
        "level_shift": _("The last weeks are unlike all before; the past says little about them."),
        "missing_calendar": _("The open days of the weeks ahead are not known."),
        "nothing_open": _("Every week ahead is closed."),
        "backtest_above_100": _("Tried on the past, it missed by more than all that came."),
        "excluded_weeks": _("Weeks were left out on somebody's word; they are named below."),
    }


def fact_words(_: Reader) -> dict[str, str]:
    """Codes that stand inside the sentences of errors, as a person says them."""
    return {
        "growing": _("growing"),
        "harvested": _("harvested"),
        "packed": _("packed"),
        "input": _("a supply"),
        "closed": _("closed"),
        "sow": _("sowing"),
        "transplant": _("transplanting"),
        "move": _("moving"),
        "harvest": _("a harvest"),
        "inspect": _("an inspection"),
        "split": _("a split"),
        "merge": _("putting together"),
        "pack": _("packing"),
        "ship": _("shipping"),
        "receive": _("receiving"),
        "discard": _("a discard"),
        "void": _("taking back"),
        "rework": _("rework"),
        "relabel": _("relabelling"),
        "sample": _("taking a sample"),
        "return": _("a return"),
        "count": _("a stock count"),
        "hold": _("a hold"),
        "release": _("a release"),
        "use": _("use"),
        "stage": _("setting the stage"),
        "recipe": _("recipe"),
        "this site has no credential of a hub": _("this site has no credential of a hub"),
        "aggregate": _("putting into a case or pallet"),
        "sowing": _("sowing"),
        "receiving": _("receiving"),
        "acknowledgement": _("acknowledgement"),
        "snooze": _("snooze"),
        "pause": _("pause"),
        "start": _("the start"),
        **_things(_),
        **_fields(_),
    }


def _things(_: Reader) -> dict[str, str]:
    """What is not found, or stands in a list."""
    return {
        "lot": _("lot"),
        "crop": _("crop"),
        "device": _("device"),
        "material": _("material"),
        "case or pallet": _("case or pallet"),
        "trade item": _("trade item"),
        "party": _("party"),
        "site": _("site"),
        "zone": _("zone"),
        "forecast": _("forecast"),
        "none yet": _("none yet"),
        "none": _("none"),
        "act": _("act"),
        "alarm": _("alarm"),
        "calibration": _("calibration"),
        "edge": _("edge"),
        "farm": _("farm"),
        "label": _("label"),
        "link": _("link"),
        "recall": _("recall"),
        "recipient": _("recipient"),
        "room": _("room"),
        "series": _("series"),
        "sowing plan": _("sowing plan"),
    }


def _fields(_: Reader) -> dict[str, str]:
    """Names of fields that a refusal begins with."""
    return {
        "amount": _("amount"),
        "begins": _("begins"),
        "ends": _("ends"),
        "span": _("span"),
        "at": _("at"),
        "code": _("code"),
        "contents": _("contents"),
        "kind": _("kind"),
        "language": _("language"),
        "packs": _("packs"),
        "pieces": _("pieces"),
        "reason": _("reason"),
        "target": _("target"),
        "unit": _("unit"),
        "value": _("value"),
        "weight": _("weight"),
        "weight_g": _("weight_g"),
    }


def reasons(_: Reader) -> dict[str, str]:
    """Why a value is in doubt, by the names of `sensors.Reason`."""
    return {
        "range": _("outside what is believable"),
        "rate": _("moved faster than is believable"),
        "stuck": _("has not moved for too long"),
        "spike": _("one value far from its neighbours"),
        "warm_up": _("the probe is warming up"),
        "no_value": _("the probe has no value"),
        "device_status": _("the probe itself doubts it"),
        "calibration_due": _("calibration is due"),
        "clock": _("the clock was not set yet"),
        "not_updated": _("the probe repeats an old value"),
        "offline": _("its bridge is offline"),
        "clamped": _("cut to the physical limit"),
    }


def uplink_trouble(_: Reader) -> dict[str, str]:
    """Why nothing reaches the hub, by the codes of the uplink's errors."""
    return {
        "hub_unreachable": _("The hub is not answering; what waits for it is safe here."),
        "hub_untrusted": _("The hub's certificate is not trusted; minori hub status says why."),
        "hub_speaks_no_tls": _("The hub's address leads to no TLS: check its port."),
        "hub_unsafe": _("The hub's address is not https; nothing is sent."),
        "hub_address_wrong": _("The hub's address leads nowhere: correct it and enrol again."),
        "hub_failed": _("The hub has trouble of its own; what waits for it is safe here."),
        "hub_too_old": _("The hub runs an older version than this site; upgrade the hub."),
        "hub_not_enrolled": _("This site is not enrolled at its hub: minori enrol CODE"),
        "edge_unknown": _("The hub does not know this site: enrol it again."),
        "edge_revoked": _("The hub has revoked this site; its admin can let it in again."),
    }

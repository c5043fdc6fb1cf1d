"""`minori demo --check`: every main question, asked as its asker would, one line each.

HTTP for whoever opens pages and for programs, the command line for whoever sits at the machine.
A question is a function that raises `Wrong` (or anything) when the answer is not the right one.
"""

import time
import urllib.parse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.demo.asker import CROP, Answer, Asker, Wrong, a_packed_lot, expect, path_of, quoted
from edge.demo.plant import PROBES
from edge.demo.show import Demo, Say, log_tail

# Every polled probe is asked each 5 s, radio speaks each 10 s: twice that, and some for a busy CI.
FRESH_LIMIT_S = 25.0
FIT_LIMIT_S = 45.0


Question = Callable[[Asker], str]


def ask_everything(demo: Demo, *, say: Say) -> int:
    """Ask all questions; return the exit code: 0 only if every answer was right."""
    asker = Asker(demo, a_packed_lot(demo))
    failed = 0
    for name, question in QUESTIONS.items():
        started = time.monotonic()
        try:
            found = question(asker)
        except Exception as error:  # noqa: BLE001  one wrong answer must not hide the others
            failed += 1
            say(f"FAILED  {name}: {error}")
            continue
        say(f"ok      {name}: {found} ({time.monotonic() - started:.1f} s)")
    if demo.process.poll() is not None or (code := demo.stop()) != 0:
        failed += 1
        say(f"FAILED  minori run did not end in order: {demo.process.returncode}")
    else:
        say(f"ok      minori run ended in order with {code}")
    if failed:
        say(f"the service last said:\n{log_tail(demo)}")
    say(f"{len(QUESTIONS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


def _every_probe_is_heard(ask: Asker) -> str:
    wanted = {probe.name for probe in PROBES}
    limit = time.monotonic() + FRESH_LIMIT_S
    while time.monotonic() < limit:
        fresh = {row["device"] for row in _fresh(ask)}
        if wanted <= fresh:
            return f"{len(wanted)} probes on {_wires()} answered since the start"
        time.sleep(0.5)
    raise Wrong(f"nothing new from {', '.join(sorted(wanted - fresh))}")


def _fresh(ask: Asker) -> list[dict[str, Any]]:
    rows = ask.get("/api/v1/readings/latest").json
    return [row for row in rows if datetime.fromisoformat(row["at"]) >= ask.began]


def _wires() -> str:
    return f"{len({p.port for p in PROBES if p.port})} serial ports and MQTT"


def _a_pulled_cable_blinds_nobody(ask: Asker) -> str:
    """Pull the RS-485 adapter: the pH probe on its own port goes on; plugged in, all is back."""
    ask.demo.buses["rs485"].unplug()
    pulled = datetime.now(UTC)
    _wait_for(ask, pulled, {"tank-a-ph"})
    ask.demo.buses["rs485"].plug()
    back = datetime.now(UTC)
    _wait_for(ask, back, {"room-a-co2"})
    return "the others went on, and it came back under another terminal"


def _wait_for(ask: Asker, since: datetime, devices: set[str]) -> None:
    limit = time.monotonic() + FRESH_LIMIT_S
    while time.monotonic() < limit:
        rows = ask.get("/api/v1/readings/latest").json
        heard = {r["device"] for r in rows if datetime.fromisoformat(r["at"]) > since}
        if devices <= heard:
            return
        time.sleep(0.3)
    raise Wrong(f"nothing from {', '.join(devices)} since {since:%H:%M:%S}")


def _health(ask: Asker) -> str:
    for path in ("/healthz", "/metrics", "/docs", "/openapi.json"):
        expect(ask.get(path).status == 200, f"{path} answers {ask.get(path).status}")
    return "healthz, metrics, docs and the API description answer"


def _farm_pages(ask: Asker) -> str:
    pages = ("/", "/lots", f"/lots/{quoted(ask.lot.code)}", "/forecasts", "/scan")
    for path in pages:
        for language in ("en", "ja"):
            page = ask.get(path, accept="text/html", language=language)
            expect(page.status == 200, f"{path} in {language} answers {page.status}")
    return f"{len(pages)} pages in English and Japanese"


def _browser_scan(ask: Asker) -> str:
    """A phone's camera opens the link: 307 to the page, which tells the story in Japanese."""
    redirect = ask.get(ask.lot.path, accept="text/html")
    expect(redirect.status == 307, f"{ask.lot.path} answers {redirect.status}")
    page = ask.get(path_of(redirect.headers["location"]), accept="text/html", language="ja")
    expect(page.status == 200, f"the lot's page answers {page.status}")
    for words in (CROP.item_name[1], "会津植物工場", ask.lot.code, "<svg"):
        expect(words in page.text, f"the lot's page does not say {words}")
    return f"{ask.lot.code} leads to its page, {len(page.body) / 1000:.0f} kB"


def _program_scan(ask: Asker) -> str:
    redirect = ask.get(ask.lot.path, accept="application/ld+json")
    found = ask.get(path_of(redirect.headers["location"]), accept="application/ld+json")
    expect(found.status == 200, f"the lot's data answer {found.status}")
    expect(ask.lot.code in found.text, "the lot's data do not name it")
    expect("@context" in found.json, "the lot's data are no JSON-LD")
    return f"JSON-LD of {len(found.body) / 1000:.0f} kB"


def _wrong_codes(ask: Asker) -> str:
    """A wrong check digit, an unknown lot and an illegal character are three different refusals."""
    digit = str((int(CROP.gtin[-1]) + 1) % 10)
    wrong = ask.get(f"/01/{CROP.gtin[:-1]}{digit}/10/X", accept="application/json")
    unknown = ask.get(f"/01/{CROP.gtin}/10/NO-SUCH-LOT?linkType=gs1:traceability")
    illegal = ask.get(f"/01/{CROP.gtin}/10/{quoted('ロット')}", accept="application/json")
    found = (wrong.status, unknown.status, illegal.status)
    expect(found == (400, 404, 400), f"answers are {found}, not (400, 404, 400)")
    return ", ".join(str(answer.json["code"]) for answer in (wrong, unknown, illegal))


def _trace(ask: Asker) -> str:
    both = ask.get(f"/api/v1/lots/{quoted(ask.lot.code)}/trace").json
    back = {lot["stage"] for trace in both for lot in trace["lots"]}
    expect({"input", "growing", "harvested", "packed"} <= back, f"trace reaches only {back}")
    printed = ask.command("trace", ask.lot.code)
    for words in (f"SEED-{CROP.prefix}", "Hokuto Mart", "Midori Grocers"):
        expect(words in printed, f"minori trace does not say {words}")
    return "from the seed bag to two partners, over HTTP and by command"


def _conditions(ask: Asker) -> str:
    start = ask.get(f"/api/v1/lots/{quoted(ask.lot.code)}/trace?direction=back").json[0]
    growing = next(lot for lot in start["lots"] if lot["stage"] == "growing")
    found = ask.get(f"/api/v1/lots/{growing['id']}/conditions").json
    by_name = {row["quantity"]: row for row in found["quantities"]}
    air = by_name["air_temperature"]
    expect(15 < air["mean"] < 30, f"a mean of {air['mean']} °C is no room")
    expect(bool(found["daily_light"]), "no daily light")
    share = air["in_range"]
    return f"{growing['code']}: mean {air['mean']:.1f} °C, {share:.0%} of the time in range"


def _lot_life_over_http(ask: Asker) -> str:
    """Sow, harvest, pack and ship a new lot; a repeat is harmless, too heavy a harvest refused."""
    now = datetime.now(UTC)
    code = f"CHK{now:%H%M%S}"
    place = {"site": "aizu", "by": "check"}
    day = timedelta(days=1)
    _post(ask, "sow", place, at=now - 43 * day, zone="room-a", crop=CROP.code, code=code, pieces=50)
    heads = {"lot": code, "pieces": 50, "zone": "packing", "final": True}
    heavy = _try(ask, "harvest", place, at=now - day, weight_g=50_000, **heads)
    expect(heavy.status in (409, 422), f"a harvest heavier than physics answers {heavy.status}")
    expect(heavy.json["code"] == "heavier_than_physics", f"its code is {heavy.json['code']}")
    _post(ask, "harvest", place, at=now - day, weight_g=4200, **heads)
    inputs = [{"lot": f"{code}-1", "weight_g": 4200}]
    item = f"{CROP.code}-{CROP.pack_g}"
    packed = {"inputs": inputs, "item": item, "code": f"{code}P", "packs": 50, "zone": "cold"}
    _post(ask, "pack", place, at=now - day, **packed)
    once = {"act_id": f"check-{code}", "lot": f"{code}P", "to": "hokuto", "by": "check"}
    first = _post(ask, "ship", {}, at=now, **once)
    again = _post(ask, "ship", {}, at=now, **once)
    expect(first.json == again.json, "the same act sent twice is two acts")
    return f"{code} sown, cut, packed, shipped; 50 kg from 50 heads refused; a repeat was harmless"


def _post(
    ask: Asker, act: str, place: Mapping[str, object], *, at: datetime, **body: object
) -> Answer:
    answer = _try(ask, act, place, at=at, **body)
    expect(answer.status == 201, f"{act} answers {answer.status}: {answer.text}")
    return answer


def _try(
    ask: Asker, act: str, place: Mapping[str, object], *, at: datetime, **body: object
) -> Answer:
    return ask.post(f"/api/v1/acts/{act}", {**place, "at": at.isoformat(), **body})


def _lot_commands(ask: Asker) -> str:
    listed = ask.command("lot", "list")
    expect(ask.lot.code in listed or CROP.prefix in listed, "minori lot list lists nothing")
    shown = ask.command("lot", "show", f"{ask.demo.url}{ask.lot.path}")
    expect(ask.lot.code in shown, "minori lot show does not find the lot by its link")
    refused = ask.command("lot", "show", "NO-SUCH-LOT", exit_code=2)
    expect("Traceback" not in refused, "an unknown lot is answered with a traceback")
    return "listed, found by its link, an unknown one refused in a sentence"


def _label(ask: Asker) -> str:
    out = ask.demo.folder / "label.svg"
    ask.command("label", ask.lot.code, "--out", str(out))
    text = out.read_text(encoding="utf-8")
    expect("<svg" in text and ask.lot.code in text, "the label does not name the lot")
    return f"a QR label of {len(text) / 1000:.0f} kB"


def _import_twice(ask: Asker) -> str:
    folder = ask.demo.folder
    rows = "time,temp\n" + "\n".join(f"2025-01-01 {h:02d}:00,{10 + h / 2}" for h in range(24))
    (folder / "old.csv").write_text(rows + "\n", encoding="utf-8")
    (folder / "old.toml").write_text(_IMPORT_MAP, encoding="utf-8")
    words = ("import", "readings", str(folder / "old.csv"), "--map", str(folder / "old.toml"))
    ask.command(*words)
    ask.command(*words)
    count = _stored_of(ask, "old-logger")
    expect(count == 24, f"24 rows imported twice are {count}")
    return "24 rows brought in twice are 24 rows"


_IMPORT_MAP = """\
[time]
column = "time"
format = "%Y-%m-%d %H:%M"
time_zone = "Asia/Tokyo"

[[devices]]
name = "old-logger"

[[columns]]
column = "temp"
device = "old-logger"
quantity = "air_temperature"
unit = "°C"
"""


def _stored_of(ask: Asker, device: str) -> int:
    series = [row for row in ask.get("/api/v1/series").json if row["device"] == device]
    query = urllib.parse.urlencode(
        {"start": "2024-12-01T00:00:00+00:00", "end": "2025-02-01T00:00:00+00:00"}
    )
    paths = [f"/api/v1/series/{row['id']}/readings?{query}" for row in series]
    return sum(len(ask.get(path).json["points"]) for path in paths)


def _forecast(ask: Asker) -> str:
    """The past asked for forecasts; the agent has made them by now, or makes them soon."""
    limit = time.monotonic() + FIT_LIMIT_S
    while time.monotonic() < limit:
        answer = ask.get(f"/api/v1/crops/{CROP.code}/forecast")
        if answer.status == 200:
            break
        time.sleep(0.5)
    expect(answer.status == 200, f"no forecast within {FIT_LIMIT_S:.0f} s")
    expect(answer.json["refusal"] is None, f"refused: {answer.json['body']}")
    printed = ask.command("forecast", "show", CROP.code, "--weeks", "8")
    expect("last year" in printed, "minori forecast show does not set last year beside it")
    page = ask.get("/forecasts", accept="text/html")
    expect("<svg" in page.text or CROP.code in page.text, "the forecasts page shows none")
    return "made by the agent, on the page and by command, beside the same week last year"


QUESTIONS: dict[str, Question] = {
    "every probe is heard": _every_probe_is_heard,
    "health": _health,
    "the farm's pages": _farm_pages,
    "a phone scans a lot": _browser_scan,
    "a program scans a lot": _program_scan,
    "wrong codes": _wrong_codes,
    "trace": _trace,
    "what a lot lived through": _conditions,
    "a lot's life over HTTP": _lot_life_over_http,
    "lots by command": _lot_commands,
    "a label": _label,
    "history is imported": _import_twice,
    "a pulled cable": _a_pulled_cable_blinds_nobody,
    "next weeks' yield": _forecast,
}

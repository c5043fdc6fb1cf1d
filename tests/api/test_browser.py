"""Every page in a real browser: two languages, a phone and a desk; nothing fetched from outside.

Debian's Chromium, driven by Playwright's Python package. A page passes when the console is quiet,
no other server was asked, nothing sticks out sideways, and every control has a name and is large
enough for a gloved finger.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from api.app import create_app
from api.settings import WebSettings
from tests.api.alarming import raised
from tests.api.conftest import HUB, NOW, SECRET, Clock
from tests.serving import serving
from tests.world import World
from traceability import database
from traceability.models import StoreLoss

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCALES = {"en": "en-GB", "ja": "ja-JP"}
WIDTHS = (390, 1280)
TOUCH_PX = 44

pytestmark = [
    pytest.mark.browser,
    # One process starts the browser once for all of these.
    pytest.mark.xdist_group("browser"),
]


@dataclass
class Site:
    url: str
    world: World
    alarm_id: str


@pytest.fixture(scope="module")
def site(filled: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copy = tmp_path_factory.mktemp("browser") / "minori.db"
    copy.write_bytes(filled[0].read_bytes())
    engine = database.open_database(f"sqlite:///{copy}")
    with database.writing_session(engine) as session:
        alarm = raised(session, filled[1])
        session.add(StoreLoss(found_at=NOW, file="minori.db.broken", why="torn", what="log"))
    app = create_app(engine, settings=WebSettings(SECRET, public_url=HUB), clock=Clock())
    with serving(app) as url:
        yield Site(url, filled[1], alarm.id)
    engine.dispose()


@pytest.fixture(scope="module")
def driver(request: pytest.FixtureRequest) -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright
    # Playwright closes the loop it ran on; the next asynchronous test asks for the current one.
    # Nobody else would close this one, and a loop collected open fails whichever test runs then.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    request.config.add_cleanup(loop.close)


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
    yield browser
    browser.close()


def _paths(world: World) -> list[str]:
    return [
        "/",
        "/lots",
        "/units",
        "/lots/new",
        f"/lots/{world.bags.id}",
        f"/lots/{world.growing.id}",
        f"/lots/{world.bags.id}/conditions",
        f"/rooms/{world.farm.room.id}",
        f"/p/{world.bags.id}",
        "/forecasts",
        "/forecasts/lowk",
        "/crops",
        "/items",
        "/places",
        "/partners",
        "/import",
        "/sheets",
        f"/sheets?lot={world.bags.id}",
        "/alarms",
        "/help",
        "/scan",
        "/sign-in",
        "/docs",
        "/problems",
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LOCALES)
def test_every_page_is_sound(browser: Browser, site: Site, language: str, width: int) -> None:
    context = browser.new_context(
        locale=LOCALES[language], viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(f"{page.url} console: {said.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url} script: {error}"))
    page.on("request", lambda asked: _note_foreign(asked.url, site.url, faults))

    for path in [*_paths(site.world), f"/alarms/{site.alarm_id}"]:
        answer = page.goto(site.url + path)
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{path}: {answer.status}")
        faults += [f"{path} ({language}, {width}): {fault}" for fault in _look(page)]
    context.close()

    assert faults == []


def test_a_form_is_filled_in_and_the_lot_appears(browser: Browser, site: Site) -> None:
    """What a grower does in the packing room, with a phone."""
    context = browser.new_context(locale="ja-JP", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site.url}/lots/{site.world.growing.id}")

    page.click("#act-harvest > summary")
    page.fill("#harvest-pieces", "130")
    page.fill("#harvest-weight", "10.4")
    page.check("#harvest-final")
    page.click("#act-harvest button")

    page.wait_for_url(re.compile(r"done=harvest"))
    assert page.inner_text("h1").startswith("LK-0630-1")
    assert "10.4 kg" in page.inner_text("main")
    context.close()


def test_numbers_keep_fresh_by_themselves(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    # The page's own interval, sooner: the test waits for the answer, not for a time.
    page.add_init_script("const real = setInterval; window.setInterval = (f) => real(f, 50);")
    with page.expect_response("**/api/v1/readings/latest") as answered:
        page.goto(f"{site.url}/rooms/{site.world.farm.room.id}")
    assert answered.value.ok

    page.wait_for_function("document.querySelector('[data-age]').textContent.includes('min')")

    assert page.inner_text(".value:has-text('CO₂') [data-value]") == "958"
    context.close()


def test_pages_read_well_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()

    page.goto(f"{site.url}/")

    assert "20.9 °C" in page.inner_text(".room >> nth=0").replace("\n", " ")
    context.close()


def _note_foreign(asked: str, own: str, faults: list[str]) -> None:
    if not asked.startswith((own, "data:")):
        faults.append(f"asked another server: {asked}")


def _look(page: Page) -> list[str]:
    """Return what is wrong with the page as it is laid out."""
    found: list[str] = page.evaluate(
        """(touch) => {
          const faults = [];
          // Somebody will open them, on a telephone too.
          for (const e of document.querySelectorAll('details')) e.open = true;
          const wide = document.documentElement.scrollWidth - window.innerWidth;
          if (wide > 0) faults.push(`${wide} px wider than the window`);
          if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
          if (!document.title) faults.push('no title');
          const shown = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 0;
          for (const e of document.querySelectorAll('button, summary, select, input:not([type=hidden]):not([type=checkbox])')) {
            if (shown(e) && e.getBoundingClientRect().height < touch - 0.5)
              faults.push(`${e.tagName} ${e.id || e.textContent} is ${e.getBoundingClientRect().height} px high`);
          }
          for (const e of document.querySelectorAll('input:not([type=hidden]), select')) {
            if (!e.labels.length && !e.ariaLabel) faults.push(`${e.name} has no label`);
          }
          for (const e of document.querySelectorAll('img')) {
            if (!e.hasAttribute('alt')) faults.push(`${e.src} has no alt`);
            if (e.complete && !e.naturalWidth) faults.push(`${e.src} shows nothing`);
          }
          const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
          for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) faults.push(`id ${id} twice`);
          return faults;
        }""",
        TOUCH_PX,
    )
    return found

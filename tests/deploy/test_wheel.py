"""The wheel: with nothing but it, everything works that works from a checkout.

Its dependencies are borrowed from the environment that runs the tests; Minori itself is not there.
"""

import re
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.mosquitto import free_port

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sensors", "traceability", "forecasting", "api", "edge")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `minori` of an environment into which only the wheel was installed."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    # A name in a .pth is looked into for packages, but its own .pth files (our checkout) are not.
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin/python", "install", "-q"]
    quiet = ["--disable-pip-version-check", "--no-deps", "--no-index", "--ignore-installed"]
    subprocess.run([*pip, *quiet, wheel], check=True, timeout=120)
    return venv / "bin" / "minori"


def minori(command: Path, *words: object, cwd: Path) -> str:
    done = subprocess.run(
        [command, *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_file_of_the_packages_is_in_it(wheel: Path) -> None:
    """A page, a table of units or a translation that stays behind is missed on the farm."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")

    carried = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in tracked if name and (ROOT / name).exists()} - carried == set()
    suffixes = {Path(name).suffix for name in carried}
    assert {".html", ".css", ".po", ".toml", ".tsv"} <= suffixes


def test_nothing_else_is_in_it(wheel: Path) -> None:
    """Tests, a database left lying about and a password file stay at home."""
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.startswith((*(f"{p}/" for p in PACKAGES), "minori-")), name
        assert not name.endswith((".db", ".pyc", ".password", ".secret", ".key")), name


def test_its_command_writes_settings_and_makes_a_database(installed: Path, tmp_path: Path) -> None:
    assert "From the probe to the shelf" in minori(installed, "--help", cwd=tmp_path)
    minori(installed, "init", cwd=tmp_path)
    assert "right" in minori(installed, "settings", "check", cwd=tmp_path)
    minori(installed, "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "minori.db").exists()
    assert "senseair_s8" in minori(installed, "devices", "models", "co2", cwd=tmp_path)
    asked = [installed.parent / "python", "-c", "import edge; print(edge.__file__)"]
    where = subprocess.run(asked, capture_output=True, text=True, cwd=tmp_path).stdout
    assert where.startswith(str(installed.parents[1]))


def test_its_pages_have_their_words_and_their_looks(installed: Path, tmp_path: Path) -> None:
    minori(installed, "init", cwd=tmp_path)
    with running(installed, tmp_path) as url:
        page = get(url, language="ja")
        assert "<html" in page
        assert re.search("[ぁ-ん]", page)
        looks = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert looks
        assert all(get(url + address) for address in looks)


@contextmanager
def running(command: Path, folder: Path) -> Iterator[str]:
    web, mqtt = free_port(), free_port()
    settings = folder / "minori.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8")
        .replace("port = 8000", f"port = {web}")
        .replace("[mqtt]", f"[mqtt]\nport = {mqtt}"),
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{web}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([command, "run"], cwd=folder, stdout=log, stderr=log)
    try:
        limit = time.monotonic() + 60
        while not _answers(f"{url}/healthz"):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < limit, (folder / "log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, (folder / "log").read_text()


def _answers(url: str) -> bool:
    try:
        get(url)
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def get(url: str, *, language: str = "en") -> str:
    asked = urllib.request.Request(
        url, headers={"Accept-Language": language, "Accept": "text/html"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.read().decode("utf-8", errors="replace")

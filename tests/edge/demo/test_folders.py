"""A demo's folder goes with it; a killed one's goes with the next demo, and nobody else's does."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.demo import folders

# A demo's owner: says where its folder is, then waits to be killed.
_OWNER = """
import sys
from edge.demo.folders import home
with home() as mine:
    if len(sys.argv) > 1:
        mine.shared_with(int(sys.argv[1]))
    print(mine.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@contextmanager
def a_demo(*words: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        yield owner, Path(owner.stdout.readline().strip())
        owner.kill()


def test_the_folder_of_a_killed_demo_is_removed_by_the_next() -> None:
    with a_demo() as (owner, folder):
        assert folder.is_dir()
        owner.kill()
        owner.wait()

        assert folders.sweep() == [folder]

    assert not folder.exists()


def test_a_living_demo_keeps_its_folder() -> None:
    with a_demo() as (_, folder):
        assert folders.sweep() == []
        assert folder.is_dir()


def test_while_its_service_still_runs_the_folder_stays() -> None:
    """Without setpriv a killed demo leaves its service; its files must not vanish beneath it."""
    with subprocess.Popen(["sleep", "60"]) as service, a_demo(str(service.pid)) as (owner, folder):
        owner.kill()
        owner.wait()
        assert folders.sweep() == []

        service.kill()
        service.wait()
        assert folders.sweep() == [folder]


def test_what_is_no_demo_of_ours_is_left_alone(temporary: Path) -> None:
    """No lock, an empty lock, a link to elsewhere: each might be somebody's data."""
    (temporary / f"{folders.PREFIX}no-lock").mkdir()
    being_made = temporary / f"{folders.PREFIX}being-made"
    being_made.mkdir()
    (being_made / "demo.lock").touch()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "demo.lock").write_text("999999999\n")
    (temporary / f"{folders.PREFIX}link").symlink_to(elsewhere)

    assert folders.sweep() == []
    assert elsewhere.is_dir()


def test_a_demo_that_ends_takes_its_folder_along() -> None:
    with folders.home() as mine:
        (mine.folder / "minori.db").touch()

    assert not mine.folder.exists()

"""install.sh and uninstall.sh, into a root of their own: again and again, forward, back and away.

Here the services of no machine are touched; the full form, on a Debian that really boots, is
tests/deploy/test_clean_root.py.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.bundle import Bundle
from tests.deploy.conftest import DEPLOY, tool

SCRIPTS = [
    *sorted(DEPLOY.glob("*.sh")),
    *sorted(DEPLOY.glob("lib/*.sh")),
    *(DEPLOY / name for name in ("minori", "make-bundle")),
    *(DEPLOY / "mosquitto" / name for name in ("add-device", "make-certificates")),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_no_fault(script: Path) -> None:
    # 2034: what one part sets, another reads; they are joined when install.sh runs.
    done = subprocess.run(
        [tool("shellcheck"), "--exclude=SC2034", str(script)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_plain_shell_can_read_it(script: Path) -> None:
    """Debian's sh is dash; a board may have busybox."""
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    assert os.access(script, os.X_OK) == (script.parent.name != "lib")


def test_a_second_run_changes_nothing_and_says_so(bundle: Bundle) -> None:
    first = bundle.install()
    before = bundle.snapshot()

    second = bundle.install()

    assert "is installed (" in first.out
    assert second.out.splitlines() == [
        f"Minori {bundle.current.name} is installed; nothing to change."
    ]
    assert bundle.snapshot() == before


def test_all_of_it_is_where_it_belongs(bundle: Bundle) -> None:
    bundle.install()

    for path in (
        "usr/local/bin/minori",
        "etc/systemd/system/minori.service",
        "etc/systemd/system/minori-backup.service",
        "etc/systemd/system/multi-user.target.wants/minori.service",
        "etc/systemd/system/timers.target.wants/minori-backup.timer",
        "etc/udev/rules.d/60-minori-serial.rules",
        "etc/minori/minori.toml",
        "opt/minori/current/bin/minori",
        "var/lib/minori/minori.db",
    ):
        assert os.path.lexists(bundle.root / path), path
    # Nobody else reads what may hold passwords.
    assert (bundle.root / "etc/minori/minori.toml").stat().st_mode & 0o007 == 0
    # A unit that is not wanted is not there: a card's first boot would start it.
    assert not (bundle.root / "etc/systemd/system/minori-agent.service").exists()
    assert not list((bundle.root / "etc/systemd/system").glob("minori-certificates.*"))


def test_settings_and_record_are_never_touched_again(bundle: Bundle) -> None:
    bundle.install()
    settings = bundle.root / "etc/minori/minori.toml"
    settings.write_text('# mine\nfolder = "' + str(bundle.root / "var/lib/minori") + '"\n')
    reading = bundle.root / "var/lib/minori/readings"
    reading.write_text("21.4")
    bundle.release("2.0")

    bundle.install()

    assert settings.read_text().startswith("# mine\n")
    assert reading.read_text() == "21.4"


def test_a_new_version_takes_over_and_the_one_before_stays_for_the_way_back(bundle: Bundle) -> None:
    bundle.install()
    first = bundle.current
    bundle.release("2.0")
    bundle.install()
    second = bundle.current
    bundle.release("3.0")

    said = bundle.install()

    assert bundle.current.name.startswith("3.0-")
    assert (bundle.root / "opt/minori/previous").resolve() == second
    assert not first.exists()
    assert "takes over" in said.out
    # First asked, then changed.
    order = [line.partition(" --config")[0] for line in bundle.asked()]
    assert order == ["settings check", "db upgrade"]


@pytest.mark.parametrize("flaw", ["settings check", "db upgrade"])
def test_a_version_that_fails_its_check_does_not_take_over(bundle: Bundle, flaw: str) -> None:
    """The farm goes on with what worked, and the next try begins from there."""
    bundle.install()
    before = bundle.current
    bundle.release("2.0", flaw=flaw)

    said = bundle.install(code=1)

    assert bundle.current == before
    assert "goes on" in said.err
    assert "broken_on_purpose" in said.err
    bundle.release("2.1")
    bundle.install()
    assert bundle.current.name.startswith("2.1-")
    assert bundle.releases == {"1.0", "2.1"}


def test_a_damaged_package_is_no_release(bundle: Bundle) -> None:
    bundle.install()
    before = bundle.current
    wheel = next((bundle.folder / "wheels").glob("minori-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-40])

    bundle.install(code=1)

    assert bundle.current == before


def test_a_run_that_was_interrupted_is_done_again(bundle: Bundle) -> None:
    """A power cut in the middle leaves a folder without its last mark."""
    bundle.install()
    (bundle.current / ".complete").unlink()
    (bundle.current / "bin" / "minori").unlink()

    bundle.install()

    assert (bundle.current / "bin" / "minori").exists()
    assert (bundle.current / ".complete").exists()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(bundle: Bundle) -> None:
    said = bundle.install("--dry-run", "--with-mosquitto")

    assert "Nothing is changed" in said.out
    assert "/etc/mosquitto/conf.d/minori.conf" in said.out
    assert bundle.snapshot() == {}


def test_what_was_asked_for_once_holds_until_another_is_asked_for(bundle: Bundle) -> None:
    """Who upgrades next year does not remember the words of this one."""
    tool("mosquitto_passwd")
    bundle.install("--two-services", "--without-forecast", "--with-mosquitto")
    before = bundle.snapshot()

    assert "nothing to change" in bundle.install().out
    assert bundle.snapshot() == before
    units = bundle.root / "etc/systemd/system"
    assert (units / "minori-agent.service").exists()
    assert not (units / "minori.service").exists()
    assert (bundle.current / ".without-forecast").exists()

    bundle.install("--one-service", "--with-forecast")

    assert (units / "minori.service").exists()
    assert not os.path.lexists(units / "multi-user.target.wants/minori-agent.service")
    assert not (units / "minori-web.service").exists()
    assert not (bundle.current / ".without-forecast").exists()


def test_with_a_broker_comes_an_account_and_a_certificate(bundle: Bundle) -> None:
    tool("mosquitto_passwd")
    bundle.install("--with-mosquitto")

    keys = bundle.root / "etc/mosquitto/minori"
    password = bundle.root / "etc/minori/mqtt.password"
    assert {"acl", "passwords", "ca.crt", "server.crt", "server.key"} <= {
        path.name for path in keys.iterdir()
    }
    assert (keys / "passwords").read_text().startswith("minori:$")
    assert len(password.read_text()) == 24
    assert password.stat().st_mode & 0o007 == 0
    assert 'host = "127.0.0.1"' in (bundle.root / "etc/minori/minori.toml").read_text()

    # A device added since is still there after the next run; a lost password file is made anew.
    with (keys / "acl").open("a") as acl:
        acl.write("user late\n")
    password.unlink()
    bundle.install()
    assert "user late" in (keys / "acl").read_text()
    assert len(password.read_text()) == 24
    assert (keys / "passwords").read_text().count("minori:") == 1


def test_it_speaks_the_language_of_the_terminal(bundle: Bundle) -> None:
    said = bundle.install(language="ja_JP.UTF-8")

    assert "導入しました" in said.out
    assert "導入済みです。変更はありません。" in bundle.install(language="ja_JP.UTF-8").out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--sideways",), "unknown option --sideways"),
        (("--wheel",), "--wheel needs a value"),
        (("--wheel", "nowhere.whl"), "there is no nowhere.whl"),
        (("--python", "/bin/false"), "needs Python 3.11"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(
    bundle: Bundle, words: tuple[str, ...], reason: str
) -> None:
    said = bundle.install(*words, code=1)

    assert reason in said.err
    assert not (bundle.root / "opt").exists()


def test_a_changed_library_is_refused(bundle: Bundle) -> None:
    """A stick that was in other hands: what the lock does not know by its hash stays out."""
    library = next((bundle.folder / "wheels").glob("small_library-*.whl"))
    library.write_bytes(library.read_bytes() + b"\0")

    said = bundle.install(code=1)

    assert "HASH" in said.err.upper()
    assert not (bundle.root / "opt/minori/current").exists()


def test_uninstall_keeps_what_cannot_be_made_again(bundle: Bundle) -> None:
    bundle.install()
    kept = {
        name: state
        for name, state in bundle.snapshot().items()
        if name.startswith(("etc/minori", "var"))
    }

    said = bundle.uninstall()

    after = bundle.snapshot()
    assert "Kept: /var/lib/minori" in said.out
    assert {name for name, state in after.items() if not state.startswith("folder")} == {
        name for name, state in kept.items() if not state.startswith("folder")
    }
    assert "nothing to remove" in bundle.uninstall().out
    bundle.install()
    assert bundle.current.is_dir()


def test_a_purge_wants_its_sentence_typed_out(bundle: Bundle) -> None:
    tool("mosquitto_passwd")
    bundle.install("--with-mosquitto")
    before = bundle.snapshot()

    assert "nothing was removed" in bundle.uninstall("--purge", typed="yes\n", code=1).err
    assert "nothing was removed" in bundle.uninstall("--purge", code=1).err
    assert bundle.snapshot() == before
    bundle.uninstall("--purge", "--dry-run")
    assert bundle.snapshot() == before

    bundle.uninstall("--purge", typed="delete all readings\n")

    assert [
        name for name, state in bundle.snapshot().items() if not state.startswith("folder")
    ] == []
    assert not (bundle.root / "var/lib/minori").exists()

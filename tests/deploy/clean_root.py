"""A clean Debian from debootstrap, kept as a tarball, that can be entered and booted.

Booted by systemd-nspawn without a network: real systemd, real udev files, real Mosquitto. Where
packages come from is read from this machine's own apt at run time; no address stands here.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

# What every Raspberry Pi has and debootstrap's smallest variant has not.
_INCLUDED = "ca-certificates,dbus,procps,systemd,systemd-sysv,udev"
CACHE = Path(os.environ.get("XDGCACHE_HOME", Path.home() / ".cache")) / "minori"
_PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def lacking() -> str:
    """Return why no clean root can be made here; empty: it can."""
    if os.getuid() != 0:
        return "a root of its own takes root"
    missing = [
        name for name in ("debootstrap", "systemd-nspawn", "nsenter") if not shutil.which(name)
    ]
    return f"{', '.join(missing)} missing: sh .ci/system-packages clean-root" if missing else ""


class Machine:
    """A Debian in a folder: first only entered, then booted."""

    def __init__(self, suite: str, folder: Path) -> None:
        self.suite, self.root = suite, folder
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = ""
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-C", folder, "-xf", _tarball(suite)], check=True)
        (folder / "etc/machine-id").unlink(missing_ok=True)
        _hand_over_apt(suite, folder)

    def run(self, *command: str, code: int | None = 0, limit_s: float = 900) -> str:
        """Run a command in there, as root, and return all that it said."""
        done = subprocess.run(
            [
                *self._way_in(),
                "/usr/bin/env",
                "-i",
                *(f"{k}={v}" for k, v in _PLAIN.items()),
                *command,
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=limit_s,
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"{command} ended {done.returncode}: {said}"
        return said

    def shell(self, script: str, **how: object) -> str:
        return self.run("sh", "-c", script, **how)

    def boot(self) -> None:
        """Start it without a network, and wait until systemd says that all is up."""
        # Debian 13 waits two minutes for a network that it is not given here.
        online = self.root / "etc/systemd/system/systemd-networkd-wait-online.service"
        online.unlink(missing_ok=True)
        online.symlink_to("/dev/null")
        keep = [] if Path("/run/systemd/system").exists() else ["--keep-unit"]
        where = ["-D", str(self.root), "--register=no", *keep, "--private-network"]
        with (self.root / "boot.log").open("wb") as log:
            self._nspawn = subprocess.Popen(
                ["systemd-nspawn", "-q", *where, "--link-journal=no", "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.until(self._has_leader, limit_s=30)
        self.until(
            lambda: (
                self.run("systemctl", "is-system-running", code=None).strip()
                in ("running", "degraded")
            ),
            limit_s=120,
        )

    def stop(self) -> None:
        if self._nspawn is not None:
            self._nspawn.terminate()  # an orderly shutdown of what runs in there
            try:
                self._nspawn.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
            self._nspawn, self._leader = None, ""

    def until(self, condition, *, limit_s: float = 60) -> None:
        """Return when the condition holds; the limit only ends what would wait for ever."""
        end = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end, "it did not come true in there"
            time.sleep(0.25)

    def property_of(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "-P", name, unit).strip()

    def is_active(self, unit: str) -> bool:
        return self.run("systemctl", "is-active", unit, code=None).strip() == "active"

    def _way_in(self) -> Sequence[str]:
        if self._leader:
            return ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-p", "-n", "-C", "--"]
        return [
            "systemd-nspawn",
            "-q",
            "-D",
            str(self.root),
            "--register=no",
            "--keep-unit",
            "--pipe",
        ]

    def _has_leader(self) -> bool:
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, (self.root / "boot.log").read_text(errors="replace")
        children = (
            Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        )
        self._leader = children[0] if children else ""
        return bool(self._leader)


def _tarball(suite: str) -> Path:
    """Return a tarball of a fresh root; made once, some two minutes."""
    kept = CACHE / f"clean-root-{suite}.tar"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        building = CACHE / f"building-{suite}-{os.getpid()}"
        made = building.with_suffix(".tar")
        try:
            subprocess.run(
                [
                    "debootstrap",
                    "--variant=minbase",
                    f"--include={_INCLUDED}",
                    suite,
                    building,
                    mirror(),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=1200,
            )
            subprocess.run(["tar", "-C", building, "-cf", made, "."], check=True)
            made.rename(kept)
        finally:
            shutil.rmtree(building, ignore_errors=True)
            made.unlink(missing_ok=True)
    return kept


def mirror() -> str:
    """Return where this machine's own Debian packages come from."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    return next(address for address in found if re.search(r"/debian/?$", address))


def _hand_over_apt(suite: str, root: Path) -> None:
    (root / "etc/apt/sources.list").write_text(f"deb {mirror()} {suite} main\n")
    for file in Path("/etc/apt/apt.conf.d").iterdir():
        # How this machine reaches its mirror, and not how it cleans up after itself.
        if file.is_file() and "Acquire::" in file.read_text(errors="replace"):
            shutil.copy(file, root / "etc/apt/apt.conf.d" / file.name)
    for file in ("/etc/hosts", "/etc/resolv.conf"):
        if Path(file).exists():
            (root / file.lstrip("/")).unlink(missing_ok=True)
            shutil.copy(file, root / file.lstrip("/"))

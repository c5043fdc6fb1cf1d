"""A bundle as deploy/make-bundle packs one, around a stand-in for Minori that installs in a blink.

The scripts are the real ones, and so are venv and pip; only what they install is small: a `minori`
that answers the commands the scripts use, and writes down that it was asked.
"""

import base64
import hashlib
import shutil
import site
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.conftest import DEPLOY

_STAND_IN = """
import os, pathlib, sys

FLAW = {flaw!r}


def main():
    words = sys.argv[1:]
    if words == ["--version"]:
        print("minori, version {version}")
        return
    log = pathlib.Path(__file__).with_name("asked")
    with log.open("a") as target:
        target.write(" ".join(words) + "\\n")
    if FLAW and " ".join(words).startswith(FLAW):
        sys.exit("minori: broken_on_purpose: " + FLAW)
    if words[0] == "init":
        pathlib.Path(words[1]).write_text('# host = "192.168.1.10"\\n[data]\\nfolder = "' + words[3] + '"\\n')
    if words[:2] == ["db", "upgrade"]:
        config = pathlib.Path(words[words.index("--config") + 1]).read_text()
        data = pathlib.Path(config.rpartition('folder = "')[2].partition('"')[0])
        (data / "minori.db").write_text("{version}")
"""
# What `python -m venv` takes four seconds for is pip; a link to it is as good here.
_PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    {python} -m venv --without-pip "$3" && ln -s {packages}/pip {packages}/pip-*.dist-info \
        "$3"/lib/python*/site-packages/
    exit
fi
exec {python} "$@"
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


class Bundle:
    """A folder with deploy/, wheels/ and lock files, and a root to install into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bundle"
        self.root = folder / "root"
        (self.folder / "wheels").mkdir(parents=True)
        shutil.copytree(DEPLOY, self.folder / "deploy")
        library = _wheel(self.folder / "wheels", "small_library", "1.0", "")
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        lock = f"small-library==1.0 --hash=sha256:{digest}\n"
        for name in ("requirements.lock", "requirements-edge.lock"):
            (self.folder / name).write_text(f"# {name}\n{lock}")
        self._python = folder / "python"
        packages = next(p for p in site.getsitepackages() if Path(p, "pip").is_dir())
        self._python.write_text(_PYTHON.format(python=sys.executable, packages=packages))
        self._python.chmod(0o755)
        self.release("1.0")

    def release(self, version: str, *, flaw: str = "") -> None:
        """Have another version lie there; it refuses the command that begins with `flaw`."""
        for old in (self.folder / "wheels").glob("minori-*.whl"):
            old.unlink()
        body = _STAND_IN.format(flaw=flaw, version=version)
        _wheel(self.folder / "wheels", "minori", version, body)

    def install(self, *words: str, language: str = "C", code: int = 0) -> Ran:
        return self._run(
            "install.sh", "--python", str(self._python), *words, language=language, code=code
        )

    def uninstall(self, *words: str, typed: str = "", code: int = 0) -> Ran:
        return self._run("uninstall.sh", *words, typed=typed, code=code)

    def _run(
        self, script: str, *words: str, language: str = "C", typed: str = "", code: int
    ) -> Ran:
        done = subprocess.run(
            [self.folder / "deploy" / script, "--root", self.root, *words],
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": language},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    @property
    def current(self) -> Path:
        return (self.root / "opt/minori/current").resolve()

    @property
    def releases(self) -> set[str]:
        return {
            path.name.partition("-")[0] for path in (self.root / "opt/minori/releases").iterdir()
        }

    def asked(self) -> list[str]:
        """What the running release was asked, oldest first."""
        log = next(self.current.glob("lib/python*/site-packages/asked"))
        return log.read_text().splitlines()

    def snapshot(self) -> dict[str, str]:
        """Every file and link below the root, with what is in it and when it was written."""
        return {
            str(path.relative_to(self.root)): _state(path)
            for path in sorted(self.root.rglob("*"))
            if "__pycache__" not in path.parts and path.name != "asked"
        }


def _state(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    if path.is_dir():
        return f"folder {path.stat().st_mode:o}"
    facts = path.stat()
    return f"{facts.st_mode:o} {facts.st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _wheel(folder: Path, name: str, version: str, body: str) -> Path:
    """Write the least that is a wheel: a module, a command, and what describes them."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = "".join(
        f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in files.items()
    )
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return target


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

"""The real command, run as a person would, with what it said and its exit code."""

import contextlib
import io
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.cli import main

SETTINGS = """
[site]
organisation = "aizu"
code = "main"
name = "Aizu plant factory"
name_ja = "会津植物工場"
origin = "Fukushima"
origin_ja = "福島県"

[web]
public_url = "https://trace.example"

[[zones]]
code = "A"
name = "Room A"
name_ja = "A室"

[[zones]]
code = "P"
name = "Packing"
name_ja = "包装室"
kind = "packing"
"""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class Console:
    """A folder with settings and a database, and the command run on them."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "minori.toml"

    def run(self, *words: object) -> Said:
        """Run `minori WORDS --config ...`; an unexpected exception is the test's failure."""
        return self.run_bare(*words, "--config", self.config)

    def run_bare(self, *words: object) -> Said:
        """Run a command that takes no --config."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        arguments = [str(word) for word in words]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(arguments)
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Said(code, out.getvalue(), err.getvalue())

    def ok(self, *words: object) -> Said:
        said = self.run(*words)
        assert said.code == 0, said.err
        return said

    def refused(self, *words: object) -> str:
        """Run what must be refused: one line on stderr, nothing on stdout, nothing written."""
        before = self.records()
        said = self.run(*words)
        assert said.code == 2, said
        assert said.out == ""
        assert said.err.count("\n") == 1, said.err
        assert self.records() == before
        return said.err.removeprefix("minori: ").rstrip("\n")

    def records(self) -> list[str]:
        """Return everything recorded, as text: the same list means nothing was written."""
        file = self.folder / "minori.db"
        if not file.exists():
            return []
        with contextlib.closing(sqlite3.connect(file)) as connection:
            return list(connection.iterdump())

    def copied_to(self, folder: Path) -> "Console":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Console(folder)


def new_console(folder: Path) -> Console:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "minori.toml").write_text(SETTINGS, encoding="utf-8")
    return Console(folder)

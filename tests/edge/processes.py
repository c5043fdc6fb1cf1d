"""The real command: in a process of its own for tests that kill it, in this one for the rest."""

import io
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from edge.cli import main

ENTRY = "from edge.cli import main; main()"


def start(
    *arguments: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    within: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start `minori ARGUMENTS`; what it says goes to `log`. `within` stands before the command."""
    command = [*within, sys.executable, "-c", ENTRY, *arguments]
    with log.open("ab") as target:
        return subprocess.Popen(command, stderr=target, stdout=target, env=environment)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, stdin: str = "") -> Done:
    """Run `minori ARGUMENTS` to its end, in this process: importing everything anew takes seconds
    each time on a busy machine."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["minori", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())

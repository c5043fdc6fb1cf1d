"""A PostgreSQL of one's own, on a socket in a temporary folder, for tests and benches."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class PostgresServer:
    """initdb and pg_ctl; as another user when we are root, whom PostgreSQL refuses."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder = binaries, folder
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    @classmethod
    def of_this_machine(cls) -> "PostgresServer | None":
        """Return one to start in a temporary folder; None where PostgreSQL is not installed."""
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not binaries:
            return None
        return cls(binaries[-1].parent, Path(tempfile.mkdtemp(prefix="minori-pg-")))

    def make(self, name: str) -> str:
        """Make an empty database; return its address."""
        self._run("createdb", "-h", str(self.folder), "-U", "minori", name)
        return f"postgresql+psycopg://minori@/{name}?host={self.folder}"

    def start(self) -> None:
        if self.prefix:
            shutil.chown(self.folder, "postgres")
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "minori", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self._run("pg_ctl", "-D", data, "-o", options, "-w", "-l", f"{data}/log", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.prefix, str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

"""A certificate authority of our own and a server certificate it signed, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    authority: Path
    certificate: Path
    key: Path

    @property
    def served(self) -> dict[str, str]:
        return {"ssl_certfile": str(self.certificate), "ssl_keyfile": str(self.key)}


def make(folder: Path, *, name: str = "127.0.0.1", days: int = 1) -> Certificates:
    """Return files for a server that is reached by `name`; `days` below 1: it has expired."""
    folder.mkdir(parents=True, exist_ok=True)
    said = "IP:" if name[0].isdigit() else "DNS:"
    (folder / "ext").write_text(f"subjectAltName={said}{name}\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        folder,
        *("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"),
        *("-subj", "/CN=farm authority", "-addext", "basicConstraints=critical,CA:TRUE"),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    _openssl(
        folder, "req", "-new", *curve, "-keyout", "hub.key", "-out", "hub.csr", "-subj", "/CN=hub"
    )
    _openssl(
        folder,
        *("x509", "-req", "-in", "hub.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-out", "hub.pem", "-extfile", "ext", "-days", str(days)),
    )
    return Certificates(folder / "ca.pem", folder / "hub.pem", folder / "hub.key")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

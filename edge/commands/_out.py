"""A file that a command was asked to write."""

from pathlib import Path

from traceability.errors import BadValue


def write_file(file: Path, content: bytes) -> None:
    """Write it, or say why that cannot be.

    Raises:
        BadValue: no such folder, or one that may not be written to.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise BadValue(
            field="--out",
            expected="a file in a folder you may write to",
            got=f"{file} ({error.strerror})",
            next_step="name another file",
        ) from error

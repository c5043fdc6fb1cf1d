"""A disk whose power can be cut: what was not flushed when it happened is gone.

An ext4 image lies in an XFS image. Copying it there with `--reflink=always` takes the image at one
instant, without what the ext4 above had not yet written to it: what a disk holds when the power
goes, if it honours flushes. The copy is mounted in place of the old one, and ext4 replays its
journal, as a board does that gets its power back.

Needs root, loop devices and mkfs.xfs. Whatever an earlier run left mounted (killed in the middle)
is taken away first.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.figures import NotHere

PREFIX = "minori-disk-"
# Sparse files: only what is written takes room. Large enough that no part of us calls it full.
AROUND_MB, DISK_MB = 6000, 2000
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Disk:
    """Mounted at `folder` for as long as the block runs."""

    def __init__(self) -> None:
        self.cuts = 0

    def __enter__(self) -> Self:
        _require()
        _clean_up_after_the_dead()
        self._top = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.folder, self._around = self._top / "disk", self._top / "xfs"
        try:
            _image(self._top / "xfs.img", AROUND_MB, "mkfs.xfs", "-q", "-m", "reflink=1")
            _mount(self._top / "xfs.img", self._around)
            _image(self._image_file(), DISK_MB, "mkfs.ext4", "-q")
            _mount(self._image_file(), self.folder)
        except BaseException:
            _take_down(self._top)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _take_down(self._top)

    def take(self) -> None:
        """Take the disk as it is at this instant; whoever writes goes on, for nothing."""
        copy = self._image_file(self.cuts + 1)
        _run("cp", "--reflink=always", self._image_file(), copy)

    def come_back(self) -> None:
        """Mount what `take` took in place of what is; whoever wrote must have been killed."""
        _unmount(self.folder)
        self._image_file().unlink()
        self.cuts += 1
        _mount(self._image_file(), self.folder)

    def _image_file(self, number: int | None = None) -> Path:
        return self._around / f"disk-{self.cuts if number is None else number}.img"


def _require() -> None:
    missing = [
        name for name in ("mkfs.xfs", "mkfs.ext4", "mount") if not shutil.which(name, path=SBIN)
    ]
    if os.geteuid():
        raise NotHere("mounting a disk whose power is cut needs root")
    if missing:
        raise NotHere(
            f"a disk whose power is cut needs {', '.join(missing)}: sh .ci/system-packages"
        )
    if not Path("/dev/loop-control").exists():
        raise NotHere("a disk whose power is cut needs loop devices (/dev/loop-control)")


def _clean_up_after_the_dead() -> None:
    tops = Path(tempfile.gettempdir())
    with (tops / "minori-disks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test workers may look at once
        for left in tops.glob(f"{PREFIX}*"):
            if not Path(f"/proc/{left.name.split('-')[2]}").exists():
                _take_down(left)


def _take_down(top: Path) -> None:
    """Unmount all that lies in `top`, innermost first, and remove it."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([place for place in mounted if place.startswith(f"{top}/")]):
        _unmount(Path(place))
    shutil.rmtree(top)


def _image(file: Path, size_mb: int, *maker: str) -> None:
    with file.open("wb") as image:
        image.truncate(size_mb * 1_000_000)
    _run(*maker, file)


def _mount(image: Path, place: Path) -> None:
    place.mkdir(exist_ok=True)
    try:
        _run("mount", "-o", "loop", image, place)
    except subprocess.CalledProcessError as error:
        raise NotHere(
            f"this machine does not mount an image: {error.stderr.decode().strip()}"
        ) from error


def _unmount(place: Path) -> None:
    # Lazily, if somebody killed is not quite gone: an image is never left mounted.
    if subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode:
        _run("umount", "--lazy", place)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, check=True, capture_output=True, env={**os.environ, "PATH": SBIN})

"""A bundle for another Python holds that Python's libraries, not those of the one that packs it."""

import sys

import pytest

from tests.deploy.conftest import DEPLOY

sys.path.insert(0, str(DEPLOY / "lib"))
from for_python import lines_for

LOCK = """# made by make lock
click==8.1 \\
    --hash=sha256:aa
    # via typer
contourpy==1.3.3 ; python_full_version < '3.12' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via matplotlib
contourpy==1.4.0 ; python_full_version >= '3.12' \\
    --hash=sha256:dd
    # via matplotlib
colorama==0.4 ; sys_platform == 'win32' \\
    --hash=sha256:ee
"""


@pytest.mark.parametrize(("version", "wanted"), [("3.11", "1.3.3"), ("3.13", "1.4.0")])
def test_each_python_gets_its_own_version_with_its_hashes(version: str, wanted: str) -> None:
    found = lines_for(LOCK, version)

    assert f"contourpy=={wanted} \\\n    --hash=" in found
    assert (found.count("contourpy"), "colorama" in found, ";" in found) == (1, False, False)
    assert found.startswith("# made by make lock\nclick==8.1 \\\n    --hash=sha256:aa\n")

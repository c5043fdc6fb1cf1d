"""What tests of the deployment may ask for: the folder itself, and tools that a machine may lack."""

import shutil
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def tool(name: str) -> str:
    """Return the path of a program, or skip the test with the reason."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is not installed here (.ci/system-packages installs it)")
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of minutes unless they are asked for by name of their marker."""
    if "clean_root" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("clean_root")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]

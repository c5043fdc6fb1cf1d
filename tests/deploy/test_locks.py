"""requirements-edge.lock: the small board's libraries are the same ones as everybody's."""

import re

import pytest

from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parent
HEAVY = {"pandas", "numpy", "prophet", "pyarrow", "scipy", "statsforecast", "matplotlib"}


def pinned(name: str) -> dict[str, set[str]]:
    """Return the hashes of every pinned library."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    return {
        block.split(" ")[0].strip(): set(re.findall(r"sha256:[0-9a-f]{64}", block))
        for block in blocks
    }


def test_what_the_edge_has_everybody_has_to_the_byte() -> None:
    edge, full = pinned("requirements-edge.lock"), pinned("requirements.lock")

    assert {name: full.get(name) for name in edge} == edge


def test_the_edge_carries_no_forecast() -> None:
    names = {name.partition("==")[0] for name in pinned("requirements-edge.lock")}

    assert names & HEAVY == set()
    assert {"sqlalchemy", "fastapi", "hatchling"} <= names


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-edge.lock"])
def test_every_library_is_pinned_by_hash(name: str) -> None:
    assert all(pinned(name).values())

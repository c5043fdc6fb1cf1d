"""What every test may ask for."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and sample data beside the project; its absence skips, and says so."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is missing: this test compares with real data kept there")
    return SHARED_DATA

"""What every test may ask for."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: no example has a deadline, and slow drawing is no failure.
settings.register_profile("farm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("farm")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and sample data beside the project; its absence skips, and says so."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is missing: this test compares with real data kept there")
    return SHARED_DATA

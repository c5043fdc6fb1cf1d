"""The whole path, as a stranger meets it: the demo answers every main question."""

import subprocess
import sys


def test_the_demo_answers_every_main_question() -> None:
    """Probes, service, pages, commands and forecast together; each answer is a line of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "demo", "--check"],
        capture_output=True,
        text=True,
        timeout=400,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(" passed, 0 failed")
    assert "Traceback" not in done.stdout + done.stderr

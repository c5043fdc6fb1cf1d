"""`make faults`: each scenario in its long form, its figures as it ends; exit code 1 on any loss.

python -m tests.faults                                      all of them
python -m tests.faults --only kill_agent --cycles 2000      one, as often as wanted
"""

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Sequence

import pytest

from tests.faults import registry
from tests.faults.figures import NotHere


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    # Broken lines are what we are here for; nobody needs a sentence about each.
    logging.disable(logging.WARNING)
    ended = [_run(name, asked) for name in asked.only or registry.names()]
    print(f"\n{ended.count('kept')} kept their promise, {ended.count('skipped')} skipped, ", end="")
    print(f"{ended.count('failed')} failed")
    return 1 if "failed" in ended else 0


def _run(name: str, asked: argparse.Namespace) -> str:
    scenario = registry.load(name)
    size = asked.cycles or (scenario.short if asked.short else scenario.long)
    print(f"\n{name}: {scenario.title}", flush=True)
    began = time.monotonic()
    try:
        figures = scenario.run(size)
    # A fake that this machine cannot build says so as it does to any test.
    except (NotHere, pytest.skip.Exception) as why:
        print(f"  skipped: {why}", flush=True)
        return "skipped"
    except Exception:
        traceback.print_exc()
        return "failed"
    print(figures)
    print(
        f"  {'FAILED' if figures.wrong else 'kept'} in {time.monotonic() - began:.0f} s", flush=True
    )
    return "failed" if figures.wrong else "kept"


def _parser() -> argparse.ArgumentParser:
    known = registry.names()
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", choices=known, metavar="NAME", help="run this")
    parser.add_argument("--cycles", type=int, metavar="N", help="inflict N of each fault")
    parser.add_argument("--short", action="store_true", help="as many faults as in `make test`")
    return parser


if __name__ == "__main__":
    sys.exit(main())

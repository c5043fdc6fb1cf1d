"""How a command says what it refused of a table."""

import click

from edge.table import Faults


def show(faults: Faults) -> None:
    """Print each reason with its count and the first places."""
    for reason, count in faults.counts.items():
        click.echo(f"  refused {count} x {reason}: {'; '.join(faults.samples[reason])}")

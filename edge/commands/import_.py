"""`minori import`: master data and lots by a template, history by a map of its columns."""

import click

from edge.commands._lazy import LazyGroup

COMMANDS = {
    "template": ("edge.commands.import_template", "An empty table to fill in (CSV, XLSX)."),
    "crops": ("edge.commands.import_crops", "What is grown (CSV, XLSX)."),
    "products": ("edge.commands.import_products", "What is sold (CSV, XLSX)."),
    "partners": ("edge.commands.import_partners", "With whom (CSV, XLSX)."),
    "places": ("edge.commands.import_places", "Rooms, bays and stores (CSV, XLSX)."),
    "lots": ("edge.commands.import_lots", "Lots of earlier years or another system."),
    "readings": ("edge.commands.import_readings", "A recorded climate (CSV)."),
}


@click.command(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Bring in what files know: master data, lots, history. Twice changes nothing."""

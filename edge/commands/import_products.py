"""`minori import products`."""

from edge.commands._import_table import table_command

command = table_command("products", "trade items")

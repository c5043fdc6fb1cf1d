"""`minori import crops`."""

from edge.commands._import_table import table_command

command = table_command("crops", "crops")

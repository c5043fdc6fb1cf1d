"""`minori import places`."""

from edge.commands._import_table import table_command

command = table_command("places", "places of this site")

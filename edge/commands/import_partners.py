"""`minori import partners`."""

from edge.commands._import_table import table_command

command = table_command("partners", "partners")

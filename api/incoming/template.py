"""An empty table to fill in: heads in the reader's language, and in a workbook what they mean."""

from api import sheetfile
from api.i18n import Reader
from api.incoming.columns import columns
from api.sheetfile import File, Form
from api.sheets import Sheet


def template(reader: Reader, kind: str, form: Form) -> File:
    """Return a file with the heads only; `*` marks what a new row cannot be without."""
    _ = reader
    known = columns(reader, kind)
    heads = [f"{column.title}{'*' if column.is_needed else ''}" for column in known]
    table = Sheet(kind, heads, [], kind, [column.key for column in known])
    if form.kind != "xlsx":
        return sheetfile.made([table], form)
    rows = [
        [column.title, column.key, _("needed") if column.is_needed else None, column.example]
        for column in known
    ]
    head = [_("Column"), _("Key"), _("Needed for a new row"), _("Example")]
    explained = Sheet(_("What the columns mean"), head, rows, "columns", ["title", "key"])
    return sheetfile.made([table, explained], form)

"""Texts that people type into the record, refused where no database or page could keep them."""

from traceability.errors import BadValue, Phrase

LONGEST_NAME, LONGEST_NOTE = 200, 4000


def refuse_text(field: str, text: str, most: int) -> None:
    """Refuse what no database keeps or no page shows: a NUL, half a character, a whole book."""
    bad = next((c for c in text if c == "\0" or 0xD800 <= ord(c) <= 0xDFFF), None)
    if bad is None and len(text) <= most:
        return
    raise BadValue(
        field=field,
        expected=Phrase("text of at most {most} characters", most=most),
        got=Phrase("{count} characters", count=len(text))
        if bad is None
        else Phrase("{bad!r} in it", bad=bad),
        next_step="shorten or retype it",
    )

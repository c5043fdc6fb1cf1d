"""Why there is no line, or what stays beside one, in the reader's language and with its numbers."""

from collections.abc import Mapping

from api import words
from api.i18n import Reader
from forecasting.errors import Refused


def sentence_of(reader: Reader, code: str, message: str, facts: Mapping[str, object]) -> str:
    """Say a stored refusal; `message` is what was stored, in English.

    Older records have no facts: their readers of other languages get a sentence without numbers.
    """
    if reader.language == "en":
        return message
    templates = {kind.code: kind.template for kind in Refused.__subclasses__()}
    if facts and code in templates:
        return reader(templates[code]).format(**facts)
    return words.forecast_refusals(reader).get(code, message)

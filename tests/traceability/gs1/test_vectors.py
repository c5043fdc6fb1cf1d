"""Every family of the reference engines' own vectors, judged as they judge it."""

import pytest

from tests.traceability.gs1 import vectors
from traceability.gs1 import urn
from traceability.gs1.compression import compress, decompress
from traceability.gs1.elements import unbracketed
from traceability.gs1.errors import Gs1Error
from traceability.gs1.identity import parse_elements
from traceability.gs1.interpret import interpret
from traceability.gs1.link import DigitalLink, unescape
from traceability.gs1.options import Options
from traceability.gs1.pairs import pairing_errors
from traceability.gs1.transmit import scan_data

pytestmark = pytest.mark.shared

SHORT_GTINS = Options(permit_zero_suppressed_gtin=True)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("gs1_ai/parse_bracketed_ai", "ai"),
        ("gs1_ai/process_unbracketed_ai", "data"),
        ("gs1_ai/process_scan_data", "scan"),
        ("digital_link/parse_dl_uri", "uri"),
    ],
)
def test_good_is_read_and_bad_is_refused(shared_data, family: str, text: str) -> None:
    for vector in vectors.read(shared_data, family):
        found = interpret(vector[text], options=vectors.options(vector))

        assert found.ok == vector["ok"], (vector, found.errors)
        if vector["ok"] and vector.get("expect"):
            assert unbracketed(found.elements, fnc1="^") == vector["expect"]


def test_each_linter_names_its_rule(shared_data) -> None:
    for vector in vectors.read(shared_data, "gs1_ai/linters"):
        error = parse_elements(vector["ai"]).errors[0]

        assert error.code.upper() == vector["linter_error"], vector


def test_pairs_are_judged_over_the_whole_string(shared_data) -> None:
    for vector in vectors.read(shared_data, "gs1_ai/validate_ai_pairs"):
        options = vectors.options(vector)
        elements = parse_elements(vector["ai"], options=options).checked()

        assert (pairing_errors(elements, options=options) == []) == vector["ok"], vector


def test_links_are_made_as_the_reference_makes_them(shared_data) -> None:
    for vector in vectors.read(shared_data, "digital_link/generate_dl_uri"):
        elements = parse_elements(vector["ai"]).checked()
        if vector["ok"]:
            assert DigitalLink.build(elements, stem=vector["stem"]).uri == vector["expect"]
        else:
            with pytest.raises(Gs1Error):
                DigitalLink.build(elements, stem=vector["stem"])


def test_a_scanner_sends_what_the_reference_sends(shared_data) -> None:
    for vector in vectors.read(shared_data, "gs1_ai/generate_scan_data"):
        add = vector.get("options", {}).get("AddCheckDigit", False)
        if vector["expect"] is None:
            with pytest.raises(Gs1Error):
                scan_data(vector["symbology"], vector["data"], add_check_digit=add)
        else:
            sent = scan_data(vector["symbology"], vector["data"], add_check_digit=add)
            assert sent == vector["expect"]


def test_escapes_are_undone_byte_by_byte(shared_data) -> None:
    for vector in vectors.read(shared_data, "digital_link/uri_unescape"):
        assert unescape(vector["in"]) == vector["path"]
        assert unescape(vector["in"], plus_is_space=True) == vector["query"]


def test_event_hashes_see_the_finest_level_only(shared_data) -> None:
    for vector in vectors.read(shared_data, "digital_link/hash_normaliser"):
        link = interpret(vector["in"], options=SHORT_GTINS).link

        assert link.finest == vector["expect"], vector


def test_urns_become_links_and_links_urns(shared_data) -> None:
    for vector in vectors.read(shared_data, "digital_link/epc_urn_conversion"):
        if "digital_link" in vector:
            assert urn.to_link(vector["urn"]).canonical == vector["digital_link"]
        else:
            link = DigitalLink.parse(vector["digital_link_in"])
            assert urn.from_link(link, prefix_length=vector["gcp_length"]) == vector["urn"]


def test_urns_and_links_that_break_their_scheme_are_refused(shared_data) -> None:
    for vector in vectors.read(shared_data, "digital_link/epc_invalid"):
        with pytest.raises(Gs1Error):
            _converted(vector)


def _converted(vector: dict) -> object:
    if vector["in"].startswith("urn:"):
        return urn.to_link(vector["in"])
    link = DigitalLink.parse(vector["in"])
    of_class = "ClassLevel" in vector["fn"]
    return urn.from_link(link, prefix_length=vector.get("gcp_length", 7), of_class=of_class)


def test_compressed_links_give_back_the_original(shared_data) -> None:
    """Both public decoders lose leading zeros; the right answer is what was compressed."""
    for vector in vectors.read(shared_data, "digital_link/compression"):
        path = vector["uri"].removeprefix("https://id.example.com").removeprefix("http://a")

        assert decompress(vector["compressed"]).removeprefix("https://id.example.com") == path
        link = DigitalLink.parse("https://id.example.com" + path)
        assert decompress(compress(link)) == link.uri

"""EPC URNs, for partners who still speak them."""

import pytest

from traceability.gs1 import BadUrn, DigitalLink, identify
from traceability.gs1.urn import from_link, to_link

PAIRS = [
    ("urn:epc:id:sgtin:4012345.011111.98%22", "/01/04012345111118/21/98%22"),
    ("urn:epc:id:sscc:4012345.3000000001", "/00/340123450000000017"),
    ("urn:epc:id:sgln:4012345.00001.0", "/414/4012345000016"),
    ("urn:epc:id:sgln:4012345.00001.ROOM-1", "/414/4012345000016/254/ROOM-1"),
    ("urn:epc:id:pgln:4012345.00001", "/417/4012345000016"),
    ("urn:epc:id:grai:4012345.99999.A%2F1", "/8003/04012345999990A%2F1"),
    ("urn:epc:id:giai:4012345.A1", "/8004/4012345A1"),
    ("urn:epc:id:gsrn:4012345.0000000001", "/8018/401234500000000012"),
    ("urn:epc:id:gsrnp:4012345.0000000001", "/8017/401234500000000012"),
    ("urn:epc:id:gdti:4012345.00001.7", "/253/40123450000167"),
    ("urn:epc:id:sgcn:4012345.00001.7", "/255/40123450000167"),
    ("urn:epc:id:ginc:4012345.xyz47%2F11", "/401/4012345xyz47%2F11"),
    ("urn:epc:id:gsin:4012345.222333444", "/402/40123452223334442"),
    ("urn:epc:id:cpi:4012345.A%2F1.7", "/8010/4012345A%2F1/8011/7"),
    ("urn:epc:id:itip:4012345.011111.01.02.S", "/8006/040123451111180102/21/S"),
    ("urn:epc:id:upui:4012345.011111.T", "/01/04012345111118/235/T"),
]
CLASSES = [
    ("urn:epc:class:lgtin:4012345.011111.A%2F1", "/01/04012345111118/10/A%2F1"),
    ("urn:epc:idpat:sgtin:4012345.011111.*", "/01/04012345111118"),
    ("urn:epc:idpat:grai:4012345.99999.*", "/8003/04012345999990"),
    ("urn:epc:idpat:gdti:4012345.00001.*", "/253/4012345000016"),
    ("urn:epc:idpat:sgcn:4012345.00001.*", "/255/4012345000016"),
    ("urn:epc:idpat:itip:4012345.011111.01.02.*", "/8006/040123451111180102"),
    ("urn:epc:idpat:cpi:4012345.A.*", "/8010/4012345A"),
]


@pytest.mark.parametrize(("urn", "path"), PAIRS)
def test_a_thing_has_a_link_and_its_urn_again(urn: str, path: str) -> None:
    link = to_link(urn)

    assert link.canonical == f"https://id.gs1.org{path}"
    assert from_link(link, prefix_length=7) == urn


@pytest.mark.parametrize(("urn", "path"), CLASSES)
def test_a_class_or_lot_has_a_link_and_its_urn_again(urn: str, path: str) -> None:
    link = to_link(urn)

    assert link.canonical == f"https://id.gs1.org{path}"
    assert from_link(link, prefix_length=7, of_class=True) == urn


def test_a_lot_by_urn_is_the_lot_by_link() -> None:
    assert identify("urn:epc:class:lgtin:4012345.011111.A").lot == "A"


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:id:lgtin:4012345.011111.A",
        "urn:epc:class:sgtin:4012345.011111.A",
        "urn:epc:idpat:sscc:4012345.3000000001",
        "urn:epc:id:sgtin:4012345.011111",
        "urn:epc:id:sgtin:4012345.11111.7",
        "urn:epc:id:sgtin:4012345.01111A.7",
        "urn:epc:id:sgtin:40123.00011111.7",
        "urn:epc:id:sgtin:4012345.011111.A%2",
        "urn:epc:id:sgtin:4012345.011111.A%20B",
        "urn:epc:id:sgtin:4012345.011111." + "7" * 21,
        "urn:epc:idpat:sgtin:4012345.011111.7",
        "urn:epc:id:gid:1.2.3",
    ],
)
def test_a_urn_that_breaks_its_scheme_is_refused(urn: str) -> None:
    with pytest.raises(BadUrn):
        to_link(urn)


@pytest.mark.parametrize(
    ("path", "of_class"),
    [
        ("/01/04012345111118", False),
        ("/01/04012345111118/21/7", True),
        ("/00/340123450000000017", True),
        ("/8004/4012345", False),
        ("/8013/1987654Ad4X4bL5ttr2310c2K", False),
    ],
)
def test_what_has_no_urn_says_so(path: str, of_class: bool) -> None:
    with pytest.raises(BadUrn):
        from_link(
            DigitalLink.parse("https://id.gs1.org" + path), prefix_length=7, of_class=of_class
        )

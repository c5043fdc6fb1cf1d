"""ASCII lines: only whole lines count, and a moving scale says so."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import BadProfile, SensorError
from sensors.wires import lines
from sensors.wires.lines import AND_SCALE, CAS_SCALE, Line, LineBuffer, LineFormat
from tests.sensors.wires import hostile


@pytest.mark.parametrize(
    ("text", "weight", "stable"),
    [
        (b"ST,+00012.34  g", 12.34, True),
        (b"US,-00000.05  g", -0.05, False),
        (b"OL,+9999999E+19", None, None),
    ],
)
def test_a_packing_scale_says_whether_it_stands_still(text, weight, stable):
    line = AND_SCALE.read(text)

    assert (line.values, line.stable) == ({"weight": weight}, stable)


def test_a_cas_scale_names_its_unit():
    assert CAS_SCALE.read(b"ST,GS,+   1.234kg") == Line({"weight": 1.234}, {"weight": "kg"}, True)


def test_columns_json_and_patterns():
    csv = LineFormat(columns=("", "t", "rh"), separator=",")
    assert csv.read(b"2026-02-01,21.5, 60").values == {"t": 21.5, "rh": 60.0}
    assert csv.read(b"2026-02-01,NAN,").values == {"t": None, "rh": None}
    assert LineFormat(json=True).read(b'{"t":21.5,"a":[1],"ok":true}').values == {
        "t": 21.5,
        "a.0": 1,
    }
    pattern = LineFormat(pattern=re.compile(r"T=(?P<t>\S+)C"))
    assert pattern.read(b"T=-3.5C").values == {"t": -3.5}


@pytest.mark.parametrize("text", [b"", b"1,2", b"a,b,c", b"\xff,1,2", b"1,2,3,4", b"x,1;5,2"])
def test_what_the_format_does_not_allow_is_refused(text):
    with pytest.raises(SensorError):
        LineFormat(columns=("", "t", "rh"), separator=",").read(text)


def test_a_format_says_exactly_one_way():
    with pytest.raises(BadProfile):
        LineFormat()


@pytest.mark.parametrize("separator", [b"\n", b"\r\n"])
@pytest.mark.parametrize("name", hostile.deliveries(b"ST,+00012.34  g\r\n"))
def test_the_next_good_line_is_found(name, separator):
    good = b"ST,+00012.34  g\r\n"
    buffer = LineBuffer(separator, limit=64)

    found = hostile.frames(buffer.feed, hostile.deliveries(good)[name] + [good])

    assert good.rstrip() in [line.rstrip() for line in found]
    assert len(buffer._held) <= 64


@given(
    st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b), max_size=5), st.integers(1, 7)
)
def test_lines_survive_any_cutting(sent, size):
    stream = b"".join(line + b"\n" for line in sent)
    buffer = LineBuffer()

    chunks = [stream[i : i + size] for i in range(0, len(stream), size)]

    assert hostile.frames(buffer.feed, chunks) == sent


@given(st.binary(max_size=40))
def test_arbitrary_lines_raise_only_typed_errors(line):
    formats = [AND_SCALE, CAS_SCALE, LineFormat(json=True), LineFormat(columns=("a", "b"))]
    for one in formats:
        with contextlib.suppress(SensorError):
            one.read(line)


def test_the_longest_line_is_bounded():
    assert lines.MAX_LINE == 4096

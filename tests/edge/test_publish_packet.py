"""PUBLISH packets as paho and the standard write them, however the bytes are cut up."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.publish_packet import PUBLISH, Publish, packet_end, parse


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, byte = divmod(value, 128)
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def packet(said: Publish, *, five: bool, properties: bytes = b"") -> bytes:
    name = said.topic.encode()
    body = struct.pack("!H", len(name)) + name
    if said.qos:
        body += struct.pack("!H", said.mid)
    if five:
        body += varint(len(properties)) + properties
    flags = PUBLISH | said.redelivered << 3 | said.qos << 1 | said.retained
    body += said.payload
    return bytes([flags]) + varint(len(body)) + body


MESSAGES = st.integers(0, 1).flatmap(
    lambda qos: st.builds(
        Publish,
        st.text(max_size=20).map(lambda t: t.encode("utf-8", "ignore").decode()),
        st.binary(max_size=300),
        st.just(qos),
        st.integers(1, 65535) if qos else st.just(0),
        st.booleans(),
        st.booleans(),
    )
)


@settings(max_examples=100, deadline=None)
@given(st.lists(MESSAGES, max_size=5), st.booleans(), st.binary(max_size=200))
def test_what_was_written_is_read_however_much_has_arrived(
    messages: list[Publish], five: bool, properties: bytes
) -> None:
    whole = b"".join(packet(m, five=five, properties=properties) for m in messages)
    for arrived in range(len(whole) + 1) if len(whole) < 300 else (len(whole),):
        at, got = 0, []
        while (ends := packet_end(whole[:arrived], at)) is not None:
            got.append(parse(whole[:arrived], at, *ends, five=five))
            at = ends[1]

        assert got == messages[: len(got)]
    assert got == messages


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.booleans())
@example(b"\x32\xff\xff\xff\xff\x01", True)
def test_garbage_is_an_error_or_a_message_and_never_reads_beyond_itself(
    garbage: bytes, five: bool
) -> None:
    try:
        ends = packet_end(garbage, 0)
        if ends is not None:
            said = parse(garbage, 0, *ends, five=five)
            assert len(said.payload) <= ends[1]
    except IndexError:
        pass


def test_a_topic_that_is_no_text_is_kept_to_be_refused() -> None:
    raw = b"\x30\x05\x00\x02\xff\xfe1"
    ends = packet_end(raw, 0)
    assert ends is not None

    assert parse(raw, 0, *ends, five=False).topic == "\ufffd\ufffd"


def test_a_packet_whose_parts_are_longer_than_itself_is_refused() -> None:
    with pytest.raises(IndexError):
        parse(b"\x30\x03\x00\x09t" + b"x" * 20, 0, 2, 5, five=False)

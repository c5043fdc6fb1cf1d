"""What a real wire does to bytes, for every stream codec: the next good frame must come through."""

from collections.abc import Callable, Iterable, Iterator

NOISE = bytes.fromhex("00 ff 7f 0d 55 aa 0a fe 11 24")


def byte_by_byte(stream: bytes) -> Iterator[bytes]:
    yield from (bytes([byte]) for byte in stream)


def a_tenth_lost(stream: bytes) -> bytes:
    return bytes(byte for index, byte in enumerate(stream) if index % 10 != 3)


def deliveries(good: bytes) -> dict[str, list[bytes]]:
    """Ways in which damage comes before a good frame; all end with `good`, whole."""
    return {
        "byte by byte": list(byte_by_byte(good)),
        "noise before": [NOISE * 3, good],
        "noise without end": [NOISE * 5000, good],
        "truncated": [good[:-3], good],
        "stalled mid-frame": [good[: len(good) // 2], b"", good],
        "doubled": [good + good],
        "a tenth lost": [a_tenth_lost(good * 4), good],
        "shifted": [good[1:] + good],
    }


def frames(feed: Callable[[bytes], Iterable[bytes]], chunks: list[bytes]) -> list[bytes]:
    return [frame for chunk in chunks for frame in feed(chunk)]

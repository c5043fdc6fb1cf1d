"""A farm in trouble sends what it has: no row, however torn, may end in a traceback."""

import copy
import json
import random

import pytest

from sensors import captures
from tests.sensors.captures.test_shared import FILES, rows_of

ROUNDS = 40
JUNK = [None, True, -1, 0, 1e9, "", "x", "zz", [], {}, [1], {"a": 1}, "\0", "é", "٣", 10**400]


def torn(chance, node):
    """Change a row here and there: another type, a lost key, a foreign character."""
    if chance.random() < 0.1:
        return chance.choice([*JUNK, float("nan")])
    if isinstance(node, dict):
        return {k: torn(chance, v) for k, v in node.items() if chance.random() > 0.05}
    if isinstance(node, list):
        return [torn(chance, item) for item in node]
    if isinstance(node, str) and node and chance.random() < 0.3:
        at = chance.randrange(len(node))
        return node[:at] + chance.choice("0+-.{}[]<>&\r\nzÿ7f") + node[at + 1 :]
    return node


@pytest.mark.shared
@pytest.mark.parametrize("wire", captures.WIRES)
def test_every_torn_row_gives_one_line_of_json(wire, shared_data):
    path = shared_data / "edge" / FILES[wire]
    rows = rows_of(path)
    chance = random.Random(wire)

    def load(name):
        file = path.parent / name
        content = bytearray(file.read_bytes() if name and file.is_file() else b"")
        if content and chance.random() < 0.5:
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)

    for _ in range(ROUNDS):
        mutilated = [torn(chance, row) for row in copy.deepcopy(rows)]
        mutilated = [row if isinstance(row, dict) else {} for row in mutilated]

        lines = list(captures.decode(wire, mutilated, load))

        assert len(lines) == len(rows)
        assert all(json.dumps(line) for line in lines)

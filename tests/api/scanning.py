"""Printed labels, drawn from their files as a printer would, and read as a scanner sends them."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw

DOTS_MM = 16  # of the pictures these tests draw


def as_sent(scan: zxingcpp.Barcode) -> str:
    return scan.symbology_identifier + scan.bytes.decode("ascii")


def drawn_svg(file: bytes) -> Image.Image:
    """Paint the codes of an SVG as a printer would, from its paths alone."""
    root = ET.fromstring(file)
    size = [float(number) for number in root.attrib["viewBox"].split()[2:]]
    image = Image.new("L", tuple(round(DOTS_MM * number) for number in size), 255)
    draw = ImageDraw.Draw(image)
    for path in root.findall(".//{*}path"):
        left, top, scale = map(
            float,
            re.match(r"translate\((\S+) (\S+)\) scale\((\S+)\)", path.attrib["transform"]).groups(),
        )
        for run in re.findall(r"M(\d+) (\d+)h(\d+)v([\d.]+)h-\d+z", path.attrib["d"]):
            x, y, length, height = (float(number) * scale for number in run)
            box = (left + x, top + y, left + x + length, top + y + height)
            corners = [round(DOTS_MM * number) for number in box]
            draw.rectangle((corners[0], corners[1], corners[2] - 1, corners[3] - 1), fill=0)
    return image


def drawn_zpl(file: bytes) -> Image.Image:
    """Paint the graphics of a ZPL file, one dot a pixel, twice as large for the reader."""
    text = file.decode()
    width, height = map(int, re.search(r"\^PW(\d+)\^LL(\d+)", text).groups())
    page = np.zeros((height, width + 64), dtype=bool)
    for x, y, total, row_bytes, data in re.findall(
        r"\^FO(\d+),(\d+)\^GFA,(\d+),\d+,(\d+),([0-9A-F]+)\^FS", text
    ):
        dots = np.unpackbits(np.frombuffer(bytes.fromhex(data), dtype=np.uint8))
        dots = dots.reshape(-1, int(row_bytes) * 8)
        assert dots.size == int(total) * 8
        page[int(y) : int(y) + dots.shape[0], int(x) : int(x) + dots.shape[1]] |= dots.astype(bool)
    picture = Image.fromarray(np.where(page, 0, 255).astype(np.uint8))
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)

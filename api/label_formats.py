"""A laid-out label as a file: SVG for the screen, ZPL for thermal printers (sheets: label_sheets).

Every code is drawn from the same modules in each, never by a printer's own barcode command:
what was tested is what prints, whatever the firmware makes of FNC1.
"""

from xml.sax.saxutils import escape as escape_xml

from api.label_layout import Bars, Label, Words

SVG_FONTS = "'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',Meiryo,sans-serif"
MM_IN_AN_INCH = 25.4


def svg(label: Label) -> bytes:
    """Return the label as SVG, in millimetres."""
    parts = [_svg_bars(bars) for bars in label.bars] + [_svg_words(line) for line in label.words]
    size = f'width="{label.width_mm:g}mm" height="{label.height_mm:g}mm"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {label.width_mm:g} {label.height_mm:g}" font-family="{SVG_FONTS}">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    ).encode()


def zpl(label: Label, *, dpi: int = 203, copies: int = 1) -> bytes:
    """Return the label for a thermal printer.

    Codes go as graphics of whole dots, words in the printer's font 0 as UTF-8; for Japanese the
    printer needs an Asian font, which the dealer installs.
    """
    dots_mm = dpi / MM_IN_AN_INCH
    lines = [
        "^XA^CI28",
        f"^PW{round(label.width_mm * dots_mm)}^LL{round(label.height_mm * dots_mm)}",
        *(_zpl_bars(bars, dots_mm) for bars in label.bars),
        *(_zpl_words(line, dots_mm) for line in label.words),
        f"^PQ{copies}^XZ",
    ]
    return ("\n".join(lines) + "\n").encode()


def escape_zpl(text: str) -> str:
    r"""Return text for `^FH^FD`: the characters that would end or start a command, as hex.

    >>> escape_zpl("A^B~C_D")
    'A_5EB_7EC_5FD'
    """
    return text.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def _svg_bars(bars: Bars) -> str:
    path = "".join(
        f"M{run.x} {run.y}h{run.length}v{1 if not bars.code.linear else _tall(bars)}h-{run.length}z"
        for run in bars.code.runs()
    )
    return (
        f'<path transform="translate({bars.x_mm:g} {bars.y_mm:g}) scale({bars.module_mm:g})" '
        f'd="{path}" fill="#000"/>'
    )


def _tall(bars: Bars) -> str:
    return f"{bars.height_mm / bars.module_mm:g}"


def _svg_words(line: Words) -> str:
    weight = ' font-weight="bold"' if line.bold else ""
    return (
        f'<text x="{line.x_mm:.2f}" y="{line.y_mm:.2f}" font-size="{line.size_mm:.2f}"{weight}>'
        f"{escape_xml(line.text)}</text>"
    )


def _zpl_bars(bars: Bars, dots_mm: float) -> str:
    """Return `^GFA` with one bit a dot; a module is a whole number of dots, or edges would blur."""
    module = max(1, round(bars.module_mm * dots_mm))
    width = bars.code.width * module
    row_bytes = (width + 7) // 8
    height = round(bars.height_mm * dots_mm) if bars.code.linear else width
    rows = [0] * (1 if bars.code.linear else bars.code.width)
    for run in bars.code.runs():
        ones = (1 << (run.length * module)) - 1
        rows[run.y] |= ones << (row_bytes * 8 - (run.x + run.length) * module)
    repeat = height if bars.code.linear else module
    data = "".join(f"{row:0{row_bytes * 2}X}" * repeat for row in rows)
    total = row_bytes * repeat * len(rows)
    at = f"^FO{round(bars.x_mm * dots_mm)},{round(bars.y_mm * dots_mm)}"
    return f"{at}^GFA,{total},{total},{row_bytes},{data}^FS"


def _zpl_words(line: Words, dots_mm: float) -> str:
    size = round(line.size_mm * dots_mm)
    # ^FT places the baseline, as the layout does.
    at = f"^FT{round(line.x_mm * dots_mm)},{round(line.y_mm * dots_mm)}"
    return f"{at}^A0N,{size},{size}^FH^FD{escape_zpl(line.text)}^FS"

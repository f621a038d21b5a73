"""How cells look: number formats, fonts, fills, borders and alignment, as the page draws them.

A style is a dict with what is not the default: `format`, `bold`, `italic`, `underline`, `strike`,
`color`, `fill` (`#rrggbb`), `size` (points), `font`, `align`, `valign`, `wrap`, `shrink`, `indent`,
and `top`, `right`, `bottom`, `left` as [width in pixels, CSS style, colour].
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Any

from sheetsim.errors import WorkbookError
from sheetsim.pages.elements import Element, float_of, read_tree

if TYPE_CHECKING:
    from sheetsim.workbook.read.archive import Archive

Style = dict[str, Any]

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);[Red]("$"#,##0)', 7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);[Red]("$"#,##0.00)', 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Number formats that files give by number alone (ECMA-376, part 1, 18.8.30)."""

_OFFICE = (
    "FFFFFF", "000000", "E7E6E6", "44546A", "4472C4", "ED7D31", "A5A5A5", "FFC000", "5B9BD5",
    "70AD47", "0563C1", "954F72",
)  # fmt: skip
"""The theme's colours in the order of the attribute `theme`, where a file has no theme."""

_THEME_ORDER = (
    "lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6",
    "hlink", "folHlink",
)  # fmt: skip

_INDEXED = """
000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 000000 FFFFFF FF0000 00FF00 0000FF FFFF00
FF00FF 00FFFF 800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF
660066 FF8080 0066CC CCCCFF 000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF
CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696
003366 339966 003300 333300 993300 993366 333399 333333
"""
"""The colours of old files by number (18.8.27)."""

_LINES = {
    "thin": [1, "solid"], "hair": [1, "dotted"], "dotted": [1, "dotted"], "dashed": [1, "dashed"],
    "medium": [2, "solid"], "thick": [3, "solid"], "double": [3, "double"],
    "mediumDashed": [2, "dashed"], "dashDot": [1, "dashed"], "dashDotDot": [1, "dotted"],
}  # fmt: skip


class Colours:
    """The colours of a workbook."""

    def __init__(self, theme: Element | None) -> None:
        """Take those of the theme.

        Args:
            theme: the root of the theme's part, None for none.
        """
        self.theme = list(_OFFICE)
        scheme = None if theme is None else theme.find("themeElements", "clrScheme")
        for i, name in enumerate(_THEME_ORDER):
            own = None if scheme is None else scheme.find(name)
            for one in own.children if own is not None else ():
                found = one.get("lastClr") or one.get("val")
                if _is_hex(found):
                    self.theme[i] = found

    def css(self, element: Element | None) -> str:
        """Return the colour of an element such as `<color rgb="FF0000E0"/>`, "" for none."""
        if element is None:
            return ""
        base = ""
        given = element.get("rgb")
        if _is_hex(given[-6:]):
            base = given[-6:]
        elif element.get("theme").isdigit() and int(element.get("theme")) < len(self.theme):
            base = self.theme[int(element.get("theme"))]
        elif element.get("indexed").isdigit() and int(element.get("indexed")) < len(
            _INDEXED.split()
        ):
            base = _INDEXED.split()[int(element.get("indexed"))]
        if not base:
            return ""
        return "#" + _tinted(base, float_of(element.get("tint"), 0.0)).lower()

    def drawing(self, element: Element | None) -> str:
        """Return the colour of an element that a drawing fills with, "" for none."""
        if element is None:
            return ""
        for one in element.children:
            if one.name == "srgbClr" and _is_hex(one.get("val")):
                return "#" + one.get("val").lower()
            if one.name == "schemeClr":
                name = {"tx1": "dk1", "bg1": "lt1", "tx2": "dk2", "bg2": "lt2"}.get(
                    one.get("val"), one.get("val")
                )
                if name in _THEME_ORDER:
                    return "#" + self.theme[_THEME_ORDER.index(name)].lower()
        return ""


def _is_hex(text: str) -> bool:
    return len(text) == 6 and all(one in "0123456789abcdefABCDEF" for one in text)


def _tinted(colour: str, tint: float) -> str:
    """Return a colour made lighter (tint above 0) or darker, by its lightness (18.8.19)."""
    if tint == 0:
        return colour
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    parts = colorsys.hls_to_rgb(hue, min(max(light, 0), 1), saturation)
    return "".join(f"{round(255 * part):02X}" for part in parts)


class Styles:
    """The styles of a workbook.

    Attributes:
        cells: those of cells, by number.
        differences: those of conditional formats, by number.
        colours: the workbook's.
    """

    def __init__(self, archive: Archive) -> None:
        """Read them; a workbook without styles has one that says nothing."""
        links = archive.links(archive.workbook)
        parts = dict(links.values())
        theme = read_tree(archive, parts["theme"]) if "theme" in parts else None
        self.colours = Colours(theme)
        try:
            root = read_tree(archive, parts["styles"]) if "styles" in parts else Element("")
        except WorkbookError:
            root = Element("")
        formats = root.find("numFmts")
        self._formats = dict(BUILT_IN)
        for one in formats.all("numFmt") if formats is not None else ():
            if one.get("numFmtId").isdigit():
                self._formats[int(one.get("numFmtId"))] = one.get("formatCode")
        fonts = [self._font(one) for one in _children(root, "fonts")]
        fills = [self._fill(one) for one in _children(root, "fills")]
        borders = [self._border(one) for one in _children(root, "borders")]
        self.cells = [
            self._cell(one, fonts, fills, borders) for one in _children(root, "cellXfs")
        ] or [{}]
        self.differences = [self._difference(one) for one in _children(root, "dxfs")]

    def _cell(
        self, xf: Element, fonts: list[Style], fills: list[Style], borders: list[Style]
    ) -> Style:
        style: Style = {}
        for key, known in (("fontId", fonts), ("fillId", fills), ("borderId", borders)):
            number = xf.get(key, "0")
            if number.isdigit() and int(number) < len(known):
                style |= known[int(number)]
        number = xf.get("numFmtId", "0")
        code = self._formats.get(int(number), "") if number.isdigit() else ""
        if code and code.lower() != "general":
            style["format"] = code
        style |= _alignment(xf.find("alignment"))
        return style

    def _difference(self, dxf: Element) -> Style:
        style: Style = {}
        for name, read in (("font", self._font), ("border", self._border)):
            own = dxf.find(name)
            if own is not None:
                style |= {key: value for key, value in read(own).items() if key != "size"}
        fill = dxf.find("fill", "patternFill")
        if fill is not None:
            colour = self.colours.css(fill.find("bgColor")) or self.colours.css(
                fill.find("fgColor")
            )
            if colour:
                style["fill"] = colour
        own = dxf.find("numFmt")
        if own is not None and own.get("formatCode"):
            style["format"] = own.get("formatCode")
        return style

    def _font(self, font: Element) -> Style:
        style: Style = {}
        for name, key in (("b", "bold"), ("i", "italic"), ("u", "underline"), ("strike",) * 2):
            own = font.find(name)
            if own is not None and own.get("val", "1") not in {"0", "false", "none"}:
                style[key] = 1
        colour = self.colours.css(font.find("color"))
        if colour and colour != "#000000":
            style["color"] = colour
        size = float_of(font.value("sz", default="11"), 0.0)
        if size > 0 and size != 11:
            style["size"] = size
        name = font.value("name")
        if name and name != "Calibri":
            style["font"] = name
        return style

    def _fill(self, fill: Element) -> Style:
        pattern = fill.find("patternFill")
        if pattern is None or pattern.get("patternType") in {"", "none", "gray125"}:
            return {}
        colour = self.colours.css(pattern.find("fgColor"))
        return {"fill": colour} if colour else {}

    def _border(self, border: Element) -> Style:
        style: Style = {}
        for side in ("top", "right", "bottom", "left"):
            own = border.find(side)
            if own is not None and own.get("style") in _LINES:
                colour = self.colours.css(own.find("color")) or "#000000"
                style[side] = [*_LINES[own.get("style")], colour]
        return style


def _children(root: Element, name: str) -> list[Element]:
    own = root.find(name)
    return [] if own is None else own.children


def _alignment(own: Element | None) -> Style:
    style: Style = {}
    if own is None:
        return style
    if own.get("horizontal") in {"left", "center", "right", "justify"}:
        style["align"] = own.get("horizontal")
    if own.get("vertical") in {"top", "center"}:
        style["valign"] = own.get("vertical")
    for name, key in (("wrapText", "wrap"), ("shrinkToFit", "shrink")):
        if own.get(name) in {"1", "true"}:
            style[key] = 1
    if own.get("indent").isdigit() and int(own.get("indent")) > 0:
        style["indent"] = int(own.get("indent"))
    return style

"""Workbooks for the tests of `verify`: with cached values of our choice, or of parts of our own."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlsxwriter

__all__ = ["chain", "hostile", "one_sheet", "saved"]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"


def saved(path: Path, cells: Mapping[str, Any]) -> Path:
    """Write {"A1": 1.0, "B1": ("=A1*2", 2.0)}: a formula with the value that is cached for it."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for place, content in cells.items():
            if isinstance(content, tuple):
                sheet.write_formula(place, content[0], None, content[1])
            else:
                sheet.write(place, content)
    return path


def chain(
    length: int, wrong: int = -1, by: float = 0.0, *, followers: bool = False
) -> dict[str, Any]:
    """A1 = 0.3, and each cell below 0.9 times the one above, with right caches but for one."""
    cells: dict[str, Any] = {"A1": 0.3}
    value = 0.3
    for row in range(2, length + 2):
        value *= 0.9
        cached = value + (by if row == wrong else 0.0)
        cells[f"A{row}"] = (f"=A{row - 1}*0.9", cached)
        if followers:
            value = cached
    return cells


def one_sheet(path: Path, rows: str) -> Path:
    """A workbook of the fewest parts that a workbook can have, with the sheet `one`."""
    return _zipped(path, _parts(rows))


def hostile(path: Path, address: str, secret: Path) -> Path:
    """A workbook that asks for `address` and for `secret`, another workbook, in all ways."""
    formulas = [
        f'WEBSERVICE("{address}/a")',
        f'_xlfn.WEBSERVICE("{address}/b")',
        f'WEBSERVICE("{secret.as_uri()}")',
        "[1]one!A1",
        "[2]one!A1",
        f"'{secret.as_uri()}'#$one.A1",
        f"INDIRECT(\"'{secret.as_uri()}'#$one.A1\")",
        f'DDE("soffice","{secret}","one.A1")',
        f'HYPERLINK("{address}/c","x")',
    ]
    cells = "".join(
        f'<c r="{chr(65 + i)}1"><f>{text}</f><v>1</v></c>' for i, text in enumerate(formulas)
    )
    parts = _parts(f'<row r="1">{cells}<c r="Z1"><f>1+1</f><v>2</v></c></row>')
    targets = {3: f"{address}/other.xlsx", 4: secret.as_uri()}
    listed = "".join(f'<externalReference r:id="rId{i}"/>' for i in targets)
    _insert(parts, "xl/workbook.xml", f"<externalReferences>{listed}</externalReferences>")
    for i, target in targets.items():
        _insert(parts, "xl/_rels/workbook.xml.rels", _link(i, "externalLink", f"e{i}.xml"))
        parts[f"xl/e{i}.xml"] = (
            f'<externalLink xmlns="{MAIN}" xmlns:r="{LINKS}"><externalBook r:id="rId1">'
            '<sheetNames><sheetName val="one"/></sheetNames></externalBook></externalLink>'
        )
        parts[f"xl/_rels/e{i}.xml.rels"] = _links(_link(1, "externalLinkPath", target, "External"))
        _type(parts, f"xl/e{i}.xml", f"{TYPES}.spreadsheetml.externalLink+xml")
    _insert(parts, "xl/s.xml", f'<drawing xmlns:r="{LINKS}" r:id="rId1"/>')
    parts["xl/_rels/s.xml.rels"] = _links(_link(1, "drawing", "d.xml"))
    parts["xl/d.xml"] = _PICTURE
    parts["xl/_rels/d.xml.rels"] = _links(_link(1, "image", f"{address}/d.png", "External"))
    _type(parts, "xl/d.xml", f"{TYPES}.drawing+xml")
    return _zipped(path, parts)


_PICTURE = f"""<xdr:wsDr xmlns:xdr="{DRAWING}/spreadsheetDrawing" xmlns:a="{DRAWING}/main"
xmlns:r="{LINKS}"><xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff>
<xdr:row>3</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>4</xdr:col>
<xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:pic>
<xdr:nvPicPr><xdr:cNvPr id="2" name="p"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>
<a:blip r:link="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm>
<a:off x="0" y="0"/><a:ext cx="999999" cy="999999"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>
</a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"""


def _link(number: int, kind: str, target: str, mode: str = "") -> str:
    outside = f' TargetMode="{mode}"' if mode else ""
    return f'<Relationship Id="rId{number}" Type="{LINKS}/{kind}" Target="{target}"{outside}/>'


def _links(*each: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _parts(rows: str) -> dict[str, str]:
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _links(_link(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="one" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _links(_link(1, "worksheet", "s.xml")),
        "xl/s.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    _type(parts, "xl/workbook.xml", f"{TYPES}.spreadsheetml.sheet.main+xml")
    _type(parts, "xl/s.xml", f"{TYPES}.spreadsheetml.worksheet+xml")
    return parts


def _type(parts: dict[str, str], name: str, kind: str) -> None:
    text = f'<Override PartName="/{name}" ContentType="{kind}"/>'
    _insert(parts, "[Content_Types].xml", text)


def _insert(parts: dict[str, str], name: str, text: str) -> None:
    """Insert XML at the end of a part's root element."""
    head, _, tail = parts[name].rpartition("</")
    parts[name] = f"{head}{text}</{tail}"


def _zipped(path: Path, parts: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return path

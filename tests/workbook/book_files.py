"""Workbooks for tests, written part by part, so that a test can have any XML that it wants."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
BOOK_LINKS = "xl/_rels/workbook.xml.rels"


def link(number: int, kind: str, target: str, mode: str = "") -> str:
    outside = f' TargetMode="{mode}"' if mode else ""
    return f'<Relationship Id="rId{number}" Type="{LINKS}/{kind}" Target="{target}"{outside}/>'


def links(*each: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(each)}</Relationships>'


def parts_of(
    sheets: Mapping[str, str], names: str = "", more: str = "", extra_links: Sequence[str] = ()
) -> dict[str, str]:
    """The parts of a workbook: sheet name to what stands in its `<sheetData>`.

    `names` goes into `<definedNames>`, `more` behind it.
    """
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        for i, _ in enumerate(sheets, 1)
    )
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": links(link(1, "officeDocument", "xl/workbook.xml")),
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets>'
        f"{defined}{more}</workbook>",
        BOOK_LINKS: links(
            *(link(i, "worksheet", f"worksheets/sheet{i}.xml") for i, _ in enumerate(sheets, 1)),
            *extra_links,
        ),
    }
    for i, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return parts


def save(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return path


def one_sheet(path: Path, rows: str, names: str = "") -> Path:
    """A workbook with the sheet "one"."""
    return save(path, parts_of({"one": rows}, names))


def name(title: str, text: str, sheet: int | None = 0, hidden: bool = True) -> str:
    scope = "" if sheet is None else f' localSheetId="{sheet}"'
    return f'<definedName name="{title}"{scope} hidden="{int(hidden)}">{text}</definedName>'


def solver_names(sheet: int = 0, **texts: object) -> str:
    """The names of a Solver model: `opt="one!$A$1"` is solver_opt."""
    return "".join(name(f"solver_{key}", str(text), sheet) for key, text in texts.items())


def part(path: Path, title: str) -> bytes:
    with zipfile.ZipFile(path) as file:
        return file.read(title)

"""One HTML file from a workbook: our own code, and the workbook as data.

Nothing is fetched when the page is opened: a content policy forbids requests, and the only scripts
that may run are those that are in it, by their sums. All that comes from the workbook is JSON in
an element that is no script, and gets on the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from sheetsim.files import replace_file
from sheetsim.pages.models import models_of
from sheetsim.pages.plans import formulas_of, value_json
from sheetsim.pages.read_charts import charts_of
from sheetsim.pages.read_layout import Look
from sheetsim.pages.read_styles import Styles
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.book import read_book

if TYPE_CHECKING:
    from sheetsim.book import Book

MODULES = (
    "values", "references", "functions", "formats", "functions_math", "functions_text",
    "functions_logic", "functions_stats", "functions_lookup", "plan", "engine", "formula_text",
    "looks", "chart", "entry", "grid", "tape", "optimizers", "solve", "app",
)  # fmt: skip
"""The page's modules, each behind those that it imports."""

_IMPORT = re.compile(r'^import\s+(?:(\{[^}]*\})\s+from\s+)?"\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (class|function\*?|const) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A workbook as a page.

    Attributes:
        html: the whole file.
        unknown: what the page does not compute, and in how many cells; these keep their values.
        missing: what it does not draw, and how often that is met.
    """

    html: str
    unknown: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write it to a file, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        with replace_file(path) as place:
            place.write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        """Return a frame with the page in it, for notebooks."""
        return (
            f'<iframe srcdoc="{html.escape(self.html, quote=True)}" sandbox="allow-scripts" '
            'style="width: 100%; height: 640px; border: 1px solid #ccc"></iframe>'
        )


def page(path: str | Path, out: str | Path | None = None) -> Page:
    """Write a workbook as a page, and return it.

    Args:
        path: an .xlsx or .xlsm file.
        out: the HTML file; None to write none.

    Returns:
        The page; a notebook shows it.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
        OutputError: the page cannot be written.
    """
    made = page_of(path)
    if out is not None:
        made.save(out)
    return made


def page_of(path: str | Path) -> Page:
    """Return a workbook as a page.

    Args:
        path: an .xlsx or .xlsm file.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    book = read_book(path)
    formulas = formulas_of(book)
    missing: dict[str, int] = {}
    with Archive(path) as archive:
        styles = Styles(archive)
        sheets = []
        for part in archive.sheets():
            if part.part is None:
                missing["a sheet without cells"] = missing.get("a sheet without cells", 0) + 1
                continue
            look = Look(archive, part.part, book, part.name, formulas, styles)
            charts, left_out = charts_of(archive, part.part, styles.colours)
            sheets.append(_sheet(book, part.name, part.state, look) | {"charts": charts})
            for one in (*look.missing, *left_out):
                missing[one] = missing.get(one, 0) + 1
    data = {
        "sheets": sheets,
        "groups": formulas.groups,
        "plans": formulas.plans,
        "cached": formulas.cached,
        "styles": styles.cells,
        "names": _names(book),
        "models": models_of(book),
    }
    title = Path(path).stem
    return Page(_document(title, data), formulas.unknown, missing)


def _sheet(book: Book, name: str, state: str, look: Look) -> dict[str, Any]:
    """Return a sheet's constants and looks."""
    cells = book.sheets[name]
    own = look.json()
    places = [*cells, *look.handler.styles]
    return {
        "name": name,
        "state": state,
        "size": [max((p[k] for p in places), default=-1) + 1 for k in (0, 1)],
        "cells": [
            [row, column, value_json(cell.value)]
            for (row, column), cell in cells.items()
            if not cell.has_formula and cell.value is not None
        ],
        "look": own,
    }


def _names(book: Book) -> dict[str, str]:
    """Return where the names of single cells and ranges are, for the box that goes there."""
    found: dict[str, str] = {}
    for one in book.names:
        if not one.hidden and "!" in one.text:
            found.setdefault(one.name.lower(), one.text)
    return found


def script() -> str:
    """Return the page's modules as one script: each a function that returns what it exports."""
    parts = ['"use strict";']
    for name in MODULES:
        text = (files("sheetsim.pages") / "js" / f"{name}.js").read_text("utf-8")
        exported = ", ".join(found[1] for found in _EXPORT.findall(text))
        body = _IMPORT.sub(_taken, _EXPORT.sub(r"\1 \2", text))
        parts.append(f"const module_{name} = (() => {{\n{body}return {{ {exported} }};\n}})();")
    return "\n".join(parts)


def _taken(found: re.Match[str]) -> str:
    """Return an import as taking names from a module that is there already."""
    return f"const {found[1]} = module_{found[2]};\n" if found[1] else ""


def _json(data: Any) -> str:
    """Return JSON that can stand in HTML: no `<`, so no end of the element, no comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _sum(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "'sha256-" + base64.b64encode(digest).decode("ascii") + "'"


def _document(title: str, data: Any) -> str:
    """Return the whole file."""
    room = files("sheetsim.pages")
    code = "\n" + script()
    policy = (
        f"default-src 'none'; script-src {_sum(code)}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template((room / "page.html").read_text("utf-8")).substitute(
        policy=html.escape(policy, quote=True),
        title=html.escape(title),
        style=(room / "page.css").read_text("utf-8"),
        book=_json(data),
        script=code,
    )

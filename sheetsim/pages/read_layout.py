"""How a sheet is laid out: sizes, merged and frozen cells, conditional formats, validations.

Widths and heights are pixels at 100 %, those of Calibri 11, whose digits are 7 pixels wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetsim.errors import WorkbookError
from sheetsim.pages.elements import Element, SheetHandler, float_of
from sheetsim.pages.plans import Formulas, UnknownError, plan_of_text, step_json
from sheetsim.references import read_area

if TYPE_CHECKING:
    from sheetsim.book import Book
    from sheetsim.pages.read_styles import Styles
    from sheetsim.workbook.read.archive import Archive

Json = Any
Box = tuple[int, int, int, int]
"""First row and column, last row and column, from 0."""

DIGIT = 7
"""Pixels of a digit."""

_DRAWN = {"cellIs", "expression", "colorScale", "duplicateValues"}


def boxes(text: str) -> list[Box]:
    """Return the ranges of a list such as `A1:B2 C3`; what is none is left out."""
    found = []
    for word in text.split():
        try:
            own = read_area(word)
            found.append((own.top, own.left, own.bottom, own.right))
        except (WorkbookError, ValueError):
            continue
    return found


def pixels(width: float) -> int:
    """Return a column's width in pixels, from its width in characters (18.3.1.13)."""
    return int(width * DIGIT + 0.5) if width >= 1 else int(width * (DIGIT + 5) + 0.5)


class Look:
    """How one sheet looks."""

    def __init__(
        self, archive: Archive, part: str, book: Book, name: str, formulas: Formulas, styles: Styles
    ) -> None:
        """Read it.

        Args:
            archive: the file.
            part: the sheet's.
            book: the workbook, for the formulas of rules.
            name: the sheet's.
            formulas: where their plans are kept.
            styles: the workbook's.
        """
        self.handler = SheetHandler()
        archive.scan(part, self.handler)
        roots = self.handler.root.children
        self.root = roots[0] if roots else Element("")
        self._book, self._name, self._formulas, self._styles = book, name, formulas, styles
        self._numbers = {one: i for i, one in enumerate(book.sheets)}
        self.missing: list[str] = []

    def json(self) -> Json:
        """Return all of it but the charts."""
        merged = [list(box) for box in self._boxes("mergeCells", "mergeCell")]
        return {
            "columns": self._columns(),
            "width": self._default_width(),
            "rows": self._rows(),
            "height": _pixels_of_points(self._format("defaultRowHeight", 15)),
            "frozen": self._frozen(),
            "grid": 0 if self._view().get("showGridLines") in {"0", "false"} else 1,
            "merged": merged,
            "styles": self._style_runs(),
            "rules": self._rules(),
            "validations": self._validations(),
            "links": self._links(),
        }

    def _view(self) -> Element:
        return self.root.find("sheetViews", "sheetView") or Element("")

    def _format(self, name: str, default: float) -> float:
        own = self.root.find("sheetFormatPr")
        return float_of("" if own is None else own.get(name), default)

    def _default_width(self) -> int:
        width = self._format("defaultColWidth", 0)
        return pixels(width) if width else 64

    def _columns(self) -> Json:
        """Return [first, last, pixels], 0 for hidden ones."""
        out = []
        cols = self.root.find("cols")
        for one in cols.all("col") if cols is not None else ():
            first, last = int(float_of(one.get("min"), 1)) - 1, int(float_of(one.get("max"), 1)) - 1
            hidden = one.get("hidden") in {"1", "true"}
            width = pixels(float_of(one.get("width"), 9.14))
            out.append([first, min(last, 16383), 0 if hidden else width])
        return out

    def _rows(self) -> Json:
        """Return [row, pixels] of those with a height of their own, 0 for hidden ones."""
        out = []
        for row, own in self.handler.rows.items():
            if own.get("hidden") in {"1", "true"}:
                out.append([row, 0])
            elif "ht" in own:
                out.append([row, _pixels_of_points(float_of(own["ht"], 15))])
        return out

    def _frozen(self) -> list[int]:
        pane = self._view().find("pane")
        if pane is None or pane.get("state") not in {"frozen", "frozenSplit"}:
            return [0, 0]
        return [int(float_of(pane.get("ySplit"), 0)), int(float_of(pane.get("xSplit"), 0))]

    def _boxes(self, outer: str, inner: str) -> list[Box]:
        own = self.root.find(outer)
        return [] if own is None else [b for one in own.all(inner) for b in boxes(one.get("ref"))]

    def _style_runs(self) -> Json:
        """Return [row, column, count to the right, style]."""
        runs: list[list[int]] = []
        count = len(self._styles.cells)
        for (row, column), style in self.handler.styles.items():
            if style >= count:
                continue
            last = runs[-1] if runs else None
            if last and last[0] == row and last[1] + last[2] == column and last[3] == style:
                last[2] += 1
            else:
                runs.append([row, column, 1, style])
        return runs

    def _plan(self, text: str, place: tuple[int, int]) -> int | None:
        """Return the number of the plan of a rule's formula; None if the page does not know it."""
        try:
            plan = plan_of_text(self._book, self._name, place, "=" + text)
            if plan.unknown:
                return None
            return self._formulas.plan([step_json(step, self._numbers) for step in plan.steps])
        except (WorkbookError, UnknownError):
            return None

    def _rules(self) -> Json:
        """Return the conditional formats, the first of which counts most."""
        out = []
        for block in self.root.all("conditionalFormatting"):
            areas = boxes(block.get("sqref"))
            if not areas:
                continue
            for one in block.all("cfRule"):
                rule = self._rule(one, areas)
                if rule is None:
                    self.missing.append(f"a conditional format ({one.get('type') or 'of no type'})")
                else:
                    out.append((int(float_of(one.get("priority"), 0)), rule))
        return [rule for _, rule in sorted(out, key=lambda pair: pair[0])]

    def _rule(self, one: Element, areas: list[Box]) -> Json | None:
        kind = one.get("type")
        if kind not in _DRAWN:
            return None
        rule: Json = {"type": kind, "areas": [list(box) for box in areas]}
        if kind == "colorScale":
            scale = one.find("colorScale")
            if scale is None:
                return None
            rule["stops"] = [[p.get("type"), float_of(p.get("val"), 0)] for p in scale.all("cfvo")]
            rule["colors"] = [self._styles.colours.css(p) for p in scale.all("color")]
            return rule
        number = one.get("dxfId")
        known = number.isdigit() and int(number) < len(self._styles.differences)
        rule["style"] = self._styles.differences[int(number)] if known else {}
        rule["stop"] = 1 if one.get("stopIfTrue") in {"1", "true"} else 0
        first = areas[0][:2]
        plans = [self._plan(part.text, first) for part in one.all("formula")]
        if None in plans:
            return None
        return rule | {"operator": one.get("operator"), "plans": plans}

    def _validations(self) -> Json:
        out = []
        own = self.root.find("dataValidations")
        for one in own.all("dataValidation") if own is not None else ():
            areas = boxes(one.get("sqref"))
            if not areas:
                continue
            rule: Json = {"areas": [list(box) for box in areas]}
            for name in ("type", "operator", "errorTitle", "error", "promptTitle", "prompt"):
                if one.get(name):
                    rule[name] = one.get(name)
            for name in ("formula1", "formula2"):
                part = one.find(name)
                if part is None:
                    continue
                number = float_of(part.text, float("nan"))
                if number == number:
                    rule[name] = number
                elif part.text.startswith('"') and part.text.endswith('"'):
                    rule[name] = part.text[1:-1].split(",")
                else:
                    plan = self._plan(part.text, areas[0][:2])
                    rule[name] = None if plan is None else {"plan": plan}
            out.append(rule)
        return out

    def _links(self) -> Json:
        """Return [row, column, where to] of links within the workbook; none leads out of it."""
        out = []
        own = self.root.find("hyperlinks")
        for one in own.all("hyperlink") if own is not None else ():
            if one.get("location"):
                out += [[box[0], box[1], one.get("location")] for box in boxes(one.get("ref"))]
            else:
                self.missing.append("a link out of the workbook")
        return out


def _pixels_of_points(points: float) -> int:
    return round(points * 4 / 3)

"""Sheets to an .xlsx file: the only importer of XlsxWriter.

Every formula cell gets NumPy's value as its cached value, so that a viewer that does not
recalculate shows what is true. Texts are written as texts whatever they begin with. The same
sheets give the same bytes: document properties are fixed, and XlsxWriter fixes the zip's times.
"""

import datetime
import io
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from sheetsim.errors import OutputError
from sheetsim.files import replace_file
from sheetsim.option_values import LARGEST
from sheetsim.references import a1_range, quoted
from sheetsim.sheet import Block, ColorScale, Kind, Sheet, SheetModel, Valid
from sheetsim.sheet.block import A_TEXT, LONGEST
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import SolverModel, SolverSettings
from sheetsim.workbook.solver_model.names import model_names
from sheetsim.workbook.write.charts import draw
from sheetsim.workbook.write.growth import growing
from sheetsim.workbook.write.styles import HIGHLIGHTS, properties

EPOCH = datetime.datetime(2026, 1, 1)
"""What every file says of its making, so that the same input gives the same bytes."""

PALETTES = {
    "heat": ("#FA9496", "#FFFFFF", "#84CC95"),
    "ink": ("#FFFFFF", "#808080", "#000000"),
    "signed": ("#8FB3E3", "#FFFFFF", "#FA9496"),
}
"""Colours of a scale: of its lowest value, of the middle one, of its highest; all so light that
what stands on them is read with ease (a contrast of 4.5 to 1), but for "ink", on which nothing
stands."""

TITLE = 32
"""Characters that Excel takes as the title of a prompt or of an error; a prompt takes 255."""

_NAME = re.compile(r"[a-z][a-z_0-9]*")


def write_workbook(
    sheets: Sequence[Sheet], path: str | Path, unless: Callable[[Path], bool] | None = None
) -> Path:
    """Write the sheets, in their order; the file appears whole or not at all.

    Args:
        sheets: the first one is what opens.
        path: of the .xlsx to create or replace.
        unless: as in `replace_file`: whether to leave alone what stands there, asked about the
            new file.

    Returns:
        The path.

    Raises:
        OutputError: it cannot be written; what stood there is untouched.
    """
    target = Path(path)
    with (
        replace_file(target, unless) as temporary,
        tempfile.TemporaryDirectory(prefix="sheetsim-write-") as folder,
    ):
        content = _Memory()
        options = {"strings_to_formulas": False, "strings_to_urls": False, "tmpdir": folder}
        book = xlsxwriter.Workbook(content, options)
        book.set_properties({"title": sheets[0].title, "author": "sheetsim", "created": EPOCH})
        book.set_calc_mode("auto")
        writer = _Writer(book)
        for sheet in sheets:
            writer.add(sheet)
        try:
            book.close()
        except XlsxWriterException as error:
            cause = error.args[0] if error.args else error
            reason = getattr(cause, "strerror", None) or cause
            where = tempfile.gettempdir()
            raise OutputError(f"{target}: cannot be written ({reason}, in {where})") from error
        temporary.write_bytes(content.getbuffer())
    return target


class _Memory(io.BytesIO):
    """Where the archive is put together: in memory, for a disk may be full, and open to the end.

    An archive that was cut off closes itself once more when it is collected, and would complain if
    the memory behind it were closed by then.
    """

    def close(self) -> None:
        """Stay open."""


class _Page(Worksheet):  # type: ignore[misc]
    """A sheet whose formulas are written as they stand."""

    def _prepare_formula(self, formula: str, _expand_future_functions: bool = False) -> str:
        """Leave out the leading `=`.

        XlsxWriter also looks in each formula for thirty functions that are newer than Excel 2010,
        which takes longer than all else about writing a file. Ours have none.
        """
        return formula.removeprefix("=")


class _Writer:
    """A workbook being written, and the formats that it has so far."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[str, Any] = {}

    def add(self, sheet: Sheet) -> None:
        """Write one sheet."""
        page = self._book.add_worksheet(sheet.name, worksheet_class=_Page)
        for column, width in sheet.widths.items():
            page.set_column(column, column, width)
        for row, height in sheet.heights.items():
            page.set_row(row, height)
        for block in sheet.parts:
            self._block(page, block, sheet)
            self._name(block)
            _validate(page, block, sheet.meanings.get(block.name, ""))
        self._growing(page, sheet)
        for scale in sheet.color_scales:
            page.conditional_format(*_corners(scale.block), _color_scale(scale))
        for highlight in sheet.highlights:
            look = self._book.add_format(HIGHLIGHTS[highlight.style])
            rule = {"type": "formula", "criteria": f"={highlight.formula}", "format": look}
            page.conditional_format(*_corners(highlight.block), rule)
        for chart in sheet.charts:
            drawn = draw(self._book, chart, sheet.widths, sheet.heights)
            how = {"object_position": 2, "description": chart.description}
            page.insert_chart(chart.row, chart.column, drawn, how)
        self._hidden_names(page, sheet)
        _set_up_page(page, sheet)
        if sheet.hidden:
            page.hide()

    def _format(self, style: str) -> Any:
        if style not in self._formats:
            self._formats[style] = self._book.add_format(properties(style))
        return self._formats[style]

    def _block(self, page: Any, block: Block, sheet: Sheet) -> None:
        look = self._format(block.style)
        for row, column, i, j in block.cells():
            value = block.values[i, j]
            if block.formulas is not None:
                formula = block.formulas[i][j]
                page.write_formula(row, column, formula, look, _cached(value, formula))
            elif block.of_texts and not value:
                page.write_blank(row, column, None, look)
            elif isinstance(value, str):
                _write_text(page, sheet, row, column, value, look)
            elif np.isnan(value):
                page.write_blank(row, column, None, look)
            else:
                page.write_number(row, column, value, look)

    def _growing(self, page: Any, sheet: Sheet) -> None:
        """Show what outgrows its column in scientific form."""
        for most, form, ranges in growing(sheet):
            rule = {"type": "cell", "criteria": "not between", "minimum": -most, "maximum": most}
            rule |= {"format": self._book.add_format({"num_format": form}), "multi_range": ranges}
            page.conditional_format(ranges.split()[0], rule)

    def _name(self, block: Block) -> None:
        """A name, scoped to the sheet, for inputs and for single formula cells."""
        named = block.kind is Kind.INPUT or (block.kind is Kind.FORMULA and block.values.size == 1)
        if named and _NAME.fullmatch(block.name):
            refused = self._book.define_name(
                f"{block.sheet}!{block.name}", f"={block.qualified.range}"
            )
            if refused:
                raise ValueError(f"{block.name!r} is no name for a cell")

    def _hidden_names(self, page: Any, sheet: Sheet) -> None:
        """Names that `define_name` cannot write, put in the list where XlsxWriter keeps its own."""
        names = self._book.defined_names
        if sheet.solver is not None:
            for name, text in model_names(_stored(sheet.solver)).items():
                names.append([name, page.index, text, True])
        if sheet.print_areas:
            ranges = (
                a1_range((top, left), (bottom - 1, right - 1), fix_row=True, fix_column=True)
                for top, left, bottom, right in sheet.print_areas
            )
            areas = ",".join(f"{quoted(sheet.name)}!{cells}" for cells in ranges)
            names.append(["_xlnm.Print_Area", page.index, areas, False])


def _write_text(page: Any, sheet: Sheet, row: int, column: int, text: str, look: Any) -> None:
    """A text: as a link or over merged cells where the sheet says so, and never as a formula."""
    at = (row, column)
    if at in sheet.links:
        page.write_url(*at, f"internal:'{sheet.links[at]}'!A1", look, text)
        return
    if at in sheet.merges:
        page.merge_range(*at, row, sheet.merges[at], "", look)
    page.write_string(*at, text, look)


def _cached(value: Any, formula: str) -> Any:
    """What the formula's cell shows until somebody recalculates.

    What is no number is `#N/A` where the formula asks for that, to leave a gap in a chart.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if np.isfinite(value):
        return float(value)
    return "#N/A" if "NA()" in formula else "#NUM!"


def _stored(model: SheetModel) -> SolverModel:
    """The model of a sheet as Excel stores it.

    The settings are those that Excel wrote for the lecture's own models: minimize, GRG Nonlinear,
    central derivatives, no constraints, and variables that may be negative.
    """

    def area(block: Block) -> Area:
        return Area(block.sheet, (block.row, block.column), (block.bottom - 1, block.right - 1))

    return SolverModel(
        model.objective.sheet,
        area(model.objective),
        variables=tuple(map(area, model.variables)),
        settings=SolverSettings(central=True, bounds_required=False),
    )


def _corners(block: Block) -> tuple[int, int, int, int]:
    return block.row, block.column, block.bottom - 1, block.right - 1


def _validate(page: Any, block: Block, meaning: str) -> None:
    """Say what an input is and may be, and let the program refuse what it may not be."""
    if block.kind is not Kind.INPUT:
        return
    valid = block.valid
    expected = A_TEXT if valid is None and block.of_texts else (valid or Valid()).sentence()
    rule: dict[str, Any] = {
        "input_title": block.name[:TITLE],
        "input_message": prompt(meaning, expected),
        "error_title": block.name[:TITLE],
        "error_message": f"Expected {expected}.",
    }
    if valid is None and block.of_texts:
        rule |= {"validate": "length", "criteria": "<=", "value": LONGEST}
    elif valid is None:
        rule |= {"validate": "any"}
    elif valid.choices:
        rule |= {"validate": "list", "source": f"={valid.choices}"}
    elif valid.above:
        rule |= {"validate": "decimal", "criteria": ">", "value": valid.low}
    else:
        rule |= {"validate": "integer" if valid.whole else "decimal", "criteria": "between"}
        rule |= {"minimum": valid.low, "maximum": min(valid.high, LARGEST)}
    page.data_validation(*_corners(block), rule)


def prompt(meaning: str, expected: str) -> str:
    """What stands beside a selected input: what it is, if that is known, and what it may be."""
    says = [f"{text[0].upper()}{text[1:]}." for text in (meaning, expected) if text]
    return " ".join(says)


def _color_scale(scale: ColorScale) -> dict[str, Any]:
    low, middle, high = PALETTES[scale.palette]
    if scale.palette == "ink":
        return {
            "type": "2_color_scale",
            **_end("min", scale.low, low),
            **_end("max", scale.high, high),
        }
    if scale.high is None and scale.low is not None:  # heat from a floor: the more, the redder
        return {"type": "2_color_scale", **_end("min", scale.low, middle), "max_color": low}
    centre: float = 0
    if scale.palette == "heat" and scale.low is not None and scale.high is not None:
        centre = (scale.low + scale.high) / 2
    return {
        "type": "3_color_scale",
        **_end("min", scale.low, low),
        **_end("mid", centre, middle),
        **_end("max", scale.high, high),
    }


def _end(which: str, value: float | None, color: str) -> dict[str, Any]:
    """One end of a scale: at a value, or at the cells' own extreme."""
    own = {} if value is None else {f"{which}_type": "num", f"{which}_value": value}
    return {f"{which}_color": color, **own}


def _set_up_page(page: Any, sheet: Sheet) -> None:
    """Frozen headings, and pages that print: landscape, A4, each area as wide as a page.

    Excel takes no notice of page breaks where it fits a sheet to pages: what is to begin a page is
    an area of its own.
    """
    if sheet.freeze != (0, 0):
        page.freeze_panes(*sheet.freeze)
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    rows, columns = sheet.extent
    page.fit_to_pages(1, sheet.pages)
    if not sheet.print_areas and not sheet.hidden:  # LibreOffice prints the areas of hidden sheets
        page.print_area(0, 0, rows - 1, columns - 1)
    page.set_footer("&L&A&Rpage &P of &N")
    if sheet.repeat_rows is not None:
        page.repeat_rows(*sheet.repeat_rows)

"""A chart of one column over another in a new sheet: the parts that draw it.

A sheet leads to a drawing, `xl/drawings/drawingN.xml`, and that to a chart,
`xl/charts/chartN.xml`; each has a list of relationships beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetsim.references import a1, a1_range, quoted
from sheetsim.workbook.read.archive import links_part
from sheetsim.workbook.rewrite.encoded_value import xml_text
from sheetsim.workbook.rewrite.new_parts import HEAD, LINKS, TYPE, free_part, links_xml

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart of one column over another, as a line.

    Attributes:
        title: over the chart.
        x: column, from 0, along the horizontal axis.
        y: column up the vertical axis.
        first: first row, from 0, with numbers; the titles stand in the row above.
        last: last row.
    """

    title: str
    x: int
    y: int
    first: int
    last: int


def chart_parts(
    chart: LineChart,
    sheet: str,
    part: str,
    column: int,
    taken: set[str],
    added: dict[str, bytes],
) -> dict[str, str]:
    """Add the parts of a chart that starts in a column; return them with their content types."""
    drawing = free_part("xl/drawings/drawing", taken)
    picture = free_part("xl/charts/chart", taken)
    added[links_part(part)] = links_xml("drawing", drawing)
    added[links_part(drawing)] = links_xml("chart", picture)
    added[drawing] = _drawing_xml(column)
    added[picture] = _chart_xml(chart, sheet)
    return {
        drawing: f"{TYPE}.drawing+xml",
        picture: f"{TYPE}.drawingml.chart+xml",
    }


def _drawing_xml(column: int) -> bytes:
    """Return a drawing with the chart from row 2 on, 10 columns wide and 20 rows high."""
    corners = "".join(
        f"<xdr:{end}><xdr:col>{at}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></xdr:{end}>"
        for end, at, row in (("from", column, 1), ("to", column + 10, 21))
    )
    return (
        HEAD
        + (
            f'<xdr:wsDr xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main">'
            f"<xdr:twoCellAnchor>{corners}"
            '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart 1"/>'
            "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm>"
            '<a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>'
            f'<a:graphicData uri="{_DRAWING}/chart"><c:chart xmlns:c="{_DRAWING}/chart" '
            f'xmlns:r="{LINKS}" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame>'
            "<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
        ).encode()
    )


def _chart_xml(chart: LineChart, sheet: str) -> bytes:
    """Return a chart of points joined by lines, without markers."""

    def cells(column: int) -> str:
        ends = (chart.first, column), (chart.last, column)
        numbers = a1_range(*ends, fix_row=True, fix_column=True)
        where = xml_text(f"{quoted(sheet)}!{numbers}").decode()
        return f"<c:numRef><c:f>{where}</c:f></c:numRef>"

    head = xml_text(
        f"{quoted(sheet)}!{a1(chart.first - 1, chart.y, fix_row=True, fix_column=True)}"
    ).decode()
    title = (
        "<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r>"
        f"<a:t>{xml_text(chart.title).decode()}</a:t></a:r></a:p></c:rich></c:tx>"
        '<c:overlay val="0"/></c:title>'
    )
    axes = "".join(
        f'<c:valAx><c:axId val="{one}"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="{side}"/><c:numFmt formatCode="General" '
        'sourceLinked="0"/><c:majorTickMark val="out"/><c:minorTickMark val="none"/>'
        f'<c:tickLblPos val="low"/><c:crossAx val="{other}"/><c:crosses val="autoZero"/>'
        "</c:valAx>"
        for one, other, side in ((1, 2, "b"), (2, 1, "l"))
    )
    return (
        HEAD
        + (
            f'<c:chartSpace xmlns:c="{_DRAWING}/chart" xmlns:a="{_DRAWING}/main">'
            f'<c:chart>{title}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
            '<c:scatterChart><c:scatterStyle val="lineMarker"/><c:varyColors val="0"/><c:ser>'
            f'<c:idx val="0"/><c:order val="0"/><c:tx><c:strRef><c:f>{head}</c:f></c:strRef></c:tx>'
            '<c:marker><c:symbol val="none"/></c:marker>'
            f"<c:xVal>{cells(chart.x)}</c:xVal><c:yVal>{cells(chart.y)}</c:yVal>"
            '<c:smooth val="0"/></c:ser><c:axId val="1"/><c:axId val="2"/></c:scatterChart>'
            f'{axes}</c:plotArea><c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
        ).encode()
    )

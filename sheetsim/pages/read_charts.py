"""The charts of a sheet as the page draws them: scatter, line, area, bar and column charts.

Where a value stands in cells, the page is told where, so that a chart follows what changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetsim.errors import WorkbookError
from sheetsim.pages.elements import Element, float_of, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.pages.read_styles import Colours
    from sheetsim.workbook.read.archive import Archive

Json = Any

_KINDS = {"scatterChart": "scatter", "lineChart": "line", "barChart": "bar", "areaChart": "area"}
_EMU = 9525
"""English metric units in a pixel."""


def charts_of(archive: Archive, part: str, colours: Colours) -> tuple[list[Json], list[str]]:
    """Return the charts of a sheet, and what in its drawings is not drawn.

    Args:
        archive: the file.
        part: the sheet's.
        colours: the workbook's.
    """
    found: list[Json] = []
    missing: list[str] = []
    for kind, drawing in archive.links(part).values():
        if kind != "drawing":
            continue
        links = archive.links(drawing)
        for anchor in read_tree(archive, drawing).children:
            box = _box(anchor)
            chart = next(_descendants(anchor, "chart"), None)
            if chart is None or box is None:
                if next(_descendants(anchor, "pic"), None) is not None:
                    missing.append("a picture")
                continue
            _, target = links.get(chart.get("id"), ("", ""))
            try:
                made = _chart(read_tree(archive, target), colours) if target else None
            except WorkbookError:
                made = None
            if made is None:
                missing.append("a chart of a kind that the page does not draw")
                continue
            name = next(_descendants(anchor, "cNvPr"), Element(""))
            found.append(made | {"box": box, "alt": name.get("descr") or name.get("name")})
    return found, missing


def _descendants(element: Element, name: str) -> Iterator[Element]:
    for one in element.children:
        if one.name == name:
            yield one
        yield from _descendants(one, name)


def _box(anchor: Element) -> Json | None:
    """Return [column, pixels, row, pixels] of the corners, or the size in pixels for the second."""
    start, end, size = (anchor.find(name) for name in ("from", "to", "ext"))
    if start is None:
        return None
    if end is not None:
        return {"from": _corner(start), "to": _corner(end)}
    if size is not None and size.get("cx").isdigit() and size.get("cy").isdigit():
        return {
            "from": _corner(start),
            "size": [int(size.get("cx")) // _EMU, int(size.get("cy")) // _EMU],
        }
    return None


def _corner(element: Element) -> list[int]:
    out = []
    for name, unit in (("col", 1), ("colOff", _EMU), ("row", 1), ("rowOff", _EMU)):
        own = element.find(name)
        text = "" if own is None else own.text.strip().lstrip("-")
        out.append(int(text) // unit if text.isdigit() else 0)
    return out


def _chart(root: Element, colours: Colours) -> Json | None:
    chart = root.find("chart")
    plot = None if chart is None else chart.find("plotArea")
    if chart is None or plot is None:
        return None
    layers = []
    for one in plot.children:
        if one.name not in _KINDS:
            if one.name.endswith("Chart"):
                return None
            continue
        layers.append(
            {
                "type": _KINDS[one.name],
                "across": one.value("barDir") == "bar",
                "grouping": one.value("grouping", default="standard"),
                "gap": float_of(one.value("gapWidth"), 150),
                "overlap": float_of(one.value("overlap"), 0),
                "series": [_series(ser, colours) for ser in one.all("ser")],
            }
        )
    if not layers:
        return None
    axes = [_axis(one) for one in plot.children if one.name in {"valAx", "catAx", "dateAx"}]
    legend = chart.find("legend")
    return {
        "title": _title(chart.find("title")),
        "layers": layers,
        "axes": axes,
        "legend": "" if legend is None else legend.value("legendPos", default="r"),
        "hidden": [
            int(one.value("idx", default="-1"))
            for one in (legend.all("legendEntry") if legend is not None else ())
            if one.value("delete") in {"1", ""}
        ],
    }


def _title(element: Element | None) -> Json:
    """Return a text, or where it stands."""
    if element is None:
        return ""
    own = element.find("tx")
    return "" if own is None else _text(own)


def _text(tx: Element) -> Json:
    reference = tx.find("strRef", "f")
    if reference is not None:
        return {"at": reference.text}
    value = tx.find("v")
    if value is not None:
        return value.text
    return "".join(one.text for one in _descendants(tx, "t"))


def _values(element: Element | None) -> Json:
    """Return where the values of a series stand, or the values."""
    if element is None:
        return None
    for kind in ("numRef", "strRef", "multiLvlStrRef"):
        reference = element.find(kind, "f")
        if reference is not None:
            return {"at": reference.text}
    for kind in ("numLit", "strLit"):
        own = element.find(kind)
        if own is not None:
            texts = [p.find("v") for p in own.all("pt")]
            return [float_of(v.text, 0.0) if kind == "numLit" else v.text for v in texts if v]
    return None


def _series(ser: Element, colours: Colours) -> Json:
    name = ser.find("tx")
    line = ser.find("spPr", "ln")
    marker = ser.find("marker")
    marker_fill = None if marker is None else marker.find("spPr", "solidFill")
    out: Json = {
        "index": int(float_of(ser.value("idx", default="0"), 0)),
        "name": "" if name is None else _text(name),
        "x": _values(ser.find("xVal") or ser.find("cat")),
        "y": _values(ser.find("yVal") or ser.find("val")),
        "line": "none" if line is not None and line.find("noFill") is not None else "",
        "color": colours.drawing(ser.find("spPr", "solidFill")),
        "marker": "" if marker is None else marker.value("symbol"),
        "size": 5 if marker is None else float_of(marker.value("size"), 5),
        "markerColor": colours.drawing(marker_fill),
        "smooth": ser.value("smooth", default="0") in {"1", "true"},
    }
    if line is not None:
        out["lineColor"] = colours.drawing(line.find("solidFill"))
        out["width"] = float_of(line.get("w"), 22225) / _EMU
        dash = line.value("prstDash")
        if dash:
            out["dash"] = dash
    labels = ser.find("dLbls")
    if labels is not None:
        out["labels"] = _labels(labels, ser)
    points = {
        int(float_of(one.value("idx"), 0)): colours.drawing(one.find("spPr", "solidFill"))
        for one in ser.all("dPt")
    }
    if points:
        out["pointColors"] = points
    return out


def _labels(labels: Element, ser: Element) -> Json:
    """Return what stands at the points: cells, texts by point, or their values."""
    cells = next(_descendants(ser, "datalabelsRange"), None)
    reference = None if cells is None else cells.find("f")
    out: Json = {"position": labels.value("dLblPos", default="r")}
    if reference is not None:
        return out | {"cells": {"at": reference.text}}
    own = {}
    for one in labels.all("dLbl"):
        tx = one.find("tx")
        deleted = one.value("delete") == "1"
        text: Json = "" if deleted else None if tx is None else _text(tx)
        own[int(float_of(one.value("idx"), 0))] = text
    shows = labels.value("showVal") == "1", labels.value("showSerName") == "1"
    return out | {"texts": own, "value": shows[0], "name": shows[1]}


def _axis(axis: Element) -> Json:
    scaling = axis.find("scaling") or Element("")
    out: Json = {
        "kind": axis.name,
        "position": axis.value("axPos", default="b"),
        "title": _title(axis.find("title")),
        "deleted": axis.value("delete") in {"1", "true"},
        "grid": axis.find("majorGridlines") is not None,
        "reverse": scaling.value("orientation") == "maxMin",
        "labels": axis.value("tickLblPos", default="nextTo"),
    }
    format_ = axis.find("numFmt")
    if format_ is not None and format_.get("sourceLinked") not in {"1", "true"}:
        out["format"] = format_.get("formatCode")
    for key, name in (("min", "min"), ("max", "max"), ("log", "logBase")):
        if scaling.value(name):
            out[key] = float_of(scaling.value(name), 0.0)
    if axis.value("majorUnit"):
        out["unit"] = float_of(axis.value("majorUnit"), 0.0)
    return out

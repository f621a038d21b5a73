"""What cells look like: a style is a look and, for numbers, a format: `input.rating`.

The colours carry meaning and nothing else does: inputs are blue on cream (or on the colour of a
scale, which covers it), formulas black on white, counts grey, the number that a sheet is about is
bold, headings white on slate.
"""

from typing import Any

LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": "#1F3864"},
    "lead": {"italic": True, "font_color": "#404040"},
    "paragraph": {"text_wrap": True, "valign": "top"},
    "heading": {
        "bold": True,
        "bg_color": "#44546A",
        "font_color": "#FFFFFF",
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
    },
    "row heading": {"bold": True, "align": "right", "font_color": "#44546A"},
    "band": {"bold": True, "font_color": "#1F3864", "font_size": 12},
    "fact": {
        "bold": True,
        "font_size": 10,
        "align": "center",
        "valign": "bottom",
        "font_color": "#44546A",
        "text_wrap": True,
    },
    "note": {"italic": True, "font_color": "#7F6000"},
    "label": {},
    "link": {"font_color": "#0563C1", "underline": 1, "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "index": {"align": "center", "font_color": "#6B6B6B"},
    "input": {
        "font_color": "#0000E0",
        "bg_color": "#FFF8E1",
        "border": 1,
        "border_color": "#E0D8B8",
        "align": "center",
    },
    "calc": {"align": "center"},
    "key": {"align": "center", "bold": True, "bg_color": "#E2EFDA", "border": 1},
}

FORMATS: dict[str, dict[str, Any]] = {
    "rating": {"num_format": "0.0"},
    "rating2": {"num_format": "0.00"},
    "factor": {"num_format": "0.00"},
    "error": {"num_format": "0.00"},
    "objective": {"num_format": "0.000000"},
    "index": {"num_format": "0"},
    "plan": {"num_format": "0", "align": "left"},
    "log": {"num_format": "General"},
    "hot": {"num_format": "0", "font_color": "#757575"},
    "general": {"num_format": "General"},
    "step": {"num_format": "0.0000"},  # no conditions: LibreOffice then drops minus signs
    "power": {"num_format": "0.00E+00"},
    "text": {"align": "left"},
    "picture": {"num_format": ";;;"},  # a pixel: its colour says it, and no number over it
    "word": {"num_format": "@", "align": "left"},  # what is typed stays a text, 007 too
}

HIGHLIGHTS: dict[str, dict[str, Any]] = {
    "unseen": {"font_color": "#FFFFFF"},
    "warning": {"bold": True, "font_color": "#C00000"},
    "predicted": {"bold": True, "italic": True, "border": 2},
    "hot": {"bold": True, "bg_color": "#44546A", "font_color": "#FFFFFF"},
    "alarm": {"bold": True, "bg_color": "#C00000", "font_color": "#FFFFFF"},
}
"""What cells look like where a condition holds."""


SHRUNK = ("rating", "rating2", "factor", "error", "objective", "index", "step", "power")
"""Formats of numbers that are made smaller where they do not fit, for General rounds of itself."""


def properties(style: str) -> dict[str, Any]:
    """XlsxWriter's properties of a style.

    Raises:
        KeyError: the style is not in the tables above.
    """
    look, _, number = style.partition(".")
    shrunk = {"shrink": True} if number in SHRUNK and look != "heading" else {}
    return {**LOOKS[look], **(FORMATS[number] if number else {}), **shrunk}

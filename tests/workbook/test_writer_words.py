"""What the sheets say: symbols that are explained, prompts, alternative texts, readable colours."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from sheet_labels import label_of
from writer_cases import Laid, laid_out, occupied, written

from sheetsim.sheet import Block, Chart, ColorScale, Kind, Series, Sheet
from sheetsim.topics import PLAN, SOLVER, find, lessons
from sheetsim.topics._glossary import NAME as GLOSSARY
from sheetsim.topics._glossary import headings_of, names_of
from sheetsim.topics._terms import COMMON, entries_in, entry_of, meaning, terms_of
from sheetsim.workbook.write.styles import FORMATS, HIGHLIGHTS, LOOKS, properties
from sheetsim.workbook.write.writer import PALETTES, prompt

BOOKS = tuple(lessons())
MORE = (
    *BOOKS,
    "gradient_descent: textbook, points",
    "movielens: no range",
    "collab_filter: labels",
)
"""A default of every workbook: the words don't depend on the size. And other words."""

PLAIN = frozenset(
    re.findall(
        r"[a-z']+",
        """
    a above after age all alone along an and apart are as asks at average averages back backward
    batch batches before below best bias biases blank bold building by cat cells central changes
    chart's charts check class clean colours column constant contours corrected cross cubed
    curve curves data decay degrees derivative descent difference different digit distance dog
    dot down draw drawn draws dropped each end epochs equal error errors even every exact
    exponent exponential factors fall far find first fish flattened for forms forward from
    frozen gradient gradients greatest grey group guess half happen has head held here highest
    hold holds hot if image images in input is it iteration iterations its itself knowing label
    largest last layer least length less life like line linear lines look looked loses lowest
    made makes many map matrix max mean mini minimize model's most moved movie movies moving
    nearest needed neither net new no noisy none not note nothing now number numbers of off old
    on one optimum others output over part parts peak pixel pixels place plain plane plus point
    points powers pre predicted prediction predictions probability product promised rank rating
    ratio reach right rise rounded row rows run same say scale schedule score scores scratch
    sentence sentence's share sheet should show shown size slice slope smoothed so squared
    squares stable stand start status step stopped strength suggested sum taken task task's
    taste ten term terms text that the their them there these they this those three time times
    title's titles to together total trained true try turned two unfrozen up update user user's
    users value verdict warning ways weight weights what where why with without word
    """,
    )
)
"""Words that explain themselves to whoever reads English."""

TAUGHT = {
    "centred": "covariance says how: less their mean",
    "component": "the sheet's own subject",
    "cosine": "the sheet says it: where two vectors point the same way it is 1",
    "covariance": "the sheet's own subject",
    "embedding": "the sheet's own subject",
    "X'y": "X turned times y",
    "entropy": "cross entropy, the sheet's own subject",
    "identity": "identity matrix",
    "IF": "a function of spreadsheets",
    "log": "logarithm",
    "logit": "the sheet says it: ln((r - low) / (high - r))",
    "logits": "what softmax is taken of; the sheet's own subject",
    "momentum": "the sheet's own subject",
    "penalty": "the sheet's own subject",
    "sigmoid": "the sheet's own subject",
    "softmax": "the sheet's own subject",
    "variance": "of a component: mean squared distance from the mean",
    "vocabulary": "the sheet's own subject",
}
"""Terms of the field that the sheet itself is about, and need no entry."""

LEAST = 4.5
"""Contrast of texts by WCAG 2.1, success criterion 1.4.3."""

UNREAD = {"unseen"}
"""Highlights that are to hide what is there."""


@pytest.fixture(params=MORE)
def laid(request: pytest.FixtureRequest) -> Laid:
    return laid_out(request.param)


@pytest.fixture(params=BOOKS)
def book(request: pytest.FixtureRequest) -> Laid:
    return laid_out(request.param)


def topic_sheets(laid: Laid) -> list[Sheet]:
    """All but the glossary and the plan."""
    return [sheet for sheet in laid.sheets if sheet.name not in (GLOSSARY, PLAN)]


def terms(laid: Laid) -> dict[str, str]:
    lesson, names = find(laid.workbook)
    return terms_of(lesson, [lesson.topic(name) for name in names])


# Symbols -----------------------------------------------------------------------------------


def unexplained(text: str, known: dict[str, str], sheets: set[str]) -> list[str]:
    """The parts of a heading that no rule lets pass."""
    if text.strip() in sheets:  # a sheet's own name: the first sheet says what it holds
        return []
    left = entries_in(text, known)[1]
    names = {part for name in sheets for part in name.split("_")}
    return [w for w in left if not {w, w.lower()} & (PLAIN | TAUGHT.keys() | names)]


def test_every_symbol_in_a_heading_is_in_the_glossary_or_plain(laid: Laid) -> None:
    known, sheets = terms(laid), {sheet.name for sheet in laid.sheets}
    for sheet in topic_sheets(laid):
        for text in headings_of(sheet):
            assert not unexplained(text, known, sheets), f"{sheet.name}: {text!r}"


def test_every_name_of_a_cell_is_in_the_glossary_or_plain(laid: Laid) -> None:
    """What the box beside the formula bar shows; an input has a row of its own."""
    known, sheets = terms(laid), {sheet.name for sheet in laid.sheets}
    rows = {str(block.value) for block in laid[GLOSSARY].parts if block.column == 0}
    for sheet in topic_sheets(laid):
        for name in names_of(sheet):
            assert not unexplained(name, known, sheets), f"{sheet.name}: {name!r}"
        for block in sheet.of_kind(Kind.INPUT):
            assert (entry_of(block.name, known) or block.name) in rows, block.name


def test_a_symbol_of_no_entry_is_found() -> None:
    assert unexplained("start_qq_b", {"b": "intercept"}, set()) == ["qq"]
    assert unexplained("new_b of w_12", {"b": "", "w_i": ""}, set()) == []
    assert unexplained("V", {"v": "one thing, of which the case counts"}, set()) == ["V"]
    assert unexplained("L2 diverged in", {"diverged_in": "", "L2": ""}, set()) == []
    assert unexplained("diverged, in", {"diverged_in": ""}, set()) == ["diverged"]
    assert unexplained("l2_diverged_in", {"diverged_in": "", "l2": ""}, set()) == []


def test_glossary_has_what_its_sheets_use_and_no_more(laid: Laid) -> None:
    known = terms(laid)
    used = {
        entry: known[entry]
        for sheet in topic_sheets(laid)
        for text in (*headings_of(sheet), *names_of(sheet))
        for entry in entries_in(text, known)[0]
    }
    used |= {
        block.name: meaning(block.name, known)
        for sheet in topic_sheets(laid)
        for block in sheet.of_kind(Kind.INPUT)
        if not entry_of(block.name, known)
    }
    glossary = laid[GLOSSARY]
    rows = defaultdict(list)
    for block in glossary.parts:
        if block.row >= 4:
            rows[block.row].append(str(block.value))
    assert {symbol: text for symbol, text, _ in rows.values()} == used
    for symbol, _, where in rows.values():
        texts = (*headings_of(laid[where]), *names_of(laid[where]))
        named = symbol in laid[where].blocks
        assert named or any(symbol in entries_in(text, known)[0] for text in texts), symbol


def test_every_term_is_of_use() -> None:
    used = set()
    for name in BOOKS:
        laid = laid_out(name)
        own = {str(block.value) for block in laid[GLOSSARY].parts if block.column == 0}
        unused = set(lessons()[name].terms) - own
        assert not unused, f"{name}: {unused}"
        used |= own
    assert set(COMMON) <= used


# Names -------------------------------------------------------------------------------------


def test_an_input_is_called_by_its_name(laid: Laid) -> None:
    """The name that formulas, the first sheet, the options and the README call it by."""
    for sheet in laid.sheets:
        for block in sheet.of_kind(Kind.INPUT):
            if block.values.size == 1 and block.columns == block.rows == 1:
                if block.style.endswith((".rating", ".factor", ".error")):
                    continue  # a table that happens to have one cell
                name = re.sub(r"_\d+$", "", block.name)
                assert label_of(sheet, block) in (block.name, name), f"{sheet.name}: {block.name}"


def test_a_name_has_one_label_in_all_workbooks() -> None:
    labels = defaultdict(set)
    for name in BOOKS:
        for sheet in laid_out(name).sheets:
            cells = occupied(sheet)
            for block in sheet.blocks.values():
                above = cells.get((block.row - 1, block.column))
                if block.values.size == 1 and above is not None and above.style == "fact":
                    labels[block.name].add(label_of(sheet, block))
    assert not {name: found for name, found in labels.items() if len(found) > 1}


# Prompts and alternative texts ---------------------------------------------------------------


def parts(laid: Laid, pattern: str) -> dict[str, str]:
    """Parts of the file whose names are like that."""
    with zipfile.ZipFile(written(laid.case)) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
        return {name: archive.read(name).decode() for name in names}


def attributes(element: str) -> dict[str, str]:
    found = re.findall(r'(\w+)="([^"]*)"', element)
    return {key: unescape(value).replace("_x000a_", "\n") for key, value in found}


def test_every_input_has_a_prompt_that_says_what_it_is(book: Laid) -> None:
    pages = parts(book, r"xl/worksheets/sheet\d+\.xml")
    known = terms(book)
    for number, sheet in enumerate(book.sheets, start=1):
        rules = re.findall(r"<dataValidation [^>]*>", pages[f"xl/worksheets/sheet{number}.xml"])
        found = {rule["sqref"]: rule for rule in map(attributes, rules)}
        inputs = list(sheet.of_kind(Kind.INPUT))
        assert len(found) == len(inputs)
        for block in inputs:
            says = meaning(block.name, known)
            assert says, f"{sheet.name}: nobody says what {block.name} is"
            rule = found[block.range.replace("$", "")]
            assert rule["promptTitle"] == block.name[:32]
            assert says[1:] in rule["prompt"]
            assert len(rule["prompt"]) <= 255
            assert rule["showInputMessage"] == "1"
            if block.valid is not None:
                assert block.valid.sentence()[1:] in rule["prompt"]


def test_a_prompt_without_a_meaning_says_what_may_be_typed() -> None:
    assert prompt("", "a number") == "A number."
    assert prompt("learning rate", "a number, above 0") == "Learning rate. A number, above 0."
    known = {"m": "average", "b": "intercept"}
    assert meaning("start_m_b", known) == "m_b before the first step; average; intercept"
    assert meaning("start_up", {"m": "average"}) == ""


def test_every_chart_has_an_alternative_text(book: Laid) -> None:
    drawings = parts(book, r"xl/drawings/drawing\d+\.xml")
    frames = [
        attributes(frame)
        for text in drawings.values()
        for frame in re.findall(r"<xdr:graphicFrame.*?<xdr:cNvPr ([^>]*)>", text, re.DOTALL)
    ]
    charts = [chart for sheet in book.sheets for chart in sheet.charts]
    assert sorted(frame["descr"] for frame in frames) == sorted(c.description for c in charts)
    assert not re.search("<xdr:pic>", "".join(drawings.values())), "a picture would need one, too"


def test_an_alternative_text_says_what_is_drawn() -> None:
    cells = Block("one", "", 0, 0, np.ones((2, 1)), Kind.TEXT, "index")
    series = tuple(
        Series(name, cells, cells, quiet=quiet) for name, quiet in (("a", False), ("q", True))
    )
    said = Chart("Title", "steps", "loss", series, 0, 0).description
    assert said == "Chart: Title. loss (up) over steps (to the right). Drawn: a."


# Colours -----------------------------------------------------------------------------------


def luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance of a colour (0 to 255 each), as WCAG 2.1 defines it."""
    shares = [value / 255 for value in rgb]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def shades(palette: str) -> Iterator[tuple[float, ...]]:
    """Colours of a scale from end to end, as a spreadsheet mixes them."""
    for first, last in pairwise(map(rgb, PALETTES[palette])):
        for share in np.linspace(0, 1, 21):
            yield tuple((1 - share) * np.array(first) + share * np.array(last))


def worst(scale: ColorScale) -> float:
    """The least contrast of what stands in the cells of a scale."""
    look = properties(scale.block.style)
    if look.get("num_format") == ";;;" or scale.block.kind is Kind.TEXT:
        return np.inf  # nothing to read: the colour says it
    font = rgb(look.get("font_color", "#000000"))
    return min(contrast(font, shade) for shade in shades(scale.palette))


def test_what_stands_on_a_scale_of_colours_is_readable(book: Laid) -> None:
    for sheet in book.sheets:
        for scale in sheet.color_scales:
            assert worst(scale) >= LEAST, f"{sheet.name}: {scale.block.name}"


@pytest.mark.parametrize("style", [*LOOKS, *(f"calc.{name}" for name in FORMATS), *HIGHLIGHTS])
def test_every_style_is_readable(style: str) -> None:
    look = HIGHLIGHTS[style] if style in HIGHLIGHTS else properties(style)
    if style not in UNREAD:
        font, ground = look.get("font_color", "#000000"), look.get("bg_color", "#FFFFFF")
        assert contrast(rgb(font), rgb(ground)) >= LEAST


def test_contrast_is_that_of_wcag() -> None:
    """Black on white, and the grey that is known as the lightest to pass on white."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21, rel=1e-12)
    assert contrast(rgb("#767676"), rgb("#FFFFFF")) > LEAST > contrast(rgb("#777777"), (255,) * 3)
    assert contrast(rgb("#0000FF"), rgb("#F8696B")) < LEAST  # what stood here before


# What the first sheet says of blue ---------------------------------------------------------------


def test_all_numbers_but_inputs_are_formulas_counts_or_records(laid: Laid) -> None:
    """As the first sheet says: counts are grey or headings, records stand on the sheet solver."""
    recorded = {SOLVER} | ({"titles", "users"} if laid.workbook == "movielens" else set())
    for sheet in laid.sheets:
        if sheet.hidden:
            continue
        for block in sheet.of_kind(Kind.TEXT, Kind.RECORD):
            if all(isinstance(value, str) for value in block.values.ravel()):
                continue
            if block.kind is Kind.RECORD:
                labels = block.name in ("users", "movies")  # ids that are numbers
                assert sheet.name in recorded or labels, f"{sheet.name}: {block.name}"
            else:
                assert block.style in ("index", "heading", "row heading"), sheet.name
    blue = {name for name in LOOKS if LOOKS[name].get("font_color") == LOOKS["input"]["font_color"]}
    assert blue == {"input"}

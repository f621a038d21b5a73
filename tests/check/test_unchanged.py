"""A build leaves a file alone if rounding is all that is new, and replaces it for all else."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sheetsim
from sheetsim.api import prepare, write
from sheetsim.checking.unchanged import changes
from sheetsim.references import a1, read_cell
from sheetsim.topics import Draft, lay_out
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.write.writer import write_workbook

RATINGS = np.random.default_rng(7).integers(1, 11, (6, 7)) / 2
"""More than the factors can explain, so that no error is but rounding."""

NUMBER = re.compile(r"(?<=<v>)[-+0-9.eE]+(?=</v>)")


@pytest.fixture(scope="module")
def book() -> Draft:
    """One topic with a model, so that there are solved inputs, records and charts."""
    return prepare("dot_product", ratings=RATINGS, k=1)


@pytest.fixture(scope="module")
def fresh(book: Draft, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("fresh") / "book.xlsx"
    assert write(book, path)
    return path.read_bytes()


@pytest.fixture
def path(fresh: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "book.xlsx"
    file.write_bytes(fresh)
    return file


def edit(path: Path, part: str, change: Callable[[str], str]) -> None:
    """Change the text of one part, which must change."""
    with zipfile.ZipFile(path) as old:
        parts = [(entry, old.read(entry)) for entry in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, data in parts:
            if entry.filename == part:
                text = change(data.decode())
                assert text != data.decode()
                data = text.encode()
            new.writestr(entry.filename, data)


def words(path: Path, book: Draft) -> list[str]:
    """What `changes` says of a file, against one that is written now."""
    sheets = lay_out(book)
    new = write_workbook(sheets, path.with_name("new.xlsx"))
    return list(changes(path, new, book, sheets))


def cell_part(path: Path, sheet: str) -> str:
    """The part of a sheet, which are in their order."""
    return f"xl/worksheets/sheet{1 + list(read_cells(path)).index(sheet)}.xml"


def in_cell(cell: str, change: Callable[[str], str]) -> Callable[[str], str]:
    """A change to the element of one cell."""
    pattern = re.compile(f'<c r="{cell}"[ >].*?</c>')
    return lambda text: pattern.sub(lambda m: change(m[0]), text)


def times(factor: float) -> Callable[[str], str]:
    """Every number of a text multiplied."""
    return lambda text: NUMBER.sub(lambda m: repr(float(m[0]) * factor), text)


def address(path: Path, book: Draft, sheet: str, block: str) -> tuple[str, str]:
    """The part and the address of the top left cell of a block."""
    laid = {each.name: each for each in lay_out(book)}
    return cell_part(path, sheet), laid[sheet].blocks[block].cell


# Left alone --------------------------------------------------------------------------------


def test_the_same_again(path: Path, book: Draft, fresh: bytes) -> None:
    before = path.stat()
    assert not write(book, path)
    assert path.read_bytes() == fresh
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "untouched"
    assert [file.name for file in path.parent.iterdir()] == ["book.xlsx"]


def test_packed_in_another_way(path: Path, book: Draft) -> None:
    """Another version of zlib packs the same parts into other bytes."""
    with zipfile.ZipFile(path) as old:
        parts = {entry.filename: old.read(entry) for entry in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    before = path.read_bytes()
    assert not write(book, path)
    assert path.read_bytes() == before


@pytest.mark.processor
@pytest.mark.parametrize("sheet", ["dot_product", "solver"])
def test_last_digits_of_formula_cells(path: Path, book: Draft, sheet: str) -> None:
    formulas = re.compile(r"<c [^>]*><f>[^<]*</f><v>[-+0-9.eE]+</v></c>")
    change = lambda text: formulas.sub(lambda m: times(1 + 2e-13)(m[0]), text)  # noqa: E731
    edit(path, cell_part(path, sheet), change)
    before = path.read_bytes()
    assert words(path, book) == []
    assert not write(book, path)
    assert path.read_bytes() == before


@pytest.mark.processor
def test_last_digits_of_what_the_solver_found(path: Path, book: Draft) -> None:
    """As another processor finds them: every formula follows, and so does the record."""
    other = Draft(book.plan, {name: dict(given) for name, given in book.given.items()})
    rng = np.random.default_rng(3)
    for name in ("user_factors", "movie_factors"):
        found = np.asarray(other.given["dot_product"][name], dtype=float)
        found = found * (1 + 2e-13 * rng.uniform(-1, 1, found.shape))
        other.given["dot_product"][name] = other.given["solver"][f"dot_product_optimum_{name}"] = (
            found
        )
    write_workbook(lay_out(other), path)
    before = path.read_bytes()
    assert words(path, book) == []
    assert not write(book, path)
    assert path.read_bytes() == before


def test_a_chart_that_follows_its_cells(path: Path, book: Draft) -> None:
    """What a chart remembers is as the cells are, last digits included."""
    place, cell = address(path, book, "solver", "dot_product_log")
    found = read_cell(cell)
    assert found is not None
    row, column = found[0], found[1] + 1  # the objective stands beside the iteration
    edit(path, place, in_cell(a1(row, column), times(1 + 1e-13)))
    value = read_cells(path)["solver"][row, column].value
    series = re.compile(r"(?<=<c:yVal>)(.*?<c:v>)[^<]*", re.DOTALL)
    edit(path, "xl/charts/chart1.xml", lambda text: series.sub(rf"\g<1>{value!r}", text, count=1))
    assert words(path, book) == []
    assert not write(book, path)


# Written -----------------------------------------------------------------------------------


def other_widths(text: str) -> str:
    return re.sub(r'(<col [^>]*width=")([0-9.]+)', r"\g<1>1\2", text, count=1)


def other_style(text: str) -> str:
    return re.sub(r' s="(\d+)"', lambda m: f' s="{int(m[1]) - 1}"', text, count=1)


def other_index(text: str) -> str:
    """A text cell points at another text of the list."""
    return re.sub(r'(t="s"><v>)\d+', r"\g<1>0", text, count=5)


PARTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "a formula": ("dot_product", lambda text: text.replace("<f>SQRT(", "<f>0+SQRT(", 1)),
    "a style": ("dot_product", other_style),
    "a width": ("dot_product", other_widths),
    "which text": ("dot_product", other_index),
    "a limit": ("dot_product", lambda text: re.sub('(type="num" val=")', r"\g<1>1", text, count=1)),
    "a colour": ("dot_product", lambda text: text.replace("FF84CC95", "FF84CC96", 1)),
    "a text": ("xl/sharedStrings.xml", lambda text: text.replace("RMSE", "RMS", 1)),
    "the looks": ("xl/styles.xml", lambda text: text.replace("<b/>", "<i/>", 1)),
    "a name": ("xl/workbook.xml", lambda text: text.replace('name="rmse"', 'name="error"', 1)),
    "a chart's title": ("xl/charts/chart1.xml", lambda text: text.replace("RMSE", "RMS", 1)),
    "a chart's range": ("xl/charts/chart1.xml", lambda t: re.sub(r"\$(\d+)</c:f>", "$9</c:f>", t)),
    "who wrote it": ("docProps/core.xml", lambda text: text.replace("sheetsim", "somebody", 1)),
}


@pytest.mark.parametrize("change", PARTS)
def test_a_part_that_changed(path: Path, book: Draft, fresh: bytes, change: str) -> None:
    part, how = PARTS[change]
    name = part if "/" in part else cell_part(path, part)
    edit(path, name, how)
    assert words(path, book) == [name]
    assert write(book, path)
    assert path.read_bytes() == fresh


@pytest.mark.processor
@pytest.mark.parametrize(
    ("sheet", "block", "factor"),
    [
        ("dot_product", "rmse", 1 + 1e-9),  # a formula
        ("dot_product", "predictions", 1 + 1e-9),
        ("dot_product", "ratings", 1 + 1e-9),  # an input that was given
        ("dot_product", "user_factors", 1 + 1e-8),  # one that the solver found
        ("solver", "dot_product_optimum", 1 + 1e-9),  # a record
        ("solver", "dot_product_optimum_movie_factors", 1 + 1e-8),
        ("solver", "dot_product_start_movie_factors", 1 + 1e-9),
        ("solver", "dot_product_iterations", 2),
        ("solver", "dot_product_evaluations", 0.9),
    ],
)
def test_a_number_that_changed(
    path: Path, book: Draft, fresh: bytes, sheet: str, block: str, factor: float
) -> None:
    part, cell = address(path, book, sheet, block)
    edit(path, part, in_cell(cell, times(factor)))
    assert any(f"{sheet}!{cell}" in line for line in words(path, book))
    assert write(book, path)
    assert path.read_bytes() == fresh


def test_a_number_of_the_plan_that_changed(path: Path, book: Draft, fresh: bytes) -> None:
    """It says how the file is laid out, so that the file could not even be read by it."""
    part = cell_part(path, "plan")
    edit(path, part, lambda text: re.sub(r"<v>1</v></c>(?!.*<v>1</v>)", "<v>2</v></c>", text))
    assert write(book, path)
    assert path.read_bytes() == fresh


def test_a_chart_that_forgot(path: Path, book: Draft, fresh: bytes) -> None:
    """Its number is neither the new one nor what the cell beside it holds."""
    points = re.compile(r'(<c:pt idx="3"><c:v>)([^<]*)')
    nudge = lambda m: m[1] + repr(float(m[2]) * (1 + 1e-9))  # noqa: E731
    edit(path, "xl/charts/chart1.xml", lambda text: points.sub(nudge, text))
    assert words(path, book)[0].startswith("xl/charts/chart1.xml: ")
    assert write(book, path)
    assert path.read_bytes() == fresh


def test_a_number_where_a_text_belongs(path: Path, book: Draft, fresh: bytes) -> None:
    part = cell_part(path, "dot_product")
    edit(path, part, lambda text: text.replace(' t="s"><v>', "><v>", 1))
    assert write(book, path)
    assert path.read_bytes() == fresh


def test_a_part_more(path: Path, book: Draft, fresh: bytes) -> None:
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/more.xml", "<more/>")
    assert words(path, book) == ["other parts, or in another order"]
    assert write(book, path)
    assert path.read_bytes() == fresh


def test_what_is_no_workbook_is_replaced(path: Path, book: Draft, fresh: bytes) -> None:
    for old in (b"", b"what stood here before", fresh[:-100]):
        path.write_bytes(old)
        assert write(book, path)
        assert path.read_bytes() == fresh


def test_other_options_write(path: Path, book: Draft) -> None:
    """A k, a rating, a start in place of the optimum: never `unchanged`."""
    ratings = RATINGS.copy()
    ratings[0, 0] += 0.5
    for options in ({"k": 2}, {"ratings": ratings}, {"seed": 1}, {"at": "start"}):
        other = prepare("dot_product", **({"ratings": RATINGS, "k": 1} | options))
        assert write(other, path)
        assert not write(other, path)
        assert write(book, path)


@pytest.mark.processor
def test_build_leaves_a_committed_workbook(root: Path, tmp_path: Path) -> None:
    """Whatever the processor that it was written on."""
    for name in ("averages", "collab_filter"):
        committed = (root / "workbooks" / f"{name}.xlsx").read_bytes()
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(committed)
        assert sheetsim.build(name, path) == path
        assert path.read_bytes() == committed

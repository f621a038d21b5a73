"""What one does in a page: types, undoes, slides, follows links; and what a stranger may put in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from browser import PATIENCE, chromium, needs_chromium, opened, values_of
from conftest import ROOT
from playwright.sync_api import Browser, Page, expect
from test_pages_values import cached, differences

from sheetsim.pages import assemble
from sheetsim.pages.assemble import page_of, script
from sheetsim.workbook.read.book import read_book

DESCENT = ROOT / "workbooks" / "gradient_descent.xlsx"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def descent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "descent.html"
    page_of(DESCENT).save(path)
    return path


def shown(page: Page, sheet: str, name: str) -> float:
    """The number in a cell of a sheet."""
    found: float = page.evaluate(
        "([sheet, row, column]) => window.sheetsim.engine.value("
        "window.sheetsim.engine.names.indexOf(sheet), row, column)",
        [sheet, int(name[1:]) - 1, ord(name[0]) - 65],
    )
    return found


@needs_chromium
def test_the_keyboard_alone(descent: Path, browser: Browser) -> None:
    """Open, go to lr, change it, see what follows, undo, take the next sheet."""
    with opened(browser, descent) as page:
        expect(page.locator("#grid")).to_be_focused(timeout=PATIENCE)
        page.keyboard.press("Control+PageDown")
        page.keyboard.press("Control+PageDown")
        expect(page.get_by_role("tab", name="sgd", selected=True)).to_have_count(
            1, timeout=PATIENCE
        )
        for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        expect(page.locator("#formula")).to_have_value("0.0001", timeout=PATIENCE)
        before = shown(page, "sgd", "R7")
        page.keyboard.type("0.0002")
        page.keyboard.press("Enter")
        expect(page.locator("#name-box")).to_have_value("A5", timeout=PATIENCE)
        assert shown(page, "sgd", "A4") == 0.0002
        assert shown(page, "sgd", "R7") != before
        cell = page.locator('.cell[data-at="6,17"]')
        assert float(cell.inner_text()) == pytest.approx(shown(page, "sgd", "R7"), abs=5e-5)
        assert "0.0002" in page.url.replace("%22", '"')
        page.keyboard.press("Control+z")
        expect(page.locator("#name-box")).to_have_value("A4", timeout=PATIENCE)
        assert shown(page, "sgd", "R7") == before
        page.keyboard.press("Control+PageDown")
        expect(page.get_by_role("tab", name="momentum", selected=True)).to_have_count(
            1, timeout=PATIENCE
        )


@needs_chromium
def test_a_link_is_a_state(descent: Path, browser: Browser) -> None:
    with opened(browser, descent) as page:
        page.evaluate(
            "() => window.sheetsim.change([{sheet: 2, row: 3, column: 0, value: 0.0003}])"
        )
        link, value = page.url, shown(page, "sgd", "R7")
    other = browser.new_page()
    other.goto(link)
    other.wait_for_selector('html[data-ready="1"]', state="attached")
    assert shown(other, "sgd", "A4") == 0.0003
    assert shown(other, "sgd", "R7") == value
    other.close()


@needs_chromium
def test_what_a_validation_refuses_is_said_and_not_taken(descent: Path, browser: Browser) -> None:
    with opened(browser, descent) as page:
        page.get_by_role("tab", name="sgd", exact=True).click()
        page.locator('.cell[data-at="3,6"]').click()  # step_to_show
        page.keyboard.type("half")
        page.keyboard.press("Enter")
        assert "Expected" in page.locator("#message").inner_text()
        assert shown(page, "sgd", "G4") == 290
        page.keyboard.type("=1+1")
        page.keyboard.press("Enter")
        assert "no new formulas" in page.locator("#message").inner_text()
        assert shown(page, "sgd", "G4") == 290


@needs_chromium
def test_a_slider_moves_what_depends_on_it(descent: Path, browser: Browser) -> None:
    with opened(browser, descent) as page:
        page.get_by_role("tab", name="sgd", exact=True).click()
        page.locator('.cell[data-at="3,6"]').click()
        slider = page.locator("#slider")
        assert slider.is_visible()
        before = page.locator("svg.chart path").first.get_attribute("d")
        slider.evaluate("one => { one.value = '29'; one.dispatchEvent(new Event('input')); }")
        assert shown(page, "sgd", "G4") == 29
        assert page.locator("svg.chart path").first.get_attribute("d") != before
        assert page.locator("#play").is_visible()


@needs_chromium
@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)])
def test_the_page_fits_the_window(descent: Path, browser: Browser, size: tuple[int, int]) -> None:
    with opened(browser, descent) as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.get_by_role("tab", name="adam", exact=True).click()
        box = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert box[0] <= size[0]
        assert box[1] <= size[1]
        assert page.locator(".cell.active").is_visible()
        sharps = re.compile("^#+$")
        assert not [t for t in page.locator(".cell").all_inner_texts() if sharps.match(t)]


@needs_chromium
def test_nothing_of_a_strangers_file_becomes_markup_or_code(
    browser: Browser, tmp_path: Path
) -> None:
    """Texts, names, formats, links and fonts that would run, if they were taken for code."""
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    path = tmp_path / "evil <b>.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("a<b>'\"&${1}")
        style = book.add_format(
            {"font_name": "x;}</style><script>alert(3)</script>", "num_format": f'"{evil}"0'}
        )
        sheet.write(0, 0, evil)
        sheet.write(1, 0, 5, style)
        sheet.write_formula(2, 0, f'="{evil}"&A2', None, evil + "5")
        sheet.write_url(3, 0, "internal:javascript:alert(4)", string="here")
        sheet.write_url(4, 0, "https://example.com/x", string="there")
        sheet.write_formula(5, 0, '=WEBSERVICE("https://example.com")', None, evil)
        sheet.data_validation(0, 1, 0, 1, {"validate": "list", "source": ["<i>", "b"]})
        sheet.conditional_format(0, 0, 5, 0, {"type": "formula", "criteria": "=A1<>\"<\"",
                                              "format": style})  # fmt: skip
        chart = book.add_chart({"type": "scatter"})
        chart.set_title({"name": evil})
        chart.add_series(
            {
                "values": [sheet.name, 0, 0, 2, 0],
                "categories": [sheet.name, 0, 0, 2, 0],
                "name": "<i>",
            }
        )
        sheet.insert_chart(8, 0, chart)
        book.define_name("alert", "=1")
    made = page_of(path)
    made.save(tmp_path / "evil.html")
    assert made.html.count("<script") == 2
    with opened(browser, tmp_path / "evil.html") as page:
        assert page.locator('.cell[data-at="0,0"]').inner_text() == evil
        assert values_of(page)["a<b>'\"&${1}", 2, 0] == evil + "5"
        assert page.locator("img").count() == 0
        page.locator('.cell[data-at="3,0"]').click()
        page.locator('.cell[data-at="0,1"]').dblclick()
        page.keyboard.press("Escape")


@needs_chromium
def test_a_fault_in_a_function_is_found(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What compares the page with the file: it does find a product that is a little off."""
    right = script()
    wrong = right.replace("out += product;", "out += product * 1.0000001;", 1)
    assert wrong != right
    monkeypatch.setattr(assemble, "script", lambda: wrong)
    path = ROOT / "workbooks" / "collab_filter.xlsx"
    page_of(path).save(tmp_path / "wrong.html")
    with opened(browser, tmp_path / "wrong.html") as page:
        assert differences(page, cached(read_book(path)))

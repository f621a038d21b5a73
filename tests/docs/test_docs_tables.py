"""The tables of the Markdown files: exit codes, numbers of formulas, what was measured and how."""

import re

from docs_books import committed, formula_cells
from docs_pages import MEASURED, USE, Page, page

from sheetsim import errors


def codes_of(text: str) -> dict[int, str]:
    """Exit code to its meaning, from the table in a text; a row may go on below an empty code."""
    found: dict[int, str] = {}
    for code, meaning in re.findall(r"^\| +(\d*) *\| (.*?) *\|$", text, re.MULTILINE):
        key = int(code) if code else list(found)[-1]
        found[key] = f"{found.get(key, '')} {meaning}".strip()
    return found


def error_codes() -> set[int]:
    """The codes of all classes of errors."""
    classes, found = [errors.SheetsimError], set()
    while classes:
        one = classes.pop()
        found.add(one.exit_code)
        classes += one.__subclasses__()
    return found


def test_the_exit_codes_are_those_of_the_errors() -> None:
    said = codes_of(errors.__doc__ or "")
    assert codes_of(page(USE).sections["The command line"]) == said
    assert set(said) == error_codes() | {0, 130}


def test_a_wrong_exit_code_is_found() -> None:
    table = "| code | meaning |\n| --- | --- |\n| 0 | all is well |\n| 3 | none |\n|  | at all |\n"
    assert codes_of(table) == {0: "all is well", 3: "none at all"}


def wrong_counts(measured: Page) -> list[str]:
    """Workbooks whose number of formulas is another than the table says, or that it lacks."""
    rows = {row[0].split()[0]: row[1] for row in measured.table("What agrees with what")}
    right = {f"{name}.xlsx": f"{formula_cells(name):,}" for name in committed()}
    assert "movielens.xlsx" in rows
    return [name for name, count in right.items() if rows.get(name) != count]


def test_the_numbers_of_formulas_are_right() -> None:
    assert wrong_counts(page(MEASURED)) == []


def test_a_wrong_number_of_formulas_is_found() -> None:
    measured = page(MEASURED)
    count = formula_cells("words")
    wrong = measured.text.replace(f"| words.xlsx | {count:,} |", f"| words.xlsx | {count + 1:,} |")
    assert wrong_counts(Page(MEASURED, wrong)) == ["words.xlsx"]


def unmeasured(measured: Page) -> list[str]:
    """Sections with a table and no command above it, or no word of when and with what."""
    wrong = []
    for part in re.split(r"^## ", measured.text, flags=re.MULTILINE)[2:]:
        head, _, rest = part.partition("\n")
        before, table, _ = rest.partition("\n|")
        if table and not re.search(r"```sh\n(scripts/|sheetsim |python )", before):
            wrong.append(f"{head}: no command")
        if table and not re.search(r"Measured in \w+ 20\d\d .*\d+\.\d+", before, re.DOTALL):
            wrong.append(f"{head}: no word of when and with which versions")
    return wrong


def test_every_table_stands_below_its_command() -> None:
    assert unmeasured(page(MEASURED)) == []


def test_a_table_of_nothing_known_is_found() -> None:
    text = (
        "# A\n## B\n| a |\n## C\n```sh\nscripts/bench race\n```\nMeasured in May 2026:\n\n| a |\n"
    )
    assert unmeasured(Page(MEASURED, text)) == ["C: no word of when and with which versions"]
    assert len(unmeasured(Page(MEASURED, text + "## D\n\n| a |\n"))) == 3

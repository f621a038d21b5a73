"""The list of functions in sheetsim/README.md is made from the table, and says all of it."""

from pathlib import Path

import pytest

from sheetsim.formula.functions import TABLE
from sheetsim.formula.functions_list import BEGIN, END, categories, listing

README = Path(__file__).resolve().parents[2] / "sheetsim" / "README.md"


def list_in(text: str) -> str:
    """The list as a text holds it, marks included; "" if it has none."""
    _, found, rest = text.partition(BEGIN)
    return BEGIN + rest.partition(END)[0] + END if found else ""


def require_fresh(text: str) -> None:
    """Fail if a text's list of functions is missing or out of date."""
    held = list_in(text)
    assert held, "sheetsim/README.md has no list; scripts/make_functions_list prints it"
    assert held == listing(), "stale; paste what scripts/make_functions_list prints"


def test_every_function_is_listed_once() -> None:
    listed = [name for names in categories().values() for name in names]
    assert len(listed) == len(set(listed))
    own = {name for name in TABLE if name[0].isalpha() and name == name.upper()}
    assert set(listed) == own - {"SINGLE", "ANCHORARRAY"}  # written as @ and #
    assert {"OFFSET", "INDIRECT", "ROW", "ROWS", "COLUMN", "COLUMNS", "POWER"} <= set(listed)
    assert len(listed) >= 340


def test_a_stale_list_is_found() -> None:
    require_fresh(f"# Title\n\n{listing()}\n\nmore")
    with pytest.raises(AssertionError, match="stale"):
        require_fresh(listing().replace("PMT", "TMP"))
    with pytest.raises(AssertionError, match="no list"):
        require_fresh("# Title\n")


def test_the_readme_has_them() -> None:
    require_fresh(README.read_text(encoding="utf-8"))

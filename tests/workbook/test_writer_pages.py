"""On paper: LibreOffice prints each sheet on three pages at most, and shows no number as ####.

The pages of a sheet are counted in the PDF itself: LibreOffice writes a bookmark for each sheet.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Sample
from installed import installed
from writer_cases import written

from sheetsim.engines import engines, libreoffice
from sheetsim.topics import PLAN, lay_out, lessons, new_book
from sheetsim.workbook.write.writer import write_workbook

MOST = 3
"""Pages of a sheet."""

WORKBOOKS = 2
"""How many workbooks a run prints; `--all` prints all of them."""

PDFTOTEXT = shutil.which("pdftotext")


def pages(pdf: Path) -> dict[str, int]:
    """How many pages each sheet has, from the bookmarks and the list of pages."""
    data = pdf.read_bytes()
    listed = re.search(rb"/Type/Pages\b.*?/Kids\[([^\]]*)\]", data, re.DOTALL)
    assert listed is not None
    order = [int(number) for number in re.findall(rb"(\d+) 0 R", listed[1])]
    marks = re.findall(rb"/Title<FEFF([0-9A-F]+)>\s*/Dest\[(\d+) 0 R", data)
    names = [bytes.fromhex(name.decode()).decode("utf-16-be") for name, _ in marks]
    first = [order.index(int(page)) for _, page in marks]
    ends = [*first[1:], len(order)]
    return {name: end - at for name, at, end in zip(names, first, ends, strict=True)}


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    if not installed(engines()["libreoffice"]):
        pytest.skip("LibreOffice is not installed here")


def test_a_sheet_has_three_pages_at_most(tmp_path: Path, sample: Sample) -> None:
    for name in sample(sorted(lessons()), WORKBOOKS):
        found = pages(libreoffice.ENGINE.convert_to_pdf(written(name), tmp_path))
        assert len(found) > 3
        assert max(found.values()) <= MOST, found
        assert PLAN not in found, "it is for programs"


@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed")
def test_a_run_that_diverges_shows_numbers_and_no_crosses(tmp_path: Path) -> None:
    book = new_book("sgd", {})
    book.given["sgd"]["lr"] = 0.001
    path = write_workbook(lay_out(book), tmp_path / "sgd.xlsx")
    pdf = libreoffice.ENGINE.convert_to_pdf(path, tmp_path)
    done = subprocess.run(
        [str(PDFTOTEXT), "-layout", str(pdf), "-"], check=True, capture_output=True, text=True
    )
    assert "step 4" in done.stdout
    assert re.search(r"-\d\.\d\dE\+1\d\d\b", done.stdout), "the sign is kept"
    assert "##" not in done.stdout

"""What LibreOffice shows of a number, read from its CSV export: the sign must not get lost."""

import shutil
import subprocess
from pathlib import Path

import pytest
from children import PATIENCE

from sheetsim.topics import lay_out, new_book
from sheetsim.workbook.write.styles import FORMATS
from sheetsim.workbook.write.writer import write_workbook

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
"""LibreOffice's CSV export, cells as they are shown."""


def test_no_number_format_has_conditions() -> None:
    """LibreOffice drops the minus sign of a number that falls to the last of such sections."""
    for name, properties in FORMATS.items():
        assert "[" not in properties.get("num_format", ""), name


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_a_negative_gradient_is_shown_with_its_sign(tmp_path: Path) -> None:
    sheets = lay_out(new_book("sgd", {"epochs": 1}))
    sgd = next(sheet for sheet in sheets if sheet.name == "sgd")
    assert sgd["de_db"].values[0, 0] == -76.0  # 2 (1 + 1 * 9 - 48), the first point
    others = [sheet for sheet in sheets if sheet is not sgd]
    write_workbook([sgd, *others], tmp_path / "sgd.xlsx")  # the first one is what CSV takes
    profile = (tmp_path / "profile").as_uri()
    command = [
        str(SOFFICE),
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        SHOWN,
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "sgd.xlsx")],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert "-76.0000" in (tmp_path / "sgd.csv").read_text()

"""Files that `check` and `compare` cannot take: one line, code 2, and the file stays as it was."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from cli_runs import error_line, run

import sheetsim

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheetsim.build("data", tmp_path_factory.mktemp("good") / "data.xlsx")


def empty(path: Path, _good: Path) -> None:
    path.write_bytes(b"")


def text(path: Path, _good: Path) -> None:
    path.write_text("userId,movieId,rating\n1,1,3\n")


def old_excel(path: Path, _good: Path) -> None:
    path.write_bytes(OLE + bytes(2000))


def protected(path: Path, _good: Path) -> None:
    path.write_bytes(OLE + bytes(2000) + "EncryptedPackage".encode("utf-16-le"))


def truncated(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes()[:-200])


def cut_in_half(path: Path, good: Path) -> None:
    whole = good.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def bomb(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/media/zeros", bytes(2**24))


def huge(path: Path, good: Path) -> None:
    """A part that says it is 600 MB, as the directory of the zip has it."""
    path.write_bytes(good.read_bytes())
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/media/big", b"0" * 7)
    packed = bytearray(path.read_bytes())
    at = packed.rindex(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (600 * 2**20).to_bytes(4, "little")
    path.write_bytes(packed)


def zip_of_something(path: Path, _good: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("photo.jpg", b"x")


def somebody_elses(path: Path, _good: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "contents"
    book.save(path)


def blank_input(path: Path, good: Path) -> None:
    edit(path, good, "guess_b", None)


def text_input(path: Path, good: Path) -> None:
    edit(path, good, "guess_b", "one\x0btwo".replace("\x0b", "\n"))


def edit(path: Path, good: Path, name: str, value: object) -> None:
    book = openpyxl.load_workbook(good)
    cell = book["data"].defined_names[name].attr_text.rpartition("!")[2].replace("$", "")
    book["data"][cell] = value
    book.save(path)


def no_sheet(path: Path, good: Path) -> None:
    book = openpyxl.load_workbook(good)
    del book["data"]
    book.save(path)


BAD: dict[Callable[[Path, Path], None], str] = {
    empty: "is empty; expected an .xlsx workbook",
    text: "not a zip file; expected an .xlsx workbook",
    old_excel: "an old .xls or another Office file; save it as .xlsx",
    protected: "protected by a password; save it without one",
    truncated: "a truncated or damaged zip (",
    cut_in_half: "a truncated or damaged zip (",
    bomb: "xl/media/zeros unpacks to ",
    huge: "expected at most 512 MB",
    zip_of_something: "a zip without a workbook in it (no xl/workbook.xml); expected .xlsx",
    somebody_elses: "not a workbook that sheetsim wrote; expected a sheet 'plan'",
    blank_input: "(guess_b) is blank; expected a number",
    text_input: "(guess_b) is 'one\\ntwo'; expected a number",
    no_sheet: "there is no sheet 'data'",
}


@pytest.mark.parametrize("command", ["check", "compare"])
@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_a_file_that_is_none(
    tmp_path: Path, data: Path, make: Callable[[Path, Path], None], command: str
) -> None:
    path = tmp_path / "mine.xlsx"
    make(path, data)
    before = path.read_bytes()
    line = error_line(run(command, path), 2)
    assert line.startswith(f"{path}: ")
    assert BAD[make] in line
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["mine.xlsx"]


@pytest.mark.parametrize("command", ["check", "compare"])
def test_no_file(tmp_path: Path, command: str) -> None:
    line = error_line(run(command, tmp_path / "absent.xlsx"), 2)
    assert line == f"{tmp_path}/absent.xlsx: no such file; expected an .xlsx workbook"
    line = error_line(run(command, tmp_path), 2)
    assert line == f"{tmp_path}: is a folder; expected an .xlsx workbook"
    line = error_line(run(command, tmp_path / ("x" * 300)), 2)
    assert line.endswith("x: cannot be read (File name too long); expected an .xlsx workbook")
    line = error_line(run(command, tmp_path / "two\nlines\x1b[31m.xlsx"), 2)
    assert line.startswith(rf"{tmp_path}/two\nlines\x1b[31m.xlsx: no such file")


@pytest.mark.parametrize("command", ["check", "compare"])
@pytest.mark.parametrize("name", ["collab_filter.xlsx", "graddesc.xlsm", "entropy_example.xlsx"])
def test_the_lectures_own_files(lecture: Path, name: str, command: str) -> None:
    line = error_line(run(command, lecture / name), 2)
    assert line.startswith(f"{lecture / name}: not a workbook that sheetsim wrote")


def test_a_bad_file_after_a_good_one(tmp_path: Path, data: Path) -> None:
    result = run("check", data, tmp_path / "absent.xlsx", "--engine", "ironcalc")
    assert result.exit_code == 2
    assert f"{data}: all " in result.stdout
    assert "absent.xlsx: no such file" in result.stderr

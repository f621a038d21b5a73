"""Zips: what is asked for comes out whole, everything else stays in."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.data._unpack import unpack
from sheetsim.errors import DataError, OptionError, OutputError, SheetsimError

MEMBERS = {"ml/u.data": b"1\t2\t3\t4\n" * 1000, "ml/u.item": b"1|Film\n", "README": b"read me"}
ASKED = ("ml/u.data", "ml/u.item")


def zipped(members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "set.zip"
    path.write_bytes(zipped(MEMBERS))
    return path


def refusal(archive: Path, error: type[SheetsimError] = DataError, **options: int) -> str:
    folder = archive.parent / "out"
    with pytest.raises(error) as caught:
        unpack(archive, ASKED, folder, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert not [path for path in folder.rglob("*") if path.is_file() and path.name[:3] == "tmp"]
    return message


def test_only_what_is_asked_for(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    assert unpack(archive, ASKED, folder) == tuple(folder / name for name in ASKED)
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"u.data", "u.item"}
    for name in ASKED:
        assert (folder / name).read_bytes() == MEMBERS[name]


def test_what_is_there_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (data, item) = unpack(archive, ASKED, tmp_path)
    before = data.stat().st_mtime_ns
    item.write_bytes(b"1|Fill\n")  # as long, and wrong
    unpack(archive, ASKED, tmp_path)
    assert data.stat().st_mtime_ns == before
    assert item.read_bytes() == MEMBERS["ml/u.item"]


def test_hostile_names_stay_in(tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    archive.write_bytes(zipped({**MEMBERS, "../evil": b"x", "/evil": b"x"}))
    unpack(archive, ASKED, tmp_path / "out")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("name", ["../x", "/x", "a/../x", "a//x", ".", "", "a\\..\\x", "C:x"])
def test_hostile_wishes(archive: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="expected a relative path"):
        unpack(archive, [name], tmp_path)


def test_member_missing(archive: Path) -> None:
    archive.write_bytes(zipped({"README": b""}))
    assert refusal(archive).startswith(f"{archive}: holds no 'ml/u.data'")


def test_member_too_large(archive: Path) -> None:
    assert "too large (8,000 bytes); expected at most 7,999" in refusal(archive, limit=7999)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_uncommon_packing(archive: Path, packing: int) -> None:
    archive.write_bytes(zipped(MEMBERS, packing))
    assert "uncommon" in refusal(archive)


def test_encrypted(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # the flag in the first member's header, and in the index
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert "encrypted" in refusal(archive)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html></html>", bytes(1000)])
def test_no_zip(archive: Path, content: bytes) -> None:
    archive.write_bytes(content)
    assert "cannot be unpacked" in refusal(archive)


def test_wrong_crc(archive: Path) -> None:
    content = zipped(MEMBERS, zipfile.ZIP_STORED)
    archive.write_bytes(content.replace(b"1\t2\t3\t4\n", b"1\t2\t3\t5\n", 1))
    assert "CRC" in refusal(archive)
    assert not (archive.parent / "out" / "ml" / "u.data").exists()


def test_truncated(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-30])
    assert "delete it and get it again" in refusal(archive)


def test_not_there(archive: Path) -> None:
    archive.unlink()
    assert refusal(archive).startswith(f"{archive}: cannot be read")


def test_cannot_be_written(archive: Path) -> None:
    (archive.parent / "out").write_text("in the way")
    assert "cannot be written" in refusal(archive, OutputError)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 10**6), flip=st.integers(1, 255))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, at: int, flip: int) -> None:
    """A byte changed anywhere: refused in one line, or without effect; never a wrong file."""
    folder = tmp_path_factory.mktemp("damage")
    content = bytearray(zipped(MEMBERS))
    content[at % len(content)] ^= flip
    (folder / "set.zip").write_bytes(content)
    try:
        files = unpack(folder / "set.zip", ASKED, folder / "out")
    except DataError as problem:
        assert str(problem).isprintable()  # noqa: PT017 - it may also succeed
    else:
        assert [file.read_bytes() for file in files] == [MEMBERS[name] for name in ASKED]
